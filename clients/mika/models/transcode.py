"""Transcoding tasks (section 转码接口)."""

from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from clients.mika.models.pages import Page
from clients.models import Count, MaybeText, MaybeWhole, Model, OpenEnum, OrEmpty, Text, Whole
from clients.moments import MaybeMoment


class TaskStatus(OpenEnum):
    """How far a task is; the document names four, a cancelled one is seen as well."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def over(self) -> bool:
        """Tell whether nothing more will happen by itself."""
        return self in (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)


def _status(value: object) -> TaskStatus:
    word = str(value).strip().casefold()
    return TaskStatus("cancelled" if word == "canceled" else word)


class Task(Model):
    """One task: which video, how far in per cent, and its log."""

    id: Whole
    video_id: MaybeWhole = None
    video_title: Text = Field(default="", validation_alias=AliasChoices("video_title", "title"))
    status: Annotated[TaskStatus, BeforeValidator(_status)] = TaskStatus.UNKNOWN
    progress: Count = 0
    created_at: MaybeMoment = None
    started_at: MaybeMoment = None
    finished_at: MaybeMoment = Field(
        default=None, validation_alias=AliasChoices("finished_at", "completed_at", "ended_at")
    )
    log: MaybeText = None


class TaskPage(Page):
    """One page of tasks."""

    items: Annotated[tuple[Task, ...], OrEmpty] = Field(
        default=(), validation_alias=AliasChoices("list", "items", "tasks")
    )
