"""New resources on HDHive: on demand, and as time goes by."""

from typing import Any

import httpx
import pytest

from sandbox import appearing
from sandbox.server import Sandbox
from tests.driver import Control

DUNE = ("movie", 438631)


def stock(box: Sandbox) -> int:
    return len(box.world.catalogue.of_title(*DUNE))


async def wish(box: Sandbox, **fields: Any) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(f"{box.url}/control/resources", json=fields)


async def test_on_demand(box: Sandbox, control: Control) -> None:
    before = stock(box)
    slugs = await control.appear(*DUNE, count=3, drive="quark", unlock_points=7, title="沙丘 4K", remark=None)
    assert stock(box) == before + 3
    made = box.world.catalogue.resources[slugs[0]]
    assert (made.pan_type, made.unlock_points, made.title, made.unlocked_by) == ("quark", 7, "沙丘 4K", set())
    assert abs(made.created_at - box.world.now()) < 5
    (share,) = await control.appear(*DUNE, drive="disktop")
    assert box.world.catalogue.resources[share].url.startswith("https://disk.top/s/")
    (dead,) = await control.appear(*DUNE, drive="115", verdict="dead")
    assert box.world.catalogue.verdict(box.world.catalogue.resources[dead].url)[0] == "dead"


@pytest.mark.parametrize(
    "fields",
    [
        {"media_type": "movie", "tmdb_id": 1},
        {"media_type": "movie", "tmdb_id": 438631, "drive": "floppy"},
        {"media_type": "movie", "tmdb_id": 438631, "slug": "mine"},
        {"media_type": "movie", "tmdb_id": 438631, "unlock_points": "many"},
        {"media_type": "movie", "tmdb_id": 438631, "count": 0},
        {"media_type": "movie", "tmdb_id": 438631, "verdict": "odd"},
    ],
)
async def test_wrong_wishes(box: Sandbox, fields: dict[str, Any]) -> None:
    before = stock(box)
    reply = await wish(box, **fields)
    assert reply.status_code == 400
    assert reply.json()["error"]
    assert stock(box) == before


async def test_as_time_goes_by(box: Sandbox, control: Control) -> None:
    world, before = box.world, stock(box)
    await control.options(hdhive_new_every=600)
    appearing.meanwhile(world, DUNE)
    assert stock(box) == before, "time counts from the first time it is asked for"
    await control.advance(1300)
    appearing.meanwhile(world, DUNE)
    assert stock(box) == before + 2
    appearing.meanwhile(world, DUNE)
    await control.advance(500)
    appearing.meanwhile(world, DUNE)
    assert stock(box) == before + 3, "what was left of the time counts on"
    await control.advance(86_400)
    appearing.meanwhile(world, DUNE)
    assert stock(box) == before + 3 + appearing.MOST_MEANWHILE
    await control.options(hdhive_new_every=0)
    await control.advance(86_400)
    appearing.meanwhile(world, DUNE)
    assert stock(box) == before + 6
    appearing.meanwhile(world, ("movie", 1))
    async with httpx.AsyncClient(trust_env=False) as http:
        listed = (await http.get(f"{box.url}/control/resources")).json()["titles"]
    assert [(one["media_type"], one["tmdb_id"]) for one in listed] == [("movie", 1), DUNE]
    assert listed[1]["title"]["zh"] == "沙丘"
    assert listed[1]["resources"] == stock(box)
    assert "title" not in listed[0]
