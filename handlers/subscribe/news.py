"""What is new of followed titles, in the private chat: with poster, price, and buttons that act."""

from __future__ import annotations

from collections.abc import Sequence

from clients.hdhive.models import Resource
from handlers import unlock
from handlers.acg import news as acgnews
from handlers.application import LinkHiveApplication
from handlers.check import command as check
from handlers.resources import SLUG, facts, price_label, row
from handlers.save import command as save
from handlers.scenes import InvalidPress, Route, Scene, Switch, number
from handlers.subscribe.offers import Kept, back_to, keeping, leading_back, mute, remove
from handlers.subscribe.titles import Shown, parts_of, shown
from handlers.texts import Html
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.sharelinks.finding import Drive, extract
from services.subscriptions.naming import is_acg
from services.subscriptions.wishes import drive_of

ROUTE, LIST_ROUTE = "news", "newslist"
A_PAGE = 5
MOST_PAGES = 100


class NewsState(Kept):
    """What a person is told of one title, and which page of it is shown."""

    page: int = 0


async def show(scene: Scene[NewsState]) -> View:
    """Show what is new of one title."""
    say, news = scene.say, scene.state.news
    if is_acg(news.title):
        return _of_acgbt(scene)
    title = await shown(scene, news.title, news.name)
    resources = await _owned(scene, _page_of(scene.state))
    lines: list[str] = [say.plural("news.heading", news.count, icon=title.icon, title=title.name), ""]
    lines += _listed(scene, resources, title)
    lines += _tail(scene)
    rows = [*_presses(scene, resources), _turning(scene), *_ways(scene)]
    return View(Html("\n".join(lines)), rows, picture=title.picture)


def _of_acgbt(scene: Scene[NewsState]) -> View:
    listed = acgnews.page_of(scene.state.news, scene.state.page)
    lines = [*acgnews.lines(scene, scene.state.news, listed), *_tail(scene)]
    return View(Html("\n".join(lines)), [*acgnews.opening(listed), _turning(scene), *_ways(scene)])


def _page_of(state: NewsState) -> list[tuple[int, Resource]]:
    found = state.news.resources
    page_ = min(state.page, max(0, -(-len(found) // A_PAGE) - 1))
    return list(enumerate(found[page_ * A_PAGE : (page_ + 1) * A_PAGE], page_ * A_PAGE + 1))


async def _owned(
    scene: Scene[NewsState], listed: Sequence[tuple[int, Resource]]
) -> list[tuple[int, Resource]]:
    """Return resources with what this person has of them by now."""
    found = []
    for n, resource in listed:
        known = await scene.services.unlocking.known(scene.user_id, resource.slug)
        owned = known is not None and known.state == "done"
        found.append((n, resource.model_copy(update={"is_unlocked": owned})))
    return found


def _listed(scene: Scene[NewsState], resources: Sequence[tuple[int, Resource]], title: Shown) -> list[Html]:
    if len(scene.state.news.items) == 1:
        return [facts(scene.say, resources[0][1], title.plain)]
    return [row(scene.say, n, resource, title.plain) for n, resource in resources]


def _tail(scene: Scene[NewsState]) -> list[Html]:
    say, state = scene.say, scene.state
    lines: list[Html] = []
    if (more := state.news.count - len(state.news.items)) > 0:
        lines.append(say.plural("news.more", more))
    if state.ended:
        lines += [Html(""), say("news.ended")]
    elif state.muted:
        lines += [Html(""), say("subscribe.muted")]
    return lines


def _presses(scene: Scene[NewsState], resources: Sequence[tuple[int, Resource]]) -> list[Row]:
    say = scene.say
    if len(scene.state.news.items) != 1:
        numbered = [
            Press(
                say.label("button.resource", number=n, price=_price(scene, resource)),
                "resource",
                resource.slug,
            )
            for n, resource in resources
            if SLUG.fullmatch(resource.slug)
        ]
        return [*grid(numbered, 2)]
    ((_, only),) = resources
    if not SLUG.fullmatch(only.slug):
        return []
    first = Press(f"{say.label('button.unlock')} · {_price(scene, only)}", "resource", only.slug)
    acting: list[Button] = [Press(say.label("button.check"), "check", only.slug)]
    if drive_of(only) == "disktop":
        acting.append(Press(say.label("button.save"), "save", only.slug))
    return [[first], acting]


def _price(scene: Scene[NewsState], resource: Resource) -> str:
    return price_label(scene.say, owned=resource.is_unlocked, points=resource.unlock_points)


def _turning(scene: Scene[NewsState]) -> list[Button]:
    pages = -(-len(scene.state.news.items) // A_PAGE)
    return pages_row(scene.say, "page", min(scene.state.page, max(0, pages - 1)), pages)


def _ways(scene: Scene[NewsState]) -> list[Row]:
    say, state = scene.say, scene.state
    leaving = [Press(say.label("button.all_resources"), "title"), *leading_back(say, state)]
    ending = keeping(say, muted=state.muted, ended=state.ended)
    return [ending, [*leaving, Press(say.label("button.close"), "close")]]


async def page(scene: Scene[NewsState], arg: str) -> NewsState:
    """Turn the pages."""
    return scene.state.model_copy(update={"page": number(arg, MOST_PAGES)})


def _resource(scene: Scene[NewsState], slug: str) -> unlock.ResourceState:
    """Return the card of one of the new resources, with the way back here."""
    news = scene.state.news
    if is_acg(news.title) or slug not in {item["slug"] for item in news.items}:
        raise InvalidPress(slug)
    origin = scene.state.model_dump(mode="json")
    return unlock.ResourceState(slug=slug, origin=origin, origin_route=ROUTE, film=news.name)


async def resource(scene: Scene[NewsState], arg: str) -> Switch:
    """Go on to one resource."""
    if is_acg(scene.state.news.title):
        return acgnews.item(scene, scene.state.news, arg, ROUTE)
    return Switch(unlock.RESOURCE.name, _resource(scene, arg))


async def check_link(scene: Scene[NewsState], arg: str) -> Switch:
    """Unlock within the person's limit, or ask; then check the link."""
    following, words = await _unlocked(scene, arg)
    if words:
        await check.run(scene, words)
    return following


async def save_link(scene: Scene[NewsState], arg: str) -> Switch:
    """Unlock within the person's limit, or ask; then look into the share to save it."""
    following, words = await _unlocked(scene, arg)
    if words and any(link.drive is Drive.DISKTOP for link in extract(words)):
        await save.run(scene, words)
    return following


async def _unlocked(scene: Scene[NewsState], slug: str) -> tuple[Switch, str]:
    """Press Unlock for somebody; returns the resource's card, and the link once it is theirs."""
    state = _resource(scene, slug)
    there: Scene[unlock.ResourceState] = scene.at(state)  # type: ignore[arg-type, assignment]
    listed = next(one for one in scene.state.news.resources if one.slug == slug)
    known = await scene.services.unlocking.known(scene.user_id, slug)
    if known is None or known.state != "done":
        state = await unlock.unlock_pressed(there, str(listed.unlock_points)) or state
        known = await scene.services.unlocking.known(scene.user_id, slug)
    words = unlock.text_of(known) if known is not None and known.state == "done" else ""
    return Switch(unlock.RESOURCE.name, state), words


async def title(scene: Scene[NewsState], _arg: str) -> Switch:
    """Go on to all that is shared of the title."""
    if is_acg(scene.state.news.title):
        return acgnews.whole(scene, scene.state.news)
    kind, tmdb_id = parts_of(scene.state.news.title)
    return scene.switch("search", {"kind": kind, "tmdb_id": tmdb_id})


NEWS_CARD: Route[NewsState] = Route(
    ROUTE,
    NewsState,
    show,
    {
        "page": page,
        "resource": resource,
        "check": check_link,
        "save": save_link,
        "mute": mute,
        "remove": remove,
        "title": title,
        "back": back_to(LIST_ROUTE),
    },
    private=True,
)


def register(home: LinkHiveApplication) -> None:
    """Keep the notices, so that their buttons work."""
    home.card(NEWS_CARD)
