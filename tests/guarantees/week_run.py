"""The week as it passes: the bot in a process of its own, killed in between, and a clock for all."""

import asyncio
import base64
import random
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import date, timedelta
from pathlib import Path

from bot.wiring import linkhive
from sandbox.appearing import appear
from sandbox.catalogue import Resource
from sandbox.dying import judge
from sandbox.server import Sandbox
from services.beijing import day_of, start_of
from services.clock import SystemClock
from tests.conftest import environment, settings_of
from tests.e2e.process import Bot, Shift
from tests.guarantees.figures import size
from tests.guarantees.week_people import BUDGET, DRIVES, LIMIT, MARKS, PRICES, Key, Town, film
from tests.guarantees.week_saves import link_drives
from tests.guarantees.workers_house import link_users

HOURS = size((0.1, 12, 23.8), (0.1, 3, 6, 9, 12, 15, 18, 21, 23.8))  # type: ignore[call-overload]
DAYS, AFTER = 7, size(1, 2)
# Of what falls due while nobody looks, some is put off by minutes: it is looked at once more.
REST_SECONDS = 100.0
KEYS = base64.b64encode(bytes(range(32))).decode()
# While the bot works, time passes so many times faster for everybody.
FASTER = 5.0
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 600.0
# The steps at which it is killed, beside kills at any moment.
STEPS = ("poll.looked", "poll.written", "notice.kept", "notice.placed", "auto.begun", "unlock.answered")
STEPS += ("checkin.claimed", "checkin.answered", "watch.looked", "send.turn")


class OfSandbox(SystemClock):
    """The sandbox's time."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box

    def now(self) -> float:
        return self._box.world.now()


class Week:
    """The bot, the sandbox, and the days."""

    def __init__(self, box: Sandbox, folder: Path, town: Town, chance: random.Random) -> None:
        self.box, self.town, self.chance = box, town, chance
        self.made: list[Resource] = []
        self.lost: dict[int, date] = {}
        self.dead: set[int] = set()
        self.kills = 0
        self.file = folder / "linkhive.db"
        self.env = environment(box, folder, CHECKIN_SPREAD_SECONDS="60", SUBSCRIPTION_POLL_SECONDS="3600")
        self.env |= {"LOG_LEVEL": "WARNING", "SECRET_KEYS": KEYS}
        # Began on a Tuesday: the week's digest comes on its last day.
        today = day_of(box.world.now())
        self.first = today + timedelta(days=1 + (7 - today.weekday()) % 7)
        box.world.clock.advance(start_of(self.first) - 3600 - box.world.now())
        self.shift = Shift(folder)
        self.bot = Bot(self.env, folder, shift=self.shift)

    # Before

    async def begin(self) -> None:
        """Link everybody, and tell the bot what they want, the way its own cards do."""
        self.box.world.options.change(
            {
                "hdhive_access_seconds": 86_400.0,
                "hdhive_refresh": "grace",
                "hdhive_grace_seconds": 3600.0,
                "hdhive_checkin_repeats": True,
                "unlock_limit": 1_000_000,
                # A careless server: two requests that are on their way at once are both charged.
                "unlock_races": True,
                "unlock_lands_after": 0.02,
            }
        )
        async with linkhive(settings_of(self.env), clock=OfSandbox(self.box)) as house:
            await link_users(self.box, house.db, list(self.town.members), own=True)
            await link_drives(self.box, house.db, self.town)
            for member in self.town.members.values():
                await house.services.people.arrive(member.id, member.language, f"U{member.id}")
                await house.services.people.change(
                    member.id,
                    timezone=member.timezone,
                    quiet_from=member.quiet[0],
                    quiet_to=member.quiet[1],
                    checkin_at=member.checkin_at,
                    watch=member.watched,
                    unlock_limit=LIMIT,
                    auto_unlock_budget=BUDGET,
                )
            follows = house.services.subscriptions.follows
            for follow in self.town.follows:
                language = self.town.members[follow.user].language
                title = film(self.box, follow.title, language)
                made = await follows.follow(follow.user, follow.chat, follow.topic, title)
                await follows.wish(made.subscription.id, lambda _, follow=follow: follow.wishes)  # type: ignore[misc]
                if follow.auto:
                    await follows.automatic(made.subscription.id, auto=True)
            await house.follows.idle()
        self.shift.advance(self.box.world.clock.offset)
        await self.bot.start()
        await self.bot.ready(60.0)
        await self.rest()

    # The days

    async def live(self) -> None:
        """Let the days pass."""
        killed = self._killed_days()
        for number in range(DAYS + AFTER):
            day = self.first + timedelta(days=number)
            self._fate(number, day)
            for at in HOURS:
                await self._to(start_of(day) + at * 3600)
                if number < DAYS - 1:
                    self._appear()
                if (number, at) in killed:
                    await self._kill()
                await self.rest()
                self._pass(REST_SECONDS)
                await self.rest()
        assert await self.bot.stop() == 0

    def _killed_days(self) -> set[tuple[int, float]]:
        moments = [(day, at) for day in range(DAYS) for at in HOURS]
        return set(self.chance.sample(moments, size(2, 20)))

    def _fate(self, number: int, day: date) -> None:
        """Once in a while somebody loses their authorization, or a share of theirs dies."""
        if number in (2, 4):
            able = [m for m in self.town.members.values() if m.checkin_at and m.id not in self.lost]
            for member in self.chance.sample(able, size(1, 5)):
                self.lost[member.id] = day
                self.box.world.expire("hdhive", member.id, "grant")
        if number in (1, 3):
            well = [user for user in self.town.shares if user not in self.dead | set(self.lost)]
            for user in self.chance.sample(well, size(1, 5)):
                self.dead.add(user)
                judge(self.box.world, {"slug": self.town.shares[user], "verdict": "dead"})

    def _appear(self) -> None:
        for key in self.chance.choices(self.town.titles, k=size(2, 4)):
            for _ in range(self.chance.choice((1, 1, 3))):
                self.made.append(self._one(key))

    def _one(self, key: Key) -> Resource:
        title = f"{self.chance.choice(MARKS)} No. {len(self.made)}"
        drive, price = self.chance.choice(DRIVES), self.chance.choice(PRICES)
        return appear(self.box.world, key, drive=drive, title=title, unlock_points=price)

    async def _kill(self) -> None:
        """Kill it at a step, or at any moment where that step is not reached."""
        self.kills += 1
        self.shift.kill_at(self.chance.choice(STEPS))
        try:
            async with self._flying():
                await self.bot.dies(self.chance.uniform(0.5, 1.5))
        except TimeoutError:
            self.shift.kill.unlink(missing_ok=True)
            await self.bot.kill()
        await self.bot.start()
        await self.bot.ready(60.0)

    # The clock

    def _pass(self, seconds: float) -> None:
        self.shift.advance(seconds)
        self.box.world.clock.advance(seconds)

    async def _to(self, moment: float) -> None:
        assert moment > self.box.world.now(), "time goes forward only"
        self._pass(moment - self.box.world.now())

    @asynccontextmanager
    async def _flying(self) -> AsyncIterator[None]:
        async def fly() -> None:
            last = time.monotonic()
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                now = time.monotonic()
                # After standing still time goes on from where it was: leases must not end of it.
                self._pass(min(now - last, 0.2) * (FASTER - 1))
                last = now

        task = asyncio.create_task(fly())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def rest(self) -> None:
        """Wait until nothing is due and nothing runs."""
        deadline, calm = time.monotonic() + PATIENCE_SECONDS, 0
        async with self._flying():
            while calm < 3:
                assert time.monotonic() < deadline, self._busy()
                await asyncio.sleep(LOOK_SECONDS)
                calm = 0 if self._busy() else calm + 1

    def _busy(self) -> list[tuple[str, str]]:
        now = self.box.world.now()
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as db:
            query = "SELECT kind, key FROM jobs WHERE state = 'open' AND (holder IS NOT NULL OR run_at <= ?)"
            return db.execute(query, (now,)).fetchall()
