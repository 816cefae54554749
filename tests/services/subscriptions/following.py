"""Rounds and receipts as the bot runs them, on a clock that is moved."""

from collections import Counter
from typing import Any

import pytest

from clients.tmdb.models import MediaType, Title
from sandbox.appearing import appear
from sandbox.catalogue import Resource
from services.notices import NOTICE
from services.subscriptions import GROUP, NEWS, News
from services.subscriptions.following import FollowedTitle
from services.subscriptions.rounds import ROUND
from storage.jobs import Job
from tests.services.conftest import House
from tests.services.jobs import living
from tests.services.jobs.living import open_jobs

DUNE, DARK = ("movie", 438631), ("tv", 108545)
XIAOYU, BEN, LAOCHEN = 1001, 1002, 1003
INTERVAL = 900.0
THE_GROUP = -1001000000001
PATH = "resources/movie/438631"


def title(key: tuple[str, int] = DUNE) -> Title:
    return Title(media_type=MediaType(key[0]), id=key[1], title="沙丘")


async def follow(
    house: House, user: int = XIAOYU, chat: int = 0, key: tuple[str, int] = DUNE
) -> FollowedTitle:
    """Follow a title, and let the first look happen."""
    made = await house.services.subscriptions.follows.follow(user, chat or user, None, title(key))
    await settle(house)
    # So long after that nothing counts as there from the beginning.
    house.clock.advance(61.0)
    return made


def running(house: House, holder: str = "w", **options: Any) -> Any:
    """Look for what is new as the bot does."""
    return living.running(house, house.services.subscriptions.jobs(), holder, **options)


async def settle(house: House) -> None:
    """Do what is due now."""
    await living.settle(house, house.services.subscriptions.jobs())


async def live(house: House, seconds: float = INTERVAL + 1) -> None:
    """Let time pass, doing all that falls due in it."""
    await living.live(house, house.services.subscriptions.jobs(), seconds)


def new(house: House, key: tuple[str, int] = DUNE, count: int = 1, **facts: Any) -> list[Resource]:
    return [appear(house.box.world, key, **{"unlock_points": 3, **facts}) for _ in range(count)]


async def told(house: House) -> list[News]:
    """The notices that wait to be delivered, to people first, then to groups."""
    waiting = await open_jobs(house, NOTICE, GROUP)
    found = [job for job in waiting if job.kind == GROUP or job.payload.get("kind") == NEWS]
    return [News.model_validate(job.payload) for job in found]


async def notices(house: House, kind: str = NEWS) -> list[Job]:
    return [job for job in await open_jobs(house, NOTICE) if job.payload.get("kind") == kind]


async def looks(house: House) -> Counter[str]:
    """How often each title was looked up, by the path of the request."""
    calls = await house.calls("hdhive", "GET")
    paths = [str(call["path"]).removeprefix("/api/open/") for call in calls]
    return Counter(path for path in paths if path.startswith("resources/"))


async def rounds(house: House) -> list[Job]:
    return await open_jobs(house, ROUND)


@pytest.fixture
async def home(house: House) -> House:
    await house.link(XIAOYU)
    return house
