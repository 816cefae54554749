"""/inbox: messages on ACGBT by kind, opened, and marked as read one by one or all at once."""

from __future__ import annotations

from typing import Any

from telegram import Update

from clients.acgbt.models import Message, MessageKind, MessagePage
from clients.errors import NotFound
from handlers import cards, commands, markdown
from handlers.acg.state import LARGEST_ID
from handlers.acg.views import advice, minute
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.inbox import news
from handlers.inbox.news import SIGNS
from handlers.scenes import InvalidPress, Route, Scene, State, number
from handlers.texts import Html, Speaker, bold, escape, plain
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.names import Service

ROUTE = "inbox"
A_PAGE = 6
MOST_PAGES = 100_000
TITLE, PAGE_LIMIT = 120, 2_800
KINDS = ("", MessageKind.SYSTEM, MessageKind.ACTIVITY, MessageKind.PERSONAL)


class InboxState(State):
    """Which kind of messages and which page of them is shown, or which message is open."""

    kind: str = ""
    page: int = 0
    open: int = 0
    at: int = 0
    note: str = ""


async def show(scene: Scene[InboxState]) -> View:
    """Show a page of messages, or one of them."""
    return await (_message(scene) if scene.state.open else _list(scene))


async def _list(scene: Scene[InboxState]) -> View:
    client, call = scene.services.require_acgbt(), scene.services.credentials.call
    state = scene.state
    unread = await call(scene.user_id, Service.ACGBT, client.unread)
    found = await call(
        scene.user_id,
        Service.ACGBT,
        lambda who: client.messages(who, page=state.page + 1, page_size=A_PAGE, type=state.kind or None),
    )
    pages = max(1, -(-found.total // A_PAGE))
    if not found.items and found.total and state.page >= pages:
        return await _list(scene.at(state.model_copy(update={"page": pages - 1})))
    return _listed(scene, found, unread, pages)


def _listed(scene: Scene[InboxState], found: MessagePage, unread: int, pages: int) -> View:
    say, state = scene.say, scene.state
    first = state.page * A_PAGE + 1
    numbered = list(enumerate(found.items, first))
    lines = [say.plural("inbox.unread", unread) if unread else say("inbox.none_unread")]
    if state.note:
        lines.append(say(f"inbox.note.{state.note}"))
    lines.append(Html(""))
    lines += [_row(scene, n, one) for n, one in numbered]
    if not numbered:
        lines.append(say("inbox.empty"))
    opening = [Press(f"{n}", "open", str(one.id)) for n, one in numbered]
    marking = [Press(f"✓ {n}", "read", str(one.id)) for n, one in numbered if not one.is_read]
    every: list[Button] = [Press(say.label("inbox.button.all_read"), "all")] if unread else []
    turning = pages_row(say, "page", state.page, pages)
    rows = [
        _kinds(say, state.kind),
        *grid(opening, A_PAGE),
        *grid(marking, A_PAGE),
        every,
        turning,
        _leave(say),
    ]
    return View(Html("\n".join(lines)), rows)


def _kinds(say: Speaker, chosen: str) -> Row:
    labels = {kind: say.label(f"inbox.kind.{kind or 'all'}") for kind in KINDS}
    return [
        Press(f"✓ {label}" if kind == chosen else label, "kind", kind or "all")
        for kind, label in labels.items()
    ]


def _leave(say: Speaker) -> Row:
    return [Press(say.label("inbox.button.refresh"), "kept"), Press(say.label("button.close"), "close")]


def _row(scene: Scene[InboxState], n: int, one: Message) -> Html:
    title = escape(_titled(scene.say, one), TITLE)
    key = "inbox.row" if one.is_read else "inbox.row_unread"
    return scene.say(
        key, number=n, sign=sign(one.type.value), title=title, time=minute(scene, one.created_at)
    )


def _titled(say: Speaker, one: Message) -> str:
    return plain(one.title) or plain(one.content, TITLE) or say.label("inbox.untitled")


def sign(kind: str) -> str:
    """Return the sign of a kind of messages."""
    return SIGNS.get(kind, "✉️")


async def _message(scene: Scene[InboxState]) -> View:
    say, state = scene.say, scene.state
    client = scene.services.require_acgbt()
    try:
        one = await scene.services.credentials.call(
            scene.user_id, Service.ACGBT, lambda who: client.message(who, state.open)
        )
    except NotFound:
        return View(say("inbox.gone"), ([Press(say.label("button.back"), "list")],))
    pages = markdown.pages(one.content, PAGE_LIMIT) or [Html("")]
    at = min(state.at, len(pages) - 1)
    facts = [Html(f"{sign(one.type.value)} {say(f'inbox.kind.{_known(one.type)}')}")]
    if one.created_at is not None:
        facts.append(escape(minute(scene, one.created_at)))
    head = [bold(_titled(say, one)), Html(" · ").join(facts), Html(""), pages[at]]
    rows = (pages_row(say, "turn", at, len(pages)), [Press(say.label("button.back"), "list"), _close(say)])
    return View(Html("\n".join(head)), rows)


def _known(kind: MessageKind) -> str:
    return kind.value if kind.value in SIGNS else "other"


def _close(say: Speaker) -> Button:
    return Press(say.label("button.close"), "close")


def _at(scene: Scene[InboxState], **changes: Any) -> InboxState:
    return scene.state.model_copy(update={"open": 0, "at": 0, "note": "", **changes})


async def page(scene: Scene[InboxState], arg: str) -> InboxState:
    """Turn the pages of messages."""
    return _at(scene, page=number(arg, MOST_PAGES))


async def kind(scene: Scene[InboxState], arg: str) -> InboxState:
    """Show messages of one kind, or of all."""
    chosen = "" if arg == "all" else arg
    if chosen not in KINDS:
        raise InvalidPress(arg)
    return _at(scene, kind=chosen, page=0)


async def open_one(scene: Scene[InboxState], arg: str) -> InboxState:
    """Open a message, which marks it as read."""
    return _at(scene, open=number(arg, LARGEST_ID))


async def turn(scene: Scene[InboxState], arg: str) -> InboxState:
    """Turn the pages of a long message."""
    return _at(scene, open=scene.state.open, at=number(arg, MOST_PAGES))


async def list_(scene: Scene[InboxState], _arg: str) -> InboxState:
    """Go back to the messages."""
    return _at(scene)


async def read(scene: Scene[InboxState], arg: str) -> InboxState:
    """Mark one message as read; one that is gone needs no mark."""
    await news.mark(scene, number(arg, LARGEST_ID))
    return _at(scene)


async def read_all(scene: Scene[InboxState], _arg: str) -> InboxState:
    """Mark all messages as read."""
    client = scene.services.require_acgbt()
    await scene.services.credentials.call(scene.user_id, Service.ACGBT, client.mark_all_read)
    return _at(scene, note="all_read")


INBOX: Route[InboxState] = Route(
    ROUTE,
    InboxState,
    show,
    {
        "page": page,
        "kind": kind,
        "open": open_one,
        "turn": turn,
        "list": list_,
        "kept": list_,
        "read": read,
        "all": read_all,
    },
    advice,
    private=True,
)


async def inbox(update: Update, context: LinkHiveContext) -> None:
    """Show the messages."""
    context.services.require_acgbt()
    await cards.begin(update, context, INBOX, InboxState())


def register(home: LinkHiveApplication) -> None:
    """Offer the messages, and tell of new ones."""
    home.card(INBOX)
    commands.add(home, "inbox", inbox, private=True)
    news.register(home)
