"""/check and pasted links: one live card with a verdict for each link."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers import asking, cards, commands, notes, problems
from handlers.application import LinkHiveApplication
from handlers.check.verdicts import CheckState, draw, unclear
from handlers.context import LinkHiveContext, is_private, message_of
from handlers.messages import redraw, send
from handlers.notes import NoticeState
from handlers.save import command as save
from handlers.scenes import InvalidPress, Route, Scene, number
from handlers.texts import block, units
from handlers.views import View
from handlers.wording import behind_command, said_with_links
from services.clock import Steady
from services.linkchecks.linkchecks import MAX_LINKS, CheckedLink, Snapshot
from services.sharelinks.finding import Drive, extract
from storage.dialogs import Dialog

ASK = "check.links"
EDIT_EVERY, EDIT_EVERY_GROUP = 2.0, 4.0
LIST_LIMIT = 3500


async def show(scene: Scene[CheckState]) -> View:
    """Show the verdicts there are."""
    return draw(scene, scene.state)


async def page(scene: Scene[CheckState], arg: str) -> None:
    """Turn the pages; verdicts may arrive at the same time, so only the page is changed."""
    await _amend(scene, page=number(arg, MAX_LINKS))


async def stop(scene: Scene[CheckState], _arg: str) -> None:
    """Stop the run; what is known stays."""
    if scene.card is not None:
        await scene.services.linkchecks.stop(scene.card.id)
    await _amend(scene, finished=True, stopped=True)


async def urgent(scene: Scene[CheckState], _arg: str) -> None:
    """Let the links that still wait go first."""
    if scene.card is not None:
        await scene.services.linkchecks.urgent(scene.card.id)
    await scene.toast(scene.say.label("check.urgent_done"))


async def again(scene: Scene[CheckState], _arg: str) -> None:
    """Check once more what is still unclear."""
    if scene.card is None:
        return
    fresh = {"verdict": None, "reason": None}
    items = tuple(item.model_copy(update=fresh) if unclear(item) else item for item in scene.state.items)
    # Shown first: the new run may be over before this press is.
    await _amend(scene, items=items, finished=False, stopped=False)
    await scene.services.linkchecks.start(scene.user_id, scene.card.id, items, again=True)


async def alive(scene: Scene[CheckState], _arg: str) -> None:
    """Send the links that are alive as texts to copy; never into a group."""
    if not scene.private:
        raise InvalidPress("alive")
    chunk: list[str] = []
    for item in [*scene.state.alive, None]:
        if item is None or sum(map(units, chunk)) + units(item.text) > LIST_LIMIT:
            listed = block("\n".join(chunk))
            view = View(f"{scene.say('check.alive_list')}\n{listed}")
            await send(scene.home, scene.chat_id, view, topic=scene.topic)
            chunk = []
        if item is not None:
            chunk.append(item.text)


async def to_save(scene: Scene[CheckState], _arg: str) -> None:
    """Go on to saving the one link."""
    if scene.state.items:
        await save.run(scene, scene.state.items[0].text)


async def _amend(scene: Scene[CheckState], **changes: Any) -> None:
    if scene.card is None:
        return
    amended = await cards.amend(scene.home, scene.card.id, lambda state: state.model_copy(update=changes))
    if amended is not None and amended.card is not None:
        await redraw(scene.home, amended.card, draw(amended, amended.state))


CHECK = Route(
    "check",
    CheckState,
    show,
    {"page": page, "stop": stop, "urgent": urgent, "again": again, "alive": alive, "save": to_save},
)


async def check(update: Update, context: LinkHiveContext) -> None:
    """Check the links behind the command or in the message it replies to, or ask for some."""
    message = message_of(update)
    words = f"{behind_command(said_with_links(message))} {said_with_links(message.reply_to_message)}"
    scene = cards.scene_of(update, context, NoticeState())
    if words.strip():
        await run(scene, words)
        return
    if is_private(update):
        await asking.ask(scene, ASK, scene.say("check.ask"))
    else:
        await notes.tell(scene, scene.say("check.ask_group"))


async def run(scene: Scene[Any], words: str) -> None:
    """Open the live card of the links in the words and begin to check them."""
    found = extract(words)
    if not found:
        text = scene.say("check.none")
        await (asking.ask(scene, ASK, text) if scene.private else notes.tell(scene, text))
        return
    items = tuple(CheckedLink.of(x) for x in found[:MAX_LINKS])
    state = CheckState(items=items, cut=len(found) > MAX_LINKS)
    if scene.services.linkcheck is None and not any(x.drive is Drive.DISKTOP for x in items):
        scene.services.require_linkcheck()
    card = await cards.post(scene.at(state), CHECK.name, draw(scene, state))
    try:
        await scene.services.linkchecks.start(scene.user_id, card.id, items)
    except problems.KNOWN as error:
        await redraw(scene.home, card, problems.view(scene, error, retry=("again", "")))


async def answered(update: Update, context: LinkHiveContext, _dialog: Dialog) -> None:
    """Take the links that were asked for."""
    await run(cards.scene_of(update, context, NoticeState()), said_with_links(message_of(update)))


class LiveChecks:
    """Edits the cards of runs under way: not too often, but the last state always."""

    def __init__(self, home: LinkHiveApplication) -> None:
        self._home = home
        self._steady = Steady(home.services.clock)
        self._edited: dict[str, float] = {}

    async def changed(self, card_id: str, snapshot: Snapshot, final: bool) -> None:
        """Show what a run knows by now."""
        now = self._steady.now()
        if not final and now - self._edited.get(card_id, 0.0) < EDIT_EVERY:
            return
        amended = await cards.amend(self._home, card_id, lambda state: _with(state, snapshot))
        if amended is None or amended.card is None:
            return
        wait = EDIT_EVERY if amended.private else EDIT_EVERY_GROUP
        if final or now - self._edited.get(card_id, 0.0) >= wait:
            self._edited[card_id] = now
            await redraw(self._home, amended.card, draw(amended, amended.state))
        if final:
            self._edited.pop(card_id, None)


def _with(state: CheckState, snapshot: Snapshot) -> CheckState:
    ended = snapshot.finished or state.stopped
    return state.model_copy(update={"items": tuple(snapshot.items), "finished": ended})


def register(home: LinkHiveApplication) -> None:
    """Offer link checks."""
    home.card(CHECK)
    commands.add(home, "check", check)
    home.dialog(ASK, answered)
    home.services.linkchecks.on_change = LiveChecks(home).changed
