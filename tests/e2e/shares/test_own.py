"""/shares: a published share looked at, and changed field by field."""

from typing import Any

import pytest

from bot.wiring import House
from sandbox.catalogue import Verdict
from sandbox.server import Sandbox
from tests.driver import Control, Journal, Message, Person
from tests.e2e.faults.faulty import FAULTS, HDHIVE, Fault, Faulty, tells
from tests.e2e.shares.sharing import ONE, SHARES, changed, listed, opened, stock, words_of
from tests.e2e.words import Words


async def asked(person: Person, say: Words, card: Message, field: str) -> Message:
    await person.press(card, say(f"button.field_{field}"))
    return await person.until(say("share.head_change"))


async def test_a_share_is_shown_as_it_is_now(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    (made,) = stock(box, person, 1, unlock_points=5, access_code="ab12", is_anonymous=True, hide_link=False)
    made.unlocked_users_count, made.verdict = 3, Verdict.DEAD
    card = await opened(person, say)
    text = words_of(card)
    for shown in (
        "Share 1",
        "ab12",
        "pan.quark.cn/s/",
        "2021",
        say("share.points", points=5),
        say("share.field.anonymous", on=say("share.yes")),
        say("share.field.hidden", on=say("share.no")),
        say("share.state", state=say("share.valid.invalid")),
    ):
        assert shown in text, shown
    assert made.url in card.links
    assert card.data["link_preview_options"]["url"].endswith(".jpg"), "the poster"
    assert (card.button(say("button.web")).url or "").endswith(f"/resource/{made.slug}")
    (call,) = await journal.calls("hdhive", "GET", ONE)
    assert call.path.endswith(made.slug)
    await person.press(card, say("button.to_shares"))
    assert (await person.until(lambda m: m.find(say("button.new_share")) is not None)).id == card.id


@pytest.mark.parametrize(
    ("field", "answer", "sent", "shown"),
    [
        ("title", "New <title>", {"title": "New <title>"}, "New <title>"),
        ("price", "12", {"unlock_points": 12}, "💰 12"),
        ("code", "密码 zz99", {"access_code": "zz99"}, "zz99"),
        (
            "link",
            "https://pan.baidu.com/s/1ZyXwVuTsRqP 提取码：q1w2",
            {"url": "https://pan.baidu.com/s/1ZyXwVuTsRqP", "access_code": "q1w2"},
            "q1w2",
        ),
        ("film", "movie 550", {"tmdb_id": "550", "media_type": "movie"}, "1999"),
    ],
)
async def test_each_field_is_changed_at_once_and_alone(
    bot: House,
    person: Person,
    say: Words,
    box: Sandbox,
    journal: Journal,
    field: str,
    answer: str,
    sent: dict[str, Any],
    shown: str,
) -> None:
    (made,) = stock(box, person, 1, unlock_points=5, access_code="ab12")
    await asked(person, say, await opened(person, say), field)
    await person.send(answer)
    card = await person.until(say("share.changed"))
    assert shown in words_of(card)
    (call,) = await changed(journal)
    assert call.path.endswith(made.slug)
    assert call.json == sent


async def test_fields_are_changed_by_buttons(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    (made,) = stock(box, person, 1, unlock_points=5, access_code="ab12")
    card = await opened(person, say)
    for label in ("anonymous", "hidden"):
        await person.press(card, say(f"button.{label}", on=say("share.no")))
        card = await person.until(
            lambda m, label=label: m.find(say(f"button.{label}", on=say("share.yes"))) is not None  # type: ignore[misc]
        )
    question = await asked(person, say, card, "price")
    await person.press(question, say("share.free"))
    card = await person.until(say("share.changed"))
    assert say("share.free") in card.text
    for field in ("title", "code"):
        question = await asked(person, say, card, field)
        await person.press(question, say(f"button.no_{field}"))
        card = await person.until(say("share.changed"))
    assert [call.json for call in await changed(journal)] == [
        {"is_anonymous": True},
        {"hide_link": True},
        {"unlock_points": 0},
        {"title": ""},
        {"access_code": ""},
    ]
    assert (made.is_anonymous, made.hide_link, made.unlock_points) == (True, True, 0)
    assert (made.title, made.access_code) == (None, None)
    assert say("share.field.no_code") in card.text


async def test_a_refused_change_stands_beside_its_field(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    (made,) = stock(box, person, 1, unlock_points=5)
    await asked(person, say, await opened(person, say), "price")
    await person.send("5000")
    card = await person.until("unlock_points")
    lines = words_of(card).splitlines()
    at = next(n for n, line in enumerate(lines) if "⚠️" in line)
    assert lines[at - 1] == say("share.field.price", price=say("share.points", points=5))
    assert made.unlock_points == 5
    await asked(person, say, card, "price")
    await person.send("6")
    assert "⚠️" not in (await person.until(say("share.changed"))).text


async def test_leaving_a_question_changes_nothing(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    stock(box, person)
    card = await opened(person, say)
    question = await asked(person, say, card, "title")
    await person.press(question, say("button.back"))
    card = await person.until(lambda m: m.find(say("button.delete_share")) is not None)
    await asked(person, say, card, "title")
    await person.send("/cancel")
    whole = await person.until(lambda m: m.id == card.id and m.find(say("button.delete_share")) is not None)
    assert whole.find(say("button.field_title"))
    await person.send("/cancel")
    await person.until(say("cancel.nothing"))
    assert not await changed(journal)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}")
async def test_a_change_that_fails_can_be_tried_again(
    bot: House, person: Person, say: Words, box: Sandbox, faulty: Faulty, fault: Fault
) -> None:
    (made,) = stock(box, person)
    await asked(person, say, await opened(person, say), "title")
    await faulty.begin(fault, "hdhive", ONE, "PATCH")
    await person.send("Better")
    failed = await person.until(tells(say, fault, HDHIVE))
    await faulty.end()
    await person.press(failed, say("button.retry"))
    await person.until(say("share.changed"))
    assert made.title == "Better"


async def test_a_share_that_went_meanwhile_is_said_to_be_gone(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    (made, _) = stock(box, person, 2)
    card = await opened(person, say)
    del box.world.catalogue.resources[made.slug]
    question = await asked(person, say, card, "title")
    await person.send("Better")
    gone = await person.until(say("share.gone"))
    assert gone.id > question.id
    await person.press(gone, say("button.to_shares"))
    await person.until("Share 2\n")


async def test_the_link_of_a_share_is_checked_and_its_verdict_remembered(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    stock(box, person, 1, verdict=Verdict.LOCKED)
    card = await opened(person, say)
    await person.press(card, say("button.check"))
    await person.until(lambda m: m.id > card.id and "🔒" in m.text)
    again = await listed(person, say, link=False)
    assert say("share.link.locked") in again.text


async def test_what_a_server_does_not_tell_is_not_guessed(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    """The document names no fields of the list: one with the least must do."""
    (made,) = stock(box, person, 1, access_code="ab12")
    bare = {"success": True, "data": {"items": [{"slug": made.slug, "title": "Bare"}]}}
    await control.fault("hdhive", SHARES, "status", method="GET", status=200, body=bare, times=0)
    await control.fault(
        "hdhive", ONE, "status", method="GET", status=200, body={"data": {"slug": made.slug}}, times=0
    )
    card = await listed(person, say)
    assert words_of(card).splitlines()[0] == say("shares.head")
    assert card.find(say("button.next")) is None
    card = await opened(person, say, card)
    text = words_of(card)
    assert say("share.field.anonymous", on=say("share.unknown")) in text
    assert card.find(say("button.check")) is None
    await person.press(card, say("button.anonymous", on=say("share.unknown")))
    await person.until(say("share.changed"))
    assert (await changed(journal))[0].json == {"is_anonymous": True}
