"""Categories and words of ACGBT that are followed: one look for all, told once, in private and in groups."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import GROUP, Start
from tests.driver import Control, Journal, Message, Person
from tests.e2e.acg.acgways import at_rest, later, made
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

INTERVAL = 905.0
ANIME, FILMS = 2, 5


async def in_category(person: Person, say: Words, chat: int | None = None) -> Message:
    """Follow the category of series from its list."""
    await person.send("/acg", chat)
    await person.press(await person.until("ACGBT", chat=chat), say("acg.button.any"))
    chosen = await person.until(say("acg.choose.category"), chat=chat)
    await person.press(chosen, next(b.text for b in chosen.buttons if "番剧" in b.text))
    card = await person.until(lambda m: m.find(say("button.subscribe")) is not None, chat=chat)
    await person.press(card, say("button.subscribe"))
    return await person.until(begun(say), chat=chat)


def begun(say: Words) -> str:
    return say("acg.begun", icon="", name="").splitlines()[-1]


async def told(person: Person, chat: int | None = None) -> list[Message]:
    return [m for m in await person.messages(chat) if m.text.startswith("🆕")]


async def test_a_category_is_told_once_and_opens(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await in_category(person, say)
    await at_rest(bot)
    await control.acgbt_appear("新番第一集 New one - 01", ANIME)
    await control.acgbt_appear("不相干的电影 Another film", FILMS)
    await journal.forget()
    await later(bot, clock, INTERVAL)
    notice = await person.until("🆕")
    assert "New one - 01" in notice.text
    assert "Another film" not in notice.text
    (look,) = [call for call in await made(journal, "GET", "/resources") if call.query["page_size"] == "100"]
    assert look.query["order_by"] == "created_at"
    assert look.query["order_dir"] == "desc"
    for _ in range(2):
        await later(bot, clock, INTERVAL)
        await at_rest(bot)
    assert len(await told(person)) == 1
    await person.press(notice, "1")
    item = await person.until("⬇️")
    await person.press(item, say("button.back"))
    notice = await person.until("🆕")
    await person.press(notice, say("button.unsubscribe"))
    await person.until(say("news.ended"))
    await control.acgbt_appear("New one - 02", ANIME)
    await later(bot, clock, INTERVAL)
    await at_rest(bot)
    assert len(await told(person)) == 1


async def test_words_filters_mute_and_the_list(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await person.send("/acg Lycoris 1080p")
    none = await person.until(say("acg.none"))
    await person.press(none, say("button.subscribe"))
    card = await person.until(begun(say))
    assert card.find(say("subscribe.button.drives")) is None, "what ACGBT has lies on no drive"
    await person.press(card, say("subscribe.button.words"))
    await person.press(await person.until(say("subscribe.ask.words")), say("subscribe.button.exclude"))
    await person.until(say("subscribe.type.exclude"))
    await person.send("预告")
    await person.press(await person.until(say("subscribe.ask.words")), say("subscribe.button.done"))
    await person.until("预告")
    await at_rest(bot)
    for title in ("LYCORIS Recoil [1080P] 01", "Lycoris 1080p 预告", "Lycoris 720p", "别的 1080p"):
        await control.acgbt_appear(title, ANIME)
    await later(bot, clock, INTERVAL)
    notice = await person.until("🆕")
    assert "Recoil" in notice.text
    assert "预告" not in notice.text
    assert "720p" not in notice.text
    await person.press(notice, say("button.mute"))
    await person.until(say("subscribe.muted"))
    await control.acgbt_appear("Lycoris 1080p 02", ANIME)
    await later(bot, clock, INTERVAL)
    await at_rest(bot)
    assert len(await told(person)) == 1
    await person.send("/subscriptions")
    listed = await person.until("Lycoris 1080p")
    assert "🌸" in listed.text
    await person.press(listed, "1")
    card = await person.until(lambda m: m.find(say("button.unmute")) is not None)
    await person.press(card, say("button.unmute"))
    await person.press(
        await person.until(lambda m: m.find(say("button.mute")) is not None), say("button.unsubscribe")
    )
    await person.until(say("subscriptions.none"))


async def test_one_look_serves_everybody_and_groups_are_told_no_links(
    bot: House,
    people: dict[int, Person],
    xiaoyu: Person,
    ben: Person,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    zh, en = Words("zh"), Words("en")
    await ben.send("/acg", GROUP)
    await ben.press(await ben.until("ACGBT", chat=GROUP), en("acg.button.any"))
    chosen = await ben.until(en("acg.choose.category"), chat=GROUP)
    await ben.press(chosen, next(b.text for b in chosen.buttons if "番剧" in b.text))
    card = await ben.until(lambda m: m.find(en("button.subscribe")) is not None, chat=GROUP)
    refused = await ben.press(card, en("button.subscribe"))
    assert refused.text == en("subscribe.admins")
    await in_category(xiaoyu, zh, GROUP)
    await in_category(ben, en)
    await at_rest(bot)
    number = await control.acgbt_appear("[组] Together - 01 [1080p]", ANIME)
    await journal.forget()
    await later(bot, clock, INTERVAL)
    in_group = await xiaoyu.until("🆕", chat=GROUP)
    await ben.until("🆕")
    await at_rest(bot)
    assert len([c for c in await made(journal, "GET", "/resources") if c.query["page_size"] == "100"]) == 1
    assert "Together" in in_group.text
    assert (in_group.button("1").url or "").endswith(f"?start=acg_{number}")
    assert "magnet" not in str(in_group.data)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_restart_neither_loses_nor_repeats(
    start: Start, ben: Person, box: Sandbox, control: Control, when: str
) -> None:
    say, clock = Words("en"), Hurried()
    await control.telegram("options", limits=False)
    async with start(clock=clock) as house:
        await in_category(ben, say)
        await at_rest(house)
        if when == "after":
            await control.acgbt_appear("Restarted - 01", ANIME)
            await later(house, clock, INTERVAL)
            await ben.until("🆕")
            await at_rest(house)
    if when == "before":
        await control.acgbt_appear("Restarted - 01", ANIME)
    clock.forward(INTERVAL)
    async with start(clock=clock) as house:
        if when == "before":
            await ben.until("🆕", 20, since=0)
        await at_rest(house)
        await later(house, clock, INTERVAL)
        await at_rest(house)
        assert len(await told(ben)) == 1


async def test_a_site_that_fails_is_asked_again_and_nothing_is_lost(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await in_category(person, say)
    await at_rest(bot)
    await control.acgbt_appear("Late - 01", ANIME)
    await control.fault("acgbt", "*/resources", "status", status=500, times=0)
    await later(bot, clock, INTERVAL)
    await at_rest(bot)
    assert not await told(person)
    await control.mend()
    await later(bot, clock, INTERVAL)
    await person.until("Late - 01")


async def test_who_comes_back_is_told_again(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await in_category(person, say)
    await at_rest(bot)
    await person.block()
    await control.acgbt_appear("Missed - 01", ANIME)
    await later(bot, clock, INTERVAL)
    await at_rest(bot)
    await person.unblock()
    await later(bot, clock, INTERVAL)
    await at_rest(bot)
    await control.acgbt_appear("Heard - 02", ANIME)
    await later(bot, clock, INTERVAL)
    await person.until("Heard - 02")
