"""Check-ins that run themselves: once per account and Beijing day, again after faults, never after an answer.

The row of the day is claimed in a commit before the one POST. Whoever finds a claimed row after a crash asks
HDHive first whether the check-in counted, and sends another POST only when it did not. What is still in
doubt when the day ends is read back after it.
"""

from datetime import date, timedelta

from clients.errors import ClientError, RateLimited
from clients.hdhive.client import HDHive
from services.beijing import day_of, end_of
from services.checkins.ends import End, Known, ending
from services.checkins.late import MADE_UP, SINCE, Late, since_of
from services.checkins.notices import DIGEST, digest_at
from services.checkins.plan import LAST_CALL_SECONDS, Plan
from services.checkins.records import claimed, look, settle
from services.clock import Clock
from services.errors import ServiceError, ServiceOff
from services.jobs import JobHandler, Lease, LeaseLost, RetryLater
from services.names import Service
from services.notices import notice
from services.steps import Reached, nothing
from services.tokens import Tokens
from services.unlocking.ledger import reason_of
from storage import checkins, jobs, preferences
from storage.checkins import CheckInRow
from storage.database import Database
from storage.jobs import Job
from storage.preferences import Preferences
from storage.tx import Tx

AUTO = "checkin.auto"
# Whose turn is over for this long was missed, and gets a new turn: else all would fire at once on return.
LATE_SECONDS = 300.0
# How soon a check-in follows when its account is linked again on the same day.
LINKED_AGAIN_SECONDS = 1800.0
# How many are planned in one commit when jobs are missing.
AT_ONCE = 500


class CheckInRuns:
    """Run the daily check-ins."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        hdhive: HDHive | None,
        tokens: Tokens,
        *,
        spread: float,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._hdhive = hdhive
        self._tokens = tokens
        self._spread = spread
        self._reached = reached
        if hdhive is not None:
            self._late = Late(db, clock, hdhive, tokens)

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs; without HDHive they stay where they are."""
        return {} if self._hdhive is None else {AUTO: self._run, DIGEST: self._digest}

    async def resume(self) -> None:
        """Plan for everybody whose job is missing, given up for instance; what was due today is due now."""
        while await self._db.write(self._plan_missing):
            pass

    async def _plan_missing(self, tx: Tx) -> bool:
        """Plan for some; True when there may be more."""
        now = self._clock.now()
        without = await checkins.without_job(tx, AUTO, AT_ONCE)
        for user_id in without:
            plan = Plan.of(await preferences.get(tx, user_id), self._spread)
            if plan is not None:
                # The job was given up: what it was to see to begins behind the last day that has a row.
                last = await checkins.before(tx, user_id, (day_of(now) + timedelta(days=1)).isoformat())
                since = None if last is None else date.fromisoformat(last.day) + timedelta(days=1)
                await _enqueue(tx, user_id, plan.slot(day_of(now)), since)
        untold = await checkins.without_digest(tx, DIGEST, AT_ONCE)
        for user_id in untold:
            await _enqueue_digest(tx, await preferences.get(tx, user_id), now)
        return bool(without or untold)

    async def replan(self, tx: Tx, old: Preferences, new: Preferences) -> None:
        """Plan anew in the commit of a change of choices."""
        now = self._clock.now()
        if (old.checkin_at, old.timezone) != (new.checkin_at, new.timezone):
            old_job = await jobs.call_off(tx, AUTO, str(new.user_id))
            plan = Plan.of(new, self._spread)
            if plan is not None:
                known = await look(tx, new.user_id, day_of(now))
                since = None if old_job is None else since_of(old_job)
                await _enqueue(tx, new.user_id, plan.next(now, known.row), since)
        if _digest_wish(old) != _digest_wish(new):
            await jobs.cancel(tx, DIGEST, str(new.user_id))
            if _digest_wish(new) is not None:
                await _enqueue_digest(tx, new, now)

    async def _run(self, job: Job, lease: Lease) -> None:
        """Do somebody's check-in of today, if it is their turn."""
        user_id, now = int(job.payload["user_id"]), self._clock.now()
        day = day_of(now)
        known = await self._db.read(lambda tx: look(tx, user_id, day))
        plan = Plan.of(known.chosen, self._spread)
        if plan is None:
            return
        await self._late.end(job, lease, plan, known)
        if known.is_over:
            lost = known.row is not None and known.row.state == "lost"
            await lease.finish(lambda tx: _enqueue(tx, user_id, _next_look(plan, day, now, lost=lost)))
            return
        due = known.due(plan, now)
        if now < due:
            raise RetryLater(at=due)
        if now > end_of(day) - LAST_CALL_SECONDS:
            if known.row is not None and known.row.sent:
                raise RetryLater(at=end_of(day))
            await self._finish(
                lease, plan, known, End("missed", reason=known.row.reason if known.row else None)
            )
            return
        if now - due > LATE_SECONDS and job.payload.get(MADE_UP) != day.isoformat():
            await lease.keep({**job.payload, MADE_UP: day.isoformat()})
            raise RetryLater(at=plan.on_return(now, day))
        await self._try(lease, plan, known)

    async def _try(self, lease: Lease, plan: Plan, known: Known) -> None:
        """Check in, and write how that ended or when to try again."""
        in_doubt = known.row is not None and known.row.sent
        row = await self._claim(lease, known)
        if row is None:
            # The account's row has ended meanwhile, by a press or by another person's link to it.
            await self._finish(lease, plan, known, None)
            return
        await self._reached("checkin.claimed")
        known = Known(known.chosen, known.link, row, known.day)
        try:
            end = await self._ask(known, in_doubt=in_doubt)
        except (ClientError, ServiceError) as error:
            clear = ending(error, was_linked=known.is_linked)
            if clear is None:
                in_doubt = in_doubt or (isinstance(error, ClientError) and error.doubtful)
                await self._later(lease, plan, known, error, in_doubt=in_doubt)
                return
            end = clear
        await self._reached("checkin.answered")
        await self._finish(lease, plan, known, end)
        await self._reached("checkin.written")

    async def _claim(self, lease: Lease, known: Known) -> CheckInRow | None:
        found: list[CheckInRow | None] = []

        async def work(tx: Tx) -> None:
            found.append(await claimed(tx, known, self._clock.now()))

        await lease.write(work)
        return found[-1]

    async def _ask(self, known: Known, *, in_doubt: bool) -> End:
        """Send the one POST, unless an earlier one turns out to have counted."""
        hdhive, user, link = self._hdhive, known.chosen.user_id, known.link
        if hdhive is None:
            raise ServiceOff(Service.HDHIVE)
        if in_doubt:
            me = await self._tokens.call(user, Service.HDHIVE, hdhive.me, of=link)
            if me.last_checkin == known.day.isoformat():
                return End("done", points=me.points)
        lucky = known.chosen.checkin_lucky
        await self._reached("checkin.sending")
        got = await self._tokens.call(
            user, Service.HDHIVE, lambda token: hdhive.checkin(token, lucky), of=link
        )
        if got.checked_in:
            return End("done", got.points, got.total_points, words=got.message)
        # What an earlier request of ours brought about is no surprise to its person.
        return End("done" if in_doubt else "already", points=got.total_points, words=got.message)

    async def _later(
        self,
        lease: Lease,
        plan: Plan,
        known: Known,
        error: ClientError | ServiceError,
        *,
        in_doubt: bool,
    ) -> None:
        """Wait longer after each fault; the day's end ends it, or after it what is in doubt is read back."""
        now, row, reason = self._clock.now(), known.row, reason_of(error)
        asked = error.retry_after if isinstance(error, RateLimited) else 0.0
        at = plan.again(now, known.day, row.tries if row else 1, asked)
        if at is None and in_doubt:
            at = end_of(known.day)
        if at is None or row is None:
            await self._finish(lease, plan, known, End("missed", reason=reason))
            return
        await lease.write(lambda tx: checkins.postpone(tx, row.id, at, reason, now, in_doubt=in_doubt))
        raise RetryLater(at=at)

    async def _finish(self, lease: Lease, plan: Plan, known: Known, end: End | None) -> None:
        """Write the end, the notice of it and the next day's job in one commit."""
        lost = end is not None and end.state == "lost"
        at = _next_look(plan, known.day, self._clock.now(), lost=lost)

        async def work(tx: Tx) -> None:
            await self._settle(tx, known, end)
            await _enqueue(tx, plan.user_id, at)

        try:
            await lease.finish(work)
        except LeaseLost:
            # Planned anew meanwhile, or taken over: the answer counts all the same.
            await self._db.write(lambda tx: self._settle(tx, known, end))
            raise

    async def _settle(self, tx: Tx, known: Known, end: End | None) -> None:
        if end is not None:
            await settle(tx, known, end, self._clock.now())

    async def _digest(self, job: Job, lease: Lease) -> None:
        """Tell of a week, and plan the next."""
        user_id, now = int(job.payload["user_id"]), self._clock.now()
        chosen = await self._db.read(lambda tx: preferences.get(tx, user_id))
        if _digest_wish(chosen) is None:
            return

        async def work(tx: Tx) -> None:
            await notice(tx, user_id, "checkin_week", now=now, day=day_of(now).isoformat())
            await _enqueue_digest(tx, chosen, now)

        await lease.finish(work)


def _next_look(plan: Plan, day: date, now: float, *, lost: bool) -> float:
    """Return when to look again: the next day, but soon for who may link the account again today."""
    tomorrow = plan.slot(day + timedelta(days=1))
    return min(now + LINKED_AGAIN_SECONDS, tomorrow) if lost else tomorrow


def _digest_wish(chosen: Preferences) -> str | None:
    return chosen.timezone if chosen.notices == "weekly" and chosen.checkin_at is not None else None


async def _enqueue(tx: Tx, user_id: int, at: float, since: date | None = None) -> None:
    """Plan the next look; the days since one are seen to as well, where they are over by then."""
    first = min(since or day_of(at), day_of(at))
    key, payload = str(user_id), {"user_id": user_id, SINCE: first.isoformat()}
    await jobs.enqueue(tx, AUTO, key, payload, at, dedup=key, owner=user_id)


async def _enqueue_digest(tx: Tx, chosen: Preferences, now: float) -> None:
    user = chosen.user_id
    at, payload = digest_at(chosen, now), {"user_id": user}
    await jobs.enqueue(tx, DIGEST, str(user), payload, at, dedup=str(user), owner=user)
