"""The poller advances only over what is committed, and comes back from everything Telegram can do to it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from telegram.ext import ExtBot

from bot.intake.polling import Poller
from bot.intake.store import NotStored
from bot.metrics import Metrics
from bot.sending.request import Request
from services.clock import SystemClock
from storage.database import Database
from tests.bot.intake_parts import Intake, running, until, update
from tests.bot.scripted import ME, ScriptedTelegram, refusal

TOKEN = "123456789:AAEtestTESTtestTESTtestTESTtest0"
Polled = Callable[[int], Awaitable[Any]]


class Quick(SystemClock):
    """Waits a hundredth of what is asked for, and notes it."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(seconds / 100)


class Script:
    """Answers getUpdates by a function of the number of the poll."""

    def __init__(self, polled: Polled) -> None:
        self.polled = polled
        self.polls: list[dict[str, Any]] = []
        self.deleted = 0

    async def __call__(self, method: str, parameters: dict[str, Any], writer: asyncio.StreamWriter) -> Any:
        if method == "getMe":
            return 200, ME
        if method == "deleteWebhook":
            self.deleted += 1
            return 200, True
        self.polls.append(parameters)
        return await self.polled(len(self.polls))


async def nothing() -> Any:
    await asyncio.sleep(0.02)
    return 200, []


@asynccontextmanager
async def polling(
    db: Database, polled: Polled, **more: Any
) -> AsyncIterator[tuple[Script, Intake, Poller, Quick, ScriptedTelegram]]:
    script, clock = Script(polled), Quick()
    async with ScriptedTelegram(script) as server, running(db) as intake:
        line = more.pop("line", None) or Request(connections=2, read_timeout=0.3, connect_timeout=0.5)
        bot: ExtBot[None] = ExtBot(
            TOKEN, base_url=f"{server.url}/bot", request=Request(), get_updates_request=line
        )
        await bot.initialize()
        options = {"poll_seconds": 0, "margin": 0.3, **more}
        poller = Poller(bot, line, intake.store, clock, intake.metrics, **options)
        await poller.stop()
        await poller.start()
        try:
            yield script, intake, poller, clock, server
        finally:
            await poller.stop()
            await bot.shutdown()


def polls(metrics: Metrics, result: str) -> float:
    return metrics.polls.labels(result)._value.get()


async def test_the_offset_advances_over_what_is_stored(sqlite_db: Database) -> None:
    async def polled(number: int) -> Any:
        batches = {1: [update(5), update(6), {"update_id": "x"}], 2: [update(7, chat=2)]}
        return (200, batches[number]) if number in batches else await nothing()

    async with polling(sqlite_db, polled) as (script, intake, *_):
        await until(lambda: len(script.polls) >= 3)
        await intake.quiet()
        assert [poll["offset"] for poll in script.polls[:3]] == ["0", "7", "8"]
        assert "callback_query" in script.polls[0]["allowed_updates"]
        assert intake.hand.seen == [(1, 5), (1, 6), (2, 7)]
        assert script.deleted == 1


async def test_what_could_not_be_stored_is_fetched_again(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def polled(number: int) -> Any:
        return (200, [update(5)]) if number < 3 else await nothing()

    async with polling(sqlite_db, polled) as (script, intake, poller, clock, _):
        await poller.stop()
        script.polls.clear()
        real, failed = intake.store.accept, []

        async def refuse(raw: Any) -> None:
            if not failed:
                failed.append(1)
                raise NotStored("disk full")
            await real(raw)

        monkeypatch.setattr(intake.store, "accept", refuse)
        poller._offset = 0
        answered, intake.metrics.last_poll_at = polls(intake.metrics, "answered"), None
        clock.slept.clear()
        await poller.start()
        await until(lambda: clock.slept)
        assert polls(intake.metrics, "answered") == answered, "an answer that is not stored is none"
        assert intake.metrics.last_poll_at is None
        assert intake.metrics.poll_trouble == "NotStored"
        await until(lambda: len(script.polls) >= 3)
        assert intake.metrics.last_poll_at is not None
        await intake.quiet()
        assert [poll["offset"] for poll in script.polls[:3]] == ["0", "0", "6"]
        assert intake.hand.of(1) == [5]


async def test_a_second_poller_raises_an_alarm(sqlite_db: Database, caplog: pytest.LogCaptureFixture) -> None:
    async def polled(number: int) -> Any:
        if number < 3:
            return refusal(409, "Conflict: terminated by other getUpdates request")
        return (200, [update(1)]) if number == 3 else await nothing()

    with caplog.at_level(logging.ERROR):
        async with polling(sqlite_db, polled) as (script, intake, _, clock, _):
            await until(lambda: polls(intake.metrics, "conflict") >= 1)
            assert intake.metrics.conflict._value.get() == 1
            await until(lambda: len(script.polls) >= 4)
            await intake.quiet()
            assert intake.metrics.conflict._value.get() == 0
            assert intake.hand.of(1) == [1]
            assert clock.slept.count(10.0) == 2
    assert "ALARM" in caplog.text


async def test_a_webhook_in_the_way_is_removed(sqlite_db: Database) -> None:
    async def polled(number: int) -> Any:
        if number == 1:
            return refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        return await nothing()

    async with polling(sqlite_db, polled) as (script, intake, *_):
        await until(lambda: len(script.polls) >= 2)
        assert script.deleted == 2
        assert intake.metrics.conflict._value.get() == 0


async def test_a_silent_line_is_laid_anew(sqlite_db: Database) -> None:
    async def polled(number: int) -> Any:
        if number <= 2:
            await asyncio.sleep(30)
        return (200, [update(1)]) if number == 3 else await nothing()

    async with polling(sqlite_db, polled) as (script, intake, _, _, server):
        await until(lambda: len(script.polls) >= 4)
        await intake.quiet()
        assert intake.hand.of(1) == [1]
        assert server.connections >= 4


async def test_a_502_storm_is_waited_out_with_growing_pauses(sqlite_db: Database) -> None:
    async def polled(number: int) -> Any:
        if number <= 8:
            return 502, b"<html>Bad Gateway</html>"
        return (200, [update(1)]) if number == 9 else await nothing()

    async with polling(sqlite_db, polled) as (script, intake, _, clock, _):
        await until(lambda: len(script.polls) >= 10)
        await intake.quiet()
        assert intake.hand.of(1) == [1]
        assert polls(intake.metrics, "failed") == 8
        assert max(clock.slept) > 8
        assert max(clock.slept) <= 15


class Stubborn(Request):
    """A line that cannot be closed, or not be opened, when it is laid anew for the first times."""

    def __init__(self, step: str) -> None:
        super().__init__(connections=2, read_timeout=0.3, connect_timeout=0.5)
        self._step = step
        self.failures = 0
        self.laid = False

    async def initialize(self) -> None:
        self._fail("initialize")
        await super().initialize()
        self.laid = True

    async def shutdown(self) -> None:
        self._fail("shutdown")
        await super().shutdown()

    def _fail(self, step: str) -> None:
        if self.laid and step == self._step and self.failures < 2:
            self.failures += 1
            raise OSError("the socket is in a bad way")


@pytest.mark.parametrize("step", ["shutdown", "initialize"])
async def test_a_line_that_cannot_be_laid_anew_does_not_end_it(
    sqlite_db: Database, caplog: pytest.LogCaptureFixture, step: str
) -> None:
    async def polled(number: int) -> Any:
        if number <= 3:
            return 502, b"<html>Bad Gateway</html>"
        return (200, [update(1)]) if number == 4 else await nothing()

    line = Stubborn(step)
    async with polling(sqlite_db, polled, line=line) as (script, intake, *_):
        await until(lambda: len(script.polls) >= 5)
        await intake.quiet()
        assert intake.hand.of(1) == [1]
        assert line.failures == 2
    assert "in a bad way" in caplog.text


async def test_a_pool_that_could_not_be_closed_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Request()
    await line.initialize()
    first = line._session
    assert first is not None
    with monkeypatch.context() as patch:
        patch.setattr(type(first), "close", _bad)
        with pytest.raises(OSError, match="bad way"):
            await line.shutdown()
    await line.initialize()
    assert line._session is not first
    await line.shutdown()
    await first.close()


async def _bad(_: object) -> None:
    raise OSError("in a bad way")


@pytest.mark.parametrize(
    "answer",
    [
        refusal(401, "Unauthorized"),
        refusal(400, "Bad Request"),
        (200, {"odd": 1}),
        refusal(429, "Too many", retry_after=7),
    ],
)
async def test_odd_answers_do_not_stop_it(sqlite_db: Database, answer: Any) -> None:
    async def polled(number: int) -> Any:
        if number == 1:
            return answer
        return (200, [update(1)]) if number == 2 else await nothing()

    async with polling(sqlite_db, polled) as (script, intake, *_):
        await until(lambda: len(script.polls) >= 3)
        await intake.quiet()
        assert intake.hand.of(1) == [1]


async def test_being_told_to_wait_is_told_and_counted(
    sqlite_db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def polled(number: int) -> Any:
        return refusal(429, "Too Many Requests", retry_after=77) if number == 1 else await nothing()

    async with polling(sqlite_db, polled) as (script, intake, _, clock, _):
        await until(lambda: len(script.polls) >= 2)
        assert clock.slept[0] == 77
        assert polls(intake.metrics, "too_many") == 1
    (told,) = [record for record in caplog.records if record.name == "bot.intake.polling"]
    assert (told.levelno, vars(told)["seconds"]) == (logging.WARNING, 77)


async def test_what_nobody_foresaw_does_not_stop_it(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def polled(number: int) -> Any:
        return await nothing()

    async with polling(sqlite_db, polled) as (script, intake, poller, _, _):
        real, times = poller._ask, []

        async def odd() -> Any:
            if not times:
                times.append(1)
                raise KeyError("odd")
            return await real()

        monkeypatch.setattr(poller, "_ask", odd)
        before = len(script.polls)
        await until(lambda: times and len(script.polls) > before + 2)
        assert polls(intake.metrics, "failed") == 1
