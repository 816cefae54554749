"""Transcoding tasks (section 转码接口); all need an administrator's rights (else Forbidden)."""

from clients.credentials import Credential
from clients.encoding import given
from clients.mika import models
from clients.mika.calls import Calls

_TASKS = "/admin/transcode/tasks"


class Transcode(Calls):
    """Calls about tasks."""

    async def tasks(
        self, who: Credential, *, page: int = 1, size: int = 20, status: models.TaskStatus | None = None
    ) -> models.TaskPage:
        """List tasks, of one state or of all."""
        params = given(page=page, size=size, status=status)
        return await self._get(models.TaskPage, "tasks", _TASKS, who, params)

    async def task(self, who: Credential, task_id: int) -> models.Task:
        """Ask for one task with its progress and log."""
        return await self._get(models.Task, "task", f"{_TASKS}/{task_id:d}", who)

    async def retry_task(self, who: Credential, task_id: int) -> None:
        """Put a failed task back into the queue; never repeated."""
        await self._call("retry_task", "POST", f"{_TASKS}/{task_id:d}/retry", who)

    async def cancel_task(self, who: Credential, task_id: int) -> None:
        """Stop a task; never repeated."""
        await self._call("cancel_task", "POST", f"{_TASKS}/{task_id:d}/cancel", who)
