"""Videos and their upload (section 视频接口)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from clients.mika.models.pages import Page
from clients.models import Count, MaybeText, MaybeWhole, Model, OrEmpty, Text, Texts, Whole
from clients.moments import MaybeMoment


class VideoOrder(StrEnum):
    """What a list can be sorted by."""

    VIEWS = "views"
    NEWEST = "created_at"


class VideoCategory(Model):
    """The category of a video."""

    id: Whole
    name: Text = ""


def _category(value: object) -> object:
    # A video without one was seen as null, {} and [] on sites of this make.
    return value or None


class Video(Model):
    """A video: seconds, bytes, views; what only its own page tells is empty in a list."""

    id: Whole
    title: Text = ""
    description: Text = ""
    cover: MaybeText = None
    play_url: MaybeText = None
    duration: Count = 0
    resolution: Text = ""
    file_size: Count = 0
    views: Count = 0
    category: Annotated[VideoCategory | None, BeforeValidator(_category)] = None
    tags: Texts = ()
    status: Text = ""
    created_at: MaybeMoment = None


class VideoPage(Page):
    """One page of videos."""

    items: Annotated[tuple[Video, ...], OrEmpty] = Field(
        default=(), validation_alias=AliasChoices("list", "items", "videos")
    )


@dataclass(frozen=True)
class VideoChanges:
    """What is to be changed of a video; None leaves a thing as it is."""

    title: str | None = None
    description: str | None = None
    category_id: int | None = None
    tags: tuple[str, ...] | None = None

    def body(self) -> Mapping[str, object]:
        """Return the JSON of the call."""
        every: dict[str, object] = {
            "title": self.title,
            "description": self.description,
            "category_id": self.category_id,
            "tags": None if self.tags is None else list(self.tags),
        }
        return {name: value for name, value in every.items() if value is not None}


class UploadSession(Model):
    """An upload in chunks: how large each is (the last one less), and how many."""

    upload_id: Text = Field(min_length=1)
    chunk_size: Annotated[Whole, Field(gt=0)]
    total_chunks: Annotated[Whole, Field(gt=0)]


class Uploaded(Model):
    """What an upload became; the document does not say what `complete` answers, so the id may be missing."""

    id: MaybeWhole = Field(default=None, validation_alias=AliasChoices("id", "video_id"))
    title: Text = ""
    status: Text = ""
