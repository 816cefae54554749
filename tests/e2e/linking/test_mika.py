"""Linking Mika: a login, a new account, or a key; passwords pass through and stay nowhere."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import INVITE_CODES
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.linking.keyed import link_mika, mika_of
from tests.e2e.linking.test_keys import mine, secrets_left, stored
from tests.e2e.words import Words


async def ways(person: Person, say: Words, way: str) -> Message:
    await person.send("/link mika")
    card = await person.until(say("linkkey.ways", service="Mika"))
    await person.press(card, say(f"button.way_{way}"))
    return await person.until(say.starts(f"linkkey.safe.{way}"))


async def test_a_login(bot: House, box: Sandbox, person: Person, say: Words, journal: Journal) -> None:
    own = mika_of(person.id)
    card = await ways(person, say, "login")
    await journal.forget()
    await person.send(f"{own.name} {own.password}")
    done = await person.until(say.starts("link.done_as"))
    assert done.id == card.id
    assert say("link.next.mika") in done.text
    (login,) = await journal.calls("mika")
    assert login.json == {"username": own.name, "password": own.password}
    link = await stored(bot, person, "mika")
    assert link is not None
    assert link.scheme == "token"
    assert link.expires_at == box.world.mika.tokens[link.access_token].expires_at
    await person.settled()
    assert await mine(person) == ["/link mika"]
    assert not await secrets_left(bot, person, own.password, link.access_token)
    await journal.forget()
    await person.send("/accounts")
    shown = await person.until(say("accounts.title"))
    (call,) = await journal.calls("mika", path="*/profile")
    assert call.headers["authorization"] == f"Bearer {link.access_token}"
    assert say("account.points", points=box.world.mika.account_of(person.id).points) in shown.text


async def test_a_name_first_and_a_wrong_password(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    own = mika_of(person.id)
    await ways(person, say, "login")
    await person.send(own.name)
    asked = await person.until(say("linkkey.next.password"))
    assert say("linkkey.given.username", value=own.name) in asked.text
    await person.send("not my password")
    wrong = await person.until(say("linkkey.fault.other", words="用户名或密码错误"))
    assert wrong.id == asked.id
    (login,) = await journal.calls("mika", path="*/login")
    assert login.json["password"] == "not my password"
    await person.send(f"用户名：{own.name}\n密码：{own.password}")
    await person.until(say.starts("link.done_as"))
    assert await mine(person) == ["/link mika"]


async def test_a_password_may_look_like_a_command(
    bot: House, box: Sandbox, person: Person, say: Words
) -> None:
    own = mika_of(person.id)
    box.world.mika.account_of(person.id).password = "/secret1"
    await ways(person, say, "login")
    await person.send(own.name)
    await person.until(say("linkkey.next.password"))
    await person.send("/secret1")
    await person.until(say.starts("link.done_as"))
    assert await mine(person) == ["/link mika"]


async def test_a_key_and_its_secret(bot: House, person: Person, say: Words, journal: Journal) -> None:
    own = mika_of(person.id)
    await ways(person, say, "key")
    await journal.forget()
    await person.send(f"{own.secret} {own.key}")
    await person.until(say.starts("link.done_as"))
    link = await stored(bot, person, "mika")
    assert link is not None
    assert (link.access_token, link.secret, link.scheme) == (own.key, own.secret, "signed")
    (call,) = await journal.calls("mika", path="*/profile")
    assert call.headers["x-api-key"] == own.key
    assert call.headers["x-sign"]
    assert own.secret not in str(call.headers)


async def register(person: Person, say: Words, *answers: str) -> Message:
    """Answer what is asked for, one after the other; returns the card after the last."""
    for answer in answers[:-1]:
        await person.send(answer)
        await person.until(lambda m: "⏳" not in m.text)
    await person.send(answers[-1])
    return await person.until(lambda m: "⏳" not in m.text)


async def test_a_new_account_with_an_invite_code(
    bot: House, box: Sandbox, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await control.options(mika_invite_required=True)
    code = next(iter(INVITE_CODES))
    card = await ways(person, say, "register")
    assert say("linkkey.next.username") in card.text
    done = await register(person, say, "hive_new", "hive@example.com", code, "long-enough-1")
    assert done.id == card.id
    assert say("link.done_as", service="Mika", name="hive_new") in done.text
    opened, _login = await journal.calls("mika", "POST")
    assert opened.json == {
        "username": "hive_new",
        "password": "long-enough-1",
        "email": "hive@example.com",
        "invite_code": code,
    }
    assert await mine(person) == ["/link mika"]
    assert not await secrets_left(bot, person, "long-enough-1")


async def test_what_is_wrong_with_a_field_is_told_beside_it(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    await ways(person, say, "register")
    await register(person, say, "u1002", "no-address")
    await person.press(None, say("button.no_invite"))
    await person.until(say("linkkey.next.password"))
    wrong = await register(person, say, "short")
    for name, words in (
        ("username", "用户名已存在"),
        ("email", "邮箱格式不正确"),
        ("password", "密码长度至少 8 位"),
    ):
        assert say(f"linkkey.fault.{name}", words=words) in wrong.text
    assert say("linkkey.next.username") in wrong.text, "the first wrong one is asked for again"
    await person.send("two words")
    await person.until(say("linkkey.one_word"))
    done = await register(person, say, "hive_two", "hive@example.com", "long-enough-1")
    assert say("link.done_as", service="Mika", name="hive_two") in done.text


async def test_a_lost_answer_to_a_registration_is_looked_up(
    bot: House, box: Sandbox, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await ways(person, say, "register")
    await register(person, say, "hive_new", "hive@example.com")
    await person.press(None, say("button.no_invite"))
    await control.fault("mika", "*/register", "reset_after")
    done = await register(person, say, "long-enough-1")
    assert say("link.done_as", service="Mika", name="hive_new") in done.text
    assert len(await journal.calls("mika", path="*/register")) == 1


async def test_an_account_that_cannot_be_entered_yet(
    bot: House, box: Sandbox, person: Person, say: Words, control: Control
) -> None:
    await ways(person, say, "register")
    await register(person, say, "hive_new", "hive@example.com")
    await person.press(None, say("button.no_invite"))
    await control.fault("mika", "*/login", "status", status=500, times=0)
    await register(person, say, "long-enough-1")
    told = await person.until(say("linkkey.opened", service="Mika"), timeout=30)
    assert say("linkkey.given.username", value="hive_new") in told.text
    await control.mend()
    await person.send("long-enough-1")
    await person.until(say("link.done_as", service="Mika", name="hive_new"))


async def test_back_leads_to_the_other_ways(bot: House, person: Person, say: Words) -> None:
    card = await ways(person, say, "register")
    await person.press(card, say("button.back"))
    back = await person.until(say("linkkey.ways", service="Mika"))
    assert back.id == card.id
    await person.settled()
    await person.send("沙丘")
    await person.until("2021")


async def test_a_login_is_told_of_before_it_ends_and_renewed_with_one_button(
    bot: House, person: Person, say: Words, clock: Hurried, control: Control
) -> None:
    await control.options(mika_token_seconds=30 * 86_400)
    await link_mika(person)
    await person.settled()
    clock.forward(29 * 86_400 + 60)
    told = await person.until(lambda m: say.starts("link.ending") in m.text, timeout=40)
    await person.press(told, say("button.link", service="Mika"))
    card = await person.until(say("linkkey.ways", service="Mika"))
    assert card.id != told.id, "what is told stays"
    await person.press(card, say("button.way_login"))
    await person.until(say.starts("linkkey.safe.login"))
    own = mika_of(person.id)
    await person.send(f"{own.name} {own.password}")
    await person.until(say.starts("link.done_as"))


@pytest.mark.parametrize("how", ["login", "key"])
async def test_what_is_taken_back_is_lost_and_told(
    bot: House, box: Sandbox, person: Person, say: Words, how: str
) -> None:
    await link_mika(person, by_key=how == "key")
    box.world.mika.tokens.clear()
    box.world.mika.account_of(person.id).secret = "another"
    await person.send("/accounts")
    await person.until(say("account.lost", service="Mika"))
    await person.until(say("link.lost", service="Mika"))
    await person.send("/unlink mika")
    await person.until(lambda m: m.find(say("button.confirm")) is not None)
