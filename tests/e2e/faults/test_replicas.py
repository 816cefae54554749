"""Two replicas on one database count each other, and share what is limited for both."""

import asyncio
import time
from base64 import b64encode
from secrets import token_bytes

import pytest

from bot.wiring import House
from tests.conftest import Start
from tests.driver import Person
from tests.e2e.words import Words
from tests.fixtures.databases import why_no_postgres


@pytest.mark.postgres
@pytest.mark.skipif(why_no_postgres() is not None, reason=why_no_postgres() or "")
async def test_each_takes_its_part(start: Start, xiaoyu: Person, postgres_url: str) -> None:
    keys = b64encode(token_bytes(32)).decode()
    ways = {"telegram_updates": "webhook", "database_url": postgres_url, "secret_keys": keys}
    async with start(**ways) as first:
        assert first.replicas.share(30) == 30
        async with start(**ways) as second:
            assert second.replicas.share(30) == 15
            await knows(first, 15)
            await xiaoyu.send("/start")
            await xiaoyu.until(Words("zh").starts("start.first_step"))
        await knows(first, 30)


async def knows(house: House, part: int) -> None:
    deadline = time.monotonic() + 10
    while house.replicas.share(30) != part:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
