"""/publish when ACGBT refuses, or when nobody knows what became of it."""

from typing import Any

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.publish.publishing import MAGNET, PUBLISH, TITLE, made, sent, to_preview, with_key
from tests.e2e.words import Words

ACGBT = "ACGBT"


@pytest.fixture
async def preview(bot: House, box: Sandbox, person: Person, say: Words) -> Message:
    await with_key(bot, box, person)
    return await to_preview(person, say)


def below(card: Message, line: str) -> str:
    """The line that stands right below another."""
    lines = card.text.splitlines()
    return lines[next(n for n, each in enumerate(lines) if line in each) + 1]


async def test_what_is_refused_stands_beside_its_field(
    person: Person, say: Words, box: Sandbox, control: Control, journal: Journal, preview: Message
) -> None:
    errors = {"title": "标题包含敏感词", "ipfs_cid": "链接已存在", "odd": "别的问题"}
    body = {"code": 400, "message": "标题包含敏感词", "data": {"errors": errors}}
    await control.fault("acgbt", PUBLISH, "status", status=400, body=body)
    await person.press(preview, say("button.publish"))
    card = await person.until("敏感词")
    assert "标题包含敏感词" in below(card, TITLE.split()[0])
    assert "链接已存在" in below(card, "🧲")
    assert "别的问题" in card.text
    await person.press(card, say("publish.button.field.title"))
    await person.until(lambda m: say.starts("publish.ask.title").splitlines()[0] in m.text)
    await person.send("Better")
    card = await person.until(lambda m: m.find(say("button.publish")) is not None)
    assert "敏感词" not in card.text
    await person.press(card, say("button.publish"))
    await person.until(say.starts("publish.done_number"))
    assert [one.title for one in made(box)] == ["Better"]


@pytest.mark.parametrize(
    ("words", "line"), [("磁力链接格式错误", "🧲"), ("分类不存在", "🗂"), ("标题不能为空", "📝")]
)
async def test_a_refusal_without_fields_goes_by_its_words(
    person: Person, say: Words, control: Control, preview: Message, words: str, line: str
) -> None:
    await control.fault("acgbt", PUBLISH, "status", status=400, body={"code": 400, "message": words})
    await person.press(preview, say("button.publish"))
    assert words in below(await person.until(words), line)


async def test_a_key_without_the_right_keeps_the_draft(
    person: Person, say: Words, box: Sandbox, control: Control, preview: Message
) -> None:
    await control.acgbt(person.id, permissions=["read"])
    await person.press(preview, say("button.publish"))
    card = await person.until("没有 publish 权限")
    assert say("publish.advice") in card.text
    await control.acgbt(person.id, permissions=["read", "publish"])
    await person.press(card, say("button.retry"))
    await person.until(say.starts("publish.done_number"))
    assert len(made(box)) == 1


async def test_a_key_known_to_lack_the_right_is_told_at_once(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    box.world.acgbt.main_key(person.id).permissions = ["read"]
    await link_acgbt(person)
    await person.send("/publish")
    await person.until(say("publish.no_right"))


async def test_a_lost_key_offers_to_link_and_keeps_the_draft(
    person: Person, say: Words, control: Control, preview: Message, box: Sandbox
) -> None:
    await control.acgbt(person.id, revoked=True)
    await person.press(preview, say("button.publish"))
    card = await person.until(lambda m: m.find(say("button.link", service=ACGBT)) is not None)
    assert say("problem.link_lost", service=ACGBT) in card.text
    assert not made(box)


async def test_too_many_calls_are_waited_for(
    person: Person, say: Words, control: Control, clock: Hurried, box: Sandbox, preview: Message
) -> None:
    await control.fault("acgbt", PUBLISH, "retry_after", retry_after=5)
    await person.press(preview, say("button.publish"))
    card = await person.until(say("problem.rate_limited", service=ACGBT, wait="§").partition("§")[0])
    assert not made(box)
    assert card.find(say("button.retry"))
    await person.press(card, say("button.back"))
    await person.until(lambda m: m.find(say("button.publish")) is not None)


ARRIVED: list[dict[str, Any]] = [
    {"kind": "reset_after"},
    {"kind": "truncate"},
    {"kind": "bad_json"},
    {"kind": "html", "after": True},
    {"kind": "status", "status": 500, "after": True},
]


@pytest.mark.parametrize("fault", ARRIVED, ids=lambda f: f"{f['kind']}")
async def test_what_arrived_without_an_answer_is_found_not_repeated(
    person: Person,
    say: Words,
    box: Sandbox,
    control: Control,
    journal: Journal,
    preview: Message,
    fault: dict[str, Any],
) -> None:
    fault = {"after": True, **fault} if fault["kind"] == "bad_json" else fault
    await control.fault("acgbt", PUBLISH, **fault)
    await person.press(preview, say("button.publish"))
    await person.until(say.starts("publish.done_number"))
    assert len(await sent(journal)) == 1
    (one,) = made(box)
    assert one.title == TITLE


@pytest.mark.parametrize("kind", ["reset", "status"])
async def test_what_did_not_arrive_is_sent_again_only_when_asked_for(
    person: Person,
    say: Words,
    box: Sandbox,
    control: Control,
    journal: Journal,
    clock: Hurried,
    preview: Message,
    kind: str,
) -> None:
    await control.fault("acgbt", PUBLISH, kind)
    await person.press(preview, say("button.publish"))
    card = await person.until(say("publish.not_yet"))
    assert say.starts("publish.doubtful").splitlines()[0] in card.text
    # Looked for once more: it is still not there, and the card says so already.
    await person.press(card, say("button.look"))
    assert len(await sent(journal)) == 1
    clock.forward(61)
    await person.press(card, say("button.look"))
    card = await person.until(say("publish.not_published"))
    await person.press(card, say("button.publish"))
    await person.until(say.starts("publish.done_number"))
    assert len(await sent(journal)) == 2
    assert len(made(box)) == 1


async def test_somebody_elses_of_the_same_name_is_not_taken_for_it(
    person: Person, say: Words, box: Sandbox, control: Control, preview: Message
) -> None:
    other = box.world.acgbt.resources[await control.acgbt_appear(TITLE)]
    other.magnet_link = MAGNET
    await control.fault("acgbt", PUBLISH, "reset")
    await person.press(preview, say("button.publish"))
    await person.until(say("publish.not_yet"))


async def test_a_search_that_fails_as_well_is_offered_again(
    person: Person, say: Words, box: Sandbox, control: Control, journal: Journal, preview: Message
) -> None:
    await control.fault("acgbt", PUBLISH, "reset_after")
    await control.fault("acgbt", "*", "status", method="GET", status=503, times=0)
    await person.press(preview, say("button.publish"))
    card = await person.until(lambda m: m.find(say("button.look")) is not None)
    await control.mend()
    await person.press(card, say("button.look"))
    await person.until(say.starts("publish.done_number"))
    assert len(await sent(journal)) == 1


async def test_two_presses_publish_once(
    person: Person, say: Words, box: Sandbox, journal: Journal, preview: Message
) -> None:
    data = str(preview.button(say("button.publish")).data)
    await person.press_data(preview, data)
    await person.press_data(preview, data)
    await person.until(say.starts("publish.done_number"), since=preview.revision)
    assert len(await sent(journal)) == 1
    assert len(made(box)) == 1
