"""Tasks put back into the queue or stopped: only where that means something, however often it is asked."""

from clients.credentials import Credential
from clients.mika.client import Mika
from clients.mika.models import Task, TaskStatus
from services.mika.videos import Videos

# What can be tried again.
FAILED = frozenset({TaskStatus.FAILED, TaskStatus.CANCELLED})


async def again(videos: Videos, user_id: int, task_id: int) -> Task:
    """Put a failed task back into the queue, and return it as it was before.

    One that is under way again or done by now is left alone: a notice of its failure may be pressed days
    later, and a press may come twice.
    """

    async def work(client: Mika, who: Credential) -> Task:
        task = await client.task(who, task_id)
        if task.status in FAILED:
            await client.retry_task(who, task_id)
        return task

    return await videos.manage(user_id, work)


async def stop(videos: Videos, user_id: int, task_id: int) -> Task:
    """Stop a task that is under way, and return it as it was before; one that is over is left alone."""

    async def work(client: Mika, who: Credential) -> Task:
        task = await client.task(who, task_id)
        if not task.status.over:
            await client.cancel_task(who, task_id)
        return task

    return await videos.manage(user_id, work)
