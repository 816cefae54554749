"""The cards of followed titles, filled with hostile strings."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from clients.hdhive.models import Resource
from handlers.subscribe import (
    card as subscribecard,
    command as subscribe,
    digest as subscribedigest,
    group as subscribegroup,
    lending as subscribelend,
    listing as subscribelist,
    news as subscribenews,
    receipt as subscribereceipt,
)
from handlers.views import View
from services.subscriptions import News, Receipt, Step
from services.subscriptions.wishes import facts_of
from tests.guarantees.hostile import UNLENT, Stage

STATES = (
    "waiting",
    "above",
    "budget",
    "left",
    "dead",
    "unlocking",
    "unlocked",
    "refused",
    "saved",
    "unsaved",
)


def _facts(s: Stage, number: int) -> dict[str, Any]:
    slug = f"{number:032x}"
    return facts_of(Resource.model_validate({**s.resource(), "slug": slug, "pan_type": s.words()}))


def _news(s: Stage, count: int) -> News:
    items = tuple(_facts(s, number) for number in range(count))
    return News(subscription=1, title="movie_7", name=s.words(), items=items, count=count + 3)


async def _one(s: Stage) -> View:
    return await subscribenews.show(s.scene.at(subscribenews.NewsState(news=_news(s, 1))))


async def _many(s: Stage) -> View:
    state = subscribenews.NewsState(news=_news(s, 12), page=1, muted=True)
    return await subscribenews.show(s.scene.at(state))


async def _group(s: Stage) -> View:
    return await subscribegroup.show(s.scene.at(subscribegroup.GroupNewsState(news=_news(s, 12))))


async def _lending(s: Stage) -> View:
    return await subscribelend.show(s.scene.at(subscribelend.LendState(subscriptions=(UNLENT,) * 25)))


async def _digest(s: Stage) -> View:
    state = subscribedigest.NewsListState(news=tuple(_news(s, 2) for _ in range(9)))
    return await subscribedigest.show(s.scene.at(state))


async def _receipt(s: Stage) -> View:
    news = _news(s, len(STATES))
    steps = {
        item["slug"]: Step(state=state, points=3, reason=s.words(), files=2, dest=f"/{s.words()}")  # type: ignore[arg-type]
        for item, state in zip(news.items, STATES, strict=True)
    }
    receipt = Receipt(**{**news.model_dump(), "steps": steps})
    return await subscribereceipt.show(s.scene.at(subscribereceipt.ReceiptState(receipt=receipt, page=1)))


async def _subscription(s: Stage) -> View:
    return await subscribecard.show(s.scene.at(subscribecard.SubscriptionState(id=1, fresh=True)))


async def _words(s: Stage) -> View:
    return await subscribecard.show(s.scene.at(subscribecard.SubscriptionState(id=1, screen="words")))


async def _list(s: Stage) -> View:
    return await subscribelist.show(s.scene.at(subscribelist.SubscriptionsState()))


async def _titles(s: Stage) -> View:
    return await subscribe.show(s.scene.at(subscribe.FollowState(query=s.words(), page=1)))


CARDS: Mapping[str, Callable[[Stage], Awaitable[View]]] = {
    "one new": _one,
    "many new": _many,
    "new in a group": _group,
    "asking a group to lend": _lending,
    "digest": _digest,
    "receipt": _receipt,
    "subscription": _subscription,
    "words of a subscription": _words,
    "subscriptions": _list,
    "titles to follow": _titles,
}
