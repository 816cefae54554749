"""Below a channel's post people see only what answers a comment there, so cards are answers to it."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import GROUP
from tests.driver import Person
from tests.e2e import ways
from tests.e2e.check.posts import forward
from tests.e2e.words import Words


async def test_a_card_answers_the_comment_that_asked_for_it(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    command = "/search@linkhive_bot"
    asked = forward(
        box,
        person,
        {
            "text": f"{command} {ways.TITLE[say.language]}",
            "entities": [{"type": "bot_command", "offset": 0, "length": len(command)}],
            "message_thread_id": 4711,
        },
        GROUP,
    )
    card = await person.until(ways.YEAR, chat=GROUP)
    assert card.data["reply_to_message"]["message_id"] == asked.id
    assert "message_thread_id" not in card.data


async def test_elsewhere_a_card_stands_alone(bot: House, person: Person, say: Words) -> None:
    await person.send(f"/search {ways.TITLE[say.language]}", GROUP)
    card = await person.until(ways.YEAR, chat=GROUP)
    assert "reply_to_message" not in card.data
    topic = int((await person.post("/app/topic", GROUP, name="闲聊"))["topic"])
    await person.send(f"/search {ways.TITLE[say.language]}", GROUP, topic=topic)
    card = await person.until(ways.YEAR, chat=GROUP)
    assert "reply_to_message" not in card.data
