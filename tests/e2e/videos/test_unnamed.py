"""A category whose name shows nothing can be picked all the same."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Journal, Person
from tests.e2e.videos.mikaways import joined
from tests.e2e.words import Words


@pytest.mark.parametrize("name", ["", "\u200b\u2060", "\u2028\x85 "])
async def test_it_goes_by_its_number(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal, name: str
) -> None:
    await joined(bot, box, person, "key")
    category = next(c for c in box.world.mika.categories.values() if c.name == "科幻片")
    category.name = name
    await person.send("/videos")
    listed = await person.until(lambda m: m.find(say("button.categories")) is not None)
    await person.press(listed, say("button.categories"))
    await person.press(await person.until(say("categories.top")), "电影")
    label = say("category.unnamed", id=category.id)
    await person.press(await person.until(lambda m: m.find(label) is not None), label)
    await person.until(lambda m: f"电影 › {label}" in m.text)
    assert (await journal.calls("mika", "GET", "/api/videos"))[-1].query["category_id"] == str(category.id)
