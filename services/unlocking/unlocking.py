"""Spend points: never above the shown price, never twice for one resource, never on an old press.

The row is claimed, together with the job that settles it, in one commit just before the one POST; so a
process that dies leaves the truth behind: from `created_at` on the POST may have gone out. `doubtful` says
that nobody knows how the POST ended. Price, claim and POST are of one account, whichever is linked meanwhile.
"""

from dataclasses import dataclass
from enum import StrEnum

from clients.errors import ClientError
from clients.hdhive.client import HDHive
from clients.hdhive.models import Share, Unlocked
from clients.transport import LONGEST_CALL_SECONDS
from services.clock import Clock
from services.errors import ServiceError, ServiceOff
from services.jobs import JobHandler
from services.linked import usable
from services.names import Service
from services.steps import Reached, nothing
from services.tokens import Tokens
from services.unlocking.ledger import (
    SETTLE,
    account_key,
    find,
    one_spelling,
    reason_of,
    settle_at,
    settle_left_over,
)
from services.unlocking.settling import FIRST_LOOK_SECONDS, Settling
from storage import jobs, links, unlocks
from storage.database import Database
from storage.links import Link
from storage.tx import Tx
from storage.unlocks import Unlock

PRESS_SECONDS = 120.0
# The POST leaves within this time after the claim, or not at all.
SEND_SECONDS = 10.0
# By then it has ended; only then is it looked for.
SETTLE_SECONDS = SEND_SECONDS + LONGEST_CALL_SECONDS + 5.0


class OutcomeState(StrEnum):
    """How an unlock ended, or that it has not."""

    DONE = "done"
    DOUBTFUL = "doubtful"
    REFUSED = "refused"
    REPRICED = "repriced"
    STALE = "stale"
    BUSY = "busy"
    CAPPED = "capped"


@dataclass(frozen=True)
class Budget:
    """Be what may be spent without a question: so many points, counting all that was spent since a time."""

    points: int
    since: float


@dataclass(frozen=True)
class Quote:
    """Be what a resource costs this user now; `known` is what the ledger has of it."""

    share: Share
    price: int
    owned: bool
    known: Unlock | None = None


@dataclass(frozen=True)
class Outcome:
    """Be what came of a press; `price` is the new one after repricing, `error` why it was refused."""

    state: OutcomeState
    unlock: Unlock | None = None
    error: ClientError | ServiceError | None = None
    price: int | None = None


@dataclass
class _Sending:
    """Note whether the one POST may have taken effect."""

    until: float
    effect: bool = False


class TooLate(ServiceError):
    """The moment for the POST has passed: nothing was sent."""


class Unlocking:
    """Unlock resources of HDHive with the points of the user who asks."""

    def __init__(
        self, db: Database, clock: Clock, hdhive: HDHive | None, tokens: Tokens, *, reached: Reached = nothing
    ) -> None:
        self._db = db
        self._clock = clock
        self._hdhive = hdhive
        self._tokens = tokens
        self._reached = reached
        self._settling = Settling(db, clock, hdhive, tokens, reached=reached)

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs."""
        return {SETTLE: self._settling.settle}

    async def resume(self) -> None:
        """Leave no unlock open: take up those whose job was given up."""
        run_at = self._clock.now() + SETTLE_SECONDS
        await self._db.write(lambda tx: settle_left_over(tx, run_at))

    async def known(self, user_id: int, slug: str) -> Unlock | None:
        """Return what the ledger has of a resource for this user's account."""

        async def look(tx: Tx) -> Unlock | None:
            link = await links.get(tx, user_id, Service.HDHIVE)
            return await find(tx, user_id, link, one_spelling(slug))

        return await self._db.read(look)

    async def quote(self, user_id: int, slug: str) -> Quote:
        """Ask what a resource costs this user."""
        share = await self._share(user_id, slug)
        known = await self.known(user_id, slug)
        owned = share.is_unlocked or (known is not None and known.state == "done")
        return Quote(share, 0 if owned else share.price_for_user, owned, known)

    async def unlock(
        self,
        user_id: int,
        slug: str,
        price_shown: int,
        card_id: str | None,
        pressed_at: float,
        *,
        budget: Budget | None = None,
    ) -> Outcome:
        """Unlock a resource for at most the price that was shown; raises NotLinked, LinkLost, ServiceOff.

        Relinked is raised where another account than the one whose price was read would have to pay.
        `budget` is for what nobody confirmed: where it does not suffice nothing is spent.
        """
        if self._is_stale(pressed_at):
            return Outcome(OutcomeState.STALE)
        slug = one_spelling(slug)
        link = await self._tokens.link(user_id, Service.HDHIVE)
        held = _held(await self.known(user_id, slug))
        if held is not None:
            return held
        try:
            share = await self._share(user_id, slug, of=link)
        except ClientError as error:
            return Outcome(OutcomeState.REFUSED, error=error)
        price = 0 if share.is_unlocked else share.price_for_user
        if price > price_shown:
            return Outcome(OutcomeState.REPRICED, price=price)
        await self._reached("unlock.priced")
        if self._is_stale(pressed_at):
            return Outcome(OutcomeState.STALE)
        row = await self._claim(link, slug, price, card_id, budget)
        return await self._spend(row, link) if isinstance(row, Unlock) else row

    async def spent(self, user_id: int, since: float) -> int:
        """Return the points that a user spent, or may have spent, since a time."""
        return await self._db.read(lambda tx: unlocks.spent_since(tx, user_id, since))

    async def _claim(
        self, link: Link, slug: str, price: int, card_id: str | None, budget: Budget | None
    ) -> Unlock | Outcome:
        """Become the one who unlocks, or tell what another press came to."""
        now = self._clock.now()

        async def work(tx: Tx) -> Unlock | Outcome:
            # Read again: it may be another by now, or have got the name by which its rows are found.
            payer = usable(await links.get(tx, link.user_id, Service.HDHIVE), Service.HDHIVE, link)
            held = _held(await find(tx, link.user_id, payer, slug))
            if held is not None:
                return held
            if budget is not None and price and not await _affords(tx, link.user_id, price, budget):
                return Outcome(OutcomeState.CAPPED, price=price)
            row = await unlocks.claim(
                tx,
                user_id=link.user_id,
                link_id=payer.id,
                account_key=account_key(link.user_id, payer),
                slug=slug,
                price=price,
                card_id=card_id,
                now=now,
            )
            if row is None:
                # Another replica committed between the two statements.
                return Outcome(OutcomeState.BUSY)
            await settle_at(tx, row, now + SETTLE_SECONDS)
            return row

        return await self._db.write(work)

    async def _spend(self, row: Unlock, link: Link) -> Outcome:
        """Send the one POST and write what came of it."""
        await self._reached("unlock.claimed")
        sending = _Sending(row.created_at + SEND_SECONDS)
        try:
            got = await self._tokens.call(
                row.user_id, Service.HDHIVE, lambda t: self._post(t, row, sending), of=link
            )
        except (ClientError, ServiceError) as error:
            await self._reached("unlock.failed")
            outcome = await (self._doubted if sending.effect else self._refused)(row, error)
        else:
            await self._reached("unlock.answered")
            outcome = await self._done(row, got)
        await self._reached("unlock.written")
        return outcome

    async def _post(self, token: str, row: Unlock, sending: _Sending) -> Unlocked:
        await self._reached("unlock.sending")
        # Looked at last: who stood still until now may have been overtaken, and another press be on its way.
        if self._clock.now() > sending.until:
            raise TooLate
        sending.effect = True
        try:
            return await self._client().unlock(token, row.slug)
        except ClientError as error:
            sending.effect = error.doubtful
            raise

    async def _refused(self, row: Unlock, error: ClientError | ServiceError) -> Outcome:
        """Write a clear refusal: nothing was charged."""
        now = self._clock.now()

        async def work(tx: Tx) -> Unlock:
            await jobs.cancel(tx, SETTLE, str(row.id))
            return await unlocks.refuse(tx, row.id, reason_of(error), now) or row

        refused = await self._db.write(work)
        if isinstance(error, TooLate):
            return Outcome(OutcomeState.STALE, refused)
        return Outcome(OutcomeState.REFUSED, refused, error)

    async def _doubted(self, row: Unlock, error: ClientError | ServiceError) -> Outcome:
        """Write that nobody knows, and have the job look soon."""
        now = self._clock.now()

        async def work(tx: Tx) -> Unlock:
            doubted = await unlocks.doubt(tx, row.id, reason_of(error), now)
            if doubted is not None:
                await settle_at(tx, doubted, now + FIRST_LOOK_SECONDS)
            return doubted or row

        return Outcome(OutcomeState.DOUBTFUL, await self._db.write(work), error)

    async def _done(self, row: Unlock, got: Unlocked) -> Outcome:
        now = self._clock.now()

        async def work(tx: Tx) -> Unlock | None:
            await jobs.cancel(tx, SETTLE, str(row.id))
            done = await unlocks.done(
                tx, row.id, got.url, got.access_code, got.full_url, got.already_owned, now
            )
            return done or await unlocks.find(tx, row.account_key, row.slug)

        kept = await self._db.write(work)
        return _held(kept) or Outcome(OutcomeState.DONE, kept)

    async def _share(self, user_id: int, slug: str, of: Link | None = None) -> Share:
        return await self._tokens.call(
            user_id, Service.HDHIVE, lambda t: self._client().share(t, slug), of=of
        )

    def _client(self) -> HDHive:
        if self._hdhive is None:
            raise ServiceOff(Service.HDHIVE)
        return self._hdhive

    def _is_stale(self, pressed_at: float) -> bool:
        return self._clock.now() - pressed_at > PRESS_SECONDS


async def _affords(tx: Tx, user_id: int, price: int, budget: Budget) -> bool:
    await unlocks.alone(tx, user_id)
    return await unlocks.spent_since(tx, user_id, budget.since) + price <= budget.points


def _held(row: Unlock | None) -> Outcome | None:
    """Tell what an earlier press came to, None when the way is free."""
    states = {"done": OutcomeState.DONE, "doubtful": OutcomeState.DOUBTFUL, "claimed": OutcomeState.BUSY}
    state = states.get(row.state) if row is not None else None
    return None if state is None else Outcome(state, row)
