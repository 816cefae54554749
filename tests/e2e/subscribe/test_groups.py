"""Titles a group follows: its admins decide, its topics are kept, and nothing of anybody's own is shown."""

import re

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import BEN, GROUP, LAOCHEN, XIAOYU, linked
from tests.driver import Control, Journal, Message, Person
from tests.driver.browser import payload_of
from tests.e2e import ways
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import LOOKS, appear, begin_words, later, quiet_rounds
from tests.e2e.words import Words

SAYS = {"zh": XIAOYU, "en": BEN}


def secret_free(message: Message) -> None:
    """Only deep links, no code to copy, no points in the words, no name of a person or file."""
    assert not re.search(r"https?://|disk\.top/s|pan\.|\d+ (points|积分)|ads|小雨|Ben", message.text), message
    assert not message.links
    for button in message.buttons:
        assert button.copies is None
        assert button.url is None or "/t.me/linkhive_bot?start=" in button.url


async def admin_of(person: Person, people: dict[int, Person]) -> None:
    if person.id != XIAOYU:
        await people[XIAOYU].post("/app/member", GROUP, user=person.id, status="administrator")


async def group_follows(person: Person, people: dict[int, Person], say: Words, **extra: object) -> Message:
    """Have an admin follow a film in the group."""
    await admin_of(person, people)
    await person.send(f"/subscribe@linkhive_bot {ways.TITLE[say.language]}", GROUP, **extra)  # type: ignore[arg-type]
    listed = await person.until(ways.YEAR, chat=GROUP)
    await person.press(listed, f"🔔 {ways.number_of(listed, ways.YEAR)}", chat=GROUP)
    card = await person.until(begin_words(say), chat=GROUP)
    secret_free(card)
    return card


async def test_a_group_is_told_and_each_reader_unlocks_alone(
    bot: House,
    people: dict[int, Person],
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
    box: Sandbox,
) -> None:
    await linked(person, "hdhive")
    await group_follows(person, people, say)
    await quiet_rounds(bot)
    clock.forward(61)
    slug = await appear(control, title="沙丘 REMUX t.me/ads", share_size="58 GB", video_resolution=["4K"])
    await appear(control, unlock_points=0, title="沙丘 REMUX")
    await journal.forget()
    await later(bot, clock)
    notice = await person.until("🆕", chat=GROUP)
    secret_free(notice)
    assert "58 GB" in notice.text
    assert "ads" not in notice.text, "a resource's title is its sharer's words"
    assert notice.data["link_preview_options"]["url"].endswith(".jpg")
    assert len(await journal.calls("hdhive", "GET", LOOKS)) == 1
    button = notice.button(say("resource.points", points=3))
    payload = payload_of(button.url or "")
    assert payload == f"r_{slug}"
    reader = people[LAOCHEN]
    words = Words("zh")
    await linked(reader, "hdhive")
    await control.person(reader.id, points=50)
    await reader.start(payload)
    facts = await reader.until(lambda m: m.find(words("button.unlock_for", points=3)) is not None)
    await reader.press(facts, words("button.unlock"))
    asked = await reader.until(lambda m: m.find(words("button.confirm")) is not None)
    await reader.press(asked, words("button.confirm"))
    await reader.until(lambda m: m.find(words("button.open")) is not None)
    assert [charge.person for charge in box.world.hdhive.charges] == [reader.id]
    for message in await person.messages(GROUP):
        if message.author == 7000000001:
            secret_free(message)
    assert payload_of(notice.button(say("button.private")).url or "") == "t_movie_438631"


async def test_only_admins_decide(
    bot: House, people: dict[int, Person], say: Words, person: Person, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    member, words = people[LAOCHEN], Words("zh")
    await member.send("/subscribe@linkhive_bot 沙丘", GROUP)
    secret_free(await member.until(words("subscribe.admins"), chat=GROUP))
    await member.send("/subscriptions@linkhive_bot", GROUP)
    await member.until(words("subscribe.admins"), chat=GROUP)
    await member.send("/search@linkhive_bot 沙丘", GROUP)
    listed = await member.until(ways.YEAR, chat=GROUP)
    await member.press(listed, ways.number_of(listed, ways.YEAR), chat=GROUP)
    card = await member.until(lambda m: m.find(words("button.subscribe")) is not None, chat=GROUP)
    pressed = await member.press(card, words("button.subscribe"), chat=GROUP)
    assert pressed.text == words("subscribe.admins")
    assert await bot.services.subscriptions.follows.of_chat(GROUP) == []
    mine = await group_follows(person, people, say)
    assert (await member.press(mine, say("button.unsubscribe"), chat=GROUP)).text == words("card.foreign")
    await people[XIAOYU].post("/app/member", GROUP, user=member.id, status="administrator")
    await member.send("/subscriptions@linkhive_bot", GROUP)
    listed = await member.until("1.", chat=GROUP)
    secret_free(listed)
    await member.press(listed, "1", chat=GROUP)
    card = await member.until(words("subscribe.filter.none"), chat=GROUP)
    await people[XIAOYU].post("/app/member", GROUP, user=member.id, status="member")
    assert (await member.press(card, words("button.mute"), chat=GROUP)).text == words("subscribe.admins")
    (kept,) = await bot.services.subscriptions.follows.of_chat(GROUP)
    assert not kept.muted


async def test_a_topic_is_kept_and_survived(
    bot: House,
    people: dict[int, Person],
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    await linked(person, "hdhive")
    await admin_of(person, people)
    topic = int((await person.post("/app/topic", GROUP, name="新片"))["topic"])
    card = await group_follows(person, people, say, topic=topic)
    assert card.data["message_thread_id"] == topic
    await quiet_rounds(bot)
    clock.forward(61)
    await appear(control)
    await later(bot, clock)
    notice = await person.until("🆕", chat=GROUP)
    assert notice.data["message_thread_id"] == topic
    other = int((await person.post("/app/topic", GROUP, name="旧片"))["topic"])
    await person.send(f"/subscribe@linkhive_bot {ways.TITLE[say.language]}", GROUP, topic=other)
    listed = await person.until(ways.YEAR, chat=GROUP)
    await person.press(listed, f"🔔 {ways.number_of(listed, ways.YEAR)}", chat=GROUP)
    await person.until(lambda m: m.find(say("button.unsubscribe")) is not None, chat=GROUP)
    await appear(control)
    await later(bot, clock)
    moved = await person.until("🆕", chat=GROUP)
    assert moved.data["message_thread_id"] == other
    await person.post("/app/topic/delete", GROUP, topic=other)
    await appear(control)
    await later(bot, clock)
    again = await person.until("🆕", chat=GROUP)
    assert "message_thread_id" not in again.data


async def test_the_notice_obeys_every_admin_and_nobody_else(
    bot: House, people: dict[int, Person], control: Control, clock: Hurried
) -> None:
    admin, member, say, words = people[XIAOYU], people[BEN], Words("zh"), Words("en")
    await linked(admin, "hdhive")
    await group_follows(admin, people, say)
    await quiet_rounds(bot)
    clock.forward(61)
    await appear(control)
    await later(bot, clock)
    notice = await admin.until("🆕", chat=GROUP)
    assert (await member.press(notice, say("button.mute"), chat=GROUP)).text == words("card.foreign")
    await admin.press(notice, say("button.mute"), chat=GROUP)
    muted = await admin.until(say("subscribe.muted"), chat=GROUP)
    secret_free(muted)
    await admin.post("/app/member", GROUP, user=member.id, status="administrator")
    await member.press(muted, say("button.unsubscribe"), chat=GROUP)
    ended = await member.until(words("news.ended"), chat=GROUP)
    assert ended.find(words("button.unsubscribe")) is None
    assert await bot.services.subscriptions.follows.of_chat(GROUP) == []


async def test_who_writes_as_the_group_lets_an_admin_lend_their_account(
    bot: House, people: dict[int, Person], control: Control, clock: Hurried, journal: Journal
) -> None:
    admin, say = people[XIAOYU], Words("en")
    await admin.send("/subscribe Dune", GROUP, anonymous=True)
    listed = await admin.until(ways.YEAR, chat=GROUP)
    data = listed.button(f"🔔 {ways.number_of(listed, ways.YEAR)}").data or ""
    await admin.press_data(listed, data)
    zh = Words("zh")
    card = await admin.until(lambda m: m.find(zh("button.unsubscribe")) is not None, chat=GROUP)
    assert zh("subscribe.nobody_here") in card.text
    await admin.press(card, zh("subscribe.button.lend"), chat=GROUP)
    await admin.until(zh("problem.not_linked", service="HDHive"), chat=GROUP)
    await linked(admin, "hdhive")
    await admin.press_data(card, f"{data.partition(':')[0]}:lend:")
    lent = await admin.until(
        lambda m: m.id == card.id and zh("subscribe.nobody_here") not in m.text, chat=GROUP
    )
    assert lent.find(zh("subscribe.button.lend")) is None
    await quiet_rounds(bot)
    clock.forward(61)
    await appear(control)
    await later(bot, clock)
    secret_free(await admin.until("🆕", chat=GROUP))
    assert say is not None


async def test_words_are_set_in_the_private_chat_of_an_admin(
    bot: House, people: dict[int, Person], person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    card = await group_follows(person, people, say)
    await quiet_rounds(bot)
    payload = payload_of(card.button(say("subscribe.button.more")).url or "")
    stranger, words = people[LAOCHEN], Words("zh")
    await stranger.start(payload)
    await stranger.until(words("subscribe.admins"))
    await stranger.start("f_123")
    await stranger.until(words("subscribe.gone"))
    await person.start(payload)
    private = await person.until(say("subscribe.filter.none"))
    assert private.find(say("subscribe.button.auto_on")) is None, "a group has no points"
    await person.press(private, say("subscribe.button.words"))
    await person.press(await person.until(say("subscribe.ask.words")), say("subscribe.button.exclude"))
    await person.until(say("subscribe.type.exclude"))
    await person.send("CAM")
    await person.until(say("subscribe.filter.exclude", values="CAM"))
    clock.forward(61)
    await appear(control, title="CAM")
    await later(bot, clock)
    await quiet_rounds(bot)
    assert not [m for m in await person.messages(GROUP) if m.text.startswith("🆕")]


async def test_a_group_that_becomes_a_supergroup_is_told_there(
    bot: House, people: dict[int, Person], control: Control, clock: Hurried
) -> None:
    admin, say = people[XIAOYU], Words("zh")
    await linked(admin, "hdhive")
    group = int((await admin.post("/app/groups", title="小群"))["id"])
    await admin.send("/subscribe@linkhive_bot 沙丘", group)
    listed = await admin.until(ways.YEAR, chat=group)
    await admin.press(listed, f"🔔 {ways.number_of(listed, ways.YEAR)}", chat=group)
    await admin.until(begin_words(say), chat=group)
    await quiet_rounds(bot)
    clock.forward(61)
    await appear(control)
    moved = int((await admin.post("/app/migrate", group))["chat"])
    await later(bot, clock)
    await admin.until("🆕", chat=moved)
