"""What is new on ACGBT in a category or for words: in the private chat, and for groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.acg.following import name_of
from handlers.acg.item import ITEM, ItemState
from handlers.acg.state import LINK, ROUTE as LIST_ROUTE
from handlers.acg.views import SIGN, told_row
from handlers.scenes import InvalidPress, Scene, Switch
from handlers.texts import Html
from handlers.views import Button, Open, Press, Row, View, grid
from services.subscriptions import News
from services.subscriptions.naming import CATEGORY

A_PAGE = 5
MOST_LISTED = 8


def page_of(news: News, page: int) -> list[tuple[int, Mapping[str, Any]]]:
    """Return what stands on a page of the news, with its numbers."""
    last = max(0, -(-len(news.items) // A_PAGE) - 1)
    first = min(page, last) * A_PAGE
    return list(enumerate(news.items[first : first + A_PAGE], first + 1))


def lines(scene: Scene[Any], news: News, listed: Sequence[tuple[int, Mapping[str, Any]]]) -> list[Html]:
    """Return the news as lines."""
    say = scene.say
    name = name_of(scene, news.title, news.name)
    told = [say.plural("news.heading", news.count, icon=SIGN, title=name), Html("")]
    told += [told_row(say, n, item) for n, item in listed]
    return told


def opening(listed: Sequence[tuple[int, Mapping[str, Any]]]) -> list[Row]:
    """Return the buttons that open what is new."""
    return [*grid([Press(f"{n}", "resource", str(item["slug"])) for n, item in listed], A_PAGE)]


def item(scene: Scene[Any], news: News, slug: str, route: str) -> Switch:
    """Go on to one of the new resources, with the way back."""
    if slug not in {str(one["slug"]) for one in news.items} or not slug.isdecimal():
        raise InvalidPress(slug)
    origin = scene.state.model_dump(mode="json")
    return Switch(ITEM.name, ItemState(id=int(slug), origin=origin, origin_route=route))


def whole(scene: Scene[Any], news: News) -> Switch:
    """Go on to all there is in the category, or for the words."""
    target = scene.home.routes.cards[LIST_ROUTE]
    if news.title.startswith(CATEGORY):
        return Switch(target.name, target.load({"category": int(news.title.removeprefix(CATEGORY))}))
    return Switch(target.name, target.load({"words": news.name}))


def in_group(scene: Scene[Any], news: News, *, ended: bool, muted: bool, keeping: Sequence[Button]) -> View:
    """Show a group what is new: titles and sizes, and a way for each reader into their own chat."""
    say = scene.say
    listed = list(enumerate(news.items[:MOST_LISTED], 1))
    told = lines(scene, news, listed)
    if (more := news.count - len(listed)) > 0:
        told.append(say.plural("news.more", more))
    told += [Html(""), say("news.ended" if ended else "acg.group")]
    if muted and not ended:
        told.append(say("subscribe.muted"))
    ways = [Open(f"{n}", scene.home.deep_link(f"{LINK}{one['slug']}")) for n, one in listed]
    return View(Html("\n".join(told)), [*grid(ways, 4), list(keeping)])
