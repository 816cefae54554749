"""What somebody wants to hear of a title's new resources: drive, price, picture, words."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from clients.hdhive.models import PanType, Resource

When = Literal["now", "daily", "weekly"]
Quality = Literal["4K", "1080P", "720P", "other"]
# Every drive HDHive names, and what stands for those it may name one day.
OTHER_DRIVE = "other"
DRIVES = (
    *(kind.value for kind in PanType if kind is not PanType.UNKNOWN),
    "disktop",
    OTHER_DRIVE,
)
WHENS: tuple[When, ...] = ("now", "daily", "weekly")
QUALITIES: tuple[Quality, ...] = ("4K", "1080P", "720P", "other")
MOST_POINTS = 1_000_000
MOST_WORDS = 10
WORD_LENGTH = 40
# What a notice keeps of a resource; whether it is unlocked is another matter for everybody.
_KEPT = (
    "slug",
    "title",
    "share_size",
    "video_resolution",
    "source",
    "subtitle_language",
    "unlock_points",
    "remark",
    "is_official",
    "validate_status",
)
_MARKS: tuple[tuple[re.Pattern[str], Quality], ...] = (
    (re.compile(r"(?<![a-z0-9])(4k|2160p?|uhd)(?![a-z0-9])", re.IGNORECASE), "4K"),
    (re.compile(r"(?<![a-z0-9])(1080[pi]?|fhd)(?![a-z0-9])", re.IGNORECASE), "1080P"),
    (re.compile(r"(?<![a-z0-9])720p?(?![a-z0-9])", re.IGNORECASE), "720P"),
)


class Wishes(BaseModel):
    """Be somebody's filters; what is empty lets everything through."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    drives: tuple[str, ...] = ()
    most_points: int | None = None
    qualities: tuple[Quality, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    when: When = "now"

    @property
    def filters(self) -> int:
        """Return how many filters there are."""
        points = self.most_points is not None
        return points + sum(map(bool, (self.drives, self.qualities, self.include, self.exclude)))

    def toggled(self, field: Literal["drives", "qualities"], value: str) -> Self:
        """Return the same with one value of a list in or out."""
        chosen: Sequence[str] = getattr(self, field)
        kept = [one for one in chosen if one != value] if value in chosen else [*chosen, value]
        return self.model_copy(update={field: tuple(kept)})

    def fits(self, resource: Resource) -> bool:
        """Tell whether somebody wants to hear of a resource."""
        if self.drives and drive_of(resource) not in self.drives:
            return False
        if self.most_points is not None and resource.unlock_points > self.most_points:
            return False
        if self.qualities and not qualities_of(resource) & set(self.qualities):
            return False
        return self.says(_text_of(resource)) if self.include or self.exclude else True

    def says(self, text: str) -> bool:
        """Tell whether a text, its letters all of one width and case, has the words somebody wants."""
        return all(_plain(word) in text for word in self.include) and not any(
            _plain(word) in text for word in self.exclude
        )


def words_of(typed: str) -> tuple[str, ...]:
    """Return the words somebody typed, apart by spaces or commas."""
    found = (word[:WORD_LENGTH] for word in re.split(r"[\s,，、;；]+", typed) if word)
    return tuple(dict.fromkeys(found))[:MOST_WORDS]


def drive_of(resource: Resource) -> str:
    """Return a resource's drive as the filter names it."""
    if resource.pan_type is not PanType.UNKNOWN:
        return resource.pan_type.value
    raw = (resource.pan_type_raw or "").strip().casefold()
    return raw if raw in DRIVES else OTHER_DRIVE


def qualities_of(resource: Resource) -> set[Quality]:
    """Return how fine a resource's pictures are; its title serves where nothing else tells."""
    told = " ".join(resource.video_resolution) or resource.title or ""
    found = {quality for mark, quality in _MARKS if mark.search(told)}
    return found or {"other"}


def facts_of(resource: Resource) -> dict[str, Any]:
    """Return what a notice keeps of a resource."""
    told: dict[str, Any] = resource.model_dump(mode="json", include=set(_KEPT), exclude_defaults=True)
    return told | {"slug": resource.slug, "pan_type": resource.pan_type_raw}


def cheapest(resources: Iterable[Resource]) -> list[Resource]:
    """Return resources as they are told: free ones first, then by price."""
    return sorted(resources, key=lambda one: (one.unlock_points, one.slug))


def _text_of(resource: Resource) -> str:
    parts: list[str | None] = [resource.title, resource.remark, resource.share_size, resource.pan_type_raw]
    parts += [*resource.video_resolution, *resource.source]
    parts += [*resource.subtitle_language, *resource.subtitle_type]
    if resource.user is not None:
        parts.append(resource.user.nickname or resource.user.username)
    return _plain(" ".join(filter(None, parts)))


def _plain(text: str) -> str:
    """Return a text in which letters of other widths and cases are the same."""
    return unicodedata.normalize("NFKC", text).casefold()
