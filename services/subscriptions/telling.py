"""Have people told of what is new, in the commit that finds it new."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from clients.hdhive.models import Resource
from services import zones
from services.checkins.notices import DIGEST_CLOCK, digest_at
from services.notices import notice
from services.subscriptions.wishes import Wishes, cheapest, facts_of
from storage import jobs, preferences
from storage.subscriptions import Subscription
from storage.tx import Tx

NEWS = "title_news"
GROUP = "subscription.group"
AUTO = "subscription.auto"
# A notice lists this many; of the others it tells the number.
MOST_ITEMS = 30
# A follower of whom nobody knows what they saw is told of nothing that was found so soon after.
BEGINNING_SECONDS = 60.0


class News(BaseModel):
    """Be what a notice tells: which title, and what is new of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    subscription: int
    title: str
    name: str = ""
    items: tuple[dict[str, Any], ...] = ()
    count: int = 0

    @classmethod
    def of(cls, subscription: Subscription, fresh: Sequence[Resource]) -> "News":
        """Return the news of a subscription, the cheapest first."""
        listed = tuple(facts_of(one) for one in cheapest(fresh)[:MOST_ITEMS])
        name = str(subscription.detail.get("name", ""))
        return cls(
            subscription=subscription.id,
            title=subscription.title,
            name=name,
            items=listed,
            count=len(fresh),
        )

    @classmethod
    def joined(cls, parts: Sequence[Mapping[str, Any]]) -> list["News"]:
        """Return several notices as one of each subscription, in the order of the first of each."""
        found: dict[int, News] = {}
        for part in parts:
            news = cls.model_validate(part)
            before = found.get(news.subscription)
            found[news.subscription] = news if before is None else before.and_then(news)
        return list(found.values())

    def and_then(self, later: "News") -> "News":
        """Return this with what came later."""
        known = {item["slug"] for item in self.items}
        more = [item for item in later.items if item["slug"] not in known]
        count = self.count + later.count - (len(later.items) - len(more))
        return self.model_copy(update={"items": (*self.items, *more)[:MOST_ITEMS], "count": count})

    @property
    def resources(self) -> list[Resource]:
        """Return what is listed as resources; whether they are anybody's own is not known."""
        return [Resource.model_validate(item) for item in self.items]


def wishes_of(subscription: Subscription) -> Wishes:
    """Return the filters of a subscription."""
    return Wishes.model_validate(subscription.detail.get("wishes") or {})


def wanted(subscription: Subscription, fresh: Sequence[Resource], asked_at: float) -> list[Resource]:
    """Return what of the new resources is new to this follower, and what they want to hear of."""
    known = subscription.detail.get("known")
    if known is None and asked_at - subscription.created_at < BEGINNING_SECONDS:
        return []
    before, wishes = frozenset(known or ()), wishes_of(subscription)
    return [one for one in fresh if one.slug not in before and wishes.fits(one)]


async def tell(tx: Tx, subscription: Subscription, fresh: Sequence[Resource], now: float) -> None:
    """Ask for the one notice of what is new to a follower, or for what they want done about it."""
    news, user = News.of(subscription, fresh), subscription.user_id
    if subscription.private and subscription.auto:
        payload = {"user_id": user, **news.model_dump(mode="json")}
        await jobs.enqueue(tx, AUTO, str(user), payload, now, owner=user)
        return
    await tell_news(tx, subscription, news, now)


async def tell_news(tx: Tx, subscription: Subscription, told: News, now: float) -> None:
    """Ask for the one notice of what is new to a follower."""
    news = told.model_dump(mode="json")
    user, chat = subscription.user_id, subscription.chat_id
    at = await _told_at(tx, subscription, now)
    if subscription.private:
        await notice(tx, user, NEWS, now=at, **news)
    else:
        # The news are the group's: they come though who made the subscription is forgotten meanwhile.
        await jobs.enqueue(tx, GROUP, str(chat), {"chat_id": chat, **news}, at, owner=jobs.NOBODY)


async def _told_at(tx: Tx, subscription: Subscription, now: float) -> float:
    when = wishes_of(subscription).when
    if when == "now":
        return now
    chosen = await preferences.get(tx, subscription.user_id)
    if when == "weekly":
        return digest_at(chosen, now)
    return zones.next_at(now, chosen.timezone, chosen.quiet_to or DIGEST_CLOCK)
