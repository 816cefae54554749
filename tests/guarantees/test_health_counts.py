"""Health: what is counted goes up when something happens, and down when it is over; the doctor agrees."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import doctor
from bot.findings import NEWS_SECONDS, tables
from bot.wiring import House
from sandbox.server import Sandbox
from storage import attempts, deadletters, inbox, jobs, leases, links, unlocks
from tests.conftest import XIAOYU, Start, environment, linked, settings_of
from tests.driver import BotApi, Control, Person
from tests.e2e.hurried import Hurried
from tests.e2e.process import until
from tests.guarantees.test_health import ask

NOBODY = 4_000_000_001


async def shows(house: House, *lines: str) -> None:
    told = (await ask(house, "/metrics"))[1]
    for line in lines:
        assert f"{line}\n" in told, "\n".join(one for one in told.splitlines() if line[:16] in one)


async def explained(house: House, later: float = 0.0) -> dict[str, tuple[bool, str, str]]:
    """What the doctor says of the tables, now or some time later."""
    now = time.time() + later
    lines = await house.db.read(lambda tx: tables(tx, now))
    return {line.name: (line.ok, line.reason, line.mend) for line in lines}


async def test_health_an_unlock_in_doubt_is_counted_until_it_is_settled(start: Start) -> None:
    async with start() as house:
        await shows(house, 'linkhive_unlocks{state="doubtful"} 0.0')
        row = await house.db.write(
            lambda tx: unlocks.claim(
                tx,
                user_id=NOBODY,
                link_id=9,
                account_key="hdhive:42",
                slug="a" * 32,
                price=5,
                card_id=None,
                now=1.0,
            )
        )
        assert row is not None
        await shows(house, 'linkhive_unlocks{state="claimed"} 1.0', 'linkhive_unlocks{state="doubtful"} 0.0')
        await house.db.write(lambda tx: unlocks.doubt(tx, row.id, "no answer", 2.0))
        await shows(house, 'linkhive_unlocks{state="claimed"} 0.0', 'linkhive_unlocks{state="doubtful"} 1.0')
        assert (await explained(house))["unlocks"][1].startswith("1 in doubt, 0 under way")
        await house.db.write(lambda tx: unlocks.release(tx, row.id, 3.0))
        await shows(house, 'linkhive_unlocks{state="released"} 1.0', 'linkhive_unlocks{state="doubtful"} 0.0')
        assert (await explained(house))["unlocks"][1].startswith("0 in doubt, 0 under way")


async def test_health_dead_letters_are_counted_until_they_are_dropped(
    start: Start, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with start() as house:
        await house.db.write(lambda tx: jobs.enqueue(tx, "test.mail", "k", {}, 1.0))
        (job,) = await house.db.write(lambda tx: leases.claim(tx, ["test.mail"], "me", 2.0, 9.0, 1))
        await house.db.write(lambda tx: leases.bury(tx, job, "boom"))
        entry = inbox.Entry(77, NOBODY, {"update_id": 77}, 3.0)
        await house.db.write(lambda tx: inbox.store(tx, [entry]))
        await house.db.write(lambda tx: inbox.bury(tx, 77, "bang"))
        await shows(house, 'linkhive_inbox_rows{state="dead"} 1.0', 'linkhive_jobs_rows{state="dead"} 1.0')
        for name in ("updates", "jobs"):
            ok, reason, mend = (await explained(house))[name]
            assert (ok, reason.startswith("1 given up"), bool(mend)) == (False, True, True)
    assert await doctor.run(settings_of(environment(box, tmp_path))) == 1
    told = capsys.readouterr().out
    assert "FAIL  updates" in told
    assert "FAIL  jobs" in told
    async with start() as house:
        await house.db.write(lambda tx: deadletters.drop(tx, "job", job.id))
        await house.db.write(lambda tx: deadletters.drop(tx, "update", 77))
        await shows(house, 'linkhive_inbox_rows{state="dead"} 0.0', 'linkhive_jobs_rows{state="dead"} 0.0')
        assert (await explained(house))["updates"][0]


async def test_health_attempts_that_are_over_are_counted_no_more(start: Start, xiaoyu: Person) -> None:
    async with start() as house:
        await xiaoyu.send("/link hdhive")
        await xiaoyu.until(lambda message: any(button.url for button in message.buttons))
        told = (await ask(house, "/metrics"))[1]
        begun = [line for line in told.splitlines() if line.startswith("linkhive_link_attempts{")]
        assert [line.rpartition(" ")[2] for line in begun if "burned" not in line] == ["1.0"]
        assert await house.db.write(lambda tx: attempts.purge(tx, time.time() + 1e6)) == 1
        await shows(house, *(line.replace(" 1.0", " 0.0") for line in begun))


async def test_health_a_chat_that_telegram_pauses_is_counted(
    start: Start, xiaoyu: Person, control: Control
) -> None:
    async with start(clock=Hurried()) as house:
        await shows(house, "linkhive_chats_paused_total 0.0")
        how = {"retry_after": 1, "style": "telegram"}
        await control.fault("telegram", "*/sendMessage", "retry_after", times=2, **how)
        await xiaoyu.send("/help")
        await xiaoyu.until(lambda message: bool(message.text), 20)
        await shows(house, "linkhive_chats_paused_total 2.0", 'linkhive_sends_total{result="too_many"} 2.0')


async def test_health_refreshes_are_counted_and_explained(
    start: Start, xiaoyu: Person, control: Control
) -> None:
    async with start() as house:
        await linked(xiaoyu, "hdhive")
        clean = ("open", "left", "lost")
        await shows(house, *(f'linkhive_refreshes{{state="{state}"}} 0.0' for state in clean))
        link = await house.db.read(lambda tx: links.get(tx, XIAOYU, "hdhive"))
        assert link is not None
        now = time.time()
        await house.db.write(lambda tx: links.take_lease(tx, link, "another", now, 100.0))
        await shows(house, 'linkhive_refreshes{state="open"} 1.0', 'linkhive_refreshes{state="left"} 0.0')
        assert (await explained(house))["refreshes"][1].startswith("1 under way, 0 left")
        assert (await explained(house, later=101))["refreshes"][1].startswith("0 under way, 1 left")
        await house.db.write(lambda tx: links.release_lease(tx, link, "another"))
        await shows(house, 'linkhive_refreshes{state="open"} 0.0')
        await control.expire("hdhive", XIAOYU, "grant")
        await xiaoyu.send("/checkin")
        await xiaoyu.until(lambda message: "HDHive" in message.text)
        await shows(house, 'linkhive_refreshes{state="lost"} 1.0')
        assert "1 accounts to be linked anew" in (await explained(house))["refreshes"][1]
        await linked(xiaoyu, "hdhive")
        await shows(house, 'linkhive_refreshes{state="lost"} 0.0')


@asynccontextmanager
async def rival(box: Sandbox) -> AsyncIterator[None]:
    """Poll once with the bot's own token: Telegram ends the poll of the bot."""
    async with BotApi(box.url, box.world.bot_token) as other:
        await other("getUpdates", timeout=0, offset=0)
        yield


async def test_health_another_poller_is_shown_and_explained(
    start: Start, box: Sandbox, xiaoyu: Person, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with start(clock=Hurried()) as house:
        assert (await explained(house))["poller"] == (True, "no other program was met", "")
        await until(lambda: box.world.journal.count("telegram", "POST", "/getUpdates") > 0, "it polls")
        async with rival(box):
            await until(lambda: house.metrics.conflict._value.get() == 1, "it was ended")
        await shows(house, "linkhive_poller_conflict 1.0", 'linkhive_polls_total{result="conflict"} 1.0')
        ok, reason, mend = (await explained(house))["poller"]
        assert (ok, "another program polled" in reason, "BotFather" in mend) == (False, True, True)
        assert (await explained(house, later=NEWS_SECONDS + 600))["poller"][0], "that is over"
        await xiaoyu.send("/help")
        await xiaoyu.until(lambda message: bool(message.text), 20)
        await shows(house, "linkhive_poller_conflict 0.0")
    assert await doctor.run(settings_of(environment(box, tmp_path))) == 1
    assert "FAIL  poller" in capsys.readouterr().out
