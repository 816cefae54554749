"""/check and pasted links: one live card with a verdict for each link."""

from __future__ import annotations

from collections import Counter
from typing import Any

from services.linkchecks import MAX_LINKS, CheckedLink, Snapshot
from telegram import Update

from clients.linkcheck.models import Verdict
from handlers import cards, commands, problems, save
from handlers.application import LinkHiveApplication
from handlers.commands import NoticeState
from handlers.context import LinkHiveContext, chat_of, is_private, message_of, user_of
from handlers.messages import redraw, send
from handlers.resources import drive_name
from handlers.scenes import Route, Scene, State
from handlers.texts import Html, block, bold, link, plain
from handlers.views import COPY_LIMIT, Button, Copy, Press, Row, View
from services.sharelinks import Drive, extract
from storage import dialogs
from storage.dialogs import Dialog

LINKS_A_PAGE = 10
ASK = "check.links"
ASK_SECONDS = 600
EDIT_EVERY, EDIT_EVERY_GROUP = 2.0, 4.0
LIST_LIMIT = 3500
ICONS = {
    None: "⏳",
    Verdict.ALIVE: "✅",
    Verdict.DEAD: "❌",
    Verdict.LOCKED: "🔒",
    Verdict.UNSUPPORTED: "▫️",
    Verdict.UNCERTAIN: "❔",
}


class CheckState(State):
    """The links, what is known of each, and the page that is shown."""

    items: tuple[CheckedLink, ...] = ()
    page: int = 0
    finished: bool = False
    stopped: bool = False
    cut: bool = False

    @property
    def done(self) -> int:
        """Return how many links have a verdict."""
        return sum(item.verdict is not None for item in self.items)

    @property
    def alive(self) -> list[CheckedLink]:
        """Return the links that are alive."""
        return [item for item in self.items if item.verdict is Verdict.ALIVE]


async def show(scene: Scene[CheckState]) -> View:
    """Show the verdicts there are."""
    return draw(scene, scene.state)


def draw(scene: Scene[Any], state: CheckState) -> View:
    """Return the card of a run: headline, verdicts, and what can be done next."""
    say, first = scene.say, state.page * LINKS_A_PAGE
    lines = [_headline(scene, state)]
    if state.done:
        lines.append(_summary(scene, state))
    if state.cut:
        lines.append(say("check.too_many", n=MAX_LINKS))
    lines.append(Html(""))
    shown = enumerate(state.items[first : first + LINKS_A_PAGE], first + 1)
    lines += [_line(scene, number, item) for number, item in shown]
    return View(Html("\n".join(lines)), [*_page_row(scene, state), *_action_rows(scene, state)])


def _headline(scene: Scene[Any], state: CheckState) -> Html:
    say, n = scene.say, len(state.items)
    if state.stopped:
        return say("check.stopped", done=state.done, n=n)
    if state.finished:
        return say.plural("check.finished", n)
    return say.plural("check.running", n, done=state.done)


def _summary(scene: Scene[Any], state: CheckState) -> Html:
    counts = Counter(item.verdict for item in state.items)
    unclear = counts[Verdict.UNCERTAIN] + counts[Verdict.UNSUPPORTED]
    return scene.say(
        "check.summary",
        alive=counts[Verdict.ALIVE],
        dead=counts[Verdict.DEAD],
        locked=counts[Verdict.LOCKED],
        uncertain=unclear,
    )


def _line(scene: Scene[Any], number: int, item: CheckedLink) -> Html:
    say = scene.say
    drive = bold(drive_name(say, item.drive))
    word = say(f"check.word.{item.verdict}" if item.verdict else "check.word.waiting")
    # In a group neither addresses nor what lies behind them is repeated.
    if not scene.private:
        return say("check.row", number=number, icon=ICONS[item.verdict], drive=drive, what=word)
    name = plain(item.share_name or item.url.partition("://")[2] or item.url, 48)
    shown = link(name, item.url) if item.url.startswith("http") else Html(bold(name))
    facts = " · ".join(filter(None, [shown, word, item.expiration_label and bold(item.expiration_label)]))
    return say("check.row", number=number, icon=ICONS[item.verdict], drive=drive, what=Html(facts))


def _page_row(scene: Scene[Any], state: CheckState) -> list[Row]:
    say, row = scene.say, []
    if state.page > 0:
        row.append(Press(say.label("button.prev"), "page", str(state.page - 1)))
    if (state.page + 1) * LINKS_A_PAGE < len(state.items):
        row.append(Press(say.label("button.next"), "page", str(state.page + 1)))
    return [row]


def _action_rows(scene: Scene[Any], state: CheckState) -> list[Row]:
    say = scene.say
    if not state.finished:
        return [[Press(say.label("button.urgent"), "urgent"), Press(say.label("button.stop"), "stop")]]
    again: list[Button] = []
    if any(item.verdict in (None, Verdict.UNCERTAIN) for item in state.items):
        again.append(Press(say.label("button.retry"), "again"))
    return [_alive_row(scene, state), [*again, Press(say.label("button.close"), "close")]]


def _alive_row(scene: Scene[Any], state: CheckState) -> Row:
    if not scene.private or not state.alive:
        return []
    text = "\n".join(item.text for item in state.alive)
    row: list[Button] = []
    if len(text) <= COPY_LIMIT:
        row.append(Copy(scene.say.label("button.copy_alive"), text))
    else:
        row.append(Press(scene.say.label("button.send_alive"), "alive"))
    if len(state.items) == 1 and state.items[0].drive is Drive.DISKTOP:
        row.append(Press(scene.say.label("button.save"), "save"))
    return row


async def page(scene: Scene[CheckState], arg: str) -> None:
    """Turn the pages; verdicts may arrive at the same time, so only the page is changed."""
    await _amend(scene, page=max(0, int(arg)))


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


async def again(scene: Scene[CheckState], _arg: str) -> CheckState:
    """Check once more what is still unclear."""
    unclear = (None, Verdict.UNCERTAIN)
    items = tuple(
        i.model_copy(update={"verdict": None}) if i.verdict in unclear else i for i in scene.state.items
    )
    if scene.card is not None:
        await scene.services.linkchecks.start(scene.user_id, scene.card.id, items)
    return CheckState(items=items)


async def alive(scene: Scene[CheckState], _arg: str) -> None:
    """Send the links that are alive as texts to copy."""
    chunk: list[str] = []
    for item in [*scene.state.alive, None]:
        if item is None or sum(map(len, chunk)) + len(item.text) > LIST_LIMIT:
            listed = block("\n".join(chunk))
            await send(scene.home.bot, scene.chat_id, View(f"{scene.say('check.alive_list')}\n{listed}"))
            chunk = []
        if item is not None:
            chunk.append(item.text)


async def to_save(scene: Scene[CheckState], _arg: str) -> None:
    """Go on to saving the one link."""
    await save.run(scene, scene.state.items[0].text)


async def _amend(scene: Scene[CheckState], **changes: Any) -> None:
    if scene.card is None:
        return
    amended = await cards.amend(scene.home, scene.card.id, lambda state: state.model_copy(update=changes))
    if amended is not None and amended.card is not None:
        await redraw(scene.home.bot, amended.card, draw(amended, amended.state))


CHECK = Route(
    "check",
    CheckState,
    show,
    {"page": page, "stop": stop, "urgent": urgent, "again": again, "alive": alive, "save": to_save},
)


async def check(update: Update, context: LinkHiveContext) -> None:
    """Check the links behind the command or in the message it replies to, or ask for some."""
    message = message_of(update)
    quoted = message.reply_to_message
    quote = (quoted.text or quoted.caption or "") if quoted else ""
    words = f"{_after_command(message.text)} {quote}"
    hidden = [e.url for e in (*message.entities, *(quoted.entities if quoted else ())) if e.url]
    scene = cards.scene_of(update, context, NoticeState())
    if words.strip():
        await run(scene, " ".join([words, *hidden]))
        return
    if is_private(update):
        until = context.services.clock.now() + ASK_SECONDS
        user, chat = user_of(update).id, chat_of(update).id
        await context.services.db.write(lambda tx: dialogs.ask(tx, user, chat, ASK, {}, expires_at=until))
    await cards.post(scene, commands.NOTICE.name, View(context.say("check.ask")))


def _after_command(text: str | None) -> str:
    return (text or "").partition(" ")[2] or (text or "").partition("\n")[2]


async def run(scene: Scene[Any], words: str) -> None:
    """Open the live card of the links in the words and begin to check them."""
    found = extract(words)
    if not found:
        await cards.post(scene.at(NoticeState()), commands.NOTICE.name, View(scene.say("check.none")))
        return
    items = tuple(CheckedLink.of(x) for x in found[:MAX_LINKS])
    state = CheckState(items=items, cut=len(found) > MAX_LINKS)
    if scene.services.linkcheck is None and not any(x.drive is Drive.DISKTOP for x in items):
        scene.services.require_linkcheck()
    card = await cards.post(scene.at(state), CHECK.name, draw(scene, state))
    try:
        await scene.services.linkchecks.start(scene.user_id, card.id, items)
    except problems.KNOWN as error:
        await redraw(scene.home.bot, card, problems.view(scene, error, retry=("again", "")))


async def answered(update: Update, context: LinkHiveContext, _dialog: Dialog) -> None:
    """Take the links that were asked for."""
    await run(cards.scene_of(update, context, NoticeState()), message_of(update).text or "")


class Live:
    """Edits the cards of runs under way: not too often, but the last state always."""

    def __init__(self, home: LinkHiveApplication) -> None:
        self._home = home
        self._edited: dict[str, float] = {}

    async def changed(self, card_id: str, snapshot: Snapshot, final: bool) -> None:
        """Show what a run knows by now."""
        now = self._home.services.clock.now()
        if not final and now - self._edited.get(card_id, 0.0) < EDIT_EVERY:
            return
        amended = await cards.amend(self._home, card_id, lambda state: _with(state, snapshot))
        if amended is None or amended.card is None:
            return
        wait = EDIT_EVERY if amended.private else EDIT_EVERY_GROUP
        if final or now - self._edited.get(card_id, 0.0) >= wait:
            self._edited[card_id] = now
            await redraw(self._home.bot, amended.card, draw(amended, amended.state))
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
    home.services.linkchecks.on_change = Live(home).changed
