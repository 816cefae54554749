"""A message of an operator to everybody: asked for, shown as it will be read, sent calmly, stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

from telegram import Update
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import ExtBot

from handlers import asking, cards
from handlers.admin.deadletters import home as to_home
from handlers.admin.operators import HOME, back, guarded
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.groups.admins import ANONYMOUS_ADMIN
from handlers.messages import display
from handlers.notes import NoticeState
from handlers.scenes import InvalidPress, Route, Scene, State
from handlers.texts import LANGUAGES, Html, Speaker
from handlers.views import Press, Row, View, visible_units
from services.broadcasts import End, Progress, Sent, Work
from services.chatstatus import meaning
from storage.dialogs import Dialog

ASK = "broadcast"
# With the frame around it still one message.
TEXT_LIMIT = 3500

Stage = Literal["preview", "running", "stopped", "done"]


class BroadcastState(State):
    """What is to be said, in which frame it is shown, and how far it is."""

    text: str
    language: str
    stage: Stage = "preview"
    progress: Progress


def framed(say: Speaker, text: str) -> Html:
    """Return what people of a language read."""
    return Html(f"{say('broadcast.frame')}\n\n{text}")


async def show(scene: Scene[BroadcastState]) -> View:
    """Show the message in one language's frame with who gets it, or how far it is."""
    say, state = scene.say, scene.state
    if state.stage == "preview":
        head = say.plural("broadcast.preview", state.progress.total)
        shown = framed(scene.home.texts.speaker(state.language), state.text)
        languages = [
            Press(_chosen(say.label(f"broadcast.language.{name}"), name == state.language), "language", name)
            for name in LANGUAGES
        ]
        sure = [Press(say.label("button.confirm"), "start"), Press(say.label("button.cancel"), "close")]
        return View(Html(f"{head}\n\n{shown}"), (languages, sure))
    return View(_report(say, state), _ways(scene, state.stage))


def _chosen(label: str, yes: bool) -> str:
    return f"• {label}" if yes else label


def _report(say: Speaker, state: BroadcastState) -> Html:
    progress = state.progress
    lines = [say(f"broadcast.{state.stage}"), say("broadcast.sent", sent=progress.sent, total=progress.total)]
    others = ((name, getattr(progress, name)) for name in ("blocked", "failed", "unsure", "outside"))
    lines += [say(f"broadcast.{name}", n=number) for name, number in others if number]
    return Html("\n".join(lines))


def _ways(scene: Scene[Any], stage: Stage) -> list[Row]:
    say, close = scene.say, Press(scene.say.label("button.close"), "close")
    if stage == "running":
        return [[Press(say.label("button.stop"), "stop")]]
    if stage == "stopped":
        return [[Press(say.label("button.go_on"), "start")], [back(scene), close]]
    return [[back(scene), close]]


async def ask(scene: Scene[Any], _arg: str) -> None:
    """Ask for the text."""
    await asking.ask(scene, ASK, scene.say("broadcast.ask"))


async def given(update: Update, context: LinkHiveContext, _dialog: Dialog) -> None:
    """Take the text with its formatting, and show it."""
    scene, text = cards.scene_of(update, context, NoticeState()), message_of(update).text_html or ""
    policy = context.policy
    if scene.user_id not in policy.admin_ids:
        return
    if not text or visible_units(text) > TEXT_LIMIT:
        await asking.ask(scene, ASK, scene.say("broadcast.too_long", limit=TEXT_LIMIT))
        return
    progress = await context.services.broadcasts.begin(policy.audience, ANONYMOUS_ADMIN)
    state = BroadcastState(text=text, language=context.person.language, progress=progress)
    await cards.begin(update, context, BROADCAST, state)


async def language(scene: Scene[BroadcastState], arg: str) -> BroadcastState:
    """Show the frame of a language."""
    if arg not in LANGUAGES:
        raise InvalidPress(arg)
    return scene.state.model_copy(update={"language": arg})


async def start(scene: Scene[BroadcastState], _arg: str) -> None:
    """Begin, or go on where it was stopped."""
    state, card = scene.state, scene.card
    if card is None or state.stage not in ("preview", "stopped"):
        raise InvalidPress(state.stage)

    def begun(fresh: BroadcastState) -> BroadcastState:
        return fresh.model_copy(update={"stage": "running"})

    # Kept before it begins: what the job tells must find a card that runs. The progress is what the card
    # holds now, for the last step of one that was stopped may have come in since it was read.
    running = await change(scene.home, card.id, begun)
    if running is None:
        return
    work = Work(
        user_id=scene.user_id,
        card_id=card.id,
        text=running.text,
        admitted=scene.home.policy.audience,
        without=ANONYMOUS_ADMIN,
        progress=running.progress,
    )
    await scene.services.broadcasts.start(work)


async def stop(scene: Scene[BroadcastState], _arg: str) -> None:
    """Stop after the step under way."""
    card = scene.card
    if card is None or scene.state.stage != "running":
        raise InvalidPress(scene.state.stage)
    reached = await scene.services.broadcasts.stop(card.id)

    def stopped(fresh: BroadcastState) -> BroadcastState:
        # Without a job it has just ended, which the card tells by now, or a crash kept it from beginning.
        if fresh.stage != "running":
            return fresh
        return fresh.model_copy(update={"stage": "stopped", "progress": reached or fresh.progress})

    await change(scene.home, card.id, stopped)


async def change(
    home: LinkHiveApplication, card_id: str, how: Callable[[BroadcastState], BroadcastState]
) -> BroadcastState | None:
    """Change the card and show it; return its new state, None where it is gone.

    The job and the presses change it at the same time: whoever shows an older state shows the newer one too.
    """

    def amended(state: State) -> State:
        return how(state) if isinstance(state, BroadcastState) else state

    scene = await cards.amend(home, card_id, amended)
    if scene is None or not isinstance(scene.state, BroadcastState):
        return None
    state = scene.state
    while scene is not None and scene.card is not None and isinstance(scene.state, BroadcastState):
        await display(home, scene.card, await show(scene))
        fresh = await cards.find(home, card_id)
        scene = None if fresh is None or fresh.state == scene.state else fresh
    return state


BROADCAST = guarded(
    Route(
        "broadcast",
        BroadcastState,
        show,
        {"language": language, "start": start, "stop": stop, HOME: to_home},
        private=True,
    )
)


class Telling:
    """Sends to one person after the other, and shows on the card how far it is."""

    def __init__(self, home: LinkHiveApplication) -> None:
        self._home = home

    async def send(self, user_id: int, text: str) -> Sent:
        """Send to one person who is let in, after all replies; say what came of it."""
        if not await self._home.admits(user_id):
            return "outside"
        person = await self._home.services.people.known(user_id)
        say = self._home.texts.speaker(person.language)
        bot = cast("ExtBot[str]", self._home.bot)
        try:
            await bot.send_message(user_id, framed(say, text), ParseMode.HTML, rate_limit_args="broadcast")
        except Forbidden:
            return "blocked"
        except BadRequest as error:
            return "blocked" if meaning(error.message, forbidden=False) else "failed"
        except TelegramError:
            # It may have arrived all the same.
            return "unsure"
        return "sent"

    async def changed(self, card_id: str, progress: Progress, end: End) -> None:
        """Show how far it is; one that was stopped hears of its last step only."""

        def told(state: BroadcastState) -> BroadcastState:
            if state.stage not in ("running", "stopped"):
                return state
            if state.stage == "stopped" and (end == "running" or state.progress.last != progress.last):
                return state
            if state.stage == "running" and end == "stopped":
                return state
            return state.model_copy(update={"stage": end, "progress": progress})

        await change(self._home, card_id, told)


def register(home: LinkHiveApplication) -> None:
    """Offer it on the operators' card."""
    home.card(BROADCAST)
    home.dialog(ASK, given)
    telling = Telling(home)
    home.services.broadcasts.send = telling.send
    home.services.broadcasts.on_change = telling.changed
