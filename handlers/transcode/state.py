"""What the cards of transcoding remember."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from handlers.scenes import State

LIST, TASK, HERE = "transcode", "transcode_task", "transcode_group"
Kind = Literal["", "pending", "processing", "completed", "failed"]
KINDS: tuple[Kind, ...] = ("processing", "pending", "failed", "completed", "")


class LiveState(State):
    """A card that can be kept up to date by itself; `live` until somebody stops that."""

    live: bool = True
    said: str = ""


class TasksState(LiveState):
    """Which tasks are listed."""

    kind: Kind = "processing"
    page: int = 0


class TaskState(LiveState):
    """Which task, the card behind it, and whether it is asked if it shall be cancelled."""

    id: int = 0
    route: str = LIST
    back: dict[str, Any] = Field(default_factory=dict)
    asking: bool = False
