"""Short ways to the tasks of Mika, for somebody who runs the site."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account
from tests.driver import Message, Person
from tests.e2e.videos.mikaways import joined
from tests.e2e.words import Words

TASKS = "/api/admin/transcode/tasks"
WAYS = {"zh": "login", "en": "key"}


@pytest.fixture
async def account(bot: House, box: Sandbox, person: Person, language: str) -> Account:
    return await joined(bot, box, person, WAYS[language])


async def opened(person: Person, say: Words) -> Message:
    await person.send("/transcode")
    return await person.until(lambda m: m.find(say("transcode.kind.failed")) is not None)


async def task_card(person: Person, say: Words) -> Message:
    await person.press(await opened(person, say), "1")
    return await person.until(lambda m: m.find(say("button.all_tasks")) is not None)


def percent(say: Words, value: int) -> str:
    return say("transcode.bar", bar="", percent=value).strip()
