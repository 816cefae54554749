"""The clock is set back by an hour under a running bot: it answers, and says how it is, as before."""

import httpx
from sqlalchemy import text

from bot.updatehealth import SILENCE_SECONDS
from bot.wiring import House
from storage.tx import Tx
from tests.driver import Control, Person
from tests.e2e.hurried import Hurried
from tests.e2e.process import until
from tests.e2e.words import Words

HOUR = 3600.0


async def test_everybody_is_answered(bot: House, xiaoyu: Person, ben: Person, clock: Hurried) -> None:
    """More than go out in a second: what went out before must not count until its time comes again."""
    asking = ((xiaoyu, Words("zh")), (ben, Words("en")))
    for number in range(18):
        if number == 2:
            clock.forward(-HOUR)
        for person, say in asking:
            await person.send("/check nothing")
            await person.until(say("check.none"))


async def test_it_notices_what_is_wrong(bot: House, clock: Hurried) -> None:
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{bot.web_port}") as http:
        assert (await http.get("/readyz")).status_code == 200
        clock.forward(-HOUR)
        await http.get("/readyz")
        await bot.db.write(forbid)
        clock.forward(10)
        assert (await http.get("/readyz")).status_code == 503
        await allow(bot)
        clock.forward(10)
        assert (await http.get("/readyz")).status_code == 200


async def forbid(tx: Tx) -> None:
    await tx.conn.execute(
        text("CREATE TRIGGER full BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    )


async def allow(bot: House) -> None:
    async with bot.db._writer.connect() as conn:
        await conn.execute(text("DROP TRIGGER full"))
        await conn.commit()


async def test_it_notices_that_no_update_comes(bot: House, clock: Hurried, control: Control) -> None:
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{bot.web_port}") as http:
        clock.forward(-HOUR)
        answered = bot.metrics.last_poll_at
        await until(lambda: bot.metrics.last_poll_at != answered, "a poll is answered")
        await control.fault("telegram", "*/getUpdates", "hang", times=0)
        clock.forward(2 * SILENCE_SECONDS)
        # One that was on its way may still be answered.
        for _ in range(10):
            if (told := await http.get("/healthz")).status_code == 503:
                break
            clock.forward(SILENCE_SECONDS)
        assert "no poll was answered" in told.text
