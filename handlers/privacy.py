"""/privacy and /forget: what is stored and why, all of it as a file, and the end of it."""

from __future__ import annotations

import structlog
from telegram import InputFile, Update
from telegram.error import BadRequest, Forbidden, TelegramError

from handlers import cards, commands
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.linking import byhand
from handlers.messages import redraw, send
from handlers.problems import service_name
from handlers.scenes import Route, Scene, State, Switch
from handlers.texts import Html, Speaker
from handlers.views import Press, Row, View
from services.forgetting import FAREWELL, Outlook
from services.jobs import Lease, RetryLater
from storage.cards import Card
from storage.erasure import OWNED
from storage.jobs import Job
from storage.marks import rows_of

log = structlog.get_logger(__name__)

# What is told of by a word of its own before somebody is forgotten; the rest is what makes these work.
COUNTED = ("unlocks", "checkins", "subscriptions", "uploads", "pictures")
# A last word is worth this many tries.
TRIES = 40
AGAIN_SECONDS = 15.0


class PrivacyState(State):
    """The card remembers nothing: it shows what is."""


async def show(scene: Scene[PrivacyState]) -> View:
    """Show what is stored and why."""
    say, counts = scene.say, await scene.services.privacy.stored(scene.user_id)
    lines = [say("privacy.title"), "", say("privacy.how"), ""]
    lines += [
        say("privacy.line", what=say(f"privacy.table.{owned.table.name}"), n=counts[owned.table.name])
        for owned in OWNED
        if counts[owned.table.name] and not rows_of(owned.table).passing
    ]
    rows: list[Row] = [
        [Press(say.label("button.export"), "export"), Press(say.label("button.forget"), "forget")],
        [Press(say.label("button.close"), "close")],
    ]
    return View(Html("\n".join([*lines, "", say("privacy.export")])), rows)


async def export(scene: Scene[PrivacyState], _arg: str) -> None:
    """Send all of it as a file."""
    made = await scene.services.privacy.export(scene.user_id)
    await scene.home.bot.send_document(
        scene.chat_id, InputFile(made.content, made.name), caption=scene.say.label("privacy.file")
    )


async def to_forget(_scene: Scene[PrivacyState], _arg: str) -> Switch:
    """Go on to the question whether to forget."""
    return Switch(FORGET.name, ForgetState())


PRIVACY = Route(
    "privacy",
    PrivacyState,
    show,
    {"export": export, "forget": to_forget},
    private=True,
    for_outsiders=frozenset({"export", "forget"}),
)


class ForgetState(State):
    """The question remembers nothing either."""


async def ask(scene: Scene[ForgetState]) -> View:
    """Say what goes, and ask."""
    say, outlook = scene.say, await scene.services.forgetting.outlook(scene.user_id)
    lines = [say("forget.title"), "", *_what(say, outlook), *_doubts(say, outlook), "", say("forget.stays")]
    sure = [Press(say.label("button.confirm"), "sure"), Press(say.label("button.cancel"), "close")]
    return View(Html("\n".join(lines)), [sure])


def _what(say: Speaker, outlook: Outlook) -> list[Html]:
    counted = [say.plural(f"forget.{name}", outlook.rows[name]) for name in COUNTED if outlook.rows[name]]
    lines = [say("forget.all"), *counted]
    for service in outlook.linked:
        key = "forget.by_hand" if service in outlook.by_hand else "forget.revoked"
        lines.append(say(key, service=service_name(say, service)))
    return lines


def _doubts(say: Speaker, outlook: Outlook) -> list[str]:
    """Tell of unlocks whose end is not known: one under way is settled first, an older one just goes."""
    if outlook.waits_until is not None:
        return ["", say("forget.under_way")]
    if outlook.unsettled:
        points = sum(row.price for row in outlook.unsettled)
        return ["", say.plural("forget.doubtful", len(outlook.unsettled), points=points)]
    return []


async def sure(scene: Scene[ForgetState], _arg: str) -> None:
    """Have everything erased; the last word comes from a job, for after that nothing is kept of this card."""
    try:
        await scene.interim(View(scene.say("forget.working")))
    except TelegramError as error:
        # Who cannot be told is forgotten all the same.
        log.info("forget_not_told", error=type(error).__name__)
    message_id = scene.card.message_id if scene.card else None
    await scene.services.forgetting.forget(scene.user_id, scene.chat_id, message_id, scene.person.language)


FORGET = Route("forget", ForgetState, ask, {"sure": sure}, private=True, for_outsiders=frozenset({"sure"}))


def last_word(say: Speaker, by_hand: list[str]) -> View:
    """Return what is said at the end."""
    lines = [say("forget.done"), *(byhand.still(say, service) for service in by_hand), say("forget.anew")]
    return View(Html("\n".join(lines)), byhand.ways(say, by_hand))


async def farewell(home: LinkHiveApplication, job: Job) -> None:
    """Do the job: say on the card, or anew, that all is erased; nobody waits for it for ever."""
    await home.services.forgetting.cleared(job)
    chat_id, view = int(job.payload["chat_id"]), _farewell(home, job)
    try:
        if not await redraw(home, _message(chat_id, job.payload["message_id"]), view):
            await send(home, chat_id, view)
    except (Forbidden, BadRequest):
        return
    except TelegramError as error:
        if job.attempt < TRIES:
            raise RetryLater(AGAIN_SECONDS) from error


def _farewell(home: LinkHiveApplication, job: Job) -> View:
    return last_word(home.texts.speaker(str(job.payload["language"])), list(job.payload["by_hand"]))


def _message(chat_id: int, message_id: int | None) -> Card:
    """Return a message as a card, which it is no more."""
    return Card("", chat_id, chat_id, message_id, FORGET.name, {}, 0, 0.0, 0.0)


async def privacy(update: Update, context: LinkHiveContext) -> None:
    """Show what is stored."""
    await cards.begin(update, context, PRIVACY, PrivacyState())


async def forget(update: Update, context: LinkHiveContext) -> None:
    """Ask whether to forget."""
    await cards.begin(update, context, FORGET, ForgetState())


def register(home: LinkHiveApplication) -> None:
    """Offer both, and say the last word."""
    home.card(PRIVACY)
    home.card(FORGET)
    commands.add(home, "privacy", privacy, private=True, for_outsiders=True)
    commands.add(home, "forget", forget, private=True, for_outsiders=True)

    async def tell(job: Job, _lease: Lease) -> None:
        await farewell(home, job)

    home.job(FAREWELL, tell)
