"""/checkin: today's check-in at HDHive, now or every day by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from telegram import Update

from clients.errors import ClientError
from handlers import cards, commands, problems
from handlers.application import LinkHiveApplication
from handlers.checkin.history import HISTORY, HistoryState
from handlers.context import LinkHiveContext
from handlers.scenes import Route, Scene, State, Switch
from handlers.settings import command as settings
from handlers.settings.hdhive import checkin_typed
from handlers.texts import Html
from handlers.views import Button, Press, View
from services.checkins.checkins import CheckInOutcome

LUCKY = frozenset({"lucky", "高波动"})
AUTO = frozenset({"auto", "自动"})
OFF = frozenset({"off", "关", "关闭"})


class CheckInState(State):
    """What today's check-in brought."""

    lucky: bool = False
    outcome: CheckInOutcome | None = None
    misused: bool = False


async def show(scene: Scene[CheckInState]) -> View:
    """Show the outcome as it is."""
    say, outcome = scene.say, scene.state.outcome
    close = Press(say.label("button.close"), "close")
    if scene.state.misused or outcome is None:
        return View(say("checkin.usage"), ([Press(say.label("button.checkin"), "again"), close],))
    lines = [say("checkin.done" if outcome.checked_in else "checkin.already")]
    if outcome.gained:
        lines.append(say("checkin.gained" if outcome.gained > 0 else "checkin.lost", points=outcome.gained))
    if outcome.points is not None:
        lines.append(say("checkin.balance", points=outcome.points))
    if outcome.message:
        lines.append(say("checkin.words", words=outcome.message))
    return View(Html("\n".join(lines)), (_more(scene), [close]))


def _more(scene: Scene[CheckInState]) -> list[Button]:
    say = scene.say
    row: list[Button] = [Press(say.label("button.checkin_history"), "history")]
    if scene.person.preferences.checkin_at is None:
        row.append(Press(say.label("button.checkin_auto"), "auto"))
    return row


async def perform(scene: Scene[Any], *, lucky: bool) -> CheckInState:
    """Check in and return the state that tells of it."""
    outcome = await scene.services.checkins.check_in(scene.user_id, gambler=lucky)
    return CheckInState(lucky=lucky, outcome=outcome)


async def again(scene: Scene[CheckInState], _arg: str) -> CheckInState:
    """Check in (again): a second one on the same day never counts twice."""
    return await perform(scene, lucky=scene.state.lucky)


async def to_history(_scene: Scene[Any], _arg: str) -> Switch:
    """Go on to what became of the check-ins."""
    return Switch(HISTORY.name, HistoryState())


async def to_auto(_scene: Scene[Any], _arg: str) -> Switch:
    """Go on to the daily check-in."""
    return Switch(settings.SETTINGS.name, settings.SettingsState(section="checkin"))


def advice(error: Exception) -> str | None:
    """Say that trying again is safe, after an error that leaves open whether it counted."""
    return "checkin.doubtful" if isinstance(error, ClientError) and error.doubtful else None


CHECKIN = Route(
    "checkin",
    CheckInState,
    show,
    {"again": again, "history": to_history, "auto": to_auto},
    advice,
    private=True,
)


async def beside(scene: Scene[Any], _arg: str) -> None:
    """Check in on a card of its own: the one with the button stays, to go on with afterwards."""
    await run(replace(scene, card=None), CheckInState())


async def checkin(update: Update, context: LinkHiveContext) -> None:
    """Check in now, normally or in the high-variance mode; or have it done every day."""
    mode, *more = [*(word.lower() for word in context.args or []), ""]
    if mode in AUTO:
        await _automatic(update, context, more[0])
        return
    state = CheckInState(lucky=mode in LUCKY, misused=bool(mode) and mode not in LUCKY)
    scene = cards.scene_of(update, context, state)
    if state.misused:
        await cards.post(scene, CHECKIN.name, await show(scene))
        return
    await run(scene, state)


async def _automatic(update: Update, context: LinkHiveContext, when: str) -> None:
    """Have it done every day at a time, or no more; a card shows what holds now."""
    people, user = context.services.people, context.person.user.id
    fault = ""
    if when in OFF:
        await people.change(user, checkin_at=None)
    elif when:
        changes = checkin_typed(when)
        if changes is None:
            fault = "settings.checkin.time_bad"
        else:
            await people.change(user, **changes)
    state = settings.SettingsState(section="checkin", fault=fault)
    await cards.begin(update, context, settings.SETTINGS, state)


async def run(scene: Scene[Any], state: CheckInState) -> None:
    """Check in, and open the card that tells what came of it."""
    scene = scene.at(state)
    try:
        scene = scene.at(await perform(scene, lucky=state.lucky))
        view = await show(scene)
    except problems.KNOWN as error:
        view = cards.trouble(CHECKIN, scene, error, ("again", ""))
    await cards.post(scene, CHECKIN.name, view)


def register(home: LinkHiveApplication) -> None:
    """Offer the check-in."""
    home.card(CHECKIN)
    home.step(problems.CHECKIN_STEP, beside)
    commands.add(home, "checkin", checkin, private=True)
