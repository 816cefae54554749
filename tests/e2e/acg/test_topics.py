"""What a group follows of ACGBT is told in one topic of its forum, and moves to another on a press there."""

import pytest

from bot.wiring import House
from tests.conftest import GROUP, XIAOYU
from tests.driver import Control, Message, Person
from tests.e2e.acg.acgways import at_rest, later
from tests.e2e.acg.test_follow import ANIME, INTERVAL
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.test_groups import admin_of
from tests.e2e.words import Words

WORDS = "Lycoris 1080p"


async def listed(person: Person, say: Words, topic: int, what: str, button: str) -> Message:
    """Open a list of ACGBT in a topic, and return it once it has the button."""
    if what == "words":
        await person.send(f"/acg@linkhive_bot {WORDS}", GROUP, topic=topic)
    else:
        await person.send("/acg@linkhive_bot", GROUP, topic=topic)
        await person.press(await person.until("ACGBT", chat=GROUP), say("acg.button.any"))
        chosen = await person.until(say("acg.choose.category"), chat=GROUP)
        await person.press(chosen, next(b.text for b in chosen.buttons if "番剧" in b.text))
    return await person.until(lambda m: m.find(say(button)) is not None, chat=GROUP)


async def newest(bot: House, person: Person, control: Control, clock: Hurried, title: str) -> Message:
    """Let something new appear; return the notice of it."""
    await at_rest(bot)
    await control.acgbt_appear(title, ANIME)
    await later(bot, clock, INTERVAL)
    return await person.until(lambda m: m.text.startswith("🆕") and title in m.text, chat=GROUP)


@pytest.mark.parametrize("what", ["category", "words"])
async def test_a_topic_is_kept_moved_and_survived(
    bot: House,
    people: dict[int, Person],
    person: Person,
    say: Words,
    control: Control,
    clock: Hurried,
    what: str,
) -> None:
    await admin_of(person, people)
    topic, other = [
        int((await person.post("/app/topic", GROUP, name=name))["topic"]) for name in ("新番", "旧番")
    ]
    card = await listed(person, say, topic, what, "button.subscribe")
    await person.press(card, say("button.subscribe"))
    begun = await person.until(lambda m: m.find(say("button.unsubscribe")) is not None, chat=GROUP)
    assert begun.data["message_thread_id"] == topic
    first = await newest(bot, person, control, clock, f"{WORDS} 01")
    assert first.data["message_thread_id"] == topic
    card = await listed(person, say, other, what, "button.subscribed")
    await person.press(card, say("button.subscribed"))
    await person.until(lambda m: m.find(say("button.unsubscribe")) is not None, chat=GROUP)
    assert len(await bot.services.subscriptions.follows.of_chat(GROUP)) == 1
    second = await newest(bot, person, control, clock, f"{WORDS} 02")
    assert second.data["message_thread_id"] == other
    await people[XIAOYU].post("/app/topic/delete", GROUP, topic=other)
    third = await newest(bot, person, control, clock, f"{WORDS} 03")
    assert "message_thread_id" not in third.data
