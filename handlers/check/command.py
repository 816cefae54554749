"""/check and pasted links: one live card with a verdict for each link."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers import asking, cards, commands, notes, problems
from handlers.application import LinkHiveApplication
from handlers.check.verdicts import CheckState, draw, lone_locked, worth_again
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
from services.sharelinks.finding import Drive, extract, given_code
from storage.dialogs import Dialog

ASK, ASK_CODE = "check.links", "check.code"
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
    """Check once more what is still unclear, or the one link that is dead."""
    if scene.card is None:
        return
    fresh, state = {"verdict": None, "reason": None}, scene.state
    items = tuple(item.model_copy(update=fresh) if worth_again(state, item) else item for item in state.items)
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


async def ask_code(scene: Scene[CheckState], _arg: str) -> None:
    """Ask for the code of the one link that is locked."""
    if not scene.private or scene.card is None or lone_locked(scene.state) is None:
        raise InvalidPress("code")
    await asking.expect(scene, ASK_CODE, scene.card.id)
    await scene.toast(scene.say.label("save.send_code"))


def may_answer(dialog: Dialog, words: str) -> bool:
    """Tell whether words can be what a dialog asked for; a title or a link is no access code."""
    return dialog.kind != ASK_CODE or given_code(words) is not None


async def code_given(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Check the locked link with the code that was asked for; the card continues below the answer."""
    asked, code = await cards.asking(context.home, dialog), given_code(said_with_links(message_of(update)))
    state = CHECK.load(asked.state) if asked is not None and asked.route == CHECK.name else None
    locked = None if state is None else lone_locked(state)
    if state is None or locked is None:
        return
    fresh = locked.model_copy(update={"code": code, "verdict": None, "reason": None})
    items = tuple(fresh if item is locked else item for item in state.items)
    changes = {"items": items, "finished": False, "stopped": False}
    await _begin(cards.scene_of(update, context, state.model_copy(update=changes)))


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
    {
        "page": page,
        "stop": stop,
        "urgent": urgent,
        "again": again,
        "alive": alive,
        "code": ask_code,
        "save": to_save,
    },
)


async def check(update: Update, context: LinkHiveContext) -> None:
    """Check the links behind the command or in the message it replies to, or ask for some."""
    message = message_of(update)
    words = f"{behind_command(said_with_links(message))} {said_with_links(message.reply_to_message)}"
    scene = cards.scene_of(update, context, NoticeState())
    if words.strip():
        await run(scene, words, every=True)
        return
    if is_private(update):
        await asking.ask(scene, ASK, scene.say("check.ask"))
    else:
        await notes.tell(scene, scene.say("check.ask_group"))


async def run(scene: Scene[Any], words: str, *, every: bool = False) -> None:
    """Open the live card of the links in the words, or of `every` address, and begin to check them."""
    found = extract(words, every=every)
    if not found:
        text = scene.say("check.none")
        await (asking.ask(scene, ASK, text) if scene.private else notes.tell(scene, text))
        return
    items = tuple(CheckedLink.of(x) for x in found[:MAX_LINKS])
    await _begin(scene.at(CheckState(items=items, cut=len(found) > MAX_LINKS)))


async def _begin(scene: Scene[CheckState]) -> None:
    """Send a card and begin its run."""
    items = scene.state.items
    if scene.services.linkcheck is None and not any(x.drive is Drive.DISKTOP for x in items):
        scene.services.require_linkcheck()
    card = await cards.post(scene, CHECK.name, draw(scene, scene.state))
    try:
        await scene.services.linkchecks.start(scene.user_id, card.id, items)
    except problems.KNOWN as error:
        await redraw(scene.home, card, problems.view(scene, error, retry=("again", "")))


async def answered(update: Update, context: LinkHiveContext, _dialog: Dialog) -> None:
    """Take the links that were asked for."""
    scene = cards.scene_of(update, context, NoticeState())
    await run(scene, said_with_links(message_of(update)), every=True)


async def beside(scene: Scene[Any], _arg: str) -> None:
    """Check the links that a notice is about, on a card of its own."""
    await run(scene, notes.links_of(scene))


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
    home.dialog(ASK_CODE, code_given)
    home.step(notes.CHECK_STEP, beside)
    home.services.linkchecks.on_change = LiveChecks(home).changed
