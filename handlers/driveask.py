"""Ask for a name or for words to search: any card may ask, and goes on with the answer."""

from __future__ import annotations

from typing import Any, Literal

from telegram import Update

from handlers import asking, cards, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.scenes import OddPress, Route, Scene, State, Switch
from handlers.texts import Html
from handlers.views import COPY_LIMIT, Button, Copy, Press, View
from storage.dialogs import Dialog

ASK_WORDS = "drive.words"
# What common drives take; more than this many bytes no file system takes.
MOST_CHARACTERS = 200
MOST_BYTES = 255
MOST_WORDS = 100


class AskState(State):
    """Who asks, for which field, what it does with the answer, and what was wrong with the last one."""

    route: str
    back: dict[str, Any]
    field: str
    then: str
    question: str
    kind: Literal["name", "words"] = "name"
    old: str = ""
    fault: str | None = None


async def ask(
    scene: Scene[Any],
    field: str,
    then: str,
    question: Html,
    kind: Literal["name", "words"] = "name",
    old: str = "",
) -> Switch:
    """Ask for a name or words; the card comes back with its `field` set, and its action `then` runs.

    `old` is offered for copying, to be sent again with a change.
    """
    if scene.card is None:
        raise OddPress(then)
    await asking.expect(scene, ASK_WORDS, scene.card.id)
    state = AskState(
        route=scene.card.route,
        back=scene.state.model_dump(mode="json"),
        field=field,
        then=then,
        question=question,
        kind=kind,
        old=old,
    )
    return Switch(ASK.name, state)


async def show(scene: Scene[AskState]) -> View:
    """Show the question, after what was wrong with the last answer."""
    say, state = scene.say, scene.state
    lines = [] if state.fault is None else [say(state.fault, most=most(state.kind))]
    lines.append(Html(state.question))
    row: list[Button] = [Press(say.label("button.cancel"), "back")]
    if 0 < len(state.old) <= COPY_LIMIT:
        row.insert(0, Copy(say.label("button.copy_name"), state.old))
    return View(Html("\n".join(lines)), (row,))


async def back(scene: Scene[AskState], _arg: str) -> Switch:
    """Return to the asking card as it was."""
    if scene.card is not None:
        await asking.leave(scene, scene.card.id)
    asker = _asker(scene)
    return Switch(asker.name, asker.load(scene.state.back))


def _asker(scene: Scene[AskState]) -> Route[Any]:
    asker = scene.home.routes.cards.get(scene.state.route)
    if asker is None or scene.state.then not in asker.actions:
        # The card is from another version of the bot.
        raise OddPress(scene.state.route)
    return asker


async def answered(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take the words that were asked for; the card continues below the answer."""
    asked = await cards.asking(context.home, dialog)
    if asked is None or asked.route != ASK.name:
        return
    words = (message_of(update).text or "").strip()
    state = ASK.load(asked.state)
    wrong = fault(words, state.kind)
    if wrong is None:
        await _go_on(cards.scene_of(update, context, state), words)
        return
    scene = cards.scene_of(update, context, state.model_copy(update={"fault": wrong}))
    card = await cards.post(scene, ASK.name, await show(scene))
    await asking.expect(scene, ASK_WORDS, card.id)


async def _go_on(scene: Scene[AskState], words: str) -> None:
    asker = _asker(scene)
    there: Scene[Any] = scene.at(asker.load({**scene.state.back, scene.state.field: words}))
    try:
        following = await asker.actions[scene.state.then](there, "")
    except problems.KNOWN as error:
        drawn = cards.trouble(asker, there, error, (scene.state.then, ""), back=True)
        await cards.post(there, asker.name, drawn)
        return
    if isinstance(following, Switch):
        asker, following = scene.home.routes.cards[following.route], following.state
    there = there if following is None else there.at(following)
    await cards.post(there, asker.name, await cards.shown(asker, there))


def most(kind: str) -> int:
    """Return how many characters an answer may have."""
    return MOST_CHARACTERS if kind == "name" else MOST_WORDS


def fault(words: str, kind: str) -> str | None:
    """Return the text key of what is wrong with an answer, None for a good one."""
    if not words:
        return "names.empty"
    if len(words) > most(kind) or len(words.encode(errors="replace")) > MOST_BYTES * 2:
        return "names.long"
    if kind == "words":
        return None
    if "/" in words or "\\" in words:
        return "names.slash"
    if words in (".", "..") or any(ord(sign) < 32 or ord(sign) == 127 for sign in words):
        return "names.odd"
    return "names.long" if len(words.encode(errors="replace")) > MOST_BYTES else None


ASK: Route[AskState] = Route("drive_ask", AskState, show, {"back": back}, private=True)


def register(home: LinkHiveApplication) -> None:
    """Let cards ask for words."""
    home.card(ASK)
    home.dialog(ASK_WORDS, answered)
