"""Notices that matter and a group's greeting, filled with hostile strings."""

from collections.abc import Awaitable, Callable, Mapping

from handlers.groups import hello as groups
from handlers.notes import NoticeState
from handlers.views import View
from handlers.watch import views as watchviews
from handlers.watch.views import DeadShare, Ending, WatchState
from tests.guarantees.hostile import SLUG, Stage


async def _dead(s: Stage) -> View:
    w = s.words
    shares = tuple(
        DeadShare(slug=SLUG, title=w() if n % 3 else "", drive=w(), media_type="movie", tmdb_id="7")
        for n in range(24)
    )
    return await watchviews.show(s.scene.at(WatchState(kind="dead", shares=shares)))


async def _ending(s: Stage) -> View:
    grants = (Ending(service="hdhive", until=0.0), Ending(service="disktop", until=1.0))
    return await watchviews.show(s.scene.at(WatchState(kind="expiring", grants=grants, muted=True)))


async def _greeting(s: Stage) -> View:
    return groups.greeting(s.scene.at(NoticeState()), s.words() or "x")


CARDS: Mapping[str, Callable[[Stage], Awaitable[View]]] = {
    "dead shares": _dead,
    "authorizations that end": _ending,
    "greeting": _greeting,
}
