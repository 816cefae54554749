"""A task that fails is told and begun again; who is asked to end ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from storage.supervisor import FIRST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS, Supervisor

SECRET = "s3cr3t-in-an-error"


class Course:
    """A supervisor whose pauses pass at once, and a task whose runs a test describes one by one."""

    def __init__(self, *runs: Callable[[], Awaitable[None]]) -> None:
        self.time = 0.0
        self.pauses: list[float] = []
        self.supervisor = Supervisor(lambda: self.time, self._pause)
        self._runs = iter(runs)
        self.task = self.supervisor.start("loop", self._work)

    async def _work(self) -> None:
        await next(self._runs)()

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    async def fail_later(self) -> None:
        self.time += STEADY_SECONDS
        raise KeyError


async def fail() -> None:
    raise KeyError(SECRET)


async def end() -> None:
    """Be done."""


async def run_on() -> None:
    await asyncio.Event().wait()


async def turns() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_task_that_fails_is_begun_again_and_told(caplog: pytest.LogCaptureFixture) -> None:
    course, heard = Course(fail, run_on), list[str]()

    async def alarmed(name: str) -> None:
        heard.append(name)

    course.supervisor.alarmed = alarmed
    await turns()
    assert not course.task.done()
    assert course.pauses == [FIRST_PAUSE]
    assert heard == ["loop"]
    (alarm,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert vars(alarm)["task"] == "loop"
    assert SECRET not in alarm.getMessage()
    await ended(course.task)


async def test_it_is_ill_until_it_has_run_for_a_while() -> None:
    course = Course(fail, run_on)
    assert course.supervisor.complaint() is None
    await turns()
    course.time += STEADY_SECONDS - 1
    assert course.supervisor.complaint() == "loop failed (KeyError)"
    course.time += 2
    assert course.supervisor.complaint() is None
    await ended(course.task)


async def test_the_pauses_grow_while_it_fails_again_and_begin_anew_after_a_while() -> None:
    course = Course()
    course._runs = iter([*[fail] * 7, course.fail_later, run_on])
    await turns()
    assert course.pauses == [1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_PAUSE, LONGEST_PAUSE, FIRST_PAUSE]
    assert LONGEST_PAUSE < STEADY_SECONDS, "what fails again and again is ill all the time"
    await ended(course.task)


async def test_what_is_done_is_not_begun_again() -> None:
    course = Course(fail, end)
    await course.task
    assert course.supervisor.complaint() is None


async def test_who_is_cancelled_ends_and_is_not_ill() -> None:
    course = Course(fail, run_on)
    await turns()
    await ended(course.task)
    assert course.task.cancelled()
    assert course.supervisor.complaint() is None


async def test_a_cancellation_from_within_is_a_failure() -> None:
    async def lost() -> None:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    course = Course(lost, run_on)
    await turns()
    assert course.supervisor.complaint() == "loop failed (CancelledError)"
    await ended(course.task)


async def test_what_fails_at_its_end_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def end_badly() -> None:
        try:
            await run_on()
        finally:
            raise KeyError("at the end")

    course = Course(end_badly)
    await turns()
    await ended(course.task)
    assert course.task.exception() is None
    assert "a task did not end well" in caplog.text


async def test_an_alarm_that_cannot_be_noted_holds_nothing_up(caplog: pytest.LogCaptureFixture) -> None:
    course = Course(fail, run_on)

    async def alarmed(name: str) -> None:
        raise OSError("disk full")

    course.supervisor.alarmed = alarmed
    await turns()
    assert course.pauses == [FIRST_PAUSE]
    assert "the alarm could not be noted" in caplog.text
    await ended(course.task)
