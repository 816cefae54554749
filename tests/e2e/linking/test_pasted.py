"""Secrets nobody asked for: behind the command, in the private chat, and in a group."""

from pathlib import Path

import pytest

from bot.wiring import House, linkhive
from sandbox.server import Sandbox
from tests.conftest import GROUP, environment, settings_of
from tests.driver import Journal, Message, Person
from tests.driver.browser import payload_of
from tests.e2e.linking.keyed import acgbt_of, mika_of
from tests.e2e.linking.test_keys import mine, secrets_left, stored
from tests.e2e.words import Words

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1aWQiOjEsImV4cCI6MX0.c2lnbmF0dXJlLWNhbmFyeQ"


async def in_group(person: Person) -> list[int]:
    return [m.id for m in await person.messages(GROUP)]


async def test_behind_the_command(bot: House, box: Sandbox, person: Person, say: Words) -> None:
    own = acgbt_of(box, person.id)
    await person.send(f"/link acgbt {own.key} {own.secret}")
    await person.until(say("link.done_as", service="ACGBT", name=own.name))
    assert await mine(person) == []
    at_mika = mika_of(person.id)
    await person.send(f"/link mika {at_mika.name} {at_mika.password}")
    await person.until(lambda m: "Mika" in m.text and "✅" in m.text)
    assert await mine(person) == []
    link = await stored(bot, person, "mika")
    assert link is not None
    assert link.scheme == "token"
    await person.settled()
    assert not await secrets_left(bot, person, own.secret, at_mika.password)


async def test_a_key_pasted_into_the_private_chat_is_linked_and_never_searched(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    own = acgbt_of(box, person.id)
    await person.send(own.key)
    card = await person.until(say("linkkey.next.secret"))
    await person.send(own.secret)
    done = await person.until(say.starts("link.done_as"))
    assert done.id == card.id
    assert await mine(person) == []
    assert not await journal.calls("tmdb", path="*/search/*")
    assert not await secrets_left(bot, person, own.secret)


async def test_linking_is_begun_in_a_group_and_done_in_private(
    bot: House, person: Person, say: Words
) -> None:
    for service, words in (("acgbt", say("linkkey.next.key")), ("mika", say("linkkey.ways", service="Mika"))):
        await person.send(f"/link {service}", GROUP)
        told = await person.until(say("private.only"), chat=GROUP)
        await person.start(payload_of(told.button(say("button.private")).url or ""))
        await person.until(words)


def private_link(told: Message, say: Words) -> str:
    return payload_of(told.button(say("button.private")).url or "")


@pytest.mark.parametrize("what", ["key", "both", "command", "login", "token"])
async def test_a_secret_in_a_group_is_taken_out_of_sight(
    bot: House, box: Sandbox, person: Person, xiaoyu: Person, say: Words, journal: Journal, what: str
) -> None:
    own, at_mika = acgbt_of(box, person.id), mika_of(person.id)
    await xiaoyu.post("/app/member", GROUP, status="administrator")
    words, service = {
        "key": (f"my key: {own.key}", "acgbt"),
        "both": (f"{own.secret} {own.key}", "acgbt"),
        "command": (f"/link acgbt {own.key} {own.secret}", "acgbt"),
        "login": (f"/link@linkhive_bot mika {at_mika.name} {at_mika.password}", "mika"),
        "token": (f"token {JWT}", "mika"),
    }[what]
    sent = await person.send(words, GROUP)
    told = await person.until(say.starts("pasted.removed"), chat=GROUP)
    assert sent.id not in await in_group(person)
    assert private_link(told, say) == f"link_{service}"
    assert own.key not in told.text
    assert at_mika.password not in told.text
    assert await stored(bot, person, service) is None, "what others have seen is not linked"
    assert not await journal.calls(service)


async def test_where_it_cannot_be_deleted_its_owner_is_asked_to(
    bot: House, box: Sandbox, person: Person, say: Words
) -> None:
    own = acgbt_of(box, person.id)
    sent = await person.send(f"/link acgbt {own.key} {own.secret}", GROUP)
    told = await person.until(say("service.acgbt"), chat=GROUP)
    assert "⚠️" in told.text
    assert sent.id in await in_group(person)
    assert private_link(told, say) == "link_acgbt"


async def test_what_only_looks_alike_is_left_alone(bot: House, person: Person, xiaoyu: Person) -> None:
    await xiaoyu.post("/app/member", GROUP, status="administrator")
    for words in ("break_me_down_slowly", "ak_47 and more", "/link acgbt", "speak_12345678901234"):
        sent = await person.send(words, GROUP)
        await person.settled(chat=GROUP)
        assert sent.id in await in_group(person)


async def test_a_service_that_is_off_says_so(box: Sandbox, tmp_path: Path, xiaoyu: Person) -> None:
    say, env = Words("zh"), environment(box, tmp_path)
    del env["MIKA_URL"]
    async with linkhive(settings_of(env)):
        for words in ("/link mika", "/link mika u1001 pass-1001"):
            await xiaoyu.send(words)
            await xiaoyu.until(say("problem.service_off", service="Mika"))
        assert "pass-1001" not in str(await mine(xiaoyu)), "out of sight all the same"
        await xiaoyu.send("/link")
        offered = await xiaoyu.until(lambda m: m.find(say("button.close")) is not None)
        assert offered.find(say("button.link", service="Mika")) is None


async def test_the_button_of_an_error_leads_to_linking(bot: House, person: Person, say: Words) -> None:
    await person.send("/inbox")
    told = await person.until(say("problem.not_linked", service="ACGBT"))
    await person.press(told, say("button.link", service="ACGBT"))
    await person.until(say("linkkey.next.key"))
    await person.start("link_mika")
    await person.until(say("linkkey.ways", service="Mika"))
