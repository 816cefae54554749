"""A Retry of an unclear verdict asks the service once more."""

from bot.wiring import House
from tests.conftest import GROUP, linked
from tests.driver import Journal, Message, Person
from tests.e2e.shares.sharecard import CODE, LOCKED
from tests.e2e.words import Words

SHARE = f"https://disk.top/s/{LOCKED}"


async def test_retry_really_looks_again(bot: House, person: Person, say: Words, journal: Journal) -> None:
    await person.send("/check https://pan.quark.cn/s/uncertain1")
    card = await person.until(lambda message: message.find(say("button.retry")) is not None)
    assert len(await journal.calls("linkcheck", "POST", "/jobs")) == 1
    await person.press(card, say("button.retry"))
    again = await person.until(
        lambda message: message.find(say("button.retry")) is not None and message.revision > card.revision
    )
    assert again.id == card.id
    assert len(await journal.calls("linkcheck", "POST", "/jobs")) == 2


async def test_retry_looks_again_at_the_one_dead_link(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send("/check https://pan.quark.cn/s/dead0001")
    card = await person.until(lambda message: ended(say, message) and "❌" in message.text)
    await person.press(card, say("button.retry"))
    await person.until(lambda message: ended(say, message) and message.revision > card.revision)
    assert len(await journal.calls("linkcheck", "POST", "/jobs")) == 2


async def test_one_of_several_dead_links_is_left_alone(bot: House, person: Person, say: Words) -> None:
    await person.send("/check https://pan.quark.cn/s/dead0001 https://pan.quark.cn/s/alive0001")
    card = await person.until(lambda message: ended(say, message))
    assert card.find(say("button.retry")) is None


async def test_the_code_of_a_locked_link_can_be_entered(bot: House, person: Person, say: Words) -> None:
    await linked(person, "disktop")
    await person.send(f"/check {SHARE}")
    needed = await person.until(say("check.lock.needed"), 20)
    assert (await person.press(needed, say("button.enter_code"))).text == say("save.send_code")
    await person.send("提取码：ab12")
    wrong = await person.until(say("check.lock.wrong", code="ab12"), 20)
    assert needed.id not in {message.id for message in await person.settled()}, "the card went on below"
    await person.press(wrong, say("button.enter_code"))
    await person.send(CODE)
    await person.until(lambda message: ended(say, message) and "✅" in message.text, 20)


async def test_words_that_are_no_code_leave_the_question(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "disktop")
    await person.send(f"/check {SHARE}")
    await person.press(await person.until(say("check.lock.needed"), 20), say("button.enter_code"))
    await person.send("流浪地球 2")
    await person.until(lambda message: bool(message.buttons))
    assert len(await journal.calls("tmdb", "GET", "/3/search/multi")) == 1


async def test_a_group_is_told_of_no_code(bot: House, person: Person, say: Words) -> None:
    await linked(person, "disktop")
    await person.send(f"/check {SHARE}?pwd=ab12", GROUP)
    card = await person.until(say("check.lock.refused"), 20, chat=GROUP)
    assert "ab12" not in card.text
    assert card.find(say("button.enter_code")) is None


def ended(say: Words, message: Message) -> bool:
    return message.find(say("button.close")) is not None and message.find(say("button.stop")) is None
