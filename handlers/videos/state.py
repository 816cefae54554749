"""What the cards of videos remember, and the ways between them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from clients.errors import Forbidden
from handlers.scenes import State

LIST, VIDEO, EDIT, DELETE, CATEGORIES = (
    "videos",
    "video",
    "video_edit",
    "video_delete",
    "video_categories",
)
Order = Literal["created_at", "views"]
LARGEST_ID = 10**18


class VideosState(State):
    """What is looked for, in which category and order, and the card behind it."""

    words: str = ""
    category: int = 0
    order: Order = "created_at"
    page: int = 0
    said: str = ""
    origin_route: str = ""
    origin: dict[str, Any] | None = None


class VideoState(State):
    """Which video, and the card behind it."""

    id: int = 0
    route: str = LIST
    back: dict[str, Any] = Field(default_factory=dict)
    said: str = ""


def advice(error: Exception) -> str | None:
    """Say whose matter it is where rights at the site are missing."""
    return "video.no_rights" if isinstance(error, Forbidden) else None
