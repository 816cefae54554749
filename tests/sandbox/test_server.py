import httpx
import pytest

from sandbox.server import Sandbox


async def test_starts_and_stops_often():
    for _ in range(10):
        async with Sandbox() as box, httpx.AsyncClient(base_url=box.url) as web:
            assert (await web.get("/control/people")).status_code == 200


async def test_stops_while_requests_hang():
    async with httpx.AsyncClient() as web, Sandbox() as box:
        await web.post(f"{box.url}/control/faults", json={"service": "tmdb", "kind": "hang"})
        with pytest.raises(httpx.ReadTimeout):
            await web.get(f"{box.url}/tmdb/3/movie/550", timeout=0.1)


async def test_settings_name_every_service_of_the_sandbox(box: Sandbox):
    env = box.settings(8081)
    assert env["HDHIVE_URL"] == f"{box.url}/hdhive"
    assert env["TELEGRAM_API_URL"] == f"{box.url}/telegram"
    assert env["LISTEN"] == "127.0.0.1:8081"
    assert {"TMDB_TOKEN", "LINKCHECK_API_KEY", "DISKTOP_CLIENT_SECRET"} <= set(env)


async def test_the_same_seed_has_the_same_stock():
    async with Sandbox(seed=3) as one, Sandbox(seed=3) as two, Sandbox(seed=4) as other:
        slugs = [list(box.world.catalogue.resources) for box in (one, two, other)]
    assert slugs[0] == slugs[1] != slugs[2]
