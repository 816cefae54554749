"""What every handler is given: the services, the person, their language, and the update's delivery."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from telegram import Chat, Message, Update, User
from telegram.ext import CallbackContext, ExtBot

from handlers.texts import Speaker, Texts
from services import Services
from services.people import Person

if TYPE_CHECKING:
    from handlers.application import LinkHiveApplication
    from handlers.scenes import Reply


@dataclass
class Delivery:
    """How the update reached us: the intake sets it, the error handler reports back through it."""

    received_at: float
    last_attempt: bool = True
    too_many: bool = False
    """Sent by someone who asks for too much: to be told so, once, instead of an answer."""
    failures: list[Exception] = field(default_factory=list)
    reply: Reply | None = None
    """The answer a press gets, for who must tell of a failure."""


delivery: ContextVar[Delivery | None] = ContextVar("delivery", default=None)


@dataclass(frozen=True)
class Policy:
    """Who may use the bot, and where its deep links point."""

    me_url: str
    admin_ids: frozenset[int] = frozenset()
    allowed_ids: frozenset[int] = frozenset()
    hdhive_url: str = ""

    @property
    def everybody(self) -> frozenset[int]:
        """Return who may use the bot by their own number; an empty set is everybody."""
        return self.allowed_ids | self.admin_ids if self.allowed_ids else frozenset()

    @property
    def audience(self) -> frozenset[int]:
        """Return who may be written to; an empty set is everybody who is let in when it comes to them."""
        return frozenset() if self.groups else self.everybody

    @property
    def groups(self) -> frozenset[int]:
        """Return the groups that may use the bot, with all their members."""
        return frozenset(id_ for id_ in self.allowed_ids if id_ < 0)

    def admits(self, user_id: int) -> bool:
        """Tell whether a person may use the bot wherever they are."""
        return not self.allowed_ids or user_id in self.everybody


class LinkHiveContext(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """The typed door from a handler to everything it may use."""

    _person: Person | None = None

    @property
    def home(self) -> LinkHiveApplication:
        """Return the application, which owns services, texts and policy."""
        return cast("LinkHiveApplication", self.application)

    @property
    def services(self) -> Services:
        """Return the use cases."""
        return self.home.services

    @property
    def texts(self) -> Texts:
        """Return the catalogues of every language."""
        return self.home.texts

    @property
    def policy(self) -> Policy:
        """Return who may use the bot."""
        return self.home.policy

    @property
    def person(self) -> Person:
        """Return the user this update comes from."""
        if self._person is None:
            raise LookupError("this update has no person")
        return self._person

    def meet(self, person: Person) -> None:
        """Note who sent the update."""
        self._person = person

    @property
    def say(self) -> Speaker:
        """Return the person's language."""
        return self.texts.speaker(self.person.language if self._person else "en")

    @property
    def received_at(self) -> float:
        """Return when the update was stored: presses grow stale from then on."""
        current = delivery.get()
        return current.received_at if current else self.services.clock.now()


def message_of(update: Update) -> Message:
    """Return the message a command or text arrived in."""
    if update.effective_message is None:
        raise LookupError("this update has no message")
    return update.effective_message


def chat_of(update: Update) -> Chat:
    """Return the chat of an update that has one."""
    if update.effective_chat is None:
        raise LookupError("this update has no chat")
    return update.effective_chat


def user_of(update: Update) -> User:
    """Return the sender of an update that has one."""
    if update.effective_user is None:
        raise LookupError("this update has no user")
    return update.effective_user


def is_private(update: Update) -> bool:
    """Tell whether the update comes from a private chat."""
    return update.effective_chat is not None and update.effective_chat.type == Chat.PRIVATE
