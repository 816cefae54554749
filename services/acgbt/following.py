"""Follow a category of ACGBT, or words: kept with the followed titles, told by the same notices."""

import unicodedata
from hashlib import sha256

from clients.acgbt.models import PAGE_SIZE
from services.acgbt.catalogue import Catalogue
from services.clock import Clock
from services.subscriptions.following import MOST_TITLES, TooManyTitles, told_in
from services.subscriptions.naming import ACG_ROUND, CATEGORY, WORDS
from storage import jobs, subscriptions
from storage.database import Database
from storage.subscriptions import Subscription
from storage.tx import Tx


def category_key(category_id: int) -> str:
    """Name a category as what is followed."""
    return f"{CATEGORY}{category_id}"


def words_key(words: str) -> str:
    """Name words as what is followed; what somebody looks for is their business, so the name hides them."""
    same = " ".join(unicodedata.normalize("NFKC", words).casefold().split())
    return WORDS + sha256(same.encode(errors="replace")).hexdigest()[:24]


class Follows:
    """Begin to follow; everything else is done as with titles."""

    def __init__(self, db: Database, clock: Clock, catalogue: Catalogue) -> None:
        self._db = db
        self._clock = clock
        self._catalogue = catalogue

    async def find(self, chat_id: int, key: str) -> Subscription | None:
        """Return how a chat follows a category or words."""
        return await self._db.read(lambda tx: subscriptions.find(tx, chat_id, key))

    async def category(
        self,
        user_id: int,
        chat_id: int,
        topic: int | None,
        category_id: int,
        name: str,
        language: str | None = None,
    ) -> Subscription:
        """Follow a category in a chat; a group is told in this language."""
        detail: dict[str, object] = {"name": name, "category": category_id, "language": language}
        return await self._follow(user_id, chat_id, topic, category_key(category_id), detail)

    async def words(
        self, user_id: int, chat_id: int, topic: int | None, words: str, language: str | None = None
    ) -> Subscription:
        """Follow words in a chat: what has all of them in its title; a group is told in this language."""
        detail: dict[str, object] = {"name": words, "words": words.split(), "language": language}
        return await self._follow(user_id, chat_id, topic, words_key(words), detail)

    async def told_in(self, subscription: Subscription, topic: int | None) -> Subscription:
        """Have what a group follows told in this topic of its forum from now on."""
        if subscription.private or subscription.topic == topic:
            return subscription
        now = self._clock.now()
        return await self._db.write(lambda tx: told_in(tx, subscription.id, topic, now)) or subscription

    async def _follow(
        self, user_id: int, chat_id: int, topic: int | None, key: str, detail: dict[str, object]
    ) -> Subscription:
        old = await self.find(chat_id, key)
        # What is there already is not new.
        known = [] if old is not None else await self._there(user_id)
        now = self._clock.now()

        async def work(tx: Tx) -> Subscription:
            old = await subscriptions.find(tx, chat_id, key)
            if old is not None:
                # Another press was faster.
                return await told_in(tx, old.id, topic, now) or old
            if await subscriptions.count(tx, chat_id) >= MOST_TITLES:
                raise TooManyTitles(MOST_TITLES)
            told = {**detail, "known": known}
            made = await subscriptions.add(
                tx, user_id=user_id, chat_id=chat_id, topic=topic, title=key, detail=told, now=now
            )
            await jobs.enqueue(tx, ACG_ROUND, "round", {}, now, dedup="round", owner=jobs.NOBODY)
            # Another replica may have committed the same between two of these statements.
            followed_now = made or await subscriptions.find(tx, chat_id, key)
            if followed_now is None:
                raise LookupError(key)
            return followed_now

        return await self._db.write(work)

    async def _there(self, user_id: int) -> list[int]:
        client = self._catalogue.client
        page = await self._catalogue.open(
            user_id,
            lambda who: client.resources(
                who, page=1, page_size=PAGE_SIZE, order_by="created_at", order_dir="desc"
            ),
        )
        return [one.id for one in page.items]
