"""Ask for one value in words, such as a name: any card may ask, and goes on with the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from telegram import Update

from clients.errors import Rejected
from handlers import asking, cards, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.scenes import InvalidPress, Route, Scene, State, Switch
from handlers.texts import Html
from handlers.views import Button, Copy, Press, View, copies
from services.errors import DriveProblem
from storage.cards import Card
from storage.dialogs import Dialog

ASK_FIELD = "field.value"
# A text is a matter of whoever asks; a name is one of a file or folder in a drive.
Kind = Literal["text", "name"]
# What searches and common drives take; no file system takes names of more bytes.
MOST: dict[Kind, int] = {"text": 100, "name": 200}
MOST_BYTES = 255


class FieldState(State):
    """Who asks, for which field of its state, what it does with the answer, and how long that may be."""

    route: str
    back: dict[str, Any]
    field: str
    then: str
    question: str
    most: int
    kind: Kind = "text"
    old: str = ""
    empty: bool = False
    wrong: str = ""
    """What was wrong with the last answer, as a sentence of ours."""


async def ask(
    scene: Scene[Any],
    field: str,
    then: str,
    question: Html,
    *,
    kind: Kind = "text",
    most: int | None = None,
    old: str = "",
    empty: bool = False,
) -> Switch:
    """Ask for a value; the card comes back with its `field` set to it, and its action `then` runs.

    `most` is how many characters it may have, where that is not its kind's own; `old` is offered for copying,
    to be sent again with a change; `empty` offers to leave nothing there.
    """
    if scene.card is None:
        raise InvalidPress(then)
    await asking.expect(scene, ASK_FIELD, scene.card.id)
    state = FieldState(
        route=scene.card.route,
        back=scene.state.model_dump(mode="json"),
        field=field,
        then=then,
        question=question,
        most=MOST[kind] if most is None else most,
        kind=kind,
        old=old,
        empty=empty,
    )
    return Switch(FIELD.name, state)


async def show(scene: Scene[FieldState]) -> View:
    """Show the question, after what was wrong with the last answer."""
    say, state = scene.say, scene.state
    lines = [state.wrong, state.question] if state.wrong else [state.question]
    row: list[Button] = []
    if copies(state.old):
        label = "button.copy_name" if state.kind == "name" else "button.copy_old"
        row.append(Copy(say.label(label), state.old))
    if state.empty and state.old:
        row.append(Press(say.label("button.leave_empty"), "clear"))
    return View(Html("\n".join(lines)), (row, [Press(say.label("button.cancel"), "back")]))


async def back(scene: Scene[FieldState], _arg: str) -> Switch:
    """Return to the asking card as it was."""
    await _stop(scene)
    asker = _asker(scene)
    return Switch(asker.name, asker.load(scene.state.back))


async def clear(scene: Scene[FieldState], _arg: str) -> Switch:
    """Go on with nothing as the answer."""
    if not scene.state.empty:
        raise InvalidPress("clear")
    await _stop(scene)
    asker = _asker(scene)
    there = scene.at(_with(scene, asker, ""))
    following = await asker.actions[scene.state.then](there, "")
    if isinstance(following, Switch):
        return following
    return Switch(asker.name, there.state if following is None else following)


async def _stop(scene: Scene[FieldState]) -> None:
    if scene.card is not None:
        await asking.leave(scene, scene.card.id)


def _asker(scene: Scene[FieldState]) -> Route[Any]:
    asker = scene.home.routes.cards.get(scene.state.route)
    if asker is None or scene.state.then not in asker.actions:
        # The card is from another version of the bot.
        raise InvalidPress(scene.state.route)
    return asker


def _with(scene: Scene[FieldState], asker: Route[Any], words: str) -> Any:
    return asker.load({**scene.state.back, scene.state.field: words})


async def answered(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take the words that were asked for; the card continues below the answer."""
    asked = await cards.asking(context.home, dialog)
    if asked is None or asked.route != FIELD.name:
        return
    words = (message_of(update).text or "").strip()
    state = FIELD.load(asked.state)
    wrong = fault(words, state.kind, state.most)
    scene = cards.scene_of(update, context, state)
    if wrong is None:
        await _go_on(scene, words)
    else:
        await _ask_again(scene, scene.say(wrong, most=state.most))


async def _ask_again(scene: Scene[FieldState], wrong: Html) -> None:
    """Ask anew below an answer that cannot be used, after what was wrong with it."""
    scene = scene.at(scene.state.model_copy(update={"wrong": wrong}))
    card = await cards.post(scene, FIELD.name, await show(scene))
    await asking.expect(scene, ASK_FIELD, card.id)


async def _go_on(scene: Scene[FieldState], words: str) -> None:
    asker = _asker(scene)
    there: Scene[Any] = scene.at(_with(scene, asker, words))
    try:
        following = await asker.actions[scene.state.then](there, "")
    except problems.KNOWN as error:
        if scene.state.kind == "name" and _refuses(error):
            await _ask_again(scene, scene.say("field.name_refused", why=problems.sentence(scene.say, error)))
            return
        drawn = cards.trouble(asker, there, error, (scene.state.then, ""), back=True)
        await cards.post(there, asker.name, drawn)
        return
    if isinstance(following, Switch):
        asker, following = scene.home.routes.cards[following.route], following.state
    there = there if following is None else there.at(following)
    card = await cards.post(there, asker.name, await cards.shown(asker, there))
    if asker.moved is not None:
        await asker.moved(replace(there, card=card))


def _refuses(error: Exception) -> bool:
    """Tell whether a drive does not take the name: the same one would be refused again."""
    return isinstance(error, Rejected) or (isinstance(error, DriveProblem) and error.kind == "conflict")


async def left(context: LinkHiveContext, asked: Card) -> None:
    """Show the asking card as it was, after /cancel."""
    if asked.route != FIELD.name:
        return
    state = FIELD.load(asked.state)
    asker = context.home.routes.cards.get(state.route)
    if asker is not None:
        await cards.turn(context.home, asked, asker.load(state.back), asker.name)


def fault(words: str, kind: Kind, most: int) -> str | None:
    """Return the text key of what is wrong with an answer, None for a good one."""
    if kind == "name":
        return _name_fault(words, most)
    if not words:
        return "field.empty"
    return "field.long" if len(words) > most else None


def _name_fault(name: str, most: int) -> str | None:
    if not name:
        return "field.name_empty"
    if len(name) > most or len(name.encode(errors="replace")) > MOST_BYTES:
        return "field.name_long"
    if "/" in name or "\\" in name:
        return "field.name_slash"
    if name in (".", "..") or any(ord(sign) < 32 or ord(sign) == 127 for sign in name):
        return "field.name_odd"
    return None


FIELD: Route[FieldState] = Route("field", FieldState, show, {"back": back, "clear": clear}, private=True)


def register(home: LinkHiveApplication) -> None:
    """Let cards ask for a field's value."""
    home.card(FIELD)
    home.dialog(ASK_FIELD, answered, left)
