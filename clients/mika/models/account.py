"""The user's own account (section 用户接口)."""

from pydantic import Field

from clients.models import Count, MaybeText, Model, Text, Whole
from clients.moments import MaybeDay, MaybeMoment


class User(Model):
    """Who has logged in."""

    id: Whole
    username: Text = ""
    nickname: Text = ""
    avatar: MaybeText = None


class Login(Model):
    """A token and the moment it ends (None where the server does not say)."""

    token: Text = Field(min_length=1, repr=False)
    expire: MaybeMoment = None
    user: User | None = None


class Profile(User):
    """The account with its points and its VIP level (0: none)."""

    email: Text = Field(default="", repr=False)
    vip_level: Count = 0
    vip_expire: MaybeDay = None
    points: Count = 0
    created_at: MaybeMoment = None
