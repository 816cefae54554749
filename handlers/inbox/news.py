"""New messages on ACGBT: one notice of all that waited, with the way to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clients.errors import ClientError, NotFound
from handlers.acg.state import LARGEST_ID
from handlers.acg.views import minute
from handlers.application import LinkHiveApplication
from handlers.scenes import InvalidPress, OutgoingCard, Route, Scene, State, Switch, number
from handlers.texts import Html, escape, plain
from handlers.views import Press, View, grid
from services.errors import ServiceError
from services.inboxes import A_LOOK, NEW
from services.names import Service

ROUTE = "inboxnews"
INBOX_ROUTE = "inbox"
MOST = 8
TITLE = 120
SIGNS = {"system": "📢", "activity": "🎉", "personal": "👤"}


class InboxNewsState(State):
    """Which messages are new."""

    items: tuple[dict[str, Any], ...] = ()
    count: int = 0
    read: tuple[int, ...] = ()


async def show(scene: Scene[InboxNewsState]) -> View:
    """Show which messages are new."""
    say, state = scene.say, scene.state
    listed = list(enumerate(state.items[:MOST], 1))
    lines = [say.plural("inboxnews.heading", state.count), Html("")]
    lines += [_row(scene, n, item) for n, item in listed]
    if (more := state.count - len(listed)) > 0:
        lines.append(say.plural("inboxnews.more", more))
    unread = [(n, item) for n, item in listed if int(item["id"]) not in state.read]
    if len(listed) == 1:
        opening = [Press(say.label("inboxnews.button.open"), "open", str(listed[0][1]["id"]))]
        marking = [Press(say.label("inboxnews.button.read"), "read", str(item["id"])) for _, item in unread]
    else:
        opening = [Press(f"{n}", "open", str(item["id"])) for n, item in listed]
        marking = [Press(f"✓ {n}", "read", str(item["id"])) for n, item in unread]
    ways = [Press(say.label("inboxnews.button.inbox"), "inbox"), Press(say.label("button.close"), "close")]
    return View(Html("\n".join(lines)), [*grid(opening, MOST), *grid(marking, MOST), ways])


def _row(scene: Scene[InboxNewsState], n: int, item: Mapping[str, Any]) -> Html:
    say = scene.say
    read = int(item["id"]) in scene.state.read
    return say(
        "inbox.row" if read else "inbox.row_unread",
        number=n,
        sign=SIGNS.get(str(item.get("type")), "✉️"),
        title=escape(plain(str(item.get("title") or "")) or say.label("inbox.untitled"), TITLE),
        time=minute(scene, item.get("created_at")),
    )


def _one_of(scene: Scene[InboxNewsState], arg: str) -> int:
    wanted = number(arg, LARGEST_ID)
    if wanted not in {int(item["id"]) for item in scene.state.items}:
        raise InvalidPress(arg)
    return wanted


async def open_one(scene: Scene[InboxNewsState], arg: str) -> Switch:
    """Open one of the new messages."""
    target = scene.home.routes.cards[INBOX_ROUTE]
    return Switch(target.name, target.load({"open": _one_of(scene, arg)}))


async def inbox(scene: Scene[InboxNewsState], _arg: str) -> Switch:
    """Go on to all messages."""
    target = scene.home.routes.cards[INBOX_ROUTE]
    return Switch(target.name, target.load({}))


async def read(scene: Scene[InboxNewsState], arg: str) -> InboxNewsState:
    """Mark one of the new messages as read."""
    wanted = _one_of(scene, arg)
    await mark(scene, wanted)
    return scene.state.model_copy(update={"read": (*scene.state.read, wanted)})


async def mark(scene: Scene[Any], message_id: int) -> None:
    """Mark a message as read; one that is gone needs no mark."""
    client = scene.services.require_acgbt()
    try:
        await scene.services.credentials.call(
            scene.user_id, Service.ACGBT, lambda who: client.mark_read(who, message_id)
        )
    except NotFound:
        return


NEWS: Route[InboxNewsState] = Route(
    ROUTE, InboxNewsState, show, {"open": open_one, "inbox": inbox, "read": read}, private=True
)


async def draw(scene: Scene[Any], payload: Mapping[str, Any]) -> OutgoingCard | None:
    """Draw one notice."""
    return await fold(scene, [payload])


async def fold(scene: Scene[Any], payloads: Sequence[Mapping[str, Any]]) -> OutgoingCard | None:
    """Draw several notices that waited as one, newest first, without what was read while they did.

    Who wants none by now gets none.
    """
    if not scene.person.preferences.inbox:
        return None
    if await scene.services.credentials.maybe(scene.user_id, Service.ACGBT) is None:
        return None
    read_by_now = await _read(scene)
    told = [item for payload in reversed(payloads) for item in payload["items"]]
    items = tuple(item for item in told if int(item["id"]) not in read_by_now)
    if not items:
        return None
    count = sum(int(payload["count"]) for payload in payloads) - (len(told) - len(items))
    state = InboxNewsState(items=items, count=count)
    return OutgoingCard(ROUTE, state, await show(scene.at(state)))


async def _read(scene: Scene[Any]) -> frozenset[int]:
    """Return which of the newest messages are read; none where ACGBT does not tell."""
    try:
        client = scene.services.require_acgbt()
        page = await scene.services.credentials.call(
            scene.user_id, Service.ACGBT, lambda who: client.messages(who, page_size=A_LOOK)
        )
    except (ClientError, ServiceError):
        return frozenset()
    return frozenset(one.id for one in page.items if one.is_read)


def register(home: LinkHiveApplication) -> None:
    """Tell people of new messages."""
    home.card(NEWS)
    home.notice(NEW, draw, fold)
