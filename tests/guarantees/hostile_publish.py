"""/publish's cards, filled with hostile strings: the draft's own words, and what ACGBT says of them."""

from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from clients.errors import Forbidden, ForbiddenReason, Rejected
from handlers import problems
from handlers.publish import draft as publishdraft
from handlers.publish.command import show
from handlers.publish.state import PublishFields, PublishState, Step
from handlers.views import View
from services.publishing import faults_of
from tests.guarantees.hostile import Stage

HASH = "ab" * 20


def stage(s: Stage) -> Stage:
    """Put a person before a site that everybody can reach."""
    given: Any = s.services
    given.pictures = SimpleNamespace(on=True)
    routes: Any = s.scene.home.routes
    routes.cards = {"acgitem": None}
    return s


def fields(s: Stage) -> PublishFields:
    """A draft in which every word is hostile; its description is Markdown, and so is left plain."""
    w = s.words
    # Some open when they are pressed, others cannot.
    images = [f"https://example.com/{quote(w()[:100], errors='replace')}.png" for _ in range(3)]
    images += [f"ftp:{w()}"]
    return PublishFields(
        title=w() or "x",
        category=2,
        category_name=w() or "x",
        description="plain",
        images=tuple(images),
        unseen=tuple(images[1:]),
        sent=tuple(images[:1]),
        layout=2,
        magnet=f"magnet:?xt=urn:btih:{HASH}&dn={quote(w(), errors='replace')}",
        cid=f"b{w()}",
        size=5,
    )


def _asking(step: Step) -> Callable[[Stage], Awaitable[View]]:
    async def ask(s: Stage) -> View:
        faults = {"0": s.words(), "1": s.words()}
        state = PublishState(step=step, fields=fields(s), suggested=s.words() or "x", faults=faults)
        return await show(stage(s).scene.at(state))

    return ask


async def _changing(s: Stage) -> View:
    state = PublishState(step="title", walked=True, fields=fields(s), faults={"": s.words()})
    return await show(stage(s).scene.at(state))


async def _one_by_one(s: Stage) -> View:
    state = PublishState(step="pictures", fields=fields(s), arranging=True, picked=2)
    return await show(stage(s).scene.at(state))


async def _preview(s: Stage) -> View:
    return await show(stage(s).scene.at(PublishState(step="all", walked=True, fields=fields(s))))


async def _refused(s: Stage) -> View:
    """What ACGBT refuses stands beside its field, under the names it has for them and under others."""
    names = ("title", "category_id", "description", "images", "image_layout", "magnet_link", "file_size")
    told = {name: s.words() or "x" for name in (*names, s.words() or "odd")}
    faults = dict(faults_of(Rejected("acgbt", "publish", s.words(), s.words(), told)))
    state = PublishState(step="all", walked=True, fields=fields(s), faults=faults)
    return await show(stage(s).scene.at(state))


async def _refused_in_words(s: Stage) -> View:
    faults = dict(faults_of(Rejected("acgbt", "publish", s.words(), s.words() or "x")))
    # Whichever field the words are about: beside one of them.
    state = PublishState(step="all", walked=True, fields=fields(s), faults={"": next(iter(faults.values()))})
    return await show(stage(s).scene.at(state))


async def _forbidden(s: Stage) -> View:
    error = Forbidden("acgbt", "publish", ForbiddenReason.OTHER, s.words(), s.words())
    scene = stage(s).scene.at(PublishState(step="all", walked=True, fields=fields(s)))
    return problems.view(scene, error, retry=("publish", ""), back=True, advice=publishdraft.advice(error))


async def _done(s: Stage) -> View:
    return await show(stage(s).scene.at(PublishState(step="done", fields=fields(s), number=7)))


CARDS: Mapping[str, Callable[[Stage], Awaitable[View]]] = {
    **{f"publishing: {step}": _asking(step) for step in ("title", "category", "description", "pictures")},
    **{f"publishing: {step}": _asking(step) for step in ("layout", "link", "size")},
    "publishing: a field anew": _changing,
    "publishing: pictures one by one": _one_by_one,
    "publishing: the whole draft": _preview,
    "publishing: refused by field": _refused,
    "publishing: refused in words": _refused_in_words,
    "publishing: forbidden": _forbidden,
    "published": _done,
}
