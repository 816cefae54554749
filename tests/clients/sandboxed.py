"""The clients before the sandbox, and the consent its people give."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from clients.disktop.client import DiskTop
from clients.hdhive.client import HDHive
from clients.linkcheck.client import LinkCheck
from clients.tmdb.client import TMDB
from clients.transport import Timeouts, Transport
from sandbox.server import Sandbox

XIAOYU, BEN, LAOCHEN = 1001, 1002, 1003
CALLBACK = "http://127.0.0.1:8080/oauth/{}/callback"
DUNE = 438631


@pytest.fixture
async def env(box: Sandbox) -> dict[str, str]:
    return box.settings(8080)


def way(env: dict[str, str], service: str) -> Transport:
    url = env[f"{service.upper()}_URL"]
    return Transport(service, url, timeout=Timeouts(1, 0.3, 0.8), backoff=0.001)


@pytest.fixture
async def hive(env: dict[str, str]) -> AsyncIterator[HDHive]:
    made = HDHive(way(env, "hdhive"), env["HDHIVE_CLIENT_ID"], env["HDHIVE_APP_SECRET"])
    yield made
    await made.aclose()


@pytest.fixture
async def disk(env: dict[str, str]) -> AsyncIterator[DiskTop]:
    made = DiskTop(way(env, "disktop"), env["DISKTOP_CLIENT_ID"], env["DISKTOP_CLIENT_SECRET"])
    yield made
    await made.aclose()


@pytest.fixture
async def check(env: dict[str, str]) -> AsyncIterator[LinkCheck]:
    made = LinkCheck(way(env, "linkcheck"), env["LINKCHECK_API_KEY"])
    yield made
    await made.aclose()


@pytest.fixture
async def tmdb(env: dict[str, str]) -> AsyncIterator[TMDB]:
    made = TMDB(way(env, "tmdb"), env["TMDB_TOKEN"], env["TMDB_IMAGE_URL"])
    yield made
    await made.aclose()


async def consent(url: str, person: int, decision: str = "allow") -> dict[str, str]:
    """Press a button of the consent page and give what the callback would get."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    async with httpx.AsyncClient(cookies={"sandbox_person": str(person)}, trust_env=False) as browser:
        page = await browser.post(url.partition("?")[0], data={**asked, "decision": decision})
    back = urlsplit(page.headers.get("location", ""))
    return {name: values[0] for name, values in parse_qs(back.query).items()}
