"""E4 for own shares and usage: whatever HDHive writes, their cards say it as plain words."""

import itertools
import random
from types import SimpleNamespace

import pytest

from clients.errors import Rejected
from clients.hdhive.models import Me, OwnShare, PanType, Usage, WeeklyQuota
from handlers.shares import (
    draft as sharesdraft,
    own as sharesown,
    questions as sharesask,
    steps as sharesmove,
    views as sharesviews,
)
from handlers.shares.state import ShareFields, ShareState, fields_of
from handlers.texts import Html
from handlers.usage import command as usage
from handlers.usage.report import Report
from handlers.views import View
from sandbox.telegram.errors import ApiError
from services.beijing import day_of
from services.sharedfilms import Film
from tests.guarantees import figures
from tests.guarantees.hostile import SLUG, Stage, Words
from tests.guarantees.test_e4_strings import entities_of


class Share(Stage):
    """A person with shares of somebody else's wording."""

    def __init__(self, words: Words, language: str) -> None:
        super().__init__(words, language, private=True)
        self.services.linkchecks = SimpleNamespace(known=lambda item: item)
        self.services.tmdb = SimpleNamespace()

    def own(self) -> OwnShare:
        w, shown = self.words, self.resource()
        more = {
            "url": w(),
            "access_code": w(),
            "media_type": "movie",
            "tmdb_id": "550",
            "validate_message": w(),
        }
        return OwnShare(**{**shown, "pan_type": PanType.UNKNOWN, **more})

    def fields(self) -> ShareFields:
        film = Film(kind="movie", number=550, name=self.words())
        return fields_of(self.own()).model_copy(update={"film": film})


async def _row(s: Share) -> View:
    return View(Html("\n".join(sharesviews.row(s.scene, n, s.own(), s.words()) for n in range(8))))


async def _draft(s: Share) -> View:
    error = Rejected("hdhive", "create_share", "400", s.words())
    faults = sharesmove.faults(s.scene, error)
    state = ShareState(step="all", walked=True, fields=s.fields(), strange=True, faults=faults)
    return sharesdraft.show(s.scene.at(state))


async def _record(s: Share) -> View:
    own = s.own()
    return View(Html("\n".join([s.scene.say("share.head"), *sharesviews.record(s.scene, own, s.fields())])))


async def _question(s: Share) -> View:
    state = ShareState(step="price", fields=s.fields(), faults={"": s.words()})
    return await sharesask.show(s.scene.at(state))


async def _hits(s: Share) -> View:
    return await sharesask.show(s.scene.at(ShareState(step="film", query=s.words() or "x", hits=1)))


async def _delete(s: Share) -> View:
    state = ShareState(slug=SLUG, step="delete", fields=s.fields())
    return await sharesown.show(s.scene.at(state))


async def _usage(s: Share) -> View:
    w = s.words
    stats = [{"endpoint": w(), "calls": n} for n in range(5)]
    today = day_of(1_700_000_000)
    month = Usage.model_validate({"endpoint_stats": stats, "daily_stats": [{"date": w(), "calls": 3}]})
    report = Report(
        today=today,
        account=Me(id=1, points=3, is_vip=True),
        month=month,
        weekly=WeeklyQuota(limit=3, remaining=1),
        errors={"quota": Rejected("hdhive", "quota", w(), w()), "disktop": Rejected(w(), "quota", w(), w())},
    )
    return View(Html("\n".join([*usage.hdhive(s.scene, report), *usage.disktop(s.scene, report)])))


CARDS = {f.__name__: f for f in (_row, _draft, _record, _question, _hits, _delete, _usage)}


@pytest.mark.timeout(900)
async def test_e4_shares_and_usage_cannot_be_broken_or_forged() -> None:
    target = figures.size(4_000, 100_000)
    ways = list(itertools.product(CARDS, ("zh", "en")))
    plain = {way: entities_of(await CARDS[way[0]](Share(Words(None), way[1]))) for way in ways}
    words = Words(random.Random(5))
    extra, refused = [], []
    while words.count < target:
        for way in ways:
            view = await CARDS[way[0]](Share(words, way[1]))
            try:
                found = entities_of(view) - plain[way]
            except (ApiError, ValueError) as error:
                refused.append((way, repr(error), view.text))
                continue
            # A share's own address is a link where it opens, and code where it does not.
            if set(found) - {"code", "text_link"} or found.total() > 1:
                extra.append((way, found, view.text))
    assert not refused, f"{len(refused)} refused, the first: {refused[0]}"
    assert not extra, f"{len(extra)} with extra entities, the first: {extra[0]}"
    figures.at_least(
        "E4", f"hostile strings on {len(CARDS)} kinds of card of /shares and /usage", words.count, target
    )
    figures.exactly("E4", "entities on them that plain words do not make", len(extra))
