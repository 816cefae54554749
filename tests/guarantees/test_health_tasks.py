"""Health: a task that fails is told, turns /healthz red, and is begun again."""

import asyncio
import logging
from pathlib import Path

import pytest

from bot import doctor
from sandbox.server import Sandbox
from services.clock import SystemClock
from storage import meta
from storage.supervisor import STEADY_SECONDS
from tests.conftest import Start, environment, settings_of
from tests.fixtures.failing import WORDS, fails_once
from tests.guarantees.test_health import Moved, ask

# Where each of the tasks can fail, and what it is called.
TASKS = {
    "services.runner:JobRunner._look": "jobs",
    "services.runner:JobRunner._hear": "jobs.hear",
    "services.runner:JobRunner._beat": "jobs.beat",
    "services.chatstatus:ChatStatuses.follow": "chat_statuses",
    "services.forgetting:Forgetting.follow": "forgetting",
    "services.replicas:Replicas.follow": "replicas",
    "bot.housekeeping:run": "housekeeping",
    "bot.wiring:_publish": "menus",
    "bot.intake.store:Store._serve": "inbox",
    "bot.intake.store:Store._tick": "inbox.tick",
    "bot.intake.store:Store._listen": "inbox.listen",
    "bot.intake.polling:Poller._run": "poller",
    "bot.sending.turns:Turns._run": "sends",
    "bot.web.health:Health._ask": "upstreams",
}
WEBHOOK = {"bot.telegram:set_webhook": "webhook"}


@pytest.fixture
def clock() -> Moved:
    return Moved()


@pytest.mark.parametrize(("place", "name"), [*TASKS.items(), *WEBHOOK.items()])
async def test_health_a_task_that_failed(
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    place: str,
    name: str,
) -> None:
    monkeypatch.setattr("storage.supervisor.FIRST_PAUSE", 3600.0)
    fails_once(monkeypatch, place)
    more = {"telegram_updates": "webhook"} if place in WEBHOOK else {}
    async with start(**more) as house:
        await ask(house, "/readyz")
        assert await ask(house, "/healthz") == (503, f"tasks: {name} failed (KeyError)\n")
        shown = (await ask(house, "/metrics"))[1]
    assert 'linkhive_healthy{sign="tasks"} 0.0' in shown
    assert f'linkhive_task_failures_total{{task="{name}"}} 1.0' in shown
    (alarm,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert vars(alarm)["task"] == name
    assert WORDS not in alarm.getMessage()


# There are six runners, and the second call may be another one's; `test_runner_failures` looks at one.
@pytest.mark.parametrize("place", [place for place in TASKS if "JobRunner" not in place])
async def test_health_a_task_that_is_begun_again(
    start: Start, clock: Moved, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr("storage.supervisor.FIRST_PAUSE", 0.01)
    again = fails_once(monkeypatch, place)
    async with start(clock=clock) as house:
        await ask(house, "/readyz")
        await asyncio.wait_for(again.wait(), 10)
        clock.ahead += STEADY_SECONDS
        assert await ask(house, "/healthz") == (200, "ok\n")


async def test_health_the_doctor_tells_of_a_task_that_failed(
    start: Start, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def noted(seconds_ago: float) -> str:
        async with start() as house:
            at = SystemClock().now() - seconds_ago
            await house.db.write(lambda tx: meta.put(tx, "task_failed", f"{at} jobs"))
        assert await doctor.run(settings_of(environment(box, tmp_path))) == 0
        return capsys.readouterr().out

    told = await noted(60.0)
    assert "warn  tasks" in told
    assert "jobs failed, last at" in told
    assert "look at /healthz" in told
    assert "ok    tasks" in await noted(2 * 3600.0)


async def test_health_a_task_that_failed_is_noted_for_the_doctor(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_once(monkeypatch, "bot.housekeeping:run")
    async with start() as house:
        note = await house.db.read(lambda tx: meta.get(tx, "task_failed"))
        assert note is not None
        assert note.endswith(" housekeeping")
