"""The site of videos as one person sees it: calls with their account, its categories, their rights there."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from clients.credentials import Credential
from clients.errors import ClientError, Forbidden
from clients.mika.client import Mika
from clients.mika.models import Category
from services.clock import Clock
from services.credentials import UserCredentials
from services.errors import ServiceError, ServiceOff
from services.names import Service
from services.recent import Recent

T = TypeVar("T")
Work = Callable[[Mika, Credential], Awaitable[T]]

# Categories are the same for everybody, and change rarely.
TREE_SECONDS = 60.0
# Rights are given and taken rarely; what an answer says of them counts at once.
RIGHTS_SECONDS = 3600.0
TITLE_SECONDS = 600.0
TITLES_AT_ONCE = 4
# A title is nice to have: who waits for a list should not wait longer for it.
TITLES_PATIENCE = 2.5
_SITE = ""


class Videos:
    """Call Mika for people."""

    def __init__(self, clock: Clock, mika: Mika | None, credentials: UserCredentials) -> None:
        self._clock = clock
        self._mika = mika
        self._credentials = credentials
        self._tree: Recent[str, tuple[Category, ...]] = Recent(1)
        self._rights: Recent[tuple[int, int], bool] = Recent(2_000)
        self._titles: Recent[tuple[int, int], str] = Recent(20_000)

    async def call(self, user_id: int, work: Work[T]) -> T:
        """Do a call with a person's account; raises what `UserCredentials.call` raises."""
        client = self.client()
        return await self._credentials.call(user_id, Service.MIKA, lambda who: work(client, who))

    async def manage(self, user_id: int, work: Work[T]) -> T:
        """Do a call that needs an administrator's rights, and learn from its answer who has them."""
        client = self.client()

        async def ask(who: Credential) -> T:
            try:
                done = await work(client, who)
            except Forbidden:
                self._learn(user_id, who, may=False)
                raise
            self._learn(user_id, who, may=True)
            return done

        return await self._credentials.call(user_id, Service.MIKA, ask)

    async def manages(self, user_id: int) -> bool:
        """Tell whether a person's account may run the site; where nobody knows yet, the site is asked."""
        who = await self._credentials.maybe(user_id, Service.MIKA)
        if who is None:
            return False
        known = self._rights.get((user_id, hash(who)), self._clock.now())
        if known is not None:
            return known
        try:
            await self.manage(user_id, lambda client, key: client.overview(key))
        except (ClientError, ServiceError):
            return False
        return True

    def _learn(self, user_id: int, who: Credential, *, may: bool) -> None:
        # By the account too: another one that is linked later has rights of its own.
        self._rights.put((user_id, hash(who)), may, self._clock.now() + RIGHTS_SECONDS)

    async def categories(self, user_id: int, *, fresh: bool = False) -> tuple[Category, ...]:
        """Return the tree of categories, in its order."""
        known = None if fresh else self._tree.get(_SITE, self._clock.now())
        if known is None:
            known = _ordered(await self.call(user_id, lambda client, who: client.categories(who)))
            self._tree.put(_SITE, known, self._clock.now() + TREE_SECONDS)
        return known

    def changed(self) -> None:
        """Forget the categories: somebody changed them."""
        self._tree.clear()

    async def titles(self, user_id: int, ids: Iterable[int]) -> dict[int, str]:
        """Return the titles of videos, as far as they can be known quickly."""
        now, wanted = self._clock.now(), set(ids)
        kept = {video: self._titles.get((user_id, video), now) for video in wanted}
        known = {video: title for video, title in kept.items() if title is not None}
        missing = wanted - known.keys()
        return known | (await self._asked(user_id, missing) if missing else {})

    async def _asked(self, user_id: int, ids: Iterable[int]) -> dict[int, str]:
        gate, found = asyncio.Semaphore(TITLES_AT_ONCE), dict[int, str]()

        async def ask(video_id: int) -> None:
            async with gate:
                try:
                    video = await self.call(user_id, lambda client, who: client.video(who, video_id))
                except (ClientError, ServiceError):
                    return
                found[video_id] = video.title
                until = self._clock.now() + TITLE_SECONDS
                self._titles.put((user_id, video_id), video.title, until)

        tasks = [asyncio.ensure_future(ask(video_id)) for video_id in ids]
        try:
            await asyncio.wait(tasks, timeout=TITLES_PATIENCE)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return found

    def client(self) -> Mika:
        """Return the client; raises ServiceOff."""
        if self._mika is None:
            raise ServiceOff(Service.MIKA)
        return self._mika


def _ordered(tree: Iterable[Category]) -> tuple[Category, ...]:
    """Return categories in the order their numbers give them."""
    kept = [one.model_copy(update={"children": _ordered(one.children)}) for one in tree]
    return tuple(sorted(kept, key=lambda one: (one.sort, one.id)))


def path_to(tree: Iterable[Category], category_id: int) -> tuple[Category, ...]:
    """Return the way from the top to a category; empty for one that is not there."""
    for one in tree:
        if one.id == category_id:
            return (one,)
        below = path_to(one.children, category_id)
        if below:
            return (one, *below)
    return ()
