"""The linked account, its space, and a link on another device."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from clients.models import Count, Decimal, Flag, MaybeText, Model, Text, Texts, Whole, decimal


def _seconds(default: float) -> BeforeValidator:
    return BeforeValidator(lambda value: default if (got := decimal(value)) is None else max(1.0, got))


class DeviceCode(Model):
    """A code to type (or scan) on another device; times are seconds."""

    device_code: Text = Field(min_length=1, repr=False)
    user_code: Text = Field(min_length=1, repr=False)
    verification_uri: Text = Field(min_length=1)
    verification_uri_complete: MaybeText = Field(default=None, repr=False)
    expires_in: Annotated[float, _seconds(600)] = 600.0
    # RFC 8628, 3.2: without an interval clients use 5 seconds.
    interval: Annotated[float, _seconds(5)] = 5.0


class Grant(Model):
    """What the user granted to this application."""

    client_id: MaybeText = None
    scopes: Texts = ()


class UserInfo(Model):
    """The linked account; times are unix seconds, 0 for never."""

    uid: Whole
    username: MaybeText = None
    nickname: MaybeText = None
    email: MaybeText = Field(default=None, repr=False)
    avatar_url: MaybeText = None
    is_vip: Flag = False
    vip_group: Count = 0
    vip_expire_ts: Count = 0
    storage_quota_bytes: Count = 0
    created_at_ts: Count = 0
    oauth: Grant | None = None


class Space(Model):
    """Bytes of the drive; `used_pct` is 0–100."""

    total_bytes: Count = 0
    used_bytes: Count = 0
    free_bytes: Count = 0
    used_pct: Decimal = 0.0


class ShareEnabled(Model):
    """Whether the user's account may share."""

    enabled: Flag = False
    note: MaybeText = None
