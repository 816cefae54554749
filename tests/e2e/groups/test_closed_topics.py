"""Topics that are closed: a notice goes to the group all the same, and nothing is given up."""

import pytest

from bot.wiring import House
from storage import chats, deadletters
from tests.conftest import GROUP, XIAOYU, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.groups.test_muted import told
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import appear, later, quiet_rounds
from tests.e2e.subscribe.test_groups import admin_of, group_follows
from tests.e2e.words import Words


async def followed_in_topic(
    bot: House, people: dict[int, Person], person: Person, say: Words, clock: Hurried
) -> int:
    """Have a group follow a film in a topic of its forum; return the topic."""
    await linked(person, "hdhive")
    await admin_of(person, people)
    topic = int((await person.post("/app/topic", GROUP, name="新片"))["topic"])
    await group_follows(person, people, say, topic=topic)
    await quiet_rounds(bot)
    clock.forward(61)
    return topic


async def newest(bot: House, person: Person, control: Control, clock: Hurried) -> Message:
    """Let something new appear; return the notice of it."""
    slug = await appear(control)
    await later(bot, clock)
    notice = await person.until("🆕", chat=GROUP)
    assert f"r_{slug}" in str(notice.data)
    return notice


async def test_a_closed_topic_sends_notices_to_the_general_one(
    bot: House,
    people: dict[int, Person],
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    topic = await followed_in_topic(bot, people, person, say, clock)
    await person.post("/app/topic/close", GROUP, topic=topic)
    await journal.forget()
    assert "message_thread_id" not in (await newest(bot, person, control, clock)).data
    sends = await journal.calls("telegram", "POST", "*/sendMessage")
    assert [call.status for call in sends] == [400, 200]
    chat = await bot.db.read(lambda tx: chats.get(tx, GROUP))
    assert chat is None or chat.state == "active"
    await person.post("/app/topic/reopen", GROUP, topic=topic)
    assert (await newest(bot, person, control, clock)).data["message_thread_id"] == topic
    assert len(await told(person)) == 2


async def test_a_group_closed_altogether_is_told_once_it_opens(
    bot: House, people: dict[int, Person], person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    topic = await followed_in_topic(bot, people, person, say, clock)
    for closed in (0, topic):
        await person.post("/app/topic/close", GROUP, topic=closed)
    await appear(control)
    # Failures would make it a dead letter by then.
    for _ in range(10):
        await later(bot, clock)
        await quiet_rounds(bot)
    assert await bot.db.read(deadletters.count) == 0
    assert not await told(person)
    await person.post("/app/topic/reopen", GROUP, topic=topic)
    await later(bot, clock, 3600.0)
    assert (await person.until("🆕", chat=GROUP)).data["message_thread_id"] == topic
    await quiet_rounds(bot)
    assert len(await told(person)) == 1


@pytest.mark.parametrize("gone", [True, False], ids=["inaccessible", "as it was"])
async def test_a_press_on_an_old_card_follows_in_its_topic(
    bot: House, people: dict[int, Person], control: Control, clock: Hurried, gone: bool
) -> None:
    admin, say = people[XIAOYU], Words("zh")
    await linked(admin, "hdhive")
    topic = int((await admin.post("/app/topic", GROUP, name="新片"))["topic"])
    await admin.send("/search@linkhive_bot 沙丘", GROUP, topic=topic)
    listed = await admin.until("2021", chat=GROUP)
    await admin.press(listed, "1", chat=GROUP)
    card = await admin.until(lambda m: m.find(say("button.subscribe")) is not None, chat=GROUP)
    if gone:
        # Of an old message Telegram tells a bot what it tells of a deleted one: that it is inaccessible.
        await admin.delete(card)
    await admin.press(card, say("button.subscribe"))
    await quiet_rounds(bot)
    (followed,) = await bot.services.subscriptions.follows.of_chat(GROUP)
    assert followed.topic == topic
    clock.forward(61)
    assert (await newest(bot, admin, control, clock)).data["message_thread_id"] == topic
