"""Days that ended while nobody ran: whether they counted is read back, and they are told as what they are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from clients.errors import ClientError, RateLimited
from clients.hdhive.client import HDHive
from services.beijing import day_of
from services.checkinends import End, Known
from services.checkinplan import Plan
from services.checkinrecords import look, settle
from services.clock import Clock
from services.errors import LinkLost, NotLinked, ServiceError
from services.jobs import Lease, RetryLater
from services.names import Service
from services.tokens import Tokens
from storage import checkins
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx

# Of a longer absence the last days are told.
MOST_DAYS = 30
# How long HDHive is left alone that did not say how such a day ended; the turn of today ends the waiting.
AGAIN_SECONDS = 1800.0
# The reason of a day that was over before anybody tried, and of one of which nobody can tell any more.
AWAY, UNKNOWN = "Away", "Unknown"
# In a job's payload: the first day that may be without an end, and the one whose missed turn was given anew.
LATE, MADE_UP = "late", "made_up"


class Late:
    """End the days before today that have no end."""

    def __init__(self, db: Database, clock: Clock, hdhive: HDHive, tokens: Tokens) -> None:
        self._db = db
        self._clock = clock
        self._hdhive = hdhive
        self._tokens = tokens

    async def end(self, job: Job, lease: Lease, plan: Plan, today: Known) -> None:
        """Write how the days since a job was due ended; raises RetryLater where that has to wait."""
        since = date.fromisoformat(job.payload[LATE]) if LATE in job.payload else day_of(job.run_at)
        days = await self._db.read(lambda tx: _without_end(tx, today, since, plan))
        if not days:
            return
        now = self._clock.now()
        due = today.due(plan, now)
        if LATE not in job.payload:
            # Everybody comes back at the same moment: each has their own turn, for today's at the same time.
            noted = {LATE: since.isoformat()} | ({MADE_UP: today.day.isoformat()} if due <= now else {})
            await lease.keep({**job.payload, **noted})
            turn = plan.on_return(now, today.day)
            raise RetryLater(at=turn if due <= now else min(turn, due))
        ends = await self._ends(plan, days, wait_until=due)
        await lease.write(lambda tx: _write(tx, ends, now))

    async def _ends(self, plan: Plan, days: Sequence[Known], *, wait_until: float) -> list[tuple[Known, End]]:
        try:
            me = await self._tokens.call(plan.user_id, Service.HDHIVE, self._hdhive.me)
        except (NotLinked, LinkLost) as error:
            # They were told of that, or did it themselves.
            end = End("lost", reason=type(error).__name__, told_already=True)
            return [(known, end) for known in days if known.row is not None]
        except (ClientError, ServiceError) as error:
            now = self._clock.now()
            asked = error.retry_after if isinstance(error, RateLimited) else 0.0
            if now < wait_until:
                wait = max(asked, AGAIN_SECONDS * (0.75 + 0.5 * plan.share))
                raise RetryLater(at=min(now + wait, wait_until)) from error
            return [(known, _missed(known, is_known=False)) for known in days]
        return [(known, _read_back(known, me.last_checkin)) for known in days]


def _read_back(known: Known, last: str | None) -> End:
    """Return how a day ended by the last check-in HDHive tells of; a later one hides those before."""
    day = known.day.isoformat()
    if last == day:
        return End("done" if known.row is not None and known.row.sent else "already")
    return _missed(known, is_known=last is None or last < day)


def _missed(known: Known, *, is_known: bool) -> End:
    row = known.row
    if row is None:
        return End("missed", reason=AWAY)
    return End("missed", reason=row.reason if is_known or not row.sent else UNKNOWN)


async def _without_end(tx: Tx, today: Known, since: date, plan: Plan) -> list[Known]:
    """Return the days before today that are open, and those since a day of which there is nothing."""
    user, found = today.chosen.user_id, list[Known]()
    first = today.day - timedelta(days=MOST_DAYS)
    open_ = {row.day: row for row in await checkins.open_before(tx, user, today.day.isoformat())}
    for n in range(MOST_DAYS):
        day = first + timedelta(days=n)
        known = await look(tx, user, day) if day >= since or day.isoformat() in open_ else None
        if known is None:
            continue
        if day.isoformat() in open_:
            found.append(replace(known, row=open_[day.isoformat()]))
        elif known.row is None and _was_wanted(known, plan):
            found.append(known)
    return found


def _was_wanted(known: Known, plan: Plan) -> bool:
    """Tell whether an account was there when a day's turn came."""
    return known.link is not None and known.is_linked and known.link.created_at < plan.slot(known.day)


async def _write(tx: Tx, ends: Sequence[tuple[Known, End]], now: float) -> None:
    """Write the ends; of several days the last one is told."""
    for known, end in ends[:-1]:
        await settle(tx, known, replace(end, told_already=True), now)
    for known, end in ends[-1:]:
        await settle(tx, known, end, now)
