"""Secrets of the site that do not say so in one word: not in the chat, not in a list, not in the database."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account
from tests.driver import Person
from tests.e2e.site.test_site import one
from tests.e2e.videos.mikaways import joined
from tests.e2e.words import Words

CANARY = "hunter2-canary"


@pytest.fixture
async def account(bot: House, box: Sandbox, person: Person) -> Account:
    return await joined(bot, box, person, "key")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_pass", CANARY),
        ("mail", {"host": "smtp.example.com", "password": CANARY}),
        ("cache", f"redis://:{CANARY}@10.0.0.5/0"),
    ],
)
async def test_it_is_neither_shown_nor_asked_for(
    person: Person, say: Words, box: Sandbox, account: Account, name: str, value: object
) -> None:
    # In front of all others, so that it is on the first page.
    settings = box.world.mika.settings
    others = dict(settings)
    settings.clear()
    settings.update({name: value, **others})
    card = await one(person, say, name)
    assert say("site.secret") in card.text
    assert card.find(say("button.change")) is None
    assert not any(CANARY in m.text for m in await person.messages())


async def test_a_switch_is_turned_whatever_it_is_called(
    person: Person, say: Words, box: Sandbox, account: Account
) -> None:
    settings = box.world.mika.settings
    others = dict(settings)
    settings.clear()
    settings.update({"allow_password_login": True, **others})
    card = await one(person, say, "allow_password_login")
    await person.press(card, say("button.switch_off"))
    asked = await person.until(lambda m: m.find(say("button.confirm")) is not None)
    await person.press(asked, say("button.confirm"))
    await person.until(say.starts("site.setting_saved"))
    assert settings["allow_password_login"] is False
