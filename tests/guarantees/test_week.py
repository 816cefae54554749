"""A week of many people and groups: nothing is missed, nothing comes twice, whatever is killed in between.

The real bot in a process of its own, on a clock that is moved on, against the sandbox's sockets. What must be
told and done is counted from what the sandbox was made to do, by code that shares nothing with the bot's.
"""

import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from services.beijing import day_of
from storage.crypto import KeyRing
from storage.database import Database
from tests.driver import Control
from tests.guarantees.figures import at_least, exactly, size
from tests.guarantees.week_oracle import Account, count, doubled, due, overspent
from tests.guarantees.week_people import GROUPS, PEOPLE, settle
from tests.guarantees.week_run import DAYS, KEYS, Week
from tests.guarantees.week_saves import bought, is_saved

F1 = "F1"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(size(400, 3000))]


async def test_f1_nothing_is_missed_or_doubled(box: Sandbox, tmp_path: Path, control: Control) -> None:
    await control.telegram("options", limits=False)
    chance = random.Random(2026)
    week = Week(box, tmp_path, settle(box, chance), chance)
    try:
        await week.begin()
        await week.live()
    finally:
        await week.bot.kill()
    db = await Database.open(week.env["DATABASE_URL"], KeyRing.from_setting(KEYS))
    try:
        found = await count(box, db, week.town)
    finally:
        await db.close()
    at_least(F1, f"kills in a week of {PEOPLE} people and {GROUPS} groups", week.kills, size(2, 20))
    judge_news(week, found)
    judge_checkins(week, found)
    judge_the_rest(week, found)


def judge_news(week: Week, found: Account) -> None:
    """Each new resource that somebody wants, once in every chat that wants it, never at a quiet time."""
    wanted = due(week.town.follows, week.made)
    told = set(found.news)
    at_least(F1, f"notices due, of {len(week.made)} new resources", len(wanted), size(100, 2000))
    exactly(F1, "of them not told", len(wanted - told))
    exactly(F1, "told to somebody who does not want it", len(told - wanted))
    exactly(F1, "told twice", doubled(found.news))
    exactly(F1, "told in another topic", found.elsewhere)
    assert not found.in_quiet, found.in_quiet[:5]
    exactly(F1, f"of {found.messages} messages in quiet hours", len(found.in_quiet))
    # Telegram cannot be asked whether it took a message: at most what was on its way at once.
    assert found.again <= week.kills * 8
    at_least(F1, f"on their way in {week.kills} kills, and sent again", found.again, 0)


def judge_checkins(week: Week, found: Account) -> None:
    """Each account once in every Beijing day until its authorization was lost, and told of it once."""
    asked = week.box.world.hdhive.checkin_calls
    days = [week.first + timedelta(days=n) for n in range(DAYS)]
    wanted: set[tuple[int, str]] = set()
    for member in week.town.members.values():
        last = week.lost.get(member.id, date.max)
        if member.checkin_at is not None:
            wanted |= {(member.id, day.isoformat()) for day in days if day < last}
    within = Counter({key: n for key, n in asked.items() if key[1] in {day.isoformat() for day in days}})
    exactly(F1, f"of {len(wanted)} check-ins missed", len(wanted - set(within)))
    exactly(F1, "check-ins of somebody who wants none", len(set(within) - wanted))
    exactly(F1, "check-ins twice on a day", sum(n > 1 for n in asked.values()))
    exactly(F1, "check-ins told twice", sum(n > 1 for n in found.checkins.values()))
    per_person = Counter(who for who, _ in found.checkins)
    untold = [who for who, _ in wanted if per_person[who] < sum(one == who for one, _ in wanted)]
    exactly(F1, "people who were not told of a check-in", len(set(untold)))


def judge_the_rest(week: Week, found: Account) -> None:
    """What matters anyway, and the points."""
    lost, dead = Counter(found.lost), Counter(found.dead)
    wrong = [who for who in week.town.members if lost[who] != (who in week.lost)]
    exactly(F1, f"of {len(week.lost)} lost authorizations told not at all, twice, or wrongly", len(wrong))
    wrong = [who for who in week.town.shares if dead[who] != (who in week.dead)]
    exactly(F1, f"of {len(week.dead)} dead shares told not at all, twice, or wrongly", len(wrong))
    charges = week.box.world.hdhive.charges
    at_least(F1, "unlocked by itself", len(charges), size(5, 100))
    shares = bought(week.town, week.made)
    at_least(F1, "of Disk.Top, unlocked by itself", len(shares), size(1, 20))
    exactly(F1, "of them not saved", sum(not is_saved(week.box, user, share) for user, share in shares))
    faults = overspent(week.box, week.town)
    assert not faults, faults[:5]
    exactly(F1, "charges twice, above the limit, or above the day's points", len(faults))
    assert day_of(week.box.world.now()) >= week.first + timedelta(days=DAYS)
