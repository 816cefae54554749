"""Days that ended while nobody ran: whether they counted is read back, and they are told as what they are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from clients.errors import ClientError, RateLimited
from clients.hdhive.client import HDHive
from services.beijing import day_of
from services.checkins.ends import End, Known, ending
from services.checkins.plan import Plan
from services.checkins.records import look, settle
from services.clock import Clock
from services.errors import LinkLost, NotLinked, ServiceError
from services.jobs import Lease, RetryLater
from services.names import Service
from services.tokens import Tokens
from services.unlocking.ledger import account_key, account_keys
from storage import checkins
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx

# Of a longer absence the last days are told.
MOST_DAYS = 30
# How long HDHive is left alone that did not say how such a day ended; the turn of today ends the waiting.
AGAIN_SECONDS = 1800.0
# The reasons of a day on which nobody tried; of one on which nobody tried and HDHive does not tell whether
# its person did; of one whose request went out, and nobody can tell any more whether it counted.
AWAY, UNSEEN, UNKNOWN = "Away", "Unseen", "Unknown"
NOT_KNOWN = frozenset({UNSEEN, UNKNOWN})
# In a job's payload: the first day it is to see to; on which day a turn was given to end earlier ones, and
# which of them there is nothing of; the day whose missed turn was given anew.
SINCE, TURN, MADE_UP = "since", "late", "made_up"


def since_of(job: Job) -> date:
    """Return the first day that a job is to see to."""
    since = job.payload.get(SINCE)
    return day_of(job.run_at) if since is None else date.fromisoformat(since)


class Late:
    """End the days before today that have no end."""

    def __init__(self, db: Database, clock: Clock, hdhive: HDHive, tokens: Tokens) -> None:
        self._db = db
        self._clock = clock
        self._hdhive = hdhive
        self._tokens = tokens

    async def end(self, job: Job, lease: Lease, plan: Plan, today: Known) -> None:
        """Write how the days since a job was due ended; raises RetryLater where that has to wait."""
        turn: dict[str, Any] = job.payload.get(TURN) or {}
        given = turn.get("on") == today.day.isoformat()
        if given:
            untouched = [date.fromisoformat(day) for day in turn["days"]]
            days = await self._db.read(lambda tx: _without_end(tx, today, untouched))
        else:
            days = await self._db.read(lambda tx: _found(tx, today, since_of(job), plan))
        if not days:
            return
        now = self._clock.now()
        due = today.due(plan, now)
        if not given:
            await self._give_turn(job, lease, plan, today, days, due)
        ends = await self._ends(plan, days, wait_until=due)
        await lease.write(lambda tx: _write(tx, ends, now))

    async def _give_turn(
        self, job: Job, lease: Lease, plan: Plan, today: Known, days: Sequence[Known], due: float
    ) -> None:
        """Put a job off: everybody comes back at the same moment, and each has a turn, for today's too."""
        now, on = self._clock.now(), today.day.isoformat()
        untouched = [known.day.isoformat() for known in days if known.row is None]
        noted = {TURN: {"on": on, "days": untouched}} | ({MADE_UP: on} if due <= now else {})
        await lease.keep({**job.payload, **noted})
        turn = plan.on_return(now, today.day)
        raise RetryLater(at=turn if due <= now else min(turn, due))

    async def _ends(self, plan: Plan, days: Sequence[Known], *, wait_until: float) -> list[tuple[Known, End]]:
        try:
            me = await self._tokens.call(plan.user_id, Service.HDHIVE, self._hdhive.me)
        except NotLinked:
            return [(known, _missed(known, is_known=False)) for known in days]
        except LinkLost as error:
            # They were told of that by whoever found it.
            end = End("lost", reason=type(error).__name__, told_already=True)
            return [(known, end) for known in days if known.row is not None]
        except (ClientError, ServiceError) as error:
            clear = ending(error, was_linked=True)
            if clear is not None:
                return [(known, _cleared(known, clear)) for known in days]
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
    if _is_of_another(known):
        return _missed(known, is_known=False)
    if last == day:
        return End("done" if known.row is not None and known.row.sent else "already")
    return _missed(known, is_known=last is None or last < day)


def _is_of_another(known: Known) -> bool:
    """Tell whether a day's row may be of another account than the one that is linked now."""
    row, link, user = known.row, known.link, known.chosen.user_id
    if row is None or link is None:
        return False
    if row.account_key == account_key(user, None):
        # So it is named where HDHive does not tell ids; linked anew, it may be any.
        return link.created_at > row.updated_at
    return row.account_key not in account_keys(user, link)


def _cleared(known: Known, clear: End) -> End:
    """Return the end of a day whose account may not check in, which nobody could ask about."""
    in_doubt = known.row is not None and known.row.sent
    return _missed(known, is_known=False) if in_doubt else clear


def _missed(known: Known, *, is_known: bool) -> End:
    row = known.row
    if row is None:
        return End("missed", reason=AWAY if is_known else UNSEEN)
    return End("missed", reason=row.reason if is_known or not row.sent else UNKNOWN)


async def _found(tx: Tx, today: Known, since: date, plan: Plan) -> list[Known]:
    """Return the days before today that are open, and those since a day on which nobody tried."""
    first = max(since, today.day - timedelta(days=MOST_DAYS))
    days = [first + timedelta(days=n) for n in range((today.day - first).days)]
    found = await _without_end(tx, today, days)
    return [known for known in found if known.row is not None or _was_wanted(known, plan)]


async def _without_end(tx: Tx, today: Known, untouched: Sequence[date]) -> list[Known]:
    """Return the days before today that are open, and those of some others of which there is nothing."""
    user = today.chosen.user_id
    open_ = {row.day: row for row in await checkins.open_before(tx, user, today.day.isoformat())}
    days = {date.fromisoformat(day) for day in open_} | set(untouched)
    found = [await look(tx, user, day) for day in sorted(days)]
    known = [replace(one, row=open_.get(one.day.isoformat(), one.row)) for one in found]
    return [one for one in known if one.row is None or one.day.isoformat() in open_]


def _was_wanted(known: Known, plan: Plan) -> bool:
    """Tell whether an account was there when a day's turn came."""
    return known.link is not None and known.is_linked and known.link.created_at < plan.slot(known.day)


async def _write(tx: Tx, ends: Sequence[tuple[Known, End]], now: float) -> None:
    """Write the ends; of several days one is told: the last that went wrong, else the last."""
    told = next(
        (at for at in reversed(range(len(ends))) if ends[at][1].state not in checkins.KEPT), len(ends) - 1
    )
    for at, (known, end) in enumerate(ends):
        await settle(tx, known, end if at == told else replace(end, told_already=True), now)
