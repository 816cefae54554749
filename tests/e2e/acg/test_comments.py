"""Comments on ACGBT: read as threads, written once, refused before they are sent, one's own deleted."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Control, Journal, Person
from tests.e2e.acg.acgways import comments, made, pictured
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.words import Words

POSTED = "/comments"


async def test_pages_with_answers_behind_what_they_answer(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    resource = box.world.acgbt.resources[1]
    written = [one for one in box.world.acgbt.remarks.values() if one.resource_id == 1]
    card = await comments(person, say, resource)
    assert str(len(written)) in card.text
    (asked,) = await made(journal, "GET", "/resources/1/comments")
    assert asked.query == {"page": "1", "page_size": "100"}
    await person.press(card, say("button.next"))
    await person.until("7.")
    assert len(await made(journal, "GET", "/resources/1/comments")) == 1
    await person.press(None, say("button.prev"))
    card = await person.until(lambda m: "1." in m.text and "💬" in m.text)
    while not any("↳" in line for line in card.text.splitlines()):
        before = card.text
        await person.press(card, say("button.next"))
        card = await person.until(lambda m, before=before: m.text != before and "💬" in m.text)  # type: ignore[misc]
    line = next(line for line in card.text.splitlines() if "↳" in line)
    await person.press(card, line.partition(".")[0])
    whole = await person.until(say("acg.comment_to", name="§").partition("§")[0])
    assert whole.find(say("acg.button.delete")) is None, "nobody is linked, so nothing is theirs"
    assert any(one.content in whole.text for one in written if one.parent_id is not None)


async def test_write_answer_and_delete(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await link_acgbt(person)
    resource = pictured(box, count=0)
    own = box.world.acgbt.account_of(person.id)
    card = await comments(person, say, resource)
    await person.press(card, say("acg.button.write"))
    await person.until(say("acg.write_most", most=1000))
    await person.send("第一条 first <b>comment</b>")
    told = await person.until(say("acg.note.written"))
    assert "first <b>comment</b>" in told.text.replace("\u2060", "")
    (asked,) = await made(journal, "POST", POSTED)
    assert asked.json == {
        "resource_id": resource.id,
        "parent_id": None,
        "content": "第一条 first <b>comment</b>",
    }
    mine = max(box.world.acgbt.remarks.values(), key=lambda one: one.id)
    assert mine.author == own.username
    number = next(line for line in told.text.splitlines() if own.username in line).partition(".")[0]
    await person.press(told, number)
    one = await person.until(lambda m: m.find(say("acg.button.reply")) is not None)
    await person.press(one, say("acg.button.reply"))
    question = await person.until(say("acg.reply_ask", name=own.username))
    assert "first" in question.text
    await person.send("an answer\nof two lines")
    await person.until(say("acg.note.written"))
    reply = (await made(journal, "POST", POSTED))[-1]
    assert reply.json["parent_id"] == mine.id
    assert reply.json["content"] == "an answer\nof two lines"
    answer = max(box.world.acgbt.remarks.values(), key=lambda one: one.id)
    card = await person.until("↳", since=0)
    number = next(line for line in card.text.splitlines() if "↳" in line).partition(".")[0]
    await person.press(card, number)
    one = await person.until("of two lines")
    await person.press(one, say("acg.button.delete"))
    sure = await person.until(say("acg.delete_ask"))
    assert not await made(journal, "DELETE", f"/comments/{answer.id}")
    await person.press(sure, say("button.confirm"))
    await person.until(say("acg.note.deleted"))
    (gone,) = await made(journal, "DELETE", f"/comments/{answer.id}")
    assert gone.status == 200
    assert answer.id not in box.world.acgbt.remarks


async def test_who_looks_after_the_site_may_delete_what_others_wrote(
    bot: House, box: Sandbox, xiaoyu: Person, ben: Person, journal: Journal
) -> None:
    zh, en, resource = Words("zh"), Words("en"), pictured(box, count=0)
    box.world.acgbt.remarks.clear()
    other = box.world.acgbt.stock.remark(resource.id, "laochen_acg", "别人的话", box.world.now(), None)
    for person, say, may in ((ben, en, False), (xiaoyu, zh, True)):
        await link_acgbt(person)
        card = await comments(person, say, resource)
        number = next(x for x in card.text.splitlines() if "laochen_acg" in x).partition(".")[0]
        await person.press(card, number)
        one = await person.until(lambda m, say=say: m.find(say("acg.button.reply")) is not None)  # type: ignore[misc]
        assert (one.find(say("acg.button.delete")) is not None) is may
    await xiaoyu.press(one, zh("acg.button.delete"))
    await xiaoyu.press(await xiaoyu.until(zh("acg.delete_ask")), zh("button.confirm"))
    await xiaoyu.until(zh("acg.note.deleted"))
    assert other.id not in box.world.acgbt.remarks


async def test_what_cannot_be_sent_is_said_before_anything_is_sent(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await link_acgbt(person)
    resource = pictured(box, count=0)
    card = await comments(person, say, resource)
    await person.press(card, say("acg.button.write"))
    await person.until(say("acg.write_most", most=1000))
    await person.send("\u200b\u2800 \u3164")
    await person.until(say("acg.fault.empty"))
    await person.send("字" * 1001)
    await person.until(say("acg.fault.long", n=1001))
    assert not await made(journal, "POST", POSTED)
    await person.send("字" * 1000)
    await person.until(say("acg.note.written"))
    (asked,) = await made(journal, "POST", POSTED)
    assert len(asked.json["content"]) == 1000


async def test_without_an_account_the_way_to_link_is_shown_before_anybody_types(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    card = await comments(person, say, pictured(box, count=0))
    await person.press(card, say("acg.button.write"))
    told = await person.until(say("problem.not_linked", service="ACGBT"))
    assert told.find(say("button.link", service="ACGBT")) is not None
    assert not await made(journal, "POST", POSTED)
    await person.press(told, say("button.back"))
    await person.until(lambda m: m.find(say("acg.button.write")) is not None)


@pytest.mark.parametrize("kind", ["reset_after", "lost"])
async def test_a_doubtful_comment_is_looked_for_and_never_sent_twice(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal, kind: str
) -> None:
    await link_acgbt(person)
    resource = pictured(box, count=0)
    card = await comments(person, say, resource)
    await person.press(card, say("acg.button.write"))
    await person.until(say("acg.write_most", most=1000))
    if kind == "lost":
        # It never arrives: the answer is a gateway's.
        await control.fault("acgbt", "*/api/v1/comments", "status", method="POST", status=502)
    else:
        await control.fault("acgbt", "*/api/v1/comments", "reset_after", method="POST")
    await person.send("only once")
    if kind == "reset_after":
        await person.until(say("acg.note.written"))
    else:
        told = await person.until(say("acg.note.doubtful"))
        await control.mend()
        await person.press(told, say("acg.button.again"))
        await person.until(say("acg.note.written"))
    standing = [one for one in box.world.acgbt.remarks.values() if one.content == "only once"]
    assert len(standing) == 1
