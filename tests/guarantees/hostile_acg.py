"""ACGBT's cards and notices, filled with hostile strings."""

from collections.abc import Awaitable, Callable, Mapping

from handlers.acg import command as acg, comments as acgcomments, item as acgitem, news as acgnews
from handlers.acg.state import AcgState
from handlers.inbox import command as inbox, news as inboxnews
from handlers.views import View
from services.subscriptions import News
from tests.guarantees.hostile import Stage


async def _list(s: Stage) -> View:
    return await acg.show(s.scene.at(AcgState(category=2)))


async def _found(s: Stage) -> View:
    return await acg.show(s.scene.at(AcgState(words=s.words() or "x")))


async def _categories(s: Stage) -> View:
    return await acg.show(s.scene.at(AcgState(screen="categories")))


async def _item(s: Stage) -> View:
    return await acgitem.show(s.scene.at(acgitem.ItemState(id=7, note="torrent")))


async def _magnet(s: Stage) -> View:
    return await acgitem.show(s.scene.at(acgitem.ItemState(id=7, screen="magnet")))


async def _comments(s: Stage) -> View:
    return await acgcomments.show(s.scene.at(acgcomments.CommentsState(id=7, title=s.words())))


async def _comment(s: Stage) -> View:
    return await acgcomments.show(s.scene.at(acgcomments.CommentsState(id=7, open=2)))


async def _answer(s: Stage) -> View:
    state = acgcomments.CommentsState(id=7, title=s.words(), open=2, asking=True)
    return await acgcomments.show(s.scene.at(state))


async def _news(s: Stage) -> View:
    w = s.words
    items = tuple({"slug": f"{n}", "title": w(), "category_name": w(), "size": 7} for n in range(9))
    news = News(subscription=1, title="acg:w:0", name=w(), items=items, count=20)
    return acgnews.in_group(s.scene, news, ended=False, muted=True, keeping=())


async def _inbox(s: Stage) -> View:
    return await inbox.show(s.scene.at(inbox.InboxState()))


async def _message(s: Stage) -> View:
    return await inbox.show(s.scene.at(inbox.InboxState(open=7)))


async def _notice(s: Stage) -> View:
    items = tuple({"id": n, "title": s.words(), "type": "system", "created_at": None} for n in range(9))
    return await inboxnews.show(s.scene.at(inboxnews.InboxNewsState(items=items, count=12)))


CARDS: Mapping[str, Callable[[Stage], Awaitable[View]]] = {
    "a list of ACGBT": _list,
    "what words find": _found,
    "categories": _categories,
    "a resource of ACGBT": _item,
    "a magnet": _magnet,
    "comments": _comments,
    "a comment": _comment,
    "an answer": _answer,
    "news of ACGBT": _news,
    "messages": _inbox,
    "a message": _message,
    "new messages": _notice,
}
