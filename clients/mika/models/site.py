"""Statistics and settings of the site (sections 统计接口 and 设置接口)."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from clients.models import Count, Model, OrEmpty
from clients.moments import MaybeDay

Settings = Mapping[str, Any]
"""The site's settings by name; the document names site_name and site_url."""


class Today(Model):
    """What the day has brought so far."""

    new_videos: Count = 0
    new_users: Count = 0
    views: Count = 0


def _today(value: object) -> object:
    return {} if value is None else value


class Overview(Model):
    """The whole site in numbers; storage in bytes."""

    total_videos: Count = 0
    total_users: Count = 0
    total_views: Count = 0
    storage_used: Count = 0
    today: Annotated[Today, BeforeValidator(_today)] = Field(default_factory=Today)


# The document does not show what a range answers: the names are the overview's, others are read as well.
_DAY = AliasChoices("date", "day", "stat_date")


class VideoDay(Model):
    """One day of videos."""

    day: MaybeDay = Field(default=None, validation_alias=_DAY)
    new_videos: Count = Field(default=0, validation_alias=AliasChoices("new_videos", "videos", "count"))
    views: Count = Field(default=0, validation_alias=AliasChoices("views", "view_count"))


class UserDay(Model):
    """One day of users."""

    day: MaybeDay = Field(default=None, validation_alias=_DAY)
    new_users: Count = Field(default=0, validation_alias=AliasChoices("new_users", "users", "count"))
    active_users: Count = Field(default=0, validation_alias=AliasChoices("active_users", "active"))


_ROWS = AliasChoices("list", "items", "days", "daily", "trend")


class VideoStatistics(Model):
    """The days of a range."""

    days: Annotated[tuple[VideoDay, ...], OrEmpty] = Field(default=(), validation_alias=_ROWS)


class UserStatistics(Model):
    """The days of a range."""

    days: Annotated[tuple[UserDay, ...], OrEmpty] = Field(default=(), validation_alias=_ROWS)
