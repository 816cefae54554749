"""A Retry of an unclear verdict asks the service once more."""

from bot.wiring import House
from tests.driver import Journal, Person
from tests.e2e.words import Words


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
