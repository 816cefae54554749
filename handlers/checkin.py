"""/checkin: today's check-in at HDHive."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from telegram import Update

from clients.errors import ClientError
from handlers import cards, commands, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.scenes import Route, Scene, State
from handlers.texts import Html
from handlers.views import Press, View
from services.checkins import CheckInOutcome


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
    return View(Html("\n".join(lines)), ([close],))


async def perform(scene: Scene[Any], *, lucky: bool) -> CheckInState:
    """Check in and return the state that tells of it."""
    outcome = await scene.services.checkins.check_in(scene.user_id, gambler=lucky)
    return CheckInState(lucky=lucky, outcome=outcome)


async def again(scene: Scene[CheckInState], _arg: str) -> CheckInState:
    """Check in (again): a second one on the same day never counts twice."""
    return await perform(scene, lucky=scene.state.lucky)


def advice(error: Exception) -> str | None:
    """Say that trying again is safe, after an error that leaves open whether it counted."""
    return "checkin.doubtful" if isinstance(error, ClientError) and error.doubtful else None


CHECKIN = Route("checkin", CheckInState, show, {"again": again}, advice, private=True)


async def beside(scene: Scene[Any], _arg: str) -> None:
    """Check in on a card of its own: the one with the button stays, to go on with afterwards."""
    await run(replace(scene, card=None), CheckInState())


async def checkin(update: Update, context: LinkHiveContext) -> None:
    """Check in now, normally or in the high-variance mode."""
    mode = (context.args or [""])[0].lower()
    state = CheckInState(lucky=mode == "lucky", misused=mode not in ("", "lucky"))
    scene = cards.scene_of(update, context, state)
    if state.misused:
        await cards.post(scene, CHECKIN.name, await show(scene))
        return
    await run(scene, state)


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
