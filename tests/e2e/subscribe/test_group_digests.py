"""Several titles a group follows make one message of each topic, once, over a restart."""

from bot.wiring import House
from services import zones
from tests.conftest import GROUP, LAOCHEN, Start, linked
from tests.driver import Control, Message, Person
from tests.driver.browser import payload_of
from tests.e2e import ways
from tests.e2e.acg.test_follow import ANIME, in_category
from tests.e2e.checkin.test_restarts import rested
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import begin_words, later, quiet_rounds
from tests.e2e.subscribe.test_groups import admin_of, secret_free
from tests.e2e.words import Words

DUNES = {"2021": 438631, "2024": 693134, "1984": 841}


async def group_follows(person: Person, say: Words, year: str, topic: int | None = None) -> Message:
    """Have the group follow one of the films of a name."""
    extra = {} if topic is None else {"topic": topic}
    await person.send(f"/subscribe@linkhive_bot {ways.TITLE[say.language]}", GROUP, **extra)
    listed = await person.until(year, chat=GROUP)
    await person.press(listed, f"🔔 {ways.number_of(listed, year)}", chat=GROUP)
    return await person.until(begin_words(say), chat=GROUP)


async def told_daily(person: Person, say: Words, card: Message) -> None:
    await person.press(card, say("subscribe.button.now"), chat=GROUP)
    await person.until(lambda m: m.find(say("subscribe.button.daily")) is not None, chat=GROUP)


async def new_of(control: Control, year: str, **facts: object) -> str:
    wanted: dict[str, object] = {"drive": "quark", "unlock_points": 3, **facts}
    (slug,) = await control.appear("movie", DUNES[year], **wanted)  # type: ignore[arg-type]
    return slug


async def told(person: Person) -> list[Message]:
    return [m for m in await person.messages(GROUP) if m.text.startswith("🆕")]


async def test_a_daily_digest_is_one_message_of_a_topic(
    start: Start, people: dict[int, Person], person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=clock) as house:
        await linked(person, "hdhive")
        await admin_of(person, people)
        await house.services.people.change(person.id, timezone="UTC")
        topic = int((await person.post("/app/topic", GROUP, name="老片"))["topic"])
        for year, there in (("2021", None), ("2024", None), ("1984", topic)):
            await told_daily(person, say, await group_follows(person, say, year, there))
        await told_daily(person, say, await in_category(person, say, GROUP))
        await quiet_rounds(house)
        clock.forward(zones.next_at(clock.now(), "UTC", "09:00") - clock.now() + 3600)
        slugs = [await new_of(control, year) for year in ("2021", "2021", "2024", "1984")]
        await control.acgbt_appear("Together - 01", ANIME)
        await later(house, clock)
        await rested(house)
        assert not await told(person), "it waits for the morning"
    clock.forward(86_400.0)
    async with start(clock=clock) as house:
        await person.until("🆕", chat=GROUP, since=0, timeout=20)
        await rested(house)
        for _ in range(2):
            await later(house, clock)
            await rested(house)
        messages = await told(person)
        assert len(messages) == 2
        listed = next(m for m in messages if "message_thread_id" not in m.data)
        alone = next(m for m in messages if m.data.get("message_thread_id") == topic)
        assert f"r_{slugs[3]}" in str(alone.buttons)
        assert listed.text.splitlines()[0].startswith("🆕")
        assert "4" in listed.text.splitlines()[0], "four new ones of three that are followed"
        assert [line.split(".")[0] for line in listed.text.splitlines()[2:5]] == ["1", "2", "3"]
        secret_free(listed)
        await anybody_reads(people[LAOCHEN], listed, slugs[:3])
        await admins_decide(house, people[LAOCHEN], person, say, listed)


async def anybody_reads(reader: Person, listed: Message, slugs: list[str]) -> None:
    """Who is no admin opens each title, and from there their own private chat."""
    words, found = Words("zh"), set()
    for number in ("1", "2", "3"):
        await reader.press(listed, number, chat=GROUP)
        opened = await reader.until(lambda m: m.find(words("button.back")) is not None, chat=GROUP)
        secret_free(opened)
        found |= {payload_of(button.url or "") for button in opened.buttons if button.url}
        await reader.press(opened, words("button.back"), chat=GROUP)
        listed = await reader.until(words("groupnews.list"), chat=GROUP)
        assert listed.id == opened.id, "one card, edited in place"
    assert {f"r_{slug}" for slug in slugs} <= found
    assert any(payload.startswith("acg_") for payload in found)


async def admins_decide(house: House, reader: Person, admin: Person, say: Words, listed: Message) -> None:
    """Muting is for admins, also on a title that somebody else opened; what is ended is shown as ended."""
    words = Words("zh")
    await reader.press(listed, "1", chat=GROUP)
    opened = await reader.until(lambda m: m.find(words("button.mute")) is not None, chat=GROUP)
    assert (await reader.press(opened, words("button.mute"), chat=GROUP)).text == words("card.foreign")
    assert (await reader.press(opened, words("button.unsubscribe"), chat=GROUP)).text == words("card.foreign")
    assert not any(one.muted for one in await house.services.subscriptions.follows.of_chat(GROUP))
    await admin.press(opened, words("button.mute"), chat=GROUP)
    muted = await admin.until(say("subscribe.muted"), chat=GROUP)
    await admin.press(muted, say("button.back"), chat=GROUP)
    await admin.press(await admin.until(say("groupnews.list"), chat=GROUP), "1", chat=GROUP)
    again = await admin.until(say("subscribe.muted"), chat=GROUP)
    await admin.press(again, say("button.unsubscribe"), chat=GROUP)
    ended = await admin.until(say("news.ended"), chat=GROUP)
    assert ended.find(say("button.unsubscribe")) is None
    await admin.press(ended, say("button.back"), chat=GROUP)
    await admin.until(say("groupnews.list"), chat=GROUP)
    assert len(await house.services.subscriptions.follows.of_chat(GROUP)) == 3


async def test_what_is_muted_or_ended_meanwhile_is_left_out(
    bot: House, people: dict[int, Person], person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    await admin_of(person, people)
    await bot.services.people.change(person.id, timezone="UTC")
    follows = bot.services.subscriptions.follows
    for year in DUNES:
        await told_daily(person, say, await group_follows(person, say, year))
    await quiet_rounds(bot)
    clock.forward(zones.next_at(clock.now(), "UTC", "09:00") - clock.now() + 3600)
    slugs = {year: await new_of(control, year) for year in DUNES}
    await later(bot, clock)
    await rested(bot)
    muted, ended = [await follows.find(GROUP, "movie", DUNES[year]) for year in ("2021", "1984")]
    assert muted is not None
    assert ended is not None
    await follows.mute(muted.id, muted=True)
    await follows.remove(ended.id)
    clock.forward(86_400.0)
    await later(bot, clock)
    await person.until("🆕", chat=GROUP)
    await rested(bot)
    (notice,) = await told(person)
    assert f"r_{slugs['2024']}" in str(notice.buttons), "one title alone looks as ever"
    assert slugs["2021"] not in str(notice.buttons)
    assert slugs["1984"] not in str(notice.buttons)
