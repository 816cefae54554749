"""Followed titles on the way people go: subscribe, be told once, act on the notice, filter, mute, end."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e import ways
from tests.e2e.hurried import Hurried
from tests.e2e.settings.test_quiet import be_quiet
from tests.e2e.subscribe.following import (
    appear,
    begin_words,
    begun,
    choose_drives,
    choose_price,
    choose_quality_and_words,
    later,
    looks,
    quiet_rounds,
    said_words,
)
from tests.e2e.words import Words

SERIES = ("tv", 108545)


async def told(person: Person) -> list[Message]:
    return [message for message in await person.messages() if message.text.startswith("🆕")]


async def test_a_notice_says_what_is_new_and_its_buttons_act(
    bot: House,
    box: Sandbox,
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    await linked(person, "hdhive")
    await begun(person, say)
    await journal.forget()
    slug = await appear(control, unlock_points=3, title="沙丘 2160p REMUX", share_size="58 GB")
    await later(bot, clock)
    notice = await person.until("🆕")
    assert await looks(journal) == 1
    assert "58 GB" in notice.text
    assert "Quark" in notice.text or "夸克" in notice.text
    preview = notice.data["link_preview_options"]
    assert preview["url"].endswith(".jpg")
    unlock = notice.button(say("button.unlock"))
    assert say("resource.points", points=3) in unlock.text
    for label in ("button.check", "button.mute", "button.unsubscribe", "button.all_resources"):
        assert notice.find(say(label)), label
    assert notice.find(say("button.save")) is None, "only Disk.Top shares can be saved"
    await person.press(notice, say("button.unlock"))
    facts = await person.until(lambda m: m.find(say("button.unlock_for", points=3)) is not None)
    assert facts.id == notice.id
    await person.press(facts, say("button.unlock"))
    asked = await person.until(lambda m: m.find(say("button.confirm")) is not None)
    await person.press(asked, say("button.confirm"))
    link = await person.until(lambda m: m.find(say("button.open")) is not None)
    assert box.world.catalogue.resources[slug].url in link.text
    await person.press(link, say("button.back"))
    again = await person.until("🆕")
    assert say("resource.yours") in again.button(say("button.unlock")).text
    await later(bot, clock)
    await quiet_rounds(bot)
    await later(bot, clock)
    await quiet_rounds(bot)
    assert len(await told(person)) == 1
    assert await looks(journal) >= 2


async def test_many_new_ones_make_one_notice_in_pages(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    await begun(person, say)
    for points in (9, 0, 4, 7, 2, 6, 8):
        await appear(control, unlock_points=points)
    await later(bot, clock)
    notice = await person.until("🆕")
    assert "7" in notice.text.splitlines()[1]
    prices = [b.text for b in notice.buttons if "·" in b.text][:5]
    assert say("resource.free") in prices[0]
    assert say("resource.points", points=2) in prices[1]
    await person.press(notice, say("button.next"))
    rest = await person.until("6.")
    assert len([b for b in rest.buttons if "·" in b.text]) == 2
    await person.press(rest, say("button.all_resources"))
    await person.until(lambda m: m.id == notice.id and m.find(say("button.subscribed")) is not None)
    assert len(await told(person)) == 0, "the notice has become the title's card"


async def test_filters_are_set_by_buttons_and_words(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    card = await begun(person, say)
    assert say("subscribe.filter.none") in card.text
    card = await choose_drives(person, say, card)
    card = await choose_price(person, say, card)
    await choose_quality_and_words(person, say, card)
    await person.press(None, say("subscribe.button.done"))
    full = await person.until(say("subscribe.filter.quality", values="4K"))
    assert said_words(say, "include", "remux, 国语") in full.text
    good = {"drive": "quark", "unlock_points": 4, "video_resolution": ["4K"], "title": "REMUX 国语"}
    for wrong in (
        {"drive": "115"},
        {"unlock_points": 5},
        {"video_resolution": ["1080P"]},
        {"title": "REMUX"},
        {"title": "REMUX 国语 cam"},
    ):
        await appear(control, **{**good, "remark": None, "source": [], **wrong})
    await later(bot, clock)
    await quiet_rounds(bot)
    assert await told(person) == []
    await appear(control, **good, remark=None, source=[])
    await later(bot, clock)
    await person.until("🆕")
    await person.send("/subscriptions")
    listed = await person.until(lambda m: "1." in m.text and "🔔" in m.text)
    await person.press(listed, "1")
    card = await person.until(say("subscribe.filter.drives", values=say("drive.quark")))
    await person.press(card, say("subscribe.button.words"))
    await person.press(await person.until(say("subscribe.ask.words")), say("subscribe.button.no_include"))
    await person.until(lambda m: "REMUX" not in m.text and say("subscribe.ask.words") in m.text)


async def test_mute_and_end_on_the_notice_and_in_the_list(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    await begun(person, say)
    await appear(control)
    await later(bot, clock)
    notice = await person.until("🆕")
    await person.press(notice, say("button.mute"))
    await person.until(say("subscribe.muted"))
    await journal.forget()
    await appear(control)
    await later(bot, clock)
    await quiet_rounds(bot)
    assert await looks(journal) == 0
    await person.press(None, say("button.unmute"))
    await person.until(lambda m: m.find(say("button.mute")) is not None)
    await quiet_rounds(bot)
    assert len(await told(person)) == 1, "what came in silence is no news"
    await person.send("/subscriptions")
    listed = await person.until("1.")
    await person.press(listed, "1")
    card = await person.until(say("subscribe.filter.none"))
    pressed = await person.press(card, say("button.unsubscribe"))
    assert pressed.answered
    await person.until(say("subscriptions.none").splitlines()[0][:12])
    await person.press(notice, say("button.unsubscribe"))
    await person.until(say("news.ended"))
    await journal.forget()
    await later(bot, clock)
    await quiet_rounds(bot)
    assert await looks(journal) == 0


async def test_a_title_is_found_and_followed_by_command(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, clock: Hurried
) -> None:
    await person.send("/subscribe")
    await person.until(say("subscribe.ask"))
    await person.send(ways.TITLE[say.language])
    listed = await person.until(ways.YEAR)
    await person.press(listed, f"🔔 {ways.number_of(listed, ways.YEAR)}")
    unlinked = await person.until(say("problem.not_linked", service="HDHive"))
    assert unlinked.find(say("button.retry"))
    await linked(person, "hdhive")
    await person.press(unlinked, say("button.retry"))
    card = await person.until(begin_words(say))
    await quiet_rounds(bot)
    assert await looks(journal) == 1, "nothing was shown, so the first look is the beginning"
    await person.press(card, say("button.back"))
    await person.until(lambda m: m.find("🔔 1") is not None)
    await person.send("/subscribe qqqqzzzz")
    await person.until(say("search.none", query="qqqqzzzz"))
    clock.forward(61)
    await appear(control)
    await later(bot, clock)
    await person.until("🆕")


async def test_quiet_hours_make_one_message_of_several_titles(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    await begun(person, say)
    title = await bot.services.titles.details(SERIES[0], SERIES[1], say.language)  # type: ignore[arg-type]
    await bot.services.subscriptions.follows.follow(person.id, person.id, None, title)
    await quiet_rounds(bot)
    clock.forward(61)
    await be_quiet(bot, person)
    await appear(control)
    await control.appear(*SERIES, count=2)
    await later(bot, clock)
    await quiet_rounds(bot)
    assert await told(person) == []
    await later(bot, clock, 3 * 3600 + 60)
    listed = await person.until("🆕")
    assert "3" in listed.text.splitlines()[0]
    assert len(await told(person)) == 1
    await person.press(listed, "2")
    one = await person.until(lambda m: m.id == listed.id and m.find(say("button.back")) is not None)
    await person.press(one, say("button.back"))
    again = await person.until(lambda m: m.id == listed.id and "2." in m.text)
    assert again.text == listed.text


async def test_unlocking_by_itself_shows_every_step_on_one_receipt(
    bot: House,
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
    box: Sandbox,
) -> None:
    await linked(person, "hdhive", "disktop")
    card = await begun(person, say)
    await person.press(card, say("subscribe.button.auto_on"))
    await person.until(say("subscribe.auto.free"))
    await bot.services.people.change(person.id, unlock_limit=5, auto_unlock_budget=10, default_folder="/新片")
    await appear(control, drive="disktop", unlock_points=4)
    await appear(control, drive="quark", unlock_points=5)
    await appear(control, drive="quark", unlock_points=5)
    await appear(control, drive="115", unlock_points=6)
    await journal.forget()
    await later(bot, clock)
    above = say("receipt.above", points=6).strip()
    receipt = await person.until(lambda m: above in m.text, timeout=20)
    for words in (say("receipt.spent", points=9), say("receipt.budget", points=5).strip(), "💾"):
        assert words in receipt.text
    assert len(await journal.calls("hdhive", "POST", "*/resources/unlock")) == 2
    assert sum(charge.points for charge in box.world.hdhive.charges) == 9
    assert len(await told(person)) == 1, "one card, and no other notice"
    items = await control.drive(person.id)
    assert any("/新片/" in path for path in items), items
    await person.press(receipt, say("button.open_folder"))
    await person.until(lambda m: m.id == receipt.id and "新片" in m.text)


@pytest.mark.parametrize("where", ["title", "list"])
async def test_a_forged_subscription_shows_nothing(
    bot: House, people: dict[int, Person], person: Person, say: Words, where: str
) -> None:
    await linked(person, "hdhive")
    await begun(person, say)
    (mine,) = await bot.services.subscriptions.follows.of_chat(person.id)
    other = next(one for one in people.values() if one.id != person.id)
    words = Words("zh" if other.id != 1002 else "en")
    await other.send("/subscriptions")
    empty = await other.until(words("subscriptions.none")[:10])
    card_id = next(b.data for b in empty.buttons if b.data).partition(":")[0]
    data = {"title": "page:0", "list": f"open:{mine.id}"}[where]
    await other.press_data(empty, f"{card_id}:{data}")
    if where == "list":
        await other.until(words("subscribe.gone"))
        for action in ("mute:on", "remove:", "screen:price", "auto:on", "when:daily"):
            await other.press_data(empty, f"{card_id}:{action}")
    following = await bot.services.subscriptions.follows.get(mine.id)
    assert following is not None
    assert (following.subscription.muted, following.subscription.auto) == (False, False)
