"""What is new of titles a group follows: nothing private, and ways into each reader's own chat with us.

Several titles that are due in one topic make one message, of which anybody opens what they want to see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clients.hdhive.models import Resource
from handlers import acgnews, posting
from handlers.application import LinkHiveApplication
from handlers.arrival import ANONYMOUS_ADMIN
from handlers.resources import SLUG, pan_name, price_label
from handlers.scenes import Letter, Route, Scene, State, Switch
from handlers.subscribedigest import NewsListState, listing, opened, page
from handlers.subscribetitles import shown
from handlers.texts import Html, Speaker, bold, escape
from handlers.titlelist import LINK as TITLE_LINK
from handlers.unlock import RESOURCE_LINK
from handlers.views import Button, Open, Press, View, grid
from services.jobs import Lease
from services.people import Person
from services.subscriptions import GROUP, News
from services.subscriptions.keys import is_acg
from storage import leases
from storage.jobs import Job
from storage.subscriptions import Subscription
from storage.users import User

ROUTE, LIST_ROUTE = "groupnews", "groupnewslist"
MOST_LISTED = 8
FACT_LIMIT = 24


class GroupNewsState(State):
    """What is new of one title, and what became of following it."""

    news: News
    muted: bool = False
    ended: bool = False
    origin: dict[str, Any] | None = None
    """The list of several titles this was opened from."""


async def show(scene: Scene[GroupNewsState]) -> View:
    """Show what is new, with a way for each reader into their own private chat."""
    say, state = scene.say, scene.state
    news = state.news
    if is_acg(news.title):
        keeping = _keeping(scene)
        return acgnews.in_group(scene, news, ended=state.ended, muted=state.muted, keeping=keeping)
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
        Open(f"🔓 {_label(say, n, one)}", scene.deep_link(f"{RESOURCE_LINK}{one.slug}"))
        for n, one in listed
        if SLUG.fullmatch(one.slug)
    ]
    whole = Open(say.label("button.private"), scene.deep_link(f"{TITLE_LINK}{news.title}"))
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
    back_ = [] if state.origin is None else [Press(say.label("button.back"), "back")]
    if state.ended:
        return [*back_]
    silent, label = ("off", "button.unmute") if state.muted else ("on", "button.mute")
    return [Press(say.label(label), "mute", silent), Press(say.label("button.unsubscribe"), "remove"), *back_]


async def mute(scene: Scene[GroupNewsState], arg: str) -> GroupNewsState:
    """Be silent about the title in this group, or speak of it again."""
    muted = arg == "on"
    done = await scene.services.subscriptions.follows.mute(scene.state.news.subscription, muted=muted)
    return scene.state.model_copy(update={"muted": muted, "ended": done is None})


async def remove(scene: Scene[GroupNewsState], _arg: str) -> GroupNewsState:
    """Stop following the title in this group."""
    await scene.services.subscriptions.follows.remove(scene.state.news.subscription)
    return scene.state.model_copy(update={"ended": True})


async def back(scene: Scene[GroupNewsState], _arg: str) -> GroupNewsState | Switch:
    """Go back to the list of titles."""
    if scene.state.origin is None:
        return scene.state
    return scene.switch(LIST_ROUTE, scene.state.origin)


GROUP_NEWS: Route[GroupNewsState] = Route(
    ROUTE,
    GroupNewsState,
    show,
    {"mute": mute, "remove": remove, "back": back},
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


async def deliver(home: LinkHiveApplication, job: Job, lease: Lease) -> None:
    """Tell a group what is new of a title, with what else is due in the same topic."""
    due = await _due(home, job)
    if await posting.arrived(home.services, job):
        await posting.done(lease, posting.told(job, due))
        return
    following = await _followed(home, job)
    if following is None:
        await posting.done(lease, [one for one in due if _of(one) == _of(job)])
        return
    beside = [one for one in due if await _is_told_there(home, one, following)]
    news = News.joined([job.payload, *(one.payload for one in beside)])
    scene = await _scene(home, following, GroupNewsState(news=news[0]))
    await posting.post(scene, job, lease, await _letter(scene, news), beside)


async def _letter(scene: Scene[Any], news: Sequence[News]) -> Letter:
    if len(news) == 1:
        return Letter(ROUTE, scene.state, await show(scene))
    listed = NewsListState(news=tuple(news))
    return Letter(LIST_ROUTE, listed, await show_list(scene.at(listed)))


async def _due(home: LinkHiveApplication, job: Job) -> list[Job]:
    now = home.services.clock.now()
    return await home.services.db.read(lambda tx: leases.beside(tx, job, now))


def _of(job: Job) -> int:
    return int(job.payload["subscription"])


async def _followed(home: LinkHiveApplication, job: Job) -> Subscription | None:
    """Return the subscription whose news these are; None where nobody wants to hear of it by now."""
    following = await home.services.subscriptions.follows.get(_of(job))
    return None if following is None or following.subscription.muted else following.subscription


async def _is_told_there(home: LinkHiveApplication, job: Job, beside: Subscription) -> bool:
    """Tell whether a group's news go where another's go."""
    following = await _followed(home, job)
    return following is not None and following.topic == beside.topic


async def _scene(
    home: LinkHiveApplication, subscription: Subscription, state: GroupNewsState
) -> Scene[GroupNewsState]:
    """Return a group's scene: in the language of who subscribed, on a card for any of its admins."""
    services, now = home.services, home.services.clock.now()
    maker = await services.people.known(subscription.user_id)
    anybody = Person(User(ANONYMOUS_ADMIN, None, "", now, now), maker.preferences, maker.language)
    return Scene(
        home=home,
        person=anybody,
        chat_id=services.standing.address(subscription.chat_id),
        private=False,
        state=state,
        received_at=now,
        topic=subscription.topic,
    )


def register(home: LinkHiveApplication) -> None:
    """Tell groups what is new."""

    async def tell(job: Job, lease: Lease) -> None:
        await deliver(home, job, lease)

    home.card(GROUP_NEWS)
    home.card(GROUP_NEWS_LIST)
    home.job(GROUP, tell)
