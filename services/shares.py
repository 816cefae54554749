"""Own shares at HDHive: published once, found again after a doubtful answer, refusals laid to their field."""

from typing import Literal

from clients.errors import Rejected
from clients.hdhive.client import HDHive
from clients.hdhive.errors import POOR
from clients.hdhive.models import OwnShare
from clients.hdhive.publishing import NewShare
from clients.moments import moment
from services.errors import ServiceOff
from services.names import Service
from services.sharelinks.finding import extract
from services.steps import Reached, nothing
from services.tokens import Tokens

Field = Literal["link", "code", "film", "title", "price", "anonymous", "hidden"]

# How far back among own shares a lost one is looked for.
LOOK_BACK = 200
# The clocks of HDHive and of this machine may differ by so much.
CLOCKS_DIFFER = 300.0
# A request may still arrive this long after it was sent.
LANDS_WITHIN = 60.0
# What a refusal says of a field, the clearest words first: `hide_link` has a link in it.
_WORDS: tuple[tuple[Field, tuple[str, ...]], ...] = (
    ("hidden", ("hide_link", "隐藏")),
    ("anonymous", ("is_anonymous", "匿名")),
    ("price", ("unlock_points", "解锁积分", "points")),
    ("code", ("access_code", "access code", "提取码", "访问码")),
    ("film", ("tmdb", "media_type", "movie_id", "tv_id", "collection_id", "影视", "媒体")),
    ("title", ("title", "标题")),
    ("link", ("url", "链接", "link", "网盘")),
)


class Shares:
    """Publish links at HDHive for the people who have them."""

    def __init__(self, hdhive: HDHive | None, tokens: Tokens, *, reached: Reached = nothing) -> None:
        self._hdhive = hdhive
        self._tokens = tokens
        self._reached = reached

    async def publish(self, user_id: int, share: NewShare) -> OwnShare:
        """Publish a link; the caller has noted that it does, and never repeats a doubtful one unseen."""
        hdhive = self._on()
        await self._reached("share.sending")
        made = await self._tokens.call(user_id, Service.HDHIVE, lambda t: hdhive.create_share(t, share))
        await self._reached("share.sent")
        return made

    async def published(self, user_id: int, share: NewShare, since: float) -> OwnShare | None:
        """Look among the person's shares for one that was sent at a time and never answered."""
        hdhive = self._on()

        async def look(token: str) -> OwnShare | None:
            async for own in hdhive.iter_my_shares(token, LOOK_BACK):
                if is_same(own, share, since):
                    return own
            return None

        return await self._tokens.call(user_id, Service.HDHIVE, look)

    def _on(self) -> HDHive:
        if self._hdhive is None:
            raise ServiceOff(Service.HDHIVE)
        return self._hdhive


def is_same(own: OwnShare, share: NewShare, since: float) -> bool:
    """Tell whether a listed share is the one that was sent: by its link, or all that is shown of it."""
    made = moment(own.created_at)
    if made is not None and made < since - CLOCKS_DIFFER:
        return False
    if own.url is not None:
        return _link(own.url) == _link(share.url)
    shown = (own.tmdb_id, own.media_type, own.title or None, own.unlock_points)
    return shown == (share.tmdb_id, share.media_type, share.title or None, share.unlock_points or 0)


def _link(url: str) -> tuple[str, str]:
    found = extract(url)
    return (found[0].drive, found[0].id) if found else ("", url.strip())


def field_of(error: Rejected) -> Field | None:
    """Return the field that a refusal is about, None where it names none."""
    if (error.code or "").upper() == POOR:
        return None
    words = " ".join([*error.fields, error.message or ""]).casefold()
    return next((field for field, signs in _WORDS if any(sign in words for sign in signs)), None)
