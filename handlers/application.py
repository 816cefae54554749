"""The python-telegram-bot application, with what its handlers may use and the routes they registered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from telegram import Update
from telegram.ext import Application, ApplicationBuilder, ContextTypes, ExtBot

from handlers.context import LinkHiveContext, Policy
from handlers.photos import Photos
from handlers.scenes import Act, AnyRoute, OutgoingCard, Scene
from handlers.texts import Texts
from services import Services
from services.jobs import JobHandler
from services.steps import Reached, nothing
from storage.cards import Card
from storage.dialogs import Dialog

Callback = Callable[[Update, LinkHiveContext], Awaitable[None]]
StartLink = Callable[[Update, LinkHiveContext, str], Awaitable[None]]
Answer = Callable[[Update, LinkHiveContext, Dialog], Awaitable[None]]
# Whether a file that was sent is what was asked for, and was taken.
TakeFile = Callable[[Update, LinkHiveContext, Dialog], Awaitable[bool]]
# What /cancel does with the card that asks, beside asking no longer.
Leave = Callable[[LinkHiveContext, Card], Awaitable[None]]
# None where it was told on a card that is there already.
Notice = Callable[[Scene[Any], Mapping[str, Any]], Awaitable[OutgoingCard | None]]
# Several of a kind that waited for the same person, oldest first, told in one message.
Fold = Callable[[Scene[Any], Sequence[Mapping[str, Any]]], Awaitable[OutgoingCard | None]]


class Upstreams(Protocol):
    """Tell the state of each service that is on, by its name."""

    async def __call__(self, *, anew: bool = False) -> Mapping[str, str]:
        """Return what is known, or what they answer now."""
        ...


@dataclass(frozen=True)
class Command:
    """A command as the menus and the help show it."""

    name: str
    callback: Callback
    private: bool = False
    admin: bool = False
    for_outsiders: bool = False


@dataclass
class Routes:
    """What the features registered, beside python-telegram-bot's own handlers."""

    commands: dict[str, Command] = field(default_factory=dict)
    cards: dict[str, AnyRoute] = field(default_factory=dict)
    starts: dict[str, StartLink] = field(default_factory=dict)
    dialogs: dict[str, Answer] = field(default_factory=dict)
    leaves: dict[str, Leave] = field(default_factory=dict)
    files: dict[str, TakeFile] = field(default_factory=dict)
    staying: set[str] = field(default_factory=set)
    jobs: dict[str, JobHandler] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    folds: dict[str, Fold] = field(default_factory=dict)
    steps: dict[str, Act[Any]] = field(default_factory=dict)


class LinkHiveApplication(
    Application[ExtBot[None], LinkHiveContext, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]
):
    """An application that carries the services, the texts and the policy."""

    __slots__ = ("photos", "policy", "reached", "routes", "services", "texts", "upstreams")

    def __init__(self, *, services: Services, texts: Texts, policy: Policy, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.services = services
        self.texts = texts
        self.policy = policy
        self.routes = Routes()
        # Ids are worth something only to the bot that sent the picture.
        self.photos = Photos()
        # Told of named steps, so that tests can stop a process exactly there.
        self.reached: Reached = nothing
        # How the services answer; who runs the house knows.
        self.upstreams: Upstreams = _unknown

    def deep_link(self, payload: str) -> str:
        """Return the address that opens the private chat with a payload."""
        return f"{self.policy.me_url}/{self.bot.username}?start={payload}"

    def card(self, route: AnyRoute) -> None:
        """Show cards of a route and answer their buttons."""
        _once(self.routes.cards, route.name, route)

    def step(self, action: str, act: Act[Any]) -> None:
        """Take a step that any card may offer, such as linking an account after an error."""
        _once(self.routes.steps, action, act)

    def start_link(self, prefix: str, callback: StartLink) -> None:
        """Answer deep links whose payload begins with a prefix."""
        _once(self.routes.starts, prefix, callback)

    def dialog(
        self,
        kind: str,
        answer: Answer,
        leave: Leave | None = None,
        *,
        stays: bool = False,
        file: TakeFile | None = None,
    ) -> None:
        """Answer the text a person was asked for; `leave` is called when /cancel ends the asking.

        The card that asked goes with the answer, unless it `stays` to show what comes of it. `file` is shown
        what is sent meanwhile, before it is anything else.
        """
        _once(self.routes.dialogs, kind, answer)
        if stays:
            self.routes.staying.add(kind)
        if leave is not None:
            self.routes.leaves[kind] = leave
        if file is not None:
            self.routes.files[kind] = file

    def job(self, kind: str, handler: JobHandler, *, of_chat: bool = False) -> None:
        """Work off jobs of a kind; those `of_chat` see by themselves whether their chat may be told."""
        _once(self.routes.jobs, kind, handler)
        if of_chat:
            self.services.admission.free(kind)

    def notice(self, kind: str, draw: Notice, fold: Fold | None = None) -> None:
        """Draw the notices of a kind, which jobs deliver; `fold` draws several that waited as one."""
        _once(self.routes.notices, kind, draw)
        if fold is not None:
            _once(self.routes.folds, kind, fold)


async def _unknown(*, anew: bool = False) -> Mapping[str, str]:
    del anew
    return {}


def _once(table: dict[str, Any], key: str, value: object) -> None:
    if key in table:
        raise ValueError(f"{key!r} is registered twice")
    table[key] = value


def build(bot: ExtBot[None], *, services: Services, texts: Texts, policy: Policy) -> LinkHiveApplication:
    """Build the application around a bot; the intake feeds it, so it has no updater."""
    parts: dict[str, object] = {"services": services, "texts": texts, "policy": policy}
    builder = ApplicationBuilder().bot(bot).updater(None).job_queue(None)
    builder = builder.context_types(ContextTypes(context=LinkHiveContext))
    return builder.application_class(LinkHiveApplication, kwargs=parts).build()  # type: ignore[return-value]
