"""Shares that die on demand: HDHive, the link check and Disk.Top say so, and take it back."""

import httpx

from sandbox.server import Sandbox
from tests.driver import Control


async def test_an_own_share_dies_and_comes_back(box: Sandbox) -> None:
    async with Control(box.url) as control:
        slug = await control.share_dies(1001)
        share = box.world.catalogue.resources[slug]
        assert share.owner.person == 1001
        assert box.world.catalogue.verdict(share.full_url)[0] == "dead"
        assert await control.share_dies(1001) != slug
        assert await control.share_dies(1001, "alive") in box.world.catalogue.resources


async def test_a_share_on_disktop_by_its_name(box: Sandbox) -> None:
    resource = next(
        one
        for one in box.world.catalogue.resources.values()
        if one.pan_type == "disktop" and one.verdict == "alive"
    )
    async with httpx.AsyncClient(base_url=box.url, trust_env=False) as http:
        answer = await http.post("/control/shares", json={"slug": resource.slug})
        assert answer.json()["verdict"] == "dead"
        surl = resource.url.rpartition("/")[2].partition("?")[0]
        assert box.world.catalogue.shares[surl].deleted
        for odd in ({"slug": "x"}, {"person": 4}, {"slug": resource.slug, "verdict": "odd"}, {}):
            assert (await http.post("/control/shares", json=odd)).status_code == 400
