"""Settle unlocks whose end is not known: wait, read back, then decide; never a blind POST."""

import logging

from clients.errors import ClientError, RateLimited
from clients.hdhive.client import HDHive
from services.clock import Clock
from services.errors import LinkLost, NotLinked, ServiceError, ServiceOff, for_log
from services.jobs import Lease, RetryLater
from services.names import Service
from services.notices import card_changed, notice
from services.steps import Reached, nothing
from services.tokens import Tokens
from services.unlocking.ledger import account_key, reason_of
from storage import unlocks
from storage.database import Database
from storage.jobs import Job
from storage.links import Link
from storage.tx import Tx
from storage.unlocks import Unlock

log = logging.getLogger(__name__)

FIRST_LOOK_SECONDS = 2.0
# A charge was seen to land up to a minute after its request; half a minute is added.
WINDOW_SECONDS = 90.0
# Each wait is this part of the time that has passed: 2, 3, 5, 8, … seconds.
GROWTH = 0.6
# Without any clear answer the row is closed after a day; another press reads the state first anyway.
GIVE_UP_SECONDS = 86_400.0
LONGEST_WAIT = 900.0
# Nobody watches a card for that long, and an edit makes no sound.
UNWATCHED_SECONDS = 300.0


class Settling:
    """Bring open rows of the ledger to their end."""

    def __init__(
        self, db: Database, clock: Clock, hdhive: HDHive | None, tokens: Tokens, *, reached: Reached = nothing
    ) -> None:
        self._db = db
        self._clock = clock
        self._hdhive = hdhive
        self._tokens = tokens
        self._reached = reached

    async def settle(self, job: Job, lease: Lease) -> None:
        """Do the job of one row; a RetryLater says when to look again."""
        row = await self._db.read(lambda tx: unlocks.get(tx, int(job.payload["unlock_id"])))
        if row is None or not row.unsettled:
            return
        if job.attempt == 1:
            await lease.write(lambda tx: card_changed(tx, row.user_id, row.card_id, now=self._clock.now()))
        await self._reached("settle.looking")
        try:
            await self._look(row, lease)
        except (NotLinked, LinkLost) as error:
            await self._close_or_wait(row, lease, error)
        except (ClientError, ServiceError) as error:
            await self._give_up_or_wait(row, lease, error)

    async def _look(self, row: Unlock, lease: Lease) -> None:
        hdhive, slug = self._hdhive, row.slug
        if hdhive is None:
            raise ServiceOff(Service.HDHIVE)
        link = await self._tokens.link(row.user_id, Service.HDHIVE)
        if not _is_same_account(row, link):
            raise NotLinked(Service.HDHIVE)
        asked_at = self._clock.now()
        share = await self._tokens.call(row.user_id, Service.HDHIVE, lambda t: hdhive.share(t, slug), of=link)
        if share.is_unlocked:
            await self._fetch(hdhive, row, link, lease)
        elif asked_at - row.updated_at >= WINDOW_SECONDS:
            await self._release(row, lease)
        else:
            raise RetryLater(self._next(row))

    async def _fetch(self, hdhive: HDHive, row: Unlock, link: Link, lease: Lease) -> None:
        """Get the link of a resource that is owned by now: this POST is free."""
        await self._reached("settle.owned")
        got = await self._tokens.call(
            row.user_id, Service.HDHIVE, lambda t: hdhive.unlock(t, row.slug), of=link
        )
        await self._reached("settle.fetched")

        async def work(tx: Tx) -> None:
            now = self._clock.now()
            # What this row paid was not free, although the repeated POST was.
            await unlocks.done(tx, row.id, got.url, got.access_code, got.full_url, False, now)
            await self._tell(tx, row, "unlock_done")

        await lease.finish(work)
        await self._reached("settle.written")

    async def _release(self, row: Unlock, lease: Lease) -> None:
        async def work(tx: Tx) -> None:
            await unlocks.release(tx, row.id, self._clock.now())
            await self._tell(tx, row, "unlock_released")

        await lease.finish(work)

    async def _close_or_wait(self, row: Unlock, lease: Lease, error: ServiceError) -> None:
        """Close the row of an account that is linked no more, once nothing can land any longer."""
        if self._age(row) < WINDOW_SECONDS:
            raise RetryLater(self._next(row)) from error
        await self._close(row, lease, error)

    async def _give_up_or_wait(self, row: Unlock, lease: Lease, error: ClientError | ServiceError) -> None:
        if self._age(row) >= GIVE_UP_SECONDS:
            await self._close(row, lease, error)
            return
        asked = error.retry_after if isinstance(error, RateLimited) else 0.0
        raise RetryLater(max(asked, self._next(row))) from error

    async def _close(self, row: Unlock, lease: Lease, error: ClientError | ServiceError) -> None:
        async def work(tx: Tx) -> None:
            await unlocks.refuse(tx, row.id, reason_of(error), self._clock.now())
            await self._tell(tx, row, "unlock_unknown")

        await lease.finish(work)
        # Nobody knows whether it was paid for: whoever is asked about points looks for this line.
        log.warning("unlock %s is closed with its end unknown", row.id, extra={"error": for_log(error)})

    async def _tell(self, tx: Tx, row: Unlock, kind: str) -> None:
        now = self._clock.now()
        if row.card_id is not None:
            await card_changed(tx, row.user_id, row.card_id, now=now)
        if row.card_id is None or self._age(row) >= UNWATCHED_SECONDS:
            await notice(tx, row.user_id, kind, now=now, slug=row.slug)

    def _age(self, row: Unlock) -> float:
        return max(0.0, self._clock.now() - row.updated_at)

    def _next(self, row: Unlock) -> float:
        age = self._age(row)
        wait = min(max(FIRST_LOOK_SECONDS, age * GROWTH), LONGEST_WAIT)
        # One look falls on the end of the window, so that nobody waits for longer than they must.
        return min(wait, WINDOW_SECONDS - age) if age < WINDOW_SECONDS else wait


def _is_same_account(row: Unlock, link: Link) -> bool:
    # An account without a name may be any, once it was linked anew.
    named = link.account_id is not None and account_key(row.user_id, link) == row.account_key
    return named or link.id == row.link_id
