"""/videos: the videos of the site, by words and categories, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telegram import Update

from clients.mika.models import VideoOrder, VideoPage
from handlers import cards, commands, fieldask
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.scenes import InvalidPress, Route, Scene, Switch, number
from handlers.texts import Html, bold, escape
from handlers.videos import categories as videocategories, deletion, form, video
from handlers.videos.state import LARGEST_ID, LIST, VideosState, VideoState, advice
from handlers.videos.views import crumbs, row
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.mika.videos import path_to

PER_PAGE = 6
MOST_PAGES = 100_000
QUERY_LIMIT = 100
ORDERS = ("created_at", "views")


async def show(scene: Scene[VideosState]) -> View:
    """Show one page of the videos."""
    state, say = scene.state, scene.say
    found = await listed(scene, state.page + 1)
    pages = max(1, -(-found.total // PER_PAGE))
    if not found.items and found.total and state.page >= pages:
        # Fewer videos than there were, or a forged page: the last page is the nearest.
        return await show(scene.at(state.model_copy(update={"page": pages - 1})))
    shown = list(enumerate(found.items[:PER_PAGE], state.page * PER_PAGE + 1))
    lines = [*await _head(scene, found, pages), *(row(scene, n, one) for n, one in shown)]
    picks = [Press(f"{n}", "open", str(one.id)) for n, one in shown]
    turning = pages_row(say, "page", state.page, pages)
    return View(Html("\n".join(lines)), [*grid(picks, PER_PAGE), turning, *await _ways(scene)])


async def listed(scene: Scene[VideosState], page: int, size: int = PER_PAGE) -> VideoPage:
    """Ask for a page of what is looked for."""
    state = scene.state
    return await scene.services.videos.call(
        scene.user_id,
        lambda client, who: client.videos(
            who,
            page=page,
            size=size,
            category_id=state.category or None,
            keyword=state.words or None,
            order=VideoOrder(state.order),
        ),
    )


async def _head(scene: Scene[VideosState], found: VideoPage, pages: int) -> list[Html]:
    state, say = scene.state, scene.say
    lines = [Html(f"{state.said}\n")] if state.said else []
    lines.append(
        say("videos.heading_words", words=bold(state.words)) if state.words else say("videos.heading")
    )
    if state.category:
        way = path_to(await scene.services.videos.categories(scene.user_id), state.category)
        lines.append(say("videos.within", name=crumbs(say, way) if way else escape(f"{state.category}")))
    if not found.total:
        return [*lines, say("videos.none")]
    count = say.plural("videos.count", found.total)
    turned = [say("videos.page", page=state.page + 1, pages=pages)] if pages > 1 else []
    return [*lines, Html(" · ".join([count, *turned])), Html("")]


async def _ways(scene: Scene[VideosState]) -> list[Row]:
    say, state = scene.say, scene.state
    orders = [
        Press(("● " if state.order == order else "") + say.label(f"videos.order.{order}"), "order", order)
        for order in ORDERS
    ]
    narrow: list[Button] = [Press(say.label("button.categories"), "categories")]
    narrow.append(Press(say.label("button.search_videos"), "search"))
    if state.words or state.category:
        narrow.append(Press(say.label("button.all_videos"), "everything"))
    last: list[Button] = []
    if await scene.services.videos.manages(scene.user_id):
        last.append(Press(say.label("button.run_site"), "site"))
    if state.origin is not None:
        last.append(Press(say.label("button.back"), "back"))
    last.append(Press(say.label("button.close"), "close"))
    return [orders, narrow, last]


def _fresh(state: VideosState, **changes: Any) -> VideosState:
    return state.model_copy(update={"said": "", **changes})


async def page(scene: Scene[VideosState], arg: str) -> VideosState:
    """Turn the pages."""
    return _fresh(scene.state, page=number(arg, MOST_PAGES))


async def order(scene: Scene[VideosState], arg: str) -> VideosState:
    """Sort by date or by views."""
    if arg not in ORDERS:
        raise InvalidPress(arg)
    return _fresh(scene.state, order=arg, page=0)


async def open_video(scene: Scene[VideosState], arg: str) -> Switch:
    """Go to a video's card."""
    back = _fresh(scene.state).model_dump(mode="json")
    return Switch(video.VIDEO.name, VideoState(id=number(arg, LARGEST_ID), back=back))


async def categories(scene: Scene[VideosState], _arg: str) -> Switch:
    """Choose a category."""
    ready = scene.at(_fresh(scene.state, page=0))
    return videocategories.ask(ready, "category", every=True, at=scene.state.category)


async def search(scene: Scene[VideosState], _arg: str) -> Switch:
    """Ask for words."""
    return await fieldask.ask(scene, "words", "look", scene.say("videos.ask_words"), most=QUERY_LIMIT)


async def look(scene: Scene[VideosState], _arg: str) -> VideosState:
    """Look for the words that were sent."""
    return _fresh(scene.state, page=0)


async def everything(scene: Scene[VideosState], _arg: str) -> VideosState:
    """Take words and category off."""
    return _fresh(scene.state, words="", category=0, page=0)


async def site(scene: Scene[VideosState], _arg: str) -> Switch:
    """Go on to running the site."""
    behind = _fresh(scene.state).model_dump(mode="json")
    return scene.switch("site", {"back": behind})


async def back(scene: Scene[VideosState], _arg: str) -> Switch:
    """Return to the search."""
    return scene.switch(scene.state.origin_route, scene.state.origin or {})


VIDEOS: Route[VideosState] = Route(
    LIST,
    VideosState,
    show,
    {
        "page": page,
        "order": order,
        "open": open_video,
        "categories": categories,
        "search": search,
        "look": look,
        "everything": everything,
        "site": site,
        "back": back,
    },
    advice=advice,
    private=True,
)


def within(words: Sequence[str]) -> str:
    """Return the words of a command as what is looked for."""
    return " ".join(words)[:QUERY_LIMIT]


async def videos(update: Update, context: LinkHiveContext) -> None:
    """Show the videos, those with the words behind the command where there are some."""
    await cards.begin(update, context, VIDEOS, VideosState(words=within(context.args or [])))


def register(home: LinkHiveApplication) -> None:
    """Offer the videos."""
    for route in (VIDEOS, video.VIDEO, form.EDIT_VIDEO, deletion.DELETE_VIDEO, videocategories.PICK):
        home.card(route)
    commands.add(home, "videos", videos, private=True)
