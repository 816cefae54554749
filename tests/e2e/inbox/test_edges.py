"""/inbox of many messages: its pages, Refresh, and the notice of a single one, marked right there."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Control, Journal, Message, Person
from tests.e2e.acg.acgways import later, made
from tests.e2e.hurried import Hurried
from tests.e2e.inbox.test_inbox import TURN, looked_after
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.words import Words

A_PAGE = 6


async def test_pages_and_refresh(
    bot: House, person: Person, say: Words, control: Control, box: Sandbox, journal: Journal
) -> None:
    for n in range(A_PAGE):
        await control.acgbt_message(f"旧消息{n}")
    await link_acgbt(person)
    account = box.world.acgbt.account_of(person.id).id
    there = [one.title for one in box.world.acgbt.letters_for(account)]
    await journal.forget()
    await person.send("/inbox")
    card = await person.until("📨")
    assert shown(card, there) == there[:A_PAGE]
    await person.press(card, say("button.next"))
    card = await person.until(f"{A_PAGE + 1}.")
    assert shown(card, there) == there[A_PAGE : 2 * A_PAGE]
    assert (await made(journal, "GET", "/messages"))[-1].query["page"] == "2"
    await control.acgbt_message("刚刚到的")
    await person.press(card, say("inbox.button.refresh"))
    card = await person.until(f"{A_PAGE + 1}. ")
    assert (await made(journal, "GET", "/messages"))[-1].query["page"] == "2", "Refresh turns no page"
    assert shown(card, there) == there[A_PAGE - 1 : 2 * A_PAGE - 1], "all moved on by one"
    await person.press(card, say("button.prev"))
    card = await person.until("刚刚到的")
    assert shown(card, there) == there[: A_PAGE - 1]


def shown(card: Message, titles: list[str]) -> list[str]:
    return [title for title in titles if title in card.text]


async def test_the_notice_of_one_message_is_marked_there(
    bot: House, person: Person, say: Words, control: Control, box: Sandbox, journal: Journal, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    number = await control.acgbt_message("单独一条", kind="personal", person_id=person.id)
    await later(bot, clock, TURN)
    notice = await person.until("单独一条")
    await journal.forget()
    await person.press(notice, say("inboxnews.button.read"))
    marked = await person.until(lambda m: m.find(say("inboxnews.button.read")) is None)
    assert marked.id == notice.id
    assert "🔵" not in marked.text
    assert marked.find(say("inboxnews.button.open")) is not None
    assert len(await made(journal, "POST", f"/messages/{number}/read")) == 1
    account = box.world.acgbt.account_of(person.id).id
    (letter,) = [one for one in box.world.acgbt.letters_for(account) if one.id == number]
    assert account in letter.read_by


async def test_a_message_that_is_gone_needs_no_mark(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await looked_after(bot, clock, person)
    await control.acgbt_message("马上就删", kind="personal", person_id=person.id)
    await later(bot, clock, TURN)
    notice = await person.until("马上就删")
    body = {"code": 404, "message": "消息不存在", "data": None}
    await control.fault("acgbt", "*/api/v1/messages/*/read", "status", status=404, body=body)
    await person.press(notice, say("inboxnews.button.read"))
    marked = await person.until(lambda m: m.find(say("inboxnews.button.read")) is None)
    assert "马上就删" in marked.text
    assert "消息不存在" not in marked.text
