"""Several titles with something new, told in one message: digests, and what waited for a quiet time's end.

A group is told in the same way, on a card of its own (`handlers.subscribe.group`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.application import LinkHiveApplication
from handlers.scenes import InvalidPress, OutgoingCard, Route, Scene, State, Switch, number
from handlers.subscribe.news import LIST_ROUTE, MOST_PAGES, ROUTE, NewsState, show as show_one
from handlers.subscribe.titles import NAME_LIMIT, icon_of, parts_of
from handlers.texts import Html, Speaker, escape
from handlers.views import Press, Row, View, grid, pages_row
from services.subscriptions import NEWS, News

TITLES_A_PAGE = 8


class NewsListState(State):
    """What is new of several titles."""

    news: tuple[News, ...] = ()
    page: int = 0


async def show(scene: Scene[NewsListState]) -> View:
    """Show of which titles there is something new."""
    lines, rows = listing(scene.say, scene.state)
    return View(Html("\n".join(lines)), [*rows, [Press(scene.say.label("button.close"), "close")]])


def listing(say: Speaker, state: NewsListState) -> tuple[list[str], list[Row]]:
    """Return a page of the titles as lines, and the buttons that open them and turn the pages."""
    pages = max(1, -(-len(state.news) // TITLES_A_PAGE))
    page_ = min(state.page, pages - 1)
    listed = list(
        enumerate(state.news[page_ * TITLES_A_PAGE : (page_ + 1) * TITLES_A_PAGE], page_ * TITLES_A_PAGE)
    )
    lines: list[str] = [say.plural("newslist.heading", sum(news.count for news in state.news)), ""]
    for n, news in listed:
        name = escape(news.name or news.title, NAME_LIMIT)
        icon = icon_of(parts_of(news.title)[0])
        lines.append(say.plural("newslist.row", news.count, number=n + 1, icon=icon, title=name))
    opening = [Press(f"{n + 1}", "open", str(n)) for n, _ in listed]
    return lines, [*grid(opening, 4), pages_row(say, "page", page_, pages)]


async def page(scene: Scene[NewsListState], arg: str) -> NewsListState:
    """Turn the pages."""
    return scene.state.model_copy(update={"page": number(arg, MOST_PAGES)})


async def open_one(scene: Scene[NewsListState], arg: str) -> Switch:
    """Go on to one title's news."""
    return scene.switch(ROUTE, await opened(scene, arg))


async def opened(scene: Scene[NewsListState], arg: str) -> dict[str, Any]:
    """Return the state of the card of one title's news: how it is followed by now, and the way back."""
    n = number(arg, MOST_PAGES * TITLES_A_PAGE)
    if n >= len(scene.state.news):
        raise InvalidPress(arg)
    news = scene.state.news[n]
    following = await scene.services.subscriptions.follows.get(news.subscription)
    muted = following is not None and following.subscription.muted
    origin = scene.state.model_dump(mode="json")
    return {"news": news, "muted": muted, "ended": following is None, "origin": origin}


NEWS_LIST: Route[NewsListState] = Route(
    LIST_ROUTE, NewsListState, show, {"page": page, "open": open_one}, private=True
)


async def draw(scene: Scene[Any], payload: Mapping[str, Any]) -> OutgoingCard | None:
    """Draw one notice."""
    return await fold(scene, [payload])


async def fold(scene: Scene[Any], payloads: Sequence[Mapping[str, Any]]) -> OutgoingCard | None:
    """Draw several notices that waited as one; what is followed no more, or is muted, is not told."""
    news = [one for one in News.joined(payloads) if await is_wanted(scene, one)]
    if not news:
        return None
    if len(news) == 1:
        state = NewsState(news=news[0])
        return OutgoingCard(ROUTE, state, await show_one(scene.at(state)))
    listed = NewsListState(news=tuple(news))
    return OutgoingCard(LIST_ROUTE, listed, await show(scene.at(listed)))


async def is_wanted(scene: Scene[Any], news: News) -> bool:
    """Tell whether what is new is still to be told."""
    following = await scene.services.subscriptions.follows.get(news.subscription)
    return following is not None and not following.subscription.muted


def register(home: LinkHiveApplication) -> None:
    """Tell people what is new."""
    home.card(NEWS_LIST)
    home.notice(NEWS, draw, fold)
