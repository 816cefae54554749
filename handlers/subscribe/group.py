"""What is new of titles a group follows: nothing private, and ways into each reader's own chat with us.

Several titles that are due in one topic make one message, of which anybody opens what they want to see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clients.hdhive.models import Resource
from handlers.acg import news as acgnews
from handlers.application import LinkHiveApplication
from handlers.groups import telling as grouptelling
from handlers.resources import SLUG, pan_name, price_label
from handlers.scenes import OutgoingCard, Route, Scene, Switch
from handlers.subscribe.digest import NewsListState, listing, opened, page
from handlers.subscribe.offers import Kept, back_to, keeping, leading_back, mute, remove
from handlers.subscribe.titles import shown
from handlers.texts import Html, Speaker, bold, escape
from handlers.titlelist import LINK as TITLE_LINK
from handlers.unlock import RESOURCE_LINK
from handlers.views import Button, Open, View, grid
from services.jobs import Lease
from services.subscriptions import GROUP, News
from services.subscriptions.naming import is_acg
from storage.jobs import Job

ROUTE, LIST_ROUTE = "groupnews", "groupnewslist"
MOST_LISTED = 8
FACT_LIMIT = 24


class GroupNewsState(Kept):
    """What a group is told of one title."""


async def show(scene: Scene[GroupNewsState]) -> View:
    """Show what is new, with a way for each reader into their own private chat."""
    say, state = scene.say, scene.state
    news = state.news
    if is_acg(news.title):
        ways = _keeping(scene)
        return acgnews.in_group(scene, news, ended=state.ended, muted=state.muted, keeping=ways)
    title = await shown(scene, news.title, news.name)
    listed = list(enumerate(news.resources[:MOST_LISTED], 1))
    lines: list[str] = [say.plural("news.heading", news.count, icon=title.icon, title=title.name), ""]
    lines += [say("groupnews.row", number=n, details=_details(say, one)) for n, one in listed]
    if (more := news.count - len(listed)) > 0:
        lines.append(say.plural("news.more", more))
    lines += ["", say("news.ended" if state.ended else "groupnews.private")]
    if state.muted and not state.ended:
        lines.append(say("subscribe.muted"))
    opening = [
        Open(f"🔓 {_label(say, n, one)}", scene.home.deep_link(f"{RESOURCE_LINK}{one.slug}"))
        for n, one in listed
        if SLUG.fullmatch(one.slug)
    ]
    whole = Open(say.label("button.private"), scene.home.deep_link(f"{TITLE_LINK}{news.title}"))
    return View(Html("\n".join(lines)), [*grid(opening, 2), [whole], _keeping(scene)], picture=title.picture)


def _details(say: Speaker, resource: Resource) -> Html:
    """Return what a resource is; its title is its sharer's words, and those are not for groups."""
    facts = [bold(pan_name(say, resource))]
    told = (resource.share_size, *resource.video_resolution[:2], *resource.source[:1])
    facts += [escape(fact, FACT_LIMIT) for fact in told if fact]
    return Html(" · ".join(facts))


def _label(say: Speaker, n: int, resource: Resource) -> str:
    price = price_label(say, owned=False, points=resource.unlock_points)
    return say.label("button.resource", number=n, price=price)


def _keeping(scene: Scene[GroupNewsState]) -> list[Button]:
    say, state = scene.say, scene.state
    return [*keeping(say, muted=state.muted, ended=state.ended), *leading_back(say, state)]


GROUP_NEWS: Route[GroupNewsState] = Route(
    ROUTE,
    GroupNewsState,
    show,
    {"mute": mute, "remove": remove, "back": back_to(LIST_ROUTE)},
    everybody=frozenset({"back"}),
)


async def show_list(scene: Scene[NewsListState]) -> View:
    """Show of which titles there is something new."""
    lines, rows = listing(scene.say, scene.state)
    return View(Html("\n".join([*lines, "", scene.say("groupnews.list")])), rows)


async def open_one(scene: Scene[NewsListState], arg: str) -> Switch:
    """Go on to one title's news."""
    return scene.switch(ROUTE, await opened(scene, arg))


GROUP_NEWS_LIST: Route[NewsListState] = Route(
    LIST_ROUTE,
    NewsListState,
    show_list,
    {"page": page, "open": open_one},
    everybody=frozenset({"page", "open"}),
)


async def words(scene: Scene[Any], jobs: Sequence[Job]) -> OutgoingCard:
    """Word what is new: of one title by its own card, of several by a list."""
    news = News.joined([job.payload for job in jobs])
    if len(news) == 1:
        state = GroupNewsState(news=news[0])
        return OutgoingCard(ROUTE, state, await show(scene.at(state)))
    listed = NewsListState(news=tuple(news))
    return OutgoingCard(LIST_ROUTE, listed, await show_list(scene.at(listed)))


def register(home: LinkHiveApplication) -> None:
    """Tell groups what is new."""

    async def tell(job: Job, lease: Lease) -> None:
        await grouptelling.deliver(home, job, lease, words)

    home.card(GROUP_NEWS)
    home.card(GROUP_NEWS_LIST)
    home.job(GROUP, tell)
