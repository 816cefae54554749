"""A notice to who pressed is never longer than Telegram shows, and never long in coming."""

from dataclasses import replace

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import GROUP, linked
from tests.driver import Control, Person
from tests.e2e import ways
from tests.e2e.subscribe.following import begin_words
from tests.e2e.words import Words

LIMIT = 200


async def test_a_long_title_is_cut_and_the_press_answered(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    titles = box.world.catalogue.titles
    long = "沙丘 Dune " * 25
    titles[ways.DUNE] = replace(titles[ways.DUNE], title={"zh": long, "en": long})
    await linked(person, "hdhive")
    await person.start(f"t_{ways.DUNE[0]}_{ways.DUNE[1]}")
    card = await person.until(lambda message: message.find(say("button.subscribe")) is not None)
    await person.press(card, say("button.subscribe"))
    begun = await person.until(begin_words(say))
    pressed = await person.press(begun, say("button.unsubscribe"), timeout=5)
    assert pressed.answered
    assert pressed.text.startswith(say.starts("subscribe.removed"))
    assert len(pressed.text) <= LIMIT


async def test_who_presses_need_not_wait_until_telegram_told_whether_they_may(
    bot: House, xiaoyu: Person, control: Control
) -> None:
    say = Words("zh")
    await xiaoyu.send("/search Dune", GROUP, anonymous=True)
    card = await xiaoyu.until(ways.YEAR, chat=GROUP)
    await control.fault("telegram", "*/getChatMember", "delay", seconds=4.0)
    pressed = await xiaoyu.press(card, ways.number_of(card, ways.YEAR), chat=GROUP)
    assert pressed.text == say("card.working")
    assert pressed.seconds < 3.0
    await xiaoyu.until(say("resources.group"), chat=GROUP)
