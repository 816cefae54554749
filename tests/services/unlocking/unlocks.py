"""Presses, and what came of them, for the tests of unlocking."""

from typing import Any

from services.unlocking.unlocking import Outcome
from tests.services.conftest import House

UNLOCK = "/resources/unlock"


def paid(house: House, *, user_id: int = 1001, at_most: int = 60) -> Any:
    """Return a resource that costs this person something they can pay."""
    return next(
        r
        for r in house.box.world.catalogue.resources.values()
        if 0 < (r.unlock_points or 0) <= at_most
        and user_id not in r.unlocked_by
        and r.owner.person != user_id
    )


async def press(
    house: House, slug: str, price: int = 99, *, card: str | None = "card", ago: float = 0
) -> Outcome:
    return await house.services.unlocking.unlock(1001, slug, price, card, house.clock.now() - ago)


async def posts(house: House) -> int:
    return len(await house.calls("hdhive", "POST", UNLOCK))


def charges(house: House) -> int:
    return len(house.box.world.hdhive.charges)


async def known(house: House, slug: str) -> Any:
    return await house.services.unlocking.known(1001, slug)


async def cards(house: House) -> list[str]:
    return [job.payload["card_id"] for job in await house.jobs("card.refresh")]
