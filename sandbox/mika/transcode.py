"""The administrator's view of the transcoding tasks."""

from starlette.requests import Request
from starlette.responses import Response

from sandbox.mika import tasks
from sandbox.mika.door import Caller
from sandbox.mika.envelope import Refusal, ok, whole
from sandbox.states.mika import Task

_STATES = ("pending", "processing", "completed", "failed", "cancelled")


async def listing(caller: Caller, request: Request) -> Response:
    """Answer GET admin/transcode/tasks, the latest first."""
    page, size = whole(request, "page", 1), whole(request, "size", 20, 100)
    state, world = request.query_params.get("status"), caller.world
    if state is not None and state not in _STATES:
        raise Refusal(400, "参数错误", errors={"status": f"status 只能是 {'/'.join(_STATES)}"})
    found = [task for task in caller.mika.tasks.values() if state in (None, tasks.status(world, task))]
    found.sort(key=lambda task: (-task.created_at, -task.id))
    shown = [tasks.public(world, task) for task in found[(page - 1) * size : page * size]]
    return ok({"list": shown, "total": len(found), "page": page, "size": size})


async def detail(caller: Caller, request: Request) -> Response:
    """Answer GET admin/transcode/tasks/{id}."""
    return ok(tasks.public(caller.world, _of(caller, request), log=True))


async def retry(caller: Caller, request: Request) -> Response:
    """Answer POST …/retry."""
    task = _of(caller, request)
    if task.outcome not in ("failed", "cancelled"):
        raise Refusal(400, "只有失败或已取消的任务可以重试")
    tasks.again(caller.world, task)
    return ok(tasks.public(caller.world, task))


async def cancel(caller: Caller, request: Request) -> Response:
    """Answer POST …/cancel."""
    task = _of(caller, request)
    if task.outcome is not None:
        raise Refusal(400, "任务已结束,不能取消")
    tasks.cancel(caller.world, task)
    return ok(tasks.public(caller.world, task))


def _of(caller: Caller, request: Request) -> Task:
    task = caller.mika.tasks.get(request.path_params["id"])
    if task is None:
        raise Refusal(404, "任务不存在")
    return task
