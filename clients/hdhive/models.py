"""What HDHive answers (its OpenAPI document; fields seen beyond it are marked)."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Self

from pydantic import AliasChoices, AliasPath, BeforeValidator, Field, model_validator

from clients.models import (
    Count,
    Flag,
    MaybeFlag,
    MaybeText,
    MaybeWhole,
    Model,
    OpenEnum,
    OrEmpty,
    Text,
    Texts,
    Whole,
    whole,
)


class PanType(OpenEnum):
    """The drive a resource lies on."""

    P115 = "115"
    P123 = "123"
    QUARK = "quark"
    BAIDU = "baidu"
    ALI = "ali"
    TIANYI = "189"
    MOBILE = "139"
    UC = "uc"
    XUNLEI = "xunlei"
    GUANGYA = "guangya"
    PIKPAK = "pikpak"
    ED2K = "ed2k"
    MAGNET = "magnet"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> Self:
        # aliPan was seen beside ali.
        return super()._missing_("ali" if str(value).strip().casefold() == "alipan" else value)


class Validity(OpenEnum):
    """HDHive's own opinion on whether a link is alive (seen, undocumented)."""

    VALID = "valid"
    INVALID = "invalid"
    ERROR = "error"
    CHECKING = "checking"
    UNKNOWN = "unknown"


# Points are never negative: a negative price must not look like a gain.
Points = Annotated[int, BeforeValidator(lambda value: max(0, whole(value) or 0))]
MaybePoints = Annotated[
    int | None, BeforeValidator(lambda value: None if (got := whole(value)) is None else max(0, got))
]
Pan = Annotated[PanType, BeforeValidator(PanType)]
# An empty access code or address means there is none.
Given = Annotated[MaybeText, BeforeValidator(lambda value: None if value == "" else value)]


class Sharer(Model):
    """Who shared a resource."""

    id: MaybeWhole = None
    nickname: MaybeText = None
    username: MaybeText = None
    avatar_url: MaybeText = None


class Resource(Model):
    """One shared resource of a title."""

    slug: Text = Field(min_length=1)
    title: MaybeText = None
    pan_type: Pan = PanType.UNKNOWN
    pan_type_raw: MaybeText = Field(default=None, validation_alias=AliasChoices("pan_type_raw", "pan_type"))
    share_size: MaybeText = None
    video_resolution: Texts = ()
    source: Texts = ()
    subtitle_language: Texts = ()
    subtitle_type: Texts = ()
    unlock_points: Points = 0
    is_unlocked: Flag = False
    user: Sharer | None = None
    # Seen beside the documented fields:
    validate_status: Annotated[Validity, BeforeValidator(Validity)] = Validity.UNKNOWN
    validate_message: MaybeText = None
    last_validated_at: MaybeText = None
    remark: MaybeText = None
    is_official: Flag = False
    unlocked_users_count: MaybeWhole = None
    created_at: MaybeText = None


class Share(Resource):
    """One resource as it stands for the asking user."""

    actual_unlock_points: MaybePoints = None
    is_free_for_user: MaybeFlag = None
    unlock_message: MaybeText = None
    # Seen, like the rest of what is not in the document:
    tmdb_id: MaybeText = None
    media_type: MaybeText = None

    @property
    def price_for_user(self) -> int:
        """The points an unlock costs this user."""
        if self.actual_unlock_points is not None:
            return self.actual_unlock_points
        return 0 if self.is_free_for_user else self.unlock_points


class OwnShare(Share):
    """A share of the user's own, with what only its owner sees; None where the server does not tell."""

    url: Given = Field(default=None, repr=False)
    access_code: Given = Field(default=None, repr=False)
    is_anonymous: MaybeFlag = None
    hide_link: MaybeFlag = None


class SharePage(Model):
    """One page of own shares; `total` is None where the server does not tell."""

    shares: Annotated[tuple[OwnShare, ...], OrEmpty] = ()
    total: MaybeWhole = None


class Unlocked(Model):
    """The link that points (or nothing) have bought."""

    url: Text = Field(min_length=1, repr=False)
    access_code: Given = Field(default=None, repr=False)
    full_url: Text = Field(min_length=1, repr=False)
    already_owned: Flag = False

    @model_validator(mode="before")
    @classmethod
    def _either_address(cls, data: Any) -> Any:
        """Let one address stand for the other where a server leaves one out."""
        if not isinstance(data, Mapping):
            return data
        url, full = data.get("url"), data.get("full_url")
        return {**data, "url": url or full, "full_url": full or url}


class LinkKind(Model):
    """What drive a link belongs to; says nothing about whether it is alive."""

    pan_type: Pan = Field(
        default=PanType.UNKNOWN, validation_alias=AliasChoices("pan_type", "website", "type")
    )
    url: Given = Field(default=None, validation_alias=AliasChoices("url", "base_link"), repr=False)
    access_code: Given = Field(default=None, repr=False)
    default_unlock_points: MaybePoints = None


def _beijing_date(value: object) -> str | None:
    """Read the Beijing date of a day or a moment, None where it is neither."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone(timedelta(hours=8)))
    return moment.date().isoformat()


class Me(Model):
    """The linked account."""

    id: Whole
    nickname: MaybeText = None
    username: MaybeText = None
    email: MaybeText = Field(default=None, repr=False)
    avatar_url: MaybeText = None
    is_vip: Flag = False
    # Points were seen nested and flat, as number and as string; a loss in the gamble may go below 0.
    points: MaybeWhole = Field(
        default=None, validation_alias=AliasChoices(AliasPath("user_meta", "points"), "points")
    )
    # Seen beside the points: the Beijing date of the last check-in, or its moment.
    last_checkin: Annotated[str | None, BeforeValidator(_beijing_date)] = Field(
        default=None,
        validation_alias=AliasChoices(AliasPath("user_meta", "last_signin_at"), "last_signin_at"),
    )


class CheckIn(Model):
    """The outcome of a check-in; False means it was already done today."""

    checked_in: bool
    points: MaybeWhole = None
    total_points: MaybeWhole = None
    message: MaybeText = None


class Quota(Model):
    """Limits of the calling credential; null where none is set."""

    daily_reset: MaybeWhole = None
    endpoint_limit: MaybeWhole = None
    endpoint_remaining: MaybeWhole = None


class WeeklyQuota(Model):
    """Free unlocks of a long-term Premium user this week."""

    is_forever_vip: Flag = False
    limit: Count = 0
    used: Count = 0
    remaining: Count = 0
    unlimited: Flag = False
    bonus_quota: Count = 0
    bonus_quota_max: Count = 0

    @property
    def has_no_limit(self) -> bool:
        """Tell whether unlocks are free without limit: three spellings of it were seen.

        A limit of 0 means that only for long-term Premium; for others it means there is no quota.
        """
        return self.unlimited or self.remaining == -1 or (self.is_forever_vip and self.limit == 0)


_CALLS = AliasChoices("calls", "total_calls", "count", "total", "total_requests", "requests")
_FAILED = AliasChoices("failed", "failed_calls", "error_calls", "errors")


class DayUsage(Model):
    """Calls of one day."""

    date: Text = Field(default="", validation_alias=AliasChoices("date", "day", "stat_date"))
    calls: Count = Field(default=0, validation_alias=_CALLS)
    failed: Count = Field(default=0, validation_alias=_FAILED)


class EndpointUsage(Model):
    """Calls of one endpoint."""

    endpoint: Text = Field(default="", validation_alias=AliasChoices("endpoint", "path", "name"))
    calls: Count = Field(default=0, validation_alias=_CALLS)
    failed: Count = Field(default=0, validation_alias=_FAILED)


class UsageSummary(Model):
    """Calls in all."""

    calls: Count = Field(default=0, validation_alias=_CALLS)
    failed: Count = Field(default=0, validation_alias=_FAILED)


class Usage(Model):
    """Calls per day, per endpoint and in all."""

    daily_stats: Annotated[tuple[DayUsage, ...], OrEmpty] = ()
    endpoint_stats: Annotated[tuple[EndpointUsage, ...], OrEmpty] = ()
    summary: UsageSummary | None = None

    @model_validator(mode="before")
    @classmethod
    def _flat_summary(cls, data: Any) -> Any:
        """Read counts that stand beside the lists, as they do for one day."""
        return {"summary": data, **data} if isinstance(data, Mapping) else data


class Ping(Model):
    """Whose key the application uses."""

    message: Text = ""
    api_key_id: MaybeWhole = None
    name: MaybeText = None
