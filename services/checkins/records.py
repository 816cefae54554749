"""What the database has of somebody's check-ins: read at the start of a run, written with its end."""

from datetime import date

from services.checkins.ends import End, Known
from services.checkins.notices import told
from services.names import Service
from services.notices import notice
from services.unlocking.ledger import account_keys
from storage import checkins, links, preferences
from storage.checkins import CheckInRow
from storage.tx import Tx


async def look(tx: Tx, user_id: int, day: date) -> Known:
    """Return how somebody's check-in of a day stands."""
    chosen = await preferences.get(tx, user_id)
    link = await links.get(tx, user_id, Service.HDHIVE)
    return Known(chosen, link, await checkins.of_day(tx, account_keys(user_id, link), day.isoformat()), day)


async def claimed(tx: Tx, known: Known, now: float) -> CheckInRow | None:
    """Take the row of a day; None where the account's check-in of that day has ended."""
    user = known.chosen.user_id
    account = known.row.account_key if known.row else account_keys(user, known.link)[0]
    return await checkins.claim(tx, user_id=user, account_key=account, day=known.day.isoformat(), now=now)


async def settle(tx: Tx, known: Known, end: End, now: float) -> None:
    """Write how a day's check-in ended, with the notice of it; what is written already stays."""
    user, day = known.chosen.user_id, known.day.isoformat()
    before, row = await checkins.before(tx, user, day), known.row
    if row is None or row.state not in checkins.UNENDED:
        row = await claimed(tx, known, now)
    if row is None:
        return
    ended = await checkins.settle(
        tx,
        row.id,
        end.state,
        now,
        gained=end.gained,
        points=end.points,
        reason=end.reason,
        words=end.words,
    )
    if ended is not None and not end.told_already and told(known.chosen, before, ended):
        await notice(tx, user, "checkin", now=now, day=day, state=end.state, row=ended.id)
