"""One walk through every call of ACGBT, in both ways to sign in, and what people read of each error code."""

import hmac
from hashlib import sha256

import pytest

from bot.web.health import ANEW_SECONDS
from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import Start
from tests.driver import Call, Control, Journal, Person
from tests.e2e.accounts.test_accounts import PNG, details, keys_card
from tests.e2e.acg.acgways import comments, opened, pictured
from tests.e2e.admin.test_refresh import known
from tests.e2e.hurried import Hurried
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.publish import publishing
from tests.e2e.words import Words

# The walk


@pytest.fixture(params=["signed", "plain"])
async def way(request: pytest.FixtureRequest, control: Control) -> str:
    """How the service lets keys in: by signatures, or only with the secret in the headers."""
    await control.options(acgbt_refuse_signatures=request.param == "plain")
    return str(request.param)


@pytest.fixture
async def house(start: Start, control: Control, clock: Hurried, person: Person, way: str) -> House:
    """A bot whose operator is this person, who may do everything at ACGBT."""
    await control.telegram("options", limits=False)
    await control.acgbt(person.id, permissions=["*"])
    async with start(clock=clock, admin_ids=str(person.id)) as made:
        await link_acgbt(person)
        yield made  # type: ignore[misc]


def admits(box: Sandbox, person: Person, way: str, call: Call) -> bool:
    """Tell whether a call was let in by this person's key in this way."""
    key = box.world.acgbt.keys[call.headers["x-api-key"]]
    mine = key.account == box.world.acgbt.account_of(person.id).id
    if way == "plain":
        return mine and call.headers.get("x-api-secret") == key.secret and call.status == 200
    stamp = call.headers["x-timestamp"]
    right = hmac.new(key.secret.encode(), f"{stamp}{key.key}".encode(), sha256).hexdigest()
    return mine and call.headers["x-signature"] == right and "x-api-secret" not in call.headers


async def test_lists_and_one_resource(
    house: House, person: Person, say: Words, way: str, box: Sandbox, journal: Journal
) -> None:
    resource = pictured(box, count=0)
    await journal.forget()
    await person.send("/acg")
    await person.press(await person.until("ACGBT"), say("acg.button.any"))
    await person.press(await person.until(say("acg.choose.category")), say("button.back"))
    await person.until(lambda m: m.find(say("acg.button.search")) is not None)
    await person.send(f"/acg {resource.title}")
    await person.until(say("acg.found", words="§").partition("§")[0])
    await comments(person, say, resource)
    number = resource.id
    asked = [
        *await journal.calls("acgbt", "GET", "/api/v1/resources"),
        *await journal.calls("acgbt", "GET", "/api/v1/categories"),
        *await journal.calls("acgbt", "GET", "/api/v1/search"),
        *await journal.calls("acgbt", "GET", f"/api/v1/resources/{number}"),
        *await journal.calls("acgbt", "GET", f"/api/v1/resources/{number}/comments"),
    ]
    assert len(asked) == 5
    assert all(admits(box, person, way, call) for call in asked), "who has a key shows it everywhere"


async def test_what_the_operator_sees_asks_for_the_version(
    house: House, person: Person, say: Words, journal: Journal, clock: Hurried
) -> None:
    await person.send("/admin")
    card = await known(person, say, clock)
    clock.forward(ANEW_SECONDS + 1)
    await journal.forget()
    await person.press(card, say("button.refresh"))
    await person.until(say.starts("admin.title"))
    (told,) = await journal.calls("acgbt", "GET", "/api/v1")
    assert told.status == 200
    # Whoever runs the bot wants to know how the service is, with nobody's key.
    assert "x-api-key" not in told.headers


async def test_writing(
    house: House, person: Person, say: Words, way: str, box: Sandbox, journal: Journal
) -> None:
    resource = pictured(box, count=0)
    card = await comments(person, say, resource)
    await journal.forget()
    await person.press(card, say("acg.button.write"))
    await person.until(say("acg.write_most", most=1000))
    await person.send("hello")
    card = await person.until(say("acg.note.written"))
    name = box.world.acgbt.account_of(person.id).username
    await person.press(card, next(x for x in card.text.splitlines() if name in x).partition(".")[0])
    await person.press(await person.until("hello"), say("acg.button.delete"))
    await person.press(await person.until(say("acg.delete_ask")), say("button.confirm"))
    await person.until(say("acg.note.deleted"))
    (written,) = await journal.calls("acgbt", "POST", "/api/v1/comments")
    number = max(box.world.acgbt.remarks, default=0) + 1
    gone = await journal.calls("acgbt", "DELETE", f"/api/v1/comments/{number}")
    gone = gone or await journal.calls("acgbt", "DELETE", "/api/v1/comments/*")
    await person.press(await publishing.to_preview(person, say), say("button.publish"))
    await person.until(say.starts("publish.done_number"))
    (published,) = await journal.calls("acgbt", "POST", "/api/v1/publish")
    assert len(gone) == 1
    assert all(admits(box, person, way, call) for call in (written, *gone, published))


async def test_the_account(
    house: House, person: Person, say: Words, way: str, box: Sandbox, journal: Journal
) -> None:
    await journal.forget()
    card = await details(person, say, "acgbt")
    await person.press(card, say("button.avatar"))
    await person.until(say.starts("acgbt.ask_avatar"))
    await person.send(publishing.pictures(box, 1)[0])
    card = await person.until(say("acgbt.avatar_set"))
    await person.press(card, say("button.avatar"))
    await person.until(say.starts("acgbt.ask_avatar"))
    await person.send_file("me.png", PNG, mime="image/png")
    await person.until(say("acgbt.avatar_set"))
    card = await keys_card(person, say)
    await person.press(card, say("button.new_key"))
    await person.press(
        await person.until(lambda m: m.find(say("button.make_key")) is not None), say("button.make_key")
    )
    await person.until(lambda m: any(button.copies for button in m.buttons))
    asked = [
        *await journal.calls("acgbt", "GET", "/api/v1/user/profile"),
        *await journal.calls("acgbt", "POST", "/api/v1/user/avatar"),
        *await journal.calls("acgbt", "POST", "/api/v1/user/avatar/upload"),
        *await journal.calls("acgbt", "GET", "/api/v1/user/keys"),
        *await journal.calls("acgbt", "POST", "/api/v1/user/keys"),
    ]
    assert len({(call.method, call.path) for call in asked}) == 5
    assert all(admits(box, person, way, call) for call in asked)


async def test_messages(
    house: House, person: Person, say: Words, way: str, box: Sandbox, journal: Journal
) -> None:
    first, second, *_ = box.world.acgbt.letters_for(box.world.acgbt.account_of(person.id).id)
    await journal.forget()
    await person.send("/inbox")
    await person.press(await person.until("📨"), "1")
    await person.press(await person.until(first.content), say("button.back"))
    await person.press(await person.until("📨"), "✓ 2")
    card = await person.until(lambda m: m.find("✓ 3") is not None and m.find("✓ 2") is None)
    await person.press(card, say("inbox.button.all_read"))
    await person.until(say("inbox.note.all_read"))
    asked = [
        *await journal.calls("acgbt", "GET", "/api/v1/messages"),
        *await journal.calls("acgbt", "GET", "/api/v1/messages/unread-count"),
        *await journal.calls("acgbt", "GET", f"/api/v1/messages/{first.id}"),
        *await journal.calls("acgbt", "POST", f"/api/v1/messages/{second.id}/read"),
        *await journal.calls("acgbt", "POST", "/api/v1/messages/read-all"),
    ]
    assert len({(call.method, call.path) for call in asked}) == 5
    assert all(admits(box, person, way, call) for call in asked)


# The error codes


async def test_a_bad_request_is_told_in_the_services_own_words(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    await link_acgbt(person)
    card = await comments(person, say, pictured(box, count=0))
    await person.press(card, say("acg.button.write"))
    await person.until(say("acg.write_most", most=1000))
    body = {"code": 400, "message": "评论含有敏感词", "data": None}
    await control.fault("acgbt", "*/api/v1/comments", "status", method="POST", status=400, body=body)
    await person.send("something")
    told = await person.until("评论含有敏感词")
    assert say("problem.rejected", service="ACGBT") in told.text
    await person.press(told, say("button.retry"))
    await person.until(say("acg.note.written"))


async def test_a_key_that_is_refused_is_lost_and_the_way_to_link_is_there(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    await link_acgbt(person)
    await control.acgbt(person.id, revoked=True)
    await person.send("/inbox")
    told = await person.until(say("problem.link_lost", service="ACGBT"))
    assert told.find(say("button.link", service="ACGBT")) is not None
    # What is open stays open.
    await opened(person, pictured(box, count=0))


async def test_a_missing_permission_is_told_with_what_helps(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    await link_acgbt(person)
    body = {"code": 403, "message": "API 密钥没有权限", "data": None}
    await control.fault("acgbt", "*/api/v1/messages*", "status", status=403, body=body)
    await person.send("/inbox")
    told = await person.until(say("acg.advice.forbidden"))
    assert "API 密钥没有权限" in told.text


async def test_what_is_not_there_is_said_to_be_gone(bot: House, person: Person, say: Words) -> None:
    await person.start("acg_999999")
    told = await person.until(say("problem.not_found", service="ACGBT"))
    assert told.find(say("button.retry")) is None, "trying again would find nothing either"


async def test_too_many_calls_are_told_with_the_time_to_wait(
    bot: House, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await link_acgbt(person)
    await control.acgbt(person.id, rate_limit=1)
    await person.send("/inbox")
    sentence = say("problem.rate_limited", service="ACGBT", wait="§").partition("§")[0]
    told = await person.until(sentence)
    assert told.find(say("button.retry")) is not None
    await journal.forget()
    await person.send("/acg")
    told = await person.until(sentence)
    assert told.find(say("acg.button.search")) is None
    assert not await journal.calls("acgbt"), "nothing is sent before the time is over"


async def test_a_broken_service_is_told_and_tried_again(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await control.fault("acgbt", "*/api/v1/resources", "status", status=500, times=0)
    await person.send("/acg")
    told = await person.until(say("problem.broken", service="ACGBT"))
    await control.mend()
    await person.press(told, say("button.retry"))
    await person.until(lambda m: m.find(say("acg.button.search")) is not None)
