"""Comments of a resource: as pages with answers, each one whole, written, answered, and one's own deleted."""

from __future__ import annotations

from typing import Any, Literal

from handlers import asking
from handlers.acg import writing as acgwrite
from handlers.acg.item import COMMENTS_ROUTE as ROUTE, ITEM
from handlers.acg.state import LARGEST_ID
from handlers.acg.views import advice, minute, words
from handlers.acg.writing import A_PAGE
from handlers.application import LinkHiveApplication
from handlers.scenes import InvalidPress, Route, Scene, State, Switch, number
from handlers.texts import Html, escape
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.acgbt.comments import Placed, Thread

MOST_PAGES = 1_000
NAME, BEGINNING, WHOLE = 40, 220, 2_000
DEEPEST = 3


class CommentsState(State):
    """Whose comments, which page, which one is open, and what is being written."""

    id: int
    title: str = ""
    page: int = 0
    open: int = 0
    asking: bool = False
    """Words are being asked for, in answer to the open comment or to none."""
    confirm: bool = False
    note: Literal["", "written", "deleted", "doubtful"] = ""
    fault: Literal["", "empty", "long"] = ""
    count: int = 0
    draft: str = ""
    origin: dict[str, Any] | None = None


async def show(scene: Scene[CommentsState]) -> View:
    """Show a page of comments, one of them, or the question for a new one."""
    state = scene.state
    if state.asking:
        return await _question(scene)
    thread = await scene.services.acg.comments.thread(scene.user_id, state.id)
    chosen = thread.find(state.open) if state.open else None
    return _list(scene, thread) if chosen is None else await _one(scene, chosen)


def _list(scene: Scene[CommentsState], thread: Thread) -> View:
    say, state = scene.say, scene.state
    pages = max(1, -(-len(thread.comments) // A_PAGE))
    page_ = min(state.page, pages - 1)
    listed = list(enumerate(thread.comments[page_ * A_PAGE : (page_ + 1) * A_PAGE], page_ * A_PAGE + 1))
    lines = [say.plural("acg.comments", thread.total, title=state.title)]
    if state.note:
        lines += [Html(""), say(f"acg.note.{state.note}")]
    lines += [part for n, one in listed for part in (Html(""), _row(scene, n, one))]
    if not listed:
        lines += [Html(""), say("acg.no_comments")]
    elif thread.total > len(thread.comments) and page_ == pages - 1:
        lines += [Html(""), say("acg.more_comments")]
    opening = [Press(f"{n}", "open", str(one.comment.id)) for n, one in listed if one.comment.id]
    writing: list[Button] = [Press(say.label("acg.button.write"), "write", "0")]
    if state.note == "doubtful":
        writing.append(Press(say.label("acg.button.again"), "send"))
    rows = [*grid(opening, A_PAGE), writing, pages_row(say, "page", page_, pages), _leave(scene, "back")]
    return View(Html("\n".join(lines)), rows)


def _row(scene: Scene[CommentsState], n: int, placed: Placed) -> Html:
    one = placed.comment
    return scene.say(
        "acg.comment",
        number=n,
        sign=Html("↳ " * min(placed.depth, DEEPEST)),
        name=escape(one.username, NAME),
        time=minute(scene, one.created_at),
        words=escape(one.content, BEGINNING),
    )


async def _one(scene: Scene[CommentsState], placed: Placed) -> View:
    say, one = scene.say, placed.comment
    lines = [say("acg.comment_by", name=escape(one.username, NAME), time=minute(scene, one.created_at))]
    if placed.answers:
        lines.append(say("acg.comment_to", name=escape(placed.answers, NAME)))
    lines += [Html(""), words(one.content, WHOLE)]
    if scene.state.confirm:
        lines += [Html(""), say("acg.delete_ask")]
        sure = [
            Press(say.label("button.confirm"), "delete", str(one.id)),
            Press(say.label("button.back"), "open", str(one.id)),
        ]
        return View(Html("\n".join(lines)), (sure,))
    acting: list[Button] = [Press(say.label("acg.button.reply"), "write", str(one.id))]
    if await scene.services.acg.comments.may_delete(scene.user_id, one):
        acting.append(Press(say.label("acg.button.delete"), "sure", str(one.id)))
    return View(Html("\n".join(lines)), (acting, _leave(scene, "list")))


async def _question(scene: Scene[CommentsState]) -> View:
    say, state = scene.say, scene.state
    lines = [] if not state.fault else [say(f"acg.fault.{state.fault}", n=state.count), Html("")]
    thread = await scene.services.acg.comments.thread(scene.user_id, state.id) if state.open else Thread()
    above = thread.find(state.open)
    if above is None:
        lines.append(say("acg.write_ask", title=state.title))
    else:
        quoted = Html(f"<blockquote>{escape(above.comment.content, BEGINNING)}</blockquote>")
        lines += [say("acg.reply_ask", name=escape(above.comment.username, NAME)), quoted]
    lines.append(say("acg.write_most", most=acgwrite.MOST))
    return View(Html("\n".join(lines)), ([Press(say.label("button.cancel"), "leave")],))


def _leave(scene: Scene[CommentsState], action: str) -> Row:
    say = scene.say
    return [Press(say.label("button.back"), action), Press(say.label("button.close"), "close")]


def at(scene: Scene[CommentsState], **changes: Any) -> CommentsState:
    """Return the card's state with changes, and nothing of what was under way."""
    calm = {"asking": False, "confirm": False, "note": "", "fault": "", "draft": ""}
    return scene.state.model_copy(update={**calm, **changes})


async def page(scene: Scene[CommentsState], arg: str) -> CommentsState:
    """Turn the pages."""
    return at(scene, open=0, page=number(arg, MOST_PAGES))


async def list_(scene: Scene[CommentsState], _arg: str) -> CommentsState:
    """Go back to the page of comments."""
    return at(scene, open=0)


async def open_one(scene: Scene[CommentsState], arg: str) -> CommentsState:
    """Show one comment whole."""
    return at(scene, open=number(arg, LARGEST_ID))


async def write(scene: Scene[CommentsState], arg: str) -> CommentsState:
    """Ask for a new comment, or for an answer to one; raises NotLinked before anybody types in vain."""
    if scene.card is None:
        raise InvalidPress(arg)
    await acgwrite.must_be_linked(scene)
    await asking.expect(scene, acgwrite.ASK, scene.card.id)
    return at(scene, asking=True, open=number(arg, LARGEST_ID))


async def leave(scene: Scene[CommentsState], _arg: str) -> CommentsState:
    """Write nothing."""
    if scene.card is not None:
        await asking.leave(scene, scene.card.id)
    return at(scene)


async def send(scene: Scene[CommentsState], _arg: str) -> CommentsState:
    """Send what was written before, if it did not arrive after all."""
    if not scene.state.draft:
        raise InvalidPress("send")
    sent: CommentsState = await acgwrite.deliver(scene, again=True)
    return sent


async def sure(scene: Scene[CommentsState], arg: str) -> CommentsState:
    """Ask whether to delete a comment."""
    return at(scene, open=number(arg, LARGEST_ID), confirm=True)


async def delete(scene: Scene[CommentsState], arg: str) -> CommentsState:
    """Delete a comment: one's own, or any for who looks after the site."""
    if not scene.state.confirm:
        raise InvalidPress(arg)
    await scene.services.acg.comments.delete(scene.user_id, scene.state.id, number(arg, LARGEST_ID))
    return at(scene, open=0, note="deleted")


async def back(scene: Scene[CommentsState], _arg: str) -> Switch:
    """Go back to the resource."""
    state = scene.state.origin or {"id": scene.state.id}
    return Switch(ITEM.name, ITEM.load(state))


COMMENTS: Route[CommentsState] = Route(
    ROUTE,
    CommentsState,
    show,
    {
        "page": page,
        "list": list_,
        "open": open_one,
        "write": write,
        "leave": leave,
        "send": send,
        "sure": sure,
        "delete": delete,
        "back": back,
    },
    advice,
    private=True,
)


def register(home: LinkHiveApplication) -> None:
    """Keep the cards of comments."""
    home.card(COMMENTS)
    acgwrite.register(home)
