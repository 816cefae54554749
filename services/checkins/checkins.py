"""Check in at HDHive: now, for who asks; every day by itself, for who wants that."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from clients.errors import ClientError
from clients.hdhive.client import HDHive
from services.beijing import day_of
from services.checkins.plan import Plan
from services.checkins.runs import CheckInRuns
from services.clock import Clock
from services.errors import ServiceError, ServiceOff
from services.jobs import JobHandler
from services.names import Service
from services.people import People
from services.steps import Reached, nothing
from services.tokens import Tokens
from services.unlocking.ledger import account_key, account_keys
from storage import checkins, links, preferences
from storage.checkins import CheckInRow
from storage.database import Database
from storage.links import Link
from storage.tx import Tx

SPREAD_SECONDS = 3600.0
# A streak longer than this is counted as this long.
LONGEST_STREAK = 400


@dataclass(frozen=True)
class CheckInOutcome:
    """Be what a check-in brought; not `checked_in` means it was done before today.

    `points` is the balance afterwards and `before` the one before it, both where HDHive tells them (Premium);
    `gained` may be negative in the high-variance mode; `message` is HDHive's own text.
    """

    checked_in: bool
    points: int | None = None
    before: int | None = None
    gained: int | None = None
    message: str | None = None


@dataclass(frozen=True)
class History:
    """Be what became of somebody's check-ins: one row for each day, oldest first.

    `streak` counts the days in a row up to today, or up to yesterday while today's is still to come;
    `next_at` is when the next one happens by itself.
    """

    today: date
    rows: tuple[CheckInRow, ...]
    streak: int
    next_at: float | None = None

    def of(self, days: int) -> tuple[CheckInRow, ...]:
        """Return the rows of the last days, today's included."""
        first = (self.today - timedelta(days=days - 1)).isoformat()
        return tuple(row for row in self.rows if row.day >= first)

    @property
    def row(self) -> CheckInRow | None:
        """Return today's."""
        today = self.today.isoformat()
        return next((row for row in self.rows if row.day == today), None)


class CheckIns:
    """Check users in."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        hdhive: HDHive | None,
        tokens: Tokens,
        people: People,
        *,
        spread: float = SPREAD_SECONDS,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._hdhive = hdhive
        self._tokens = tokens
        self._reached = reached
        self.spread = spread
        self._runs = CheckInRuns(db, clock, hdhive, tokens, spread=spread, reached=reached)
        people.follow(self._runs.replan)

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs; they have a runner of their own: nothing else waits for them."""
        return self._runs.jobs()

    async def resume(self) -> None:
        """See that everybody who wants it has their next check-in planned; call it at the start."""
        if self._hdhive is not None:
            await self._runs.resume()

    async def check_in(self, user_id: int, gambler: bool = False) -> CheckInOutcome:
        """Check in once; raises NotLinked, LinkLost, Relinked, ServiceOff or the ClientError of the one POST.

        Forbidden(premium) says that this account may not; a `doubtful` error that nobody knows whether it
        counted: asking again on the same day is answered "already done" then.
        """
        hdhive = self._hdhive
        if hdhive is None:
            raise ServiceOff(Service.HDHIVE)
        link = await self._tokens.link(user_id, Service.HDHIVE)
        before = await self._points(hdhive, link)
        await self._reached("checkin.pressed")
        day = day_of(self._clock.now())
        result = await self._tokens.call(
            user_id, Service.HDHIVE, lambda t: hdhive.checkin(t, gambler), of=link
        )
        if not result.checked_in:
            return await self._kept(link, day, CheckInOutcome(False, before, before, None, result.message))
        after = await self._points(hdhive, link)
        gained = after - before if after is not None and before is not None else result.points
        return await self._kept(link, day, CheckInOutcome(True, after, before, gained, result.message))

    async def history(self, user_id: int) -> History:
        """Return what became of somebody's check-ins, and when the next one is due."""
        now = self._clock.now()
        today = day_of(now)
        first = (today - timedelta(days=LONGEST_STREAK)).isoformat()

        async def look(tx: Tx) -> History:
            chosen = await preferences.get(tx, user_id)
            link = await links.get(tx, user_id, Service.HDHIVE)
            found = _one_a_day(await checkins.since(tx, account_keys(user_id, link), first))
            history = History(today, found, streak_of(found, today))
            plan = Plan.of(chosen, self.spread)
            return history if plan is None else replace(history, next_at=plan.next(now, history.row))

        return await self._db.read(look)

    async def _kept(self, link: Link, day: date, outcome: CheckInOutcome) -> CheckInOutcome:
        """Write a press's check-in into the history; the day's own one finds it there."""
        now = self._clock.now()
        if day_of(now) != day:
            # Midnight passed meanwhile, and nobody knows which day it counted for.
            return outcome

        async def work(tx: Tx) -> None:
            await checkins.record(
                tx,
                user_id=link.user_id,
                account_key=account_key(link.user_id, link),
                day=day.isoformat(),
                state="done" if outcome.checked_in else "already",
                now=now,
                gained=outcome.gained,
                points=outcome.points,
                words=outcome.message,
            )

        await self._db.write(work)
        return outcome

    async def _points(self, hdhive: HDHive, link: Link) -> int | None:
        try:
            return (await self._tokens.call(link.user_id, Service.HDHIVE, hdhive.me, of=link)).points
        except (ClientError, ServiceError):
            # Nice to have: what ends the check-in as well its POST tells, and what was done by it stays done.
            return None


def _one_a_day(rows: list[CheckInRow]) -> tuple[CheckInRow, ...]:
    """Return the best row of each day: an account may have got its name in the middle of one."""
    best: dict[str, CheckInRow] = {}
    for row in rows:
        old = best.get(row.day)
        if old is None or old.state not in checkins.KEPT or row.state == "done":
            best[row.day] = row
    return tuple(best[day] for day in sorted(best))


def streak_of(rows: tuple[CheckInRow, ...], today: date) -> int:
    """Return how many days in a row were checked in; today may still be to come."""
    done = {row.day for row in rows if row.state in checkins.KEPT}
    day = today if today.isoformat() in done else today - timedelta(days=1)
    count = 0
    while day.isoformat() in done:
        count += 1
        day -= timedelta(days=1)
    return count
