"""What the card of an own share remembers: a draft, or a share that is published."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field as Remembered

from clients.hdhive.models import OwnShare, PanType, Share
from clients.hdhive.publishing import NewShare
from handlers.scenes import State
from services import sharedfilms
from services.sharedfilms import Film

ROUTE = "share"
LIST = "shares"
Step = Literal["link", "code", "film", "title", "price", "all", "sent", "delete"]
# The questions of a new share, in order.
WALK: tuple[Step, ...] = ("link", "film", "price", "title")
# Of these the next words of the person are the answer.
TYPED: frozenset[Step] = frozenset({"link", "code", "film", "title", "price"})


class ShareFields(BaseModel):
    """What is published; of a share of others' making some may be unknown."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    url: str | None = Remembered(default=None, repr=False)
    code: str | None = Remembered(default=None, repr=False)
    drive: str = ""
    film: Film | None = None
    title: str = ""
    price: int = 0
    anonymous: bool | None = False
    hidden: bool | None = False

    @property
    def ready(self) -> bool:
        """Tell whether all is there that a share must have."""
        return bool(self.url) and self.film is not None

    @property
    def new_share(self) -> NewShare:
        """Return what is sent to publish it."""
        return NewShare(
            url=self.url or "",
            title=self.title or None,
            access_code=self.code,
            unlock_points=self.price,
            is_anonymous=bool(self.anonymous),
            hide_link=bool(self.hidden),
            **(self.film.fields if self.film is not None else {}),
        )


class ShareState(State):
    """A share, published where it has a slug, and what is being asked about it."""

    slug: str = ""
    page: int = 0
    step: Step = "link"
    walked: bool = False
    """All questions of a new share were asked once."""
    fields: ShareFields = ShareFields()
    usual: int | None = None
    """The price that HDHive proposes for links like this."""
    strange: bool = False
    """HDHive knows no drive for the link."""
    query: str = ""
    hits: int = 0
    typed: str = Remembered(default="", repr=False)
    faults: dict[str, str] = Remembered(default_factory=dict)
    said: str = ""
    sent_at: float | None = None
    """It was sent to be published, and no answer has been noted yet."""
    account: str = ""
    """Which account it was sent with, where HDHive told that."""


def fresh(state: ShareState, **changes: Any) -> ShareState:
    """Return the next state; what was said and refused before is over."""
    return state.model_copy(update={"faults": {}, "said": "", "typed": "", **changes})


def with_fields(state: ShareState, **changes: Any) -> ShareFields:
    """Return the fields of a state with changes."""
    return state.fields.model_copy(update=changes)


def fields_of(share: Share) -> ShareFields:
    """Return the fields of a share as HDHive tells them."""
    own = share if isinstance(share, OwnShare) else None
    return ShareFields(
        url=own.url if own else None,
        code=own.access_code if own else None,
        drive=drive_of(share),
        film=sharedfilms.told(share.media_type, share.tmdb_id),
        title=share.title or "",
        price=share.unlock_points,
        anonymous=own.is_anonymous if own else None,
        hidden=own.hide_link if own else None,
    )


def drive_of(share: Share) -> str:
    """Return the name of a share's drive; one we do not know keeps HDHive's word for it."""
    if share.pan_type is not PanType.UNKNOWN:
        return str(share.pan_type)
    return share.pan_type_raw or ""
