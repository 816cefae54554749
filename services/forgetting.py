"""Forget somebody: every row in one commit, the grants revoked after it, and nothing that comes back.

An unlock that may be landing just now is settled first, or nobody would know of its charge: that takes a
minute and a half at most. What is still to be done after the commit (revoking, a last word) is in jobs that
belong to nobody.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from services import recent
from services.clock import Clock
from services.jobs import JobHandler, Lease, RetryLater
from services.linking.unlinking import Unlinking
from services.steps import Reached, nothing
from services.unlocking.settling import WINDOW_SECONDS
from storage import erasure, jobs, links, subscriptions, unlocks
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx, new_id
from storage.unlocks import Unlock
from storage.workcontext import current_work

FORGET = "forget.run"
FAREWELL = "forget.farewell"
# How often to look whether an unlock under way has come to its end.
LOOK_SECONDS = 5.0
# How often, and how many times, to try to empty SQLite's log of changes before the last word is said anyway:
# a backup may read for a while what was there before.
SCRUB_SECONDS = 1.0
SCRUB_TRIES = 30

Will = Callable[[Tx, int, float], Awaitable[None]]
Hook = Callable[[], Awaitable[object]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outlook:
    """Be what would go: rows by table, linked services, and unlocks whose end nobody knows yet.

    `by_hand` are the services whose grant we cannot take back: their users do it there.
    """

    rows: Mapping[str, int]
    linked: tuple[str, ...]
    by_hand: tuple[str, ...]
    unsettled: tuple[Unlock, ...]
    waits_until: float | None = None


class Forgetting:
    """Take people off everything.

    `wills` are carried out in the commit that erases somebody, for what only their rows tell how to do;
    `hooks` after it, in every process, to drop what is remembered.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        unlinking: Unlinking,
        *,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._unlinking = unlinking
        self._reached = reached
        self.wills: list[Will] = [unlinking.will]
        self.hooks: list[Hook] = []

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs."""
        return {FORGET: self._run}

    async def resume(self) -> None:
        """Learn who was forgotten lately; call it at the start."""
        await self._db.recall()

    async def follow(self) -> None:
        """Drop what this process remembers whenever another one forgot somebody."""
        while self._db.dialect != "sqlite":
            turn = self._db.turn(erasure.CHANNEL)
            try:
                if await self._db.recall():
                    await self._dropped()
            except Exception:
                log.exception("who was forgotten elsewhere was not read; it is tried again")
                await self._clock.sleep(1.0)
                continue
            await self._db.wait(erasure.CHANNEL, since=turn)

    async def outlook(self, user_id: int) -> Outlook:
        """Tell what forgetting somebody would take away."""

        async def look(tx: Tx) -> Outlook:
            found = await links.all_of(tx, user_id)
            open_ = await unlocks.unsettled_of(tx, user_id)
            return Outlook(
                rows=await erasure.count(tx, user_id),
                linked=tuple(link.service for link in found),
                by_hand=self._unlinking.by_hand(found),
                unsettled=tuple(open_),
                waits_until=self._landing(open_),
            )

        return await self._db.read(look)

    async def forget(self, user_id: int, chat_id: int, message_id: int | None, language: str) -> None:
        """Have somebody forgotten, and told so on a message; asking twice is asking once."""
        now, work = self._clock.now(), current_work.get()
        payload = {
            "user_id": user_id,
            "chat_id": chat_id,
            "message_id": message_id,
            "language": language,
            "update_id": None if work is None else work.update_id,
        }
        key = str(user_id)
        await self._db.write(lambda tx: jobs.enqueue(tx, FORGET, key, payload, now, dedup=key, owner=user_id))
        await self._reached("forget.asked")

    async def _run(self, job: Job, lease: Lease) -> None:
        user_id = int(job.payload["user_id"])
        await self._reached("forget.erasing")
        await lease.finish(
            lambda tx: self._erase(tx, user_id, job), first=lambda tx: erasure.hold(tx, user_id)
        )
        await self._reached("forget.erased")
        await self._dropped()

    async def cleared(self, job: Job) -> None:
        """Overwrite what was deleted; part of saying the last word, so that a kill before it skips nothing.

        Raises RetryLater where that has to wait for somebody who reads.
        """
        await self._reached("forget.clearing")
        if not await self._db.scrub() and job.attempt < SCRUB_TRIES:
            raise RetryLater(SCRUB_SECONDS)
        await self._reached("forget.cleared")

    async def _erase(self, tx: Tx, user_id: int, job: Job) -> None:
        # Looked at here, where nobody can begin one any more.
        landing = self._landing(await unlocks.unsettled_of(tx, user_id))
        if landing is not None:
            raise RetryLater(at=min(landing, self._clock.now() + LOOK_SECONDS))
        now, by_hand = self._clock.now(), self._unlinking.by_hand(await links.all_of(tx, user_id))
        for will in self.wills:
            await will(tx, user_id, now)
        await erasure.erase(tx, user_id, now, job.payload.get("update_id"))
        await subscriptions.tidy(tx)
        told = {name: job.payload[name] for name in ("chat_id", "message_id", "language")}
        await jobs.enqueue(tx, FAREWELL, str(new_id()), {**told, "by_hand": by_hand}, now, owner=jobs.NOBODY)

    async def _dropped(self) -> None:
        """Drop what this process remembers of anybody: of whom is nobody's to know any more."""
        recent.clear_all()
        for hook in self.hooks:
            await hook()

    def _landing(self, open_: Sequence[Unlock]) -> float | None:
        """Return until when a charge may still land of which only our row knows."""
        last = max((row.updated_at + WINDOW_SECONDS for row in open_), default=0.0)
        return last if last > self._clock.now() else None
