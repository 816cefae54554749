"""Cards that several change at once: what is shown is what is stored, and no outcome is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.wiring import House
from handlers import cards, presses
from handlers.scenes import AnyRoute, Scene
from handlers.views import View
from sandbox.server import Sandbox
from storage import cards as stored_cards
from storage.cards import Card
from tests.conftest import linked
from tests.driver import Journal, Message, Person
from tests.e2e import ways
from tests.e2e.drive import driveways
from tests.e2e.linking.keyed import acgbt_of
from tests.e2e.publish import publishing
from tests.e2e.shares import sharecard as shares, sharing
from tests.e2e.words import Words

Call = Callable[..., Awaitable[Any]]


def id_of(card: Message) -> str:
    return str(next(button.data for button in card.buttons if button.data)).partition(":")[0]


async def touch(bot: House, card_id: str, **changes: Any) -> None:
    """Change a card as a job does, or another replica."""
    await cards.amend(bot.application, card_id, lambda state: state.model_copy(update=changes))


async def stored(bot: House, card_id: str) -> Card:
    card = await bot.db.read(lambda tx: stored_cards.get(tx, card_id))
    assert card is not None
    return card


def meanwhile(
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    before: Call | None = None,
    after: Call | None = None,
) -> None:
    """Let something happen right before or right after a step."""
    step = getattr(owner, name)

    async def stepped(*args: Any, **more: Any) -> Any:
        if before is not None:
            await before()
        done = await step(*args, **more)
        if after is not None:
            await after()
        return done

    monkeypatch.setattr(owner, name, stepped)


async def now(person: Person, card: Message) -> Message:
    return next(message for message in await person.settled() if message.id == card.id)


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
    (drawn_last,) = [message for message in await person.messages() if message.id == card.id]
    assert drawn_last.find(say("button.prev")) is not None


async def test_a_save_that_ended_while_it_was_being_stopped_shows_its_result(
    bot: House, person: Person, say: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    await linked(person, "disktop")
    listed = await shares.listed(person, say, shares.FOLDER)
    stopping = asyncio.Event()

    async def ended() -> None:
        stopping.set()
        await person.until(say.starts("save.done"))

    meanwhile(monkeypatch, bot.services.transfers, "save", before=stopping.wait)
    meanwhile(monkeypatch, bot.services.saves, "stop", before=ended)
    running = await shares.pressed(person, listed, say("button.save_all"), say("button.stop"))
    await person.press(running, say("button.stop"))
    assert say.starts("save.done") in (await now(person, running)).text
    card = await stored(bot, id_of(running))
    assert card.state["result"] is not None
    assert not card.state["stopped"]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_press_that_meets_a_job_shows_what_is_stored(
    bot: House, person: Person, say: Words, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    await linked(person, "hdhive")
    card = await ways.title(person, say)

    async def job() -> None:
        await touch(bot, id_of(card), resource_page=0, query="changed")

    # Its write comes first, and the press loses; or it comes between the press's write and its drawing.
    meanwhile(monkeypatch, presses, "keep", **{moment: job})
    await person.press(card, say("button.next"))
    shown = await now(person, card)
    assert (await stored(bot, id_of(card))).state["resource_page"] == 0
    assert shown.find(say("button.prev")) is None
    assert shown.text == card.text


async def test_a_card_that_changes_while_it_is_sent_shows_the_change(
    bot: House, person: Person, say: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = cards.send

    async def sent(bot_: Any, chat: int, view: View, card_id: str, *more: Any) -> Any:
        message = await send(bot_, chat, view, card_id, *more)
        await touch(bot, card_id, query="Blade")
        return message

    monkeypatch.setattr(cards, "send", sent)
    await person.send(ways.TITLE[say.language])
    card = await person.until("Blade")
    assert (await stored(bot, id_of(card))).message_id == card.id


async def test_what_was_published_is_kept_whatever_changed_the_card_meanwhile(
    bot: House, box: Sandbox, person: Person, say: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = await sharing.to_preview(person, say)
    card_id = id_of(preview)
    meanwhile(monkeypatch, bot.services.shares, "publish", after=lambda: touch(bot, card_id, said="x"))
    await person.press(preview, say("button.publish"))
    await person.until(say("share.published"))
    assert (await stored(bot, card_id)).state["slug"] == sharing.mine(box, person)[0].slug

    await publishing.with_key(bot, box, person)
    draft = await publishing.to_preview(person, say)
    card_id = id_of(draft)
    meanwhile(monkeypatch, bot.services.publishing, "publish", after=lambda: touch(bot, card_id, said="x"))
    await person.press(draft, say("button.publish"))
    await person.until(lambda message: message.find(say("publish.button.view")) is not None)
    assert (await stored(bot, card_id)).state["step"] == "done"


async def test_a_copy_is_kept_whatever_changed_the_card_meanwhile(
    bot: House, box: Sandbox, person: Person, say: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    driveways.fill(box, person)
    box.world.people[person.id].disk_used = 0
    card = await driveways.marked(person, say, await driveways.opened(person), "cat", "note")
    card_id = id_of(card)
    changes = bot.services.drive.changes
    meanwhile(monkeypatch, changes, "copy", after=lambda: touch(bot, card_id, page=0))
    await person.press(card, say("button.copy_n", n=2))
    picker = await person.until(lambda m: "📂" in m.text and "Music" in m.text)
    await driveways.picked(person, say, picker, "Music")
    await person.until(lambda m: "✅" in m.text and "🗂" in m.text)
    assert not (await stored(bot, card_id)).state["busy"]


async def test_an_account_that_was_linked_is_told_whatever_changed_the_card_meanwhile(
    bot: House, box: Sandbox, person: Person, say: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = acgbt_of(box, person.id)
    await person.send(own.key)
    card = await person.until(say("linkkey.next.secret"))
    meanwhile(monkeypatch, bot.services.signins, "with_key", after=lambda: touch(bot, id_of(card), left=True))
    await person.send(own.secret)
    await person.until(say.starts("link.done_as"))
    assert (await stored(bot, id_of(card))).state["linked"]


async def test_what_is_done_once_is_not_begun_by_a_press_that_came_second(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    driveways.fill(box, person)
    card = await driveways.marked(person, say, await driveways.opened(person), "cat", "note")
    await person.press(card, say("button.copy_n", n=2))
    picker = await person.until(lambda m: "📂" in m.text and "Music" in m.text)
    listed = await shares.listed(person, say, shares.FOLDER)
    first = iter((listed, picker))
    meanwhile(monkeypatch, cards, "keep", before=lambda: touch(bot, id_of(next(first)), page=0))
    await person.press(listed, say("button.save_all"))
    assert (await now(person, listed)).text == listed.text
    await driveways.picked(person, say, picker)
    await person.settled()
    assert not await journal.calls("disktop", "POST", "*/transfer")
    assert not await driveways.manage(journal)
