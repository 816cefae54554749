"""One transcoding task: how far it is, its log's end, retry and cancel."""

from __future__ import annotations

from typing import Any

from clients.errors import NotFound
from clients.mika.models import Task, TaskStatus
from handlers.scenes import Route, Scene, Switch
from handlers.texts import Html
from handlers.transcode import bell as transcodebell
from handlers.transcode.live import Drawn, start
from handlers.transcode.state import TASK, TaskState
from handlers.transcode.views import lines
from handlers.videos.state import VIDEO, VideoState, advice
from handlers.views import Button, Press, Row, View
from services.mika import tasks
from services.mika.transcoding import Wish


async def show(scene: Scene[TaskState]) -> View:
    """Show the task."""
    return await start(scene, await draw(scene))


async def draw(scene: Scene[TaskState]) -> Drawn:
    """Draw the task as it is."""
    say, state = scene.say, scene.state
    try:
        task = await find(scene)
    except NotFound:
        view = View(Html("\n".join([*_said(state), say("transcode.gone")])), (_leaving(scene),))
        return Drawn(view, under_way=False)
    title = ""
    if task.video_id and not task.video_title:
        title = (await scene.services.videos.titles(scene.user_id, [task.video_id])).get(task.video_id, "")
    told = await scene.services.transcoding.watched(wish_of(scene))
    return drawn(scene, task, title, told=told)


def drawn(scene: Scene[TaskState], task: Task, title: str = "", *, told: bool = False) -> Drawn:
    """Draw a task that is known."""
    say, state = scene.say, scene.state
    text = [*_said(state), *lines(scene, task, title)]
    if state.asking and not task.status.over:
        text += [Html(""), say("transcode.cancel_ask")]
        sure = [Press(say.label("button.confirm"), "sure"), Press(say.label("button.back"), "keep")]
        return Drawn(View(Html("\n".join(text)), (sure,)), under_way=True)
    under_way = not task.status.over
    rows = [_acting(scene, task, told=told), _living(scene, task), _leaving(scene)]
    return Drawn(View(Html("\n".join(text)), rows), under_way)


async def find(scene: Scene[TaskState]) -> Task:
    """Ask for the task."""
    return await scene.services.videos.manage(
        scene.user_id, lambda client, who: client.task(who, scene.state.id)
    )


def wish_of(scene: Scene[TaskState]) -> Wish:
    """Return the wish to be told of this task's end here."""
    return Wish(scene.user_id, scene.chat_id, task_id=scene.state.id)


def _said(state: TaskState) -> list[Html]:
    return [Html(f"{state.said}\n")] if state.said else []


def _acting(scene: Scene[TaskState], task: Task, *, told: bool) -> Row:
    say = scene.say
    row: list[Button] = []
    if task.status in tasks.FAILED:
        row.append(Press(say.label("button.retry"), "retry"))
    elif not task.status.over:
        row.append(Press(say.label("button.cancel_task"), "cancel"))
        word, arg = ("button.tell_not", "off") if told else ("button.tell_end", "on")
        row.append(Press(say.label(word), "bell", arg))
    return row


def _living(scene: Scene[TaskState], task: Task) -> Row:
    say = scene.say
    row: list[Button] = []
    if task.video_id:
        row.append(Press(say.label("button.to_video"), "video", str(task.video_id)))
    if task.status.over:
        row.append(Press(say.label("button.refresh"), "follow"))
    elif scene.state.live:
        row.append(Press(say.label("button.stop_live"), "stop"))
    else:
        row.append(Press(say.label("button.follow_live"), "follow"))
    return row


def _leaving(scene: Scene[TaskState]) -> Row:
    say = scene.say
    return [Press(say.label("button.all_tasks"), "back"), Press(say.label("button.close"), "close")]


def _fresh(state: TaskState, **changes: Any) -> TaskState:
    return state.model_copy(update={"said": "", "asking": False, **changes})


async def retry(scene: Scene[TaskState], _arg: str) -> TaskState:
    """Put it back into the queue, and follow it; what is done by now is shown as it is."""
    task = await tasks.again(scene.services.videos, scene.user_id, scene.state.id)
    if task.status is TaskStatus.COMPLETED:
        return _fresh(scene.state)
    return _fresh(scene.state, live=True, said=scene.say("transcode.retried"))


async def cancel(scene: Scene[TaskState], _arg: str) -> TaskState:
    """Ask whether to stop it."""
    return _fresh(scene.state, asking=True)


async def sure(scene: Scene[TaskState], _arg: str) -> TaskState:
    """Stop it; what ended by itself meanwhile is shown as it is."""
    task = await tasks.stop(scene.services.videos, scene.user_id, scene.state.id)
    if task.status in (TaskStatus.COMPLETED, TaskStatus.FAILED):
        return _fresh(scene.state)
    return _fresh(scene.state, said=scene.say("transcode.cancelled"))


async def keep(scene: Scene[TaskState], _arg: str) -> TaskState:
    """Let it go on."""
    return _fresh(scene.state)


async def stop(scene: Scene[TaskState], _arg: str) -> TaskState:
    """Leave the card as it is."""
    return _fresh(scene.state, live=False)


async def follow(scene: Scene[TaskState], _arg: str) -> TaskState:
    """Keep the card up to date."""
    return _fresh(scene.state, live=True)


async def bell(scene: Scene[TaskState], arg: str) -> TaskState:
    """Tell of its end in the private chat, or do not."""
    return _fresh(scene.state, said=await transcodebell.ring(scene, wish_of(scene), arg))


async def video(scene: Scene[TaskState], _arg: str) -> Switch:
    """Go on to the video."""
    task = await find(scene)
    back = _fresh(scene.state).model_dump(mode="json")
    return Switch(VIDEO, VideoState(id=task.video_id or 0, route=TASK, back=back))


async def back(scene: Scene[TaskState], _arg: str) -> Switch:
    """Return to the list."""
    return scene.switch(scene.state.route, scene.state.back)


TASK_CARD: Route[TaskState] = Route(
    TASK,
    TaskState,
    show,
    {
        "retry": retry,
        "cancel": cancel,
        "sure": sure,
        "keep": keep,
        "stop": stop,
        "follow": follow,
        "bell": bell,
        "video": video,
        "back": back,
    },
    advice=advice,
    private=True,
)
