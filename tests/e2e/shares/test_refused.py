"""A new share that HDHive refuses: what it says, beside what, and the draft that is kept."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Control, Journal, Person
from tests.e2e.faults.faulty import FAULTS, HDHIVE, Fault, Faulty, tells
from tests.e2e.hurried import Hurried
from tests.e2e.shares.sharing import (
    CHECK,
    LINK,
    SHARES,
    begun,
    mine,
    nothing_shared,
    to_preview,
    words_of,
)
from tests.e2e.words import Words


@pytest.mark.parametrize(
    ("button", "answer", "beside"),
    [("price", "5000", "unlock_points"), ("title", "x" * 250, "title"), ("link", None, "url")],
)
async def test_what_is_refused_stands_beside_its_field(
    bot: House,
    person: Person,
    say: Words,
    journal: Journal,
    control: Control,
    box: Sandbox,
    button: str,
    answer: str | None,
    beside: str,
) -> None:
    nothing_shared(box, person)
    preview = await to_preview(person, say)
    if answer is None:
        words = {"success": False, "code": "400", "description": "url 已被分享"}
        await control.fault("hdhive", SHARES, "status", method="POST", status=400, body=words)
    else:
        await person.press(preview, say(f"button.field_{button}"))
        await person.until(lambda m: m.find(say("button.type")) is not None)
        await person.send(answer)
        preview = await person.until(say("share.preview"))
    await person.press(preview, say("button.publish"))
    refused = await person.until(lambda m: "⚠️" in m.text and beside in words_of(m))
    lines = words_of(refused).splitlines()
    at = next(n for n, line in enumerate(lines) if "⚠️" in line)
    signs = {"price": "🏷", "title": "📝", "link": "🔗"}
    assert lines[at - 1].startswith(signs[button]), lines
    assert not mine(box, person)
    if button == "price":
        await person.press(refused, say("button.field_price"))
        await person.until(say("share.ask.price"))
        await person.send("9")
        refused = await person.until(say("share.preview"))
        assert "⚠️" not in refused.text
        await person.press(refused, say("button.publish"))
        await person.until(say("share.published"))


# What the document and the field notes say HDHive may answer, and how it is told.
REFUSALS = (
    (403, "USER_SCOPE_NOT_ALLOWED", "problem.forbidden.user_scope"),
    (403, "SCOPE_NOT_ALLOWED", "problem.forbidden.app_scope"),
    (403, "OPENAPI_USER_REQUIRED", "problem.forbidden.unlinked"),
    (403, "VIP_REQUIRED", "problem.forbidden.premium"),
    (403, "USER_LEVEL_REQUIRED", "problem.forbidden.level"),
    (403, "ENDPOINT_DISABLED", "problem.forbidden.disabled"),
    (403, "RISK_BLOCKED", "problem.forbidden.risk"),
    (401, "INVALID_API_KEY", "problem.misconfigured"),
    (429, "ENDPOINT_QUOTA_EXCEEDED", "problem.rate_limited"),
)


async def test_documented_refusals_are_told_and_keep_the_draft(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried, box: Sandbox
) -> None:
    nothing_shared(box, person)
    card = await to_preview(person, say)
    for status, code, key in REFUSALS:
        body = {"success": False, "code": code, "description": f"说明 {code}"}
        await control.fault("hdhive", SHARES, "status", method="POST", status=status, body=body)
        await person.press(card, say("button.publish"))
        told = await person.until(say(key, service=HDHIVE, wait="§").partition("§")[0])
        assert code in told.text, "HDHive's own words"
        # A limit without a time is taken for a minute.
        clock.forward(61)
        await person.press(told, say("button.back"))
        card = await person.until(say("share.preview"))
    assert not mine(box, person)
    await person.press(card, say("button.publish"))
    await person.until(say("share.published"))


async def test_a_link_that_is_refused_is_asked_for_again(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await begun(person, say)
    words = {"success": False, "code": "400", "description": "不支持的链接"}
    await control.fault("hdhive", CHECK, "status", method="POST", status=400, body=words)
    await person.send(LINK)
    again = await person.until("不支持的链接")
    assert say("share.ask.link") in again.text
    await person.send(LINK)
    await person.until(lambda m: say.starts("share.ask.film")[:20] in m.text)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}")
async def test_a_fault_while_the_kind_is_asked_keeps_the_link(
    bot: House, person: Person, say: Words, faulty: Faulty, fault: Fault
) -> None:
    await begun(person, say)
    await faulty.begin(fault, "hdhive", CHECK, "POST")
    await person.send(LINK)
    failed = await person.until(tells(say, fault, HDHIVE))
    await faulty.end()
    await person.press(failed, say("button.retry"))
    await person.until(lambda m: say.starts("share.ask.film")[:20] in m.text)
    await person.send("movie 438631")
    await person.until(say("share.ask.price"))
