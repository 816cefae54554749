"""Follow a title, change what is wanted of it, and stop: what people press, in one commit each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clients.hdhive.client import HDHive
from clients.tmdb.models import Title
from services.clock import Clock
from services.errors import ServiceError, ServiceOff
from services.names import Service
from services.subscriptions.naming import is_acg
from services.subscriptions.pace import PollPace
from services.subscriptions.rounds import ROUND
from services.subscriptions.telling import wishes_of
from services.subscriptions.unlent import ASKED, asked
from services.subscriptions.wishes import Wishes
from services.titles import Titles
from storage import followed, jobs, subscriptions
from storage.database import Database
from storage.subscriptions import Subscription
from storage.tx import Tx

# One chat follows at most so many.
MOST_TITLES = 200
# A title that was looked up so shortly before need not be looked up for one who begins to follow it.
SOON_SECONDS = 60.0


@dataclass(eq=False)
class TooManyTitles(ServiceError):
    """This chat follows as many titles as one may."""

    limit: int


@dataclass(frozen=True)
class FollowedTitle:
    """Be a subscription with what is known of its title: by whom it can be looked up, and when it was."""

    subscription: Subscription
    lenders: tuple[int, ...] = ()
    looked_at: float | None = None

    @property
    def wishes(self) -> Wishes:
        """Return the filters."""
        return wishes_of(self.subscription)


def key_of(media_type: str, tmdb_id: int) -> str:
    """Name a title."""
    return f"{media_type}_{tmdb_id}"


class Follows:
    """Keep who follows what."""

    def __init__(
        self, db: Database, clock: Clock, hdhive: HDHive | None, titles: Titles, pace: PollPace
    ) -> None:
        self._db = db
        self._clock = clock
        self._hdhive = hdhive
        self._titles = titles
        self._pace = pace

    async def follow(
        self, user_id: int, chat_id: int, topic: int | None, title: Title, language: str | None = None
    ) -> FollowedTitle:
        """Follow a title in a chat; one that is followed there already is told in this topic from now on.

        What this person was just shown of it is not new; a group is told in their `language`. Raises
        ServiceOff and TooManyTitles.
        """
        if self._hdhive is None:
            raise ServiceOff(Service.HDHIVE)
        key = key_of(title.media_type, title.id)
        shown = self._titles.shown(user_id, title.media_type, title.id)
        detail: dict[str, Any] = {"name": title.title, "known": shown, "language": language}
        now = self._clock.now()

        async def work(tx: Tx) -> FollowedTitle:
            old = await subscriptions.find(tx, chat_id, key)
            if old is not None:
                return await _following(tx, await told_in(tx, old.id, topic, now) or old)
            if await subscriptions.count(tx, chat_id) >= MOST_TITLES:
                raise TooManyTitles(MOST_TITLES)
            heard = await subscriptions.of_title(tx, key)
            made = await subscriptions.add(
                tx, user_id=user_id, chat_id=chat_id, topic=topic, title=key, detail=detail, now=now
            )
            if made is not None:
                await self._begin(tx, key, shown, alone=not heard)
            # Another replica may have committed the same between two of these statements.
            followed_now = made or await subscriptions.find(tx, chat_id, key)
            if followed_now is None:
                raise LookupError(key)
            following = await _following(tx, followed_now)
            if made is not None and not following.lenders and not made.private:
                # The card of the beginning says so: its group need not be asked.
                await subscriptions.change(tx, asked(made, now), now)
            return following

        return await self._db.write(work)

    async def _begin(self, tx: Tx, key: str, shown: Sequence[str] | None, *, alone: bool) -> None:
        """Have a title looked up: from what was shown, or from a first look, which is due at once."""
        now = self._clock.now()
        if alone:
            # What was seen before may be long ago: it would make much seem new.
            at = now if shown is None else now + self._pace.interval
            await followed.begin(tx, key, seen=shown, now=now, next_at=at)
        elif shown is None:
            await followed.soon(tx, key, now, now - SOON_SECONDS)
        await jobs.enqueue(tx, ROUND, "round", {}, now, owner=jobs.NOBODY)

    async def of_chat(self, chat_id: int) -> list[Subscription]:
        """Return what a chat follows, oldest first."""
        return await self._db.read(lambda tx: subscriptions.of_chat(tx, chat_id))

    async def find(self, chat_id: int, media_type: str, tmdb_id: int) -> Subscription | None:
        """Return a chat's subscription to a title."""
        key = key_of(media_type, tmdb_id)
        return await self._db.read(lambda tx: subscriptions.find(tx, chat_id, key))

    async def get(self, sub_id: int) -> FollowedTitle | None:
        """Return a subscription that was not ended."""

        async def look(tx: Tx) -> FollowedTitle | None:
            found = await subscriptions.get(tx, sub_id)
            return None if found is None else await _following(tx, found)

        return await self._db.read(look)

    async def wish(self, sub_id: int, change: Callable[[Wishes], Wishes]) -> FollowedTitle | None:
        """Change the filters; None where it was ended meanwhile."""

        def changed(old: Subscription) -> Subscription:
            wishes = change(wishes_of(old)).model_dump(mode="json", exclude_defaults=True)
            return replace(old, detail={**old.detail, "wishes": wishes})

        return await self._change(sub_id, changed)

    async def mute(self, sub_id: int, *, muted: bool) -> FollowedTitle | None:
        """Be silent about a title, or speak of it again; what came meanwhile is no news."""
        now = self._clock.now()

        async def work(tx: Tx) -> FollowedTitle | None:
            old = await subscriptions.hold(tx, sub_id)
            if old is None or old.muted == muted:
                return None if old is None else await _following(tx, old)
            if not muted and not is_acg(old.title) and not await subscriptions.of_title(tx, old.title):
                # Nobody wanted to hear of it, so it was not looked up.
                await self._begin(tx, old.title, None, alone=True)
            # Who wants to hear again is asked again where nobody lends.
            detail = {name: value for name, value in old.detail.items() if name != ASKED}
            changed = await subscriptions.change(tx, replace(old, muted=muted, detail=detail), now)
            return None if changed is None else await _following(tx, changed)

        return await self._db.write(work)

    async def automatic(self, sub_id: int, *, auto: bool) -> FollowedTitle | None:
        """Unlock by itself what is new, or no longer."""
        return await self._change(sub_id, lambda old: replace(old, auto=auto and old.private))

    async def lend(self, sub_id: int, user_id: int) -> FollowedTitle | None:
        """Look a group's title up with another one's authorization from now on."""
        return await self._change(
            sub_id, lambda old: old if old.private else replace(old, user_id=user_id), poke=True
        )

    async def remove(self, sub_id: int) -> bool:
        """Stop following; False where that was done already."""
        return await self._db.write(lambda tx: subscriptions.remove(tx, sub_id))

    async def _change(
        self, sub_id: int, change: Callable[[Subscription], Subscription], *, poke: bool = False
    ) -> FollowedTitle | None:
        now = self._clock.now()

        async def work(tx: Tx) -> FollowedTitle | None:
            old = await subscriptions.hold(tx, sub_id)
            changed = None if old is None else await subscriptions.change(tx, change(old), now)
            if changed is None:
                return None
            if poke:
                await followed.soon(tx, changed.title, now, now - SOON_SECONDS)
                await jobs.enqueue(tx, ROUND, "round", {}, now, owner=jobs.NOBODY)
            return await _following(tx, changed)

        return await self._db.write(work)


async def told_in(tx: Tx, sub_id: int, topic: int | None, now: float) -> Subscription | None:
    """Write the topic into a subscription as it stands; None where it was ended meanwhile."""
    old = await subscriptions.hold(tx, sub_id)
    if old is None or old.topic == topic:
        return old
    return await subscriptions.change(tx, replace(old, topic=topic), now)


async def _following(tx: Tx, subscription: Subscription) -> FollowedTitle:
    lenders = await subscriptions.lenders(tx, (subscription.title,), Service.HDHIVE)
    title = await followed.get(tx, subscription.title)
    return FollowedTitle(
        subscription, lenders.get(subscription.title, ()), None if title is None else title.looked_at
    )
