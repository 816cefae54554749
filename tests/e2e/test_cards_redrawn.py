"""Cards that a job draws anew: a press that comes meanwhile has the last word."""

import pytest

from bot.wiring import House
from handlers import cards
from handlers.scenes import AnyRoute, Scene
from handlers.views import View
from tests.conftest import linked
from tests.driver import Person
from tests.e2e import ways
from tests.e2e.words import Words


async def test_a_press_while_a_job_draws_is_not_undone(
    bot: House, person: Person, say: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    await linked(person, "hdhive")
    card = await ways.title(person, say)
    drawn = cards.shown

    async def slowly(route: AnyRoute, scene: Scene) -> View:
        view = await drawn(route, scene)
        monkeypatch.setattr(cards, "shown", drawn)
        await person.press(card, say("button.next"))
        await person.until(lambda message: message.find(say("button.prev")) is not None)
        return view

    monkeypatch.setattr(cards, "shown", slowly)
    await cards.refresh(bot.application, str(card.buttons[0].data).partition(":")[0])
    assert cards.shown is drawn, "a press came meanwhile"
    (now,) = [message for message in await person.messages() if message.id == card.id]
    assert now.find(say("button.prev")) is not None
