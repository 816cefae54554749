"""What is new of titles a group follows: nothing private, and ways into each reader's own chat with us."""

from __future__ import annotations

from clients.hdhive.models import Resource
from handlers import acgnews, posting
from handlers.application import LinkHiveApplication
from handlers.arrival import ANONYMOUS_ADMIN
from handlers.resources import SLUG, pan_name, price_label
from handlers.scenes import Letter, Route, Scene, State
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

ROUTE = "groupnews"
MOST_LISTED = 8
FACT_LIMIT = 24


class GroupNewsState(State):
    """What is new of one title, and what became of following it."""

    news: News
    muted: bool = False
    ended: bool = False


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
    if state.ended:
        return []
    silent, label = ("off", "button.unmute") if state.muted else ("on", "button.mute")
    return [Press(say.label(label), "mute", silent), Press(say.label("button.unsubscribe"), "remove")]


async def mute(scene: Scene[GroupNewsState], arg: str) -> GroupNewsState:
    """Be silent about the title in this group, or speak of it again."""
    muted = arg == "on"
    done = await scene.services.subscriptions.follows.mute(scene.state.news.subscription, muted=muted)
    return scene.state.model_copy(update={"muted": muted, "ended": done is None})


async def remove(scene: Scene[GroupNewsState], _arg: str) -> GroupNewsState:
    """Stop following the title in this group."""
    await scene.services.subscriptions.follows.remove(scene.state.news.subscription)
    return scene.state.model_copy(update={"ended": True})


GROUP_NEWS: Route[GroupNewsState] = Route(ROUTE, GroupNewsState, show, {"mute": mute, "remove": remove})


async def deliver(home: LinkHiveApplication, job: Job, lease: Lease) -> None:
    """Tell a group what is new of one title, with what else waits of it."""
    beside = [one for one in await _due(home, job) if _same(one, job)]
    (news,) = News.joined([job.payload, *(one.payload for one in beside)])
    following = await home.services.subscriptions.follows.get(news.subscription)
    if following is None or following.subscription.muted:
        await posting.done(lease, beside)
        return
    scene = await _scene(home, following.subscription, GroupNewsState(news=news))
    if await posting.arrived(scene, job):
        await posting.done(lease, posting.told(job, beside))
    else:
        await posting.post(scene, job, lease, Letter(ROUTE, scene.state, await show(scene)), beside)


async def _due(home: LinkHiveApplication, job: Job) -> list[Job]:
    now = home.services.clock.now()
    return await home.services.db.read(lambda tx: leases.beside(tx, job, now))


def _same(one: Job, other: Job) -> bool:
    return bool(one.payload.get("subscription") == other.payload.get("subscription"))


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
    home.job(GROUP, tell)
