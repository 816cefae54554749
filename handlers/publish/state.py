"""What the card of a resource to be published remembers: the draft, and where in the questions it stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field as Remembered

from clients.acgbt.models import NewResource
from handlers.scenes import State

ROUTE = "publish"
ASK = "publish.answer"
Step = Literal[
    "title", "category", "description", "pictures", "layout", "link", "size", "all", "sent", "done"
]
# The questions, in order; of two of them an answer to another may take the place.
ORDER: tuple[Step, ...] = ("title", "category", "description", "pictures", "layout", "link", "size")


_SHOWN = ("images", "unseen", "sent")


class PublishFields(BaseModel):
    """What is published."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    title: str = ""
    category: int | None = None
    category_name: str = ""
    description: str = ""
    images: tuple[str, ...] = Remembered(default=(), repr=False)
    unseen: tuple[str, ...] = Remembered(default=(), repr=False)
    """Those of the pictures that could not be looked at from here."""
    sent: tuple[str, ...] = Remembered(default=(), repr=False)
    """Those of the pictures that were sent to the chat: they lie with us."""
    layout: int = 1
    magnet: str | None = Remembered(default=None, repr=False)
    cid: str | None = None
    size: int | None = None
    measured: bool = False
    """The torrent file or the magnet link told the size."""

    @property
    def missing(self) -> Step | None:
        """Return the first field that is needed and not there."""
        needed: tuple[tuple[Step, object], ...] = (
            ("title", self.title),
            ("category", self.category is not None),
            ("link", self.magnet or self.cid),
        )
        return next((step for step, there in needed if not there), None)

    def shown(self, *addresses: str, sent: bool = False) -> PublishFields:
        """Return the fields with more pictures; one that is there already stays where it is."""
        more = tuple(one for one in dict.fromkeys(addresses) if one not in self.images)
        changes = {"images": (*self.images, *more), "sent": (*self.sent, *more) if sent else self.sent}
        return self.model_copy(update=changes)

    def without(self, gone: Collection[str]) -> PublishFields:
        """Return the fields without some pictures."""
        kept = {name: tuple(url for url in getattr(self, name) if url not in gone) for name in _SHOWN}
        layout = self.layout if len(kept["images"]) > 1 else 1
        return self.model_copy(update={**kept, "layout": layout})

    @property
    def new(self) -> NewResource:
        """Return what is sent."""
        return NewResource(
            title=self.title,
            category_id=self.category or 0,
            description=self.description,
            images=self.images,
            image_layout=self.layout,
            magnet_link=self.magnet,
            ipfs_cid=self.cid,
            file_size=self.size,
        )


class PublishState(State):
    """A draft, what is being asked about it, and what became of it."""

    step: Step = "title"
    walked: bool = False
    """All questions were asked once."""
    fields: PublishFields = PublishFields()
    suggested: str = ""
    """What the torrent file or the magnet link calls it."""
    shelf: int = 0
    typed: str = Remembered(default="", repr=False)
    album: str = ""
    arranging: bool = False
    """The pictures are looked at one by one."""
    picked: int = 0
    """Which of them is picked, counted from 1."""
    faults: dict[str, str] = Remembered(default_factory=dict)
    said: str = ""
    sent_at: float | None = None
    """It was sent to be published, and no answer has been noted yet."""
    author: str = ""
    """Whose account it was sent with."""
    number: int | None = None
    """Its number at ACGBT, once it is published and told."""


def fresh(state: PublishState, **changes: Any) -> PublishState:
    """Return the next state; what was said, refused and picked before is over."""
    over = {"faults": {}, "said": "", "typed": "", "arranging": False, "picked": 0}
    return state.model_copy(update={**over, **changes})


def walk(fields: PublishFields) -> Sequence[Step]:
    """Return the questions a draft needs: one picture stands alone, and a known size is not asked."""
    left_out = {"layout"} if len(fields.images) < 2 else set()
    if fields.measured:
        left_out.add("size")
    return [step for step in ORDER if step not in left_out]


def behind(state: PublishState, fields: PublishFields) -> Step:
    """Return what comes after the question that is being asked."""
    if state.walked or state.step not in ORDER:
        return "all"
    later = ORDER[ORDER.index(state.step) + 1 :]
    asked = walk(fields)
    return next((step for step in later if step in asked), "all")


def before(state: PublishState) -> Step | None:
    """Return the step that a question was come to from; None for the first one."""
    if state.walked or state.step not in ORDER:
        return "all"
    earlier = ORDER[: ORDER.index(state.step)]
    asked = walk(state.fields)
    return next((step for step in reversed(earlier) if step in asked), None)
