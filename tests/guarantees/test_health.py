"""Health: /healthz is red when updates stay away, nothing can be written, or a secret has lost its key."""

import secrets
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text, update

from bot import doctor
from bot.healthchecks import SECRETS_SECONDS
from bot.updatehealth import SILENCE_SECONDS
from bot.wiring import House
from sandbox.server import Sandbox
from services.clock import SystemClock
from storage.crypto import KeyRing
from storage.schema import links
from storage.tx import Tx
from tests.conftest import XIAOYU, Start, environment, linked, settings_of
from tests.driver import Browser, Control, Person

GONE = "secrets were sealed with a key that is gone"


class Moved(SystemClock):
    """The machine's clock, which a test can put forward; sleeping takes its real time."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


@pytest.fixture
def clock() -> Moved:
    return Moved()


async def ask(house: House, path: str) -> tuple[int, str]:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        answer = await http.get(f"http://127.0.0.1:{house.web_port}{path}")
    return answer.status_code, answer.text


async def test_health_polls_that_nobody_answers(start: Start, clock: Moved, control: Control) -> None:
    async with start(clock=clock) as house:
        assert await ask(house, "/healthz") == (200, "ok\n")
        await control.fault("telegram", "*/getUpdates", "hang", times=0)
        house.metrics.last_poll_at = clock.now()
        clock.ahead += SILENCE_SECONDS - 5
        assert (await ask(house, "/healthz"))[0] == 200, "a line may be laid anew once"
        clock.ahead += 10
        status, words = await ask(house, "/healthz")
        assert status == 503
        assert words.startswith("updates: no poll was answered for 12")
        assert 'linkhive_healthy{sign="updates"} 0.0' in (await ask(house, "/metrics"))[1]
        house.metrics.polled(clock.now())
        assert await ask(house, "/healthz") == (200, "ok\n")


async def test_health_a_database_that_takes_no_writes(start: Start, clock: Moved) -> None:
    async with start(clock=clock) as house:
        assert (await ask(house, "/healthz"))[0] == 200
        await house.db.write(forbid)
        clock.ahead += 10
        status, words = await ask(house, "/healthz")
        assert (status, words) == (503, "database: it cannot be written\n")
        assert (await ask(house, "/readyz"))[0] == 503
        async with house.db._writer.connect() as conn:
            await conn.execute(text("DROP TRIGGER full_insert"))
            await conn.execute(text("DROP TRIGGER full_update"))
            await conn.commit()
        clock.ahead += 10
        assert await ask(house, "/healthz") == (200, "ok\n")


async def forbid(tx: Tx) -> None:
    """Stand for a full disk: the table that is written to see whether writing works refuses."""
    for kind in ("INSERT", "UPDATE"):
        trigger = f"CREATE TRIGGER full_{kind.lower()} BEFORE {kind} ON meta"
        await tx.conn.execute(text(f"{trigger} BEGIN SELECT RAISE(ABORT, 'disk full'); END"))


async def test_health_a_secret_without_its_key(
    start: Start,
    clock: Moved,
    xiaoyu: Person,
    box: Sandbox,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with start(clock=clock) as house:
        await linked(xiaoyu, "hdhive")
        assert await ask(house, "/healthz") == (200, "ok\n")
        foreign = KeyRing([secrets.token_bytes(32)])
        sealed = foreign.seal(b"t", table="links", row=1, column="access_token")
        await house.db.write(lambda tx: put(tx, sealed))
        clock.ahead += SECRETS_SECONDS + 1
        status, words = await ask(house, "/healthz")
        assert (status, words) == (503, f"secrets: 1 {GONE} (links.access_token)\n")
        house.metrics.polled(clock.now())
        own = house.db.ring.seal(b"t", table="links", row=1, column="access_token")
        await house.db.write(lambda tx: put(tx, own))
        clock.ahead += SECRETS_SECONDS + 1
        house.metrics.polled(clock.now())
        assert (await ask(house, "/healthz"))[1] == "secrets: the newest token does not open\n"
        await house.db.write(lambda tx: put(tx, sealed))
    assert await doctor.run(settings_of(environment(box, tmp_path))) == 1
    told = capsys.readouterr().out
    assert "FAIL  secrets" in told
    assert "no key opens 1 in links.access_token" in told
    assert "put the old key back" in told


async def put(tx: Tx, sealed: bytes) -> None:
    await tx.conn.execute(update(links).values(access_token=sealed))


async def test_health_metrics_count_the_counterpart_of_every_promise(
    start: Start, people: dict[int, Person], control: Control, box: Sandbox
) -> None:
    xiaoyu, ben = people[XIAOYU], people[1002]
    await control.telegram("options", limits=False)
    async with start() as house:
        await linked(xiaoyu, "hdhive")
        await xiaoyu.send("/link disktop")
        card = await xiaoyu.until(lambda message: any(button.url for button in message.buttons))
        async with Browser(xiaoyu.id) as browser:
            payload = await browser.link(next(button.url for button in card.buttons if button.url) or "")
        await ben.start(payload)
        await ben.until(lambda message: bool(message.text))
        await control.expire("hdhive", XIAOYU)
        await xiaoyu.send("/accounts")
        await xiaoyu.until(lambda message: "120" in message.text)
        await control.fault("hdhive", "*/checkin", "retry_after", retry_after=30)
        await xiaoyu.send("/checkin")
        await xiaoyu.until("30")
        told = (await ask(house, "/metrics"))[1]
    for line in (
        'linkhive_unlocks{state="doubtful"} 0.0',
        'linkhive_link_attempts{stage="burned"} 1.0',
        'linkhive_steps_total{step="refresh.kept"} 1.0',
        "linkhive_cooldowns 1.0",
        'linkhive_inbox_rows{state="dead"} 0.0',
        'linkhive_jobs_rows{state="dead"} 0.0',
    ):
        assert line in told, line


async def test_health_the_doctor_explains_each(
    start: Start, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with start():
        pass
    assert await doctor.run(settings_of(environment(box, tmp_path))) == 0
    told = capsys.readouterr().out
    for name in (
        "database",
        "secrets",
        "unlocks",
        "refreshes",
        "updates",
        "jobs",
        "link attempts",
        "poller",
        "tasks",
    ):
        assert f"ok    {name}" in told, told
