"""A card's route: how its state is shown, and what each of its buttons does to the state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict
from telegram import CallbackQuery, Update
from telegram.error import TelegramError

from handlers.messages import display
from handlers.texts import Speaker, plain
from handlers.views import View
from services import Services
from services.people import Person
from storage.cards import Card

if TYPE_CHECKING:
    from handlers.application import LinkHiveApplication


log = structlog.get_logger(__name__)

# Telegram refuses longer answers to a press, and then nothing at all is shown.
ANSWER_LIMIT = 200


class InvalidPress(Exception):
    """A button's data that none of our buttons carries: forged, or from an older version."""


def number(arg: str, most: int = 10**18) -> int:
    """Return a button's argument as a number; raises InvalidPress."""
    if not (arg.isascii() and arg.isdecimal()) or len(arg) > 20 or int(arg) > most:
        raise InvalidPress(arg)
    return int(arg)


class State(BaseModel):
    """What a card remembers between presses."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


S = TypeVar("S", bound=State)


class Reply:
    """The one answer a press gets."""

    def __init__(self, query: CallbackQuery) -> None:
        self._query = query
        self.given = False

    async def give(self, text: str | None = None, *, alert: bool = False) -> None:
        """Answer the press, unless it was answered; one that Telegram forgot meanwhile is no error."""
        if self.given:
            return
        self.given = True
        try:
            await self._query.answer(text and plain(text, ANSWER_LIMIT), show_alert=alert)
        except TelegramError as error:
            log.info("press_not_answered", error=type(error).__name__)


@dataclass(frozen=True)
class Scene(Generic[S]):
    """A card before one person: enough to show it again without the update that opened it."""

    home: LinkHiveApplication
    person: Person
    chat_id: int
    private: bool
    state: S
    received_at: float
    card: Card | None = None
    update: Update | None = None
    reply: Reply | None = None
    topic: int | None = None
    """The topic of a forum in which it goes on."""

    @property
    def services(self) -> Services:
        """Return the use cases."""
        return self.home.services

    @property
    def say(self) -> Speaker:
        """Return the person's language."""
        return self.home.texts.speaker(self.person.language)

    @property
    def user_id(self) -> int:
        """Return the person's Telegram id."""
        return self.person.user.id

    def at(self, state: S) -> Scene[S]:
        """Return the same card in another state."""
        return replace(self, state=state)

    def switch(self, route: str, state: dict[str, Any]) -> Switch:
        """Return the move to a route by its name; raises InvalidPress for one of another version."""
        target = self.home.routes.cards.get(route)
        if target is None:
            raise InvalidPress(route)
        return Switch(route, target.load(state))

    async def toast(self, text: str, *, alert: bool = False) -> None:
        """Answer the press with a short notice."""
        if self.reply is not None:
            await self.reply.give(text, alert=alert)

    async def interim(self, view: View) -> None:
        """Show what is going on while an action runs."""
        if self.card is not None:
            await display(self.home, self.card, view)


@dataclass(frozen=True)
class Switch:
    """An action's answer that moves the card to another route."""

    route: str
    state: State


@dataclass(frozen=True)
class OutgoingCard:
    """A card that a notice sends: its route, its first state, and how that looks."""

    route: str
    state: State
    view: View


Show = Callable[[Scene[S]], Awaitable[View]]
# An action returns the next state, a switch to another route, or None when the card stays as it is.
Act = Callable[[Scene[S], str], Awaitable[S | Switch | None]]


def _no_advice(_error: Exception) -> str | None:
    return None


@dataclass(frozen=True)
class Route(Generic[S]):
    """A kind of card.

    `advice` names a text that helps with an error here more than the error's own words; a private one shows
    what is its owner's alone, and so never appears in a group, whatever data a custom client sends. `moved`
    is told of the card on which it goes on after a question that was answered in words, `closed` of the one
    that its owner closes. `everybody` names the actions with which anybody in a group may read on, on a card
    there that nobody opened and that otherwise obeys the admins. `for_outsiders` names those that only take
    away or show what there is: they are left to who may not use the bot any more.
    """

    name: str
    model: type[S]
    show: Show[S]
    actions: Mapping[str, Act[S]] = field(default_factory=dict)
    advice: Callable[[Exception], str | None] = _no_advice
    private: bool = False
    moved: Callable[[Scene[S]], Awaitable[None]] | None = None
    closed: Callable[[Scene[S]], Awaitable[None]] | None = None
    everybody: frozenset[str] = frozenset()
    for_outsiders: frozenset[str] = frozenset()

    def fits(self, scene: Scene[Any]) -> bool:
        """Tell whether cards of this kind may be shown where a scene is."""
        return scene.private or not self.private

    def load(self, state: dict[str, Any]) -> S:
        """Return a stored state as the route's own type."""
        return self.model.model_validate(state)


AnyRoute = Route[Any]
