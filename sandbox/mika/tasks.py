"""Transcoding: tasks that get on with the sandbox's clock, and fail on demand with a log."""

from typing import Any

from sandbox.mika.envelope import written
from sandbox.states.mika import Task, Video
from sandbox.world import World

_TRUTH = "Invalid data found when processing input"


def begin(world: World, video: Video) -> Task:
    """Queue a task for a video."""
    mika, options = world.mika, world.options
    task = Task(
        next(mika.ids), video.id, world.now(), options.mika_queue_seconds, options.mika_transcode_seconds
    )
    _doom(world, task, video)
    mika.tasks[task.id] = task
    return task


def again(world: World, task: Task) -> None:
    """Queue a task once more."""
    task.created_at, task.outcome, task.ended_at = world.now(), None, None
    task.queue_seconds = world.options.mika_queue_seconds
    task.work_seconds = world.options.mika_transcode_seconds
    task.tries += 1
    video = world.mika.videos[task.video]
    if video.status == "failed":
        video.status = "pending"
    _doom(world, task, video)


def _doom(world: World, task: Task, video: Video) -> None:
    task.fails_at = 3 if video.damaged else None
    if world.mika.failing > 0 and not video.damaged:
        world.mika.failing -= 1
        task.fails_at = world.mika.fails_at


def settle(world: World) -> None:
    """Let every task get as far as the clock says; a finished one makes its video playable."""
    now = world.now()
    for task in world.mika.tasks.values():
        if task.outcome is not None:
            continue
        share = 1.0 if task.fails_at is None else task.fails_at / 100
        ends = task.begins_at + task.work_seconds * share
        if now >= ends:
            _end(world, task, "completed" if task.fails_at is None else "failed", ends)


def _end(world: World, task: Task, outcome: str, moment: float) -> None:
    task.outcome, task.ended_at = outcome, moment
    video = world.mika.videos.get(task.video)
    if video is not None and video.status != "published":
        video.status = "published" if outcome == "completed" else "failed"


def cancel(world: World, task: Task) -> None:
    """Stop a task where it is."""
    _end(world, task, "cancelled", world.now())


def status(world: World, task: Task) -> str:
    """Return the state's word."""
    if task.outcome is not None:
        return task.outcome
    return "processing" if world.now() >= task.begins_at else "pending"


def progress(world: World, task: Task) -> int:
    """Return how far a task is, in per cent."""
    if task.outcome == "completed":
        return 100
    if task.outcome == "failed" and task.fails_at is not None:
        return task.fails_at
    reached = (task.ended_at or world.now()) - task.begins_at
    return max(0, min(99, int(100 * reached / task.work_seconds))) if task.work_seconds else 99


def public(world: World, task: Task, *, log: bool = False) -> dict[str, Any]:
    """Return a task as the API shows it; only its own page has the log."""
    video = world.mika.videos.get(task.video)
    started = world.now() >= task.begins_at or task.outcome in ("completed", "failed")
    shown = {
        "id": task.id,
        "video_id": task.video,
        "video_title": "" if video is None else video.title,
        "status": status(world, task),
        "progress": progress(world, task),
        "created_at": written(task.created_at),
        "started_at": written(task.begins_at) if started else None,
        "finished_at": written(task.ended_at),
    }
    return shown | {"log": _log(world, task)} if log else shown


def _log(world: World, task: Task) -> str:
    """Return what the transcoder said so far."""
    lines = [f"[{written(task.created_at)}] 任务已创建(第 {task.tries} 次)"]
    if (state := status(world, task)) != "pending":
        lines.append(
            f"[{written(task.begins_at)}] ffmpeg -i input.mp4 -c:v libx264 -preset medium -f hls index.m3u8"
        )
    for reached in range(10, progress(world, task) + 1, 10):
        at = task.begins_at + task.work_seconds * reached / 100
        lines.append(f"[{written(at)}] frame={reached * 240} fps=96 speed=4.0x progress={reached}%")
    if state == "failed":
        lines.append(f"[{written(task.ended_at)}] error while decoding stream #0:0: {_TRUTH}")
        lines.append(f"[{written(task.ended_at)}] ffmpeg exited with code 1")
    elif state in ("completed", "cancelled"):
        said = "转码完成" if state == "completed" else "任务已取消"
        lines.append(f"[{written(task.ended_at)}] {said}")
    return "\n".join(lines)
