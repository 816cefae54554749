"""Health with a webhook: red where no update can come, whoever took it, and never for a slow Telegram."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from telegram import WebhookInfo

from bot.healthchecks import HealthChecks
from bot.intake.updates import ALLOWED
from bot.metrics import Metrics
from bot.probes import Finding
from bot.telegram import WEBHOOK_PATH
from bot.updatehealth import ASK_SECONDS, RETAKEN_SECONDS, SILENCE_SECONDS, UNKNOWN_TOKEN, Delivered
from bot.web.health import Health
from bot.wiring import House
from sandbox.server import Sandbox
from services.clock import Steady, SystemClock
from storage.database import Database
from storage.supervisor import Supervisor
from tests.conftest import WEBHOOK_SECRET, Start
from tests.driver import BotApi, Control, Person
from tests.e2e.hurried import Hurried
from tests.e2e.process import until
from tests.guarantees.test_health import Moved, ask

LOOKS = "/getWebhookInfo"


@pytest.fixture
def clock() -> Moved:
    return Moved()


@pytest.fixture
async def house(start: Start, clock: Moved, box: Sandbox) -> AsyncIterator[House]:
    """The bot behind its webhook, which it was seen to have."""
    async with start(clock=clock, telegram_updates="webhook") as running:
        await until(lambda: box.world.telegram.webhook.active, "it is set")
        assert await looked(running, clock, box) == (200, "ok\n")
        yield running


async def looked(house: House, clock: Moved, box: Sandbox) -> tuple[int, str]:
    """Have Telegram asked for the webhook, and return what is said once it has answered."""
    clock.ahead += ASK_SECONDS + 1
    before = asked(box)
    await ask(house, "/healthz")
    await until(lambda: asked(box) > before, "it is asked for")
    # What the answer has to do is done once the next one is asked for.
    clock.ahead += ASK_SECONDS + 1
    before = asked(box)
    while asked(box) == before:
        told = await ask(house, "/healthz")
        await asyncio.sleep(0.01)
    return told


def asked(box: Sandbox) -> int:
    return box.world.journal.count("telegram", "POST", LOOKS)


def own(house: House) -> str:
    return f"{house.settings.public_url}{WEBHOOK_PATH}"


async def test_health_a_webhook_is_only_silent_while_updates_wait(
    house: House, clock: Moved, box: Sandbox, xiaoyu: Person
) -> None:
    clock.ahead += 10 * SILENCE_SECONDS
    assert await looked(house, clock, box) == (200, "ok\n"), "nobody wrote: silence is normal"
    # Telegram delivers with a secret that is not ours: its updates pile up.
    async with BotApi(box.url, box.world.bot_token) as other:
        await other("setWebhook", url=own(house), secret_token="another")
    await xiaoyu.send("/start")
    assert (await looked(house, clock, box))[0] == 200, "it only just began"
    clock.ahead += SILENCE_SECONDS + 1
    status, words = await looked(house, clock, box)
    assert status == 503
    assert words.startswith("updates: Telegram holds updates back")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/another", ""])
async def test_health_a_webhook_that_is_taken_is_told_and_set_again(
    house: House,
    clock: Moved,
    box: Sandbox,
    xiaoyu: Person,
    caplog: pytest.LogCaptureFixture,
    url: str,
) -> None:
    async with BotApi(box.url, box.world.bot_token) as other:
        await other("setWebhook", url=url)
    with caplog.at_level(logging.ERROR):
        status, words = await looked(house, clock, box)
    assert (status, words[:37]) == (503, "updates: the webhook was not ours; it")
    (alarm,) = [record for record in caplog.records if record.name == "bot.updatehealth"]
    assert alarm.levelno == logging.ERROR
    assert vars(alarm)["host"] == ("127.0.0.1" if url else "none")
    now = box.world.telegram.webhook.settings
    assert (now.url, now.secret) == (own(house), WEBHOOK_SECRET)
    assert box.world.telegram.queue.allowed == set(ALLOWED)
    await xiaoyu.send("/help")
    await xiaoyu.until(lambda message: bool(message.text))
    clock.ahead += RETAKEN_SECONDS
    assert await looked(house, clock, box) == (200, "ok\n")


async def test_health_a_webhook_that_cannot_be_had_again(
    house: House, clock: Moved, box: Sandbox, control: Control
) -> None:
    async with BotApi(box.url, box.world.bot_token) as other:
        await other("deleteWebhook")
    await control.fault("telegram", "*/setWebhook", "status", status=400, times=0)
    tries = box.world.journal.count("telegram", "POST", "/setWebhook")
    assert await looked(house, clock, box) == (503, "updates: Telegram delivers elsewhere or nowhere\n")
    for _ in range(20):
        await ask(house, "/healthz")
    assert box.world.journal.count("telegram", "POST", "/setWebhook") - tries <= 2, "once a look"


async def test_health_a_token_that_is_taken_back(
    house: House, clock: Moved, box: Sandbox, control: Control, caplog: pytest.LogCaptureFixture
) -> None:
    await control.fault("telegram", f"*{LOOKS}", "status", status=401, times=0)
    assert await looked(house, clock, box) == (503, f"updates: {UNKNOWN_TOKEN}\n")
    assert any(r.levelno == logging.ERROR and UNKNOWN_TOKEN in r.getMessage() for r in caplog.records)
    assert 'linkhive_healthy{sign="updates"} 0.0' in (await ask(house, "/metrics"))[1]
    await control.mend()
    assert await looked(house, clock, box) == (200, "ok\n")


async def test_health_a_token_that_is_taken_back_while_polling(
    start: Start, clock: Moved, control: Control
) -> None:
    async with start(clock=clock) as house:
        await control.fault("telegram", "*/getUpdates", "status", status=401, times=0)
        house.metrics.poll_trouble = None
        await until(lambda: house.metrics.poll_trouble, "a poll failed", 60)
        assert await ask(house, "/healthz") == (503, f"updates: {UNKNOWN_TOKEN}\n")


async def test_health_does_not_wait_for_telegram(sqlite_db: Database) -> None:
    clock, metrics, begun = Steady(SystemClock()), Metrics(), asyncio.Event()

    async def look() -> WebhookInfo:
        begun.set()
        await asyncio.sleep(3600)
        raise AssertionError

    async def take() -> None:
        raise AssertionError

    async def probe() -> dict[str, Finding]:
        return {}

    heard = Delivered(clock, metrics, "https://bot.example.org/x", look, take)
    health = Health(
        sqlite_db,
        clock,
        metrics,
        probe,
        lambda: True,
        HealthChecks(sqlite_db, clock, heard, Supervisor()),
    )
    answer = await health.live(None)  # type: ignore[arg-type]
    assert answer.status_code == 200
    await asyncio.wait_for(begun.wait(), 10)
    await heard.close()
    assert heard._asking is not None
    assert heard._asking.cancelled()


async def test_health_is_on_the_gauges_when_nobody_asks_for_anything_else(
    start: Start, clock: Moved, control: Control
) -> None:
    async def told(house: House, *lines: str) -> None:
        async with asyncio.timeout(30):
            shown = ""
            while not all(f"{line}\n" in shown for line in lines):
                shown = (await ask(house, "/metrics"))[1]

    async with start(clock=clock) as house:
        await told(
            house, 'linkhive_upstream_up{service="hdhive"} 1.0', 'linkhive_healthy{sign="updates"} 1.0'
        )
        await control.fault("hdhive", "*", "status", status=503, times=0)
        await control.fault("telegram", "*/getUpdates", "hang", times=0)
        clock.ahead += SILENCE_SECONDS + 60
        await told(
            house, 'linkhive_upstream_up{service="hdhive"} 0.0', 'linkhive_healthy{sign="updates"} 0.0'
        )


async def test_health_a_webhook_is_looked_after_though_nobody_asks(start: Start, box: Sandbox) -> None:
    clock, hook = Hurried(), box.world.telegram.webhook
    async with start(clock=clock, telegram_updates="webhook") as house:
        await until(lambda: asked(box) and hook.settings.url == own(house), "it is ours")
        async with BotApi(box.url, box.world.bot_token) as other:
            await other("setWebhook", url="http://127.0.0.1:9/another")
        clock.forward(ASK_SECONDS + 1)
        await until(lambda: hook.settings.url == own(house), "it is ours again")
