"""Linking by a key and its secret: asked for, deleted at once, tried, kept sealed, and nowhere else."""

import json

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from storage import dialogs, links
from storage.links import Link
from storage.schema import cards, inbox
from storage.tx import Tx
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.linking.keyed import acgbt_of, link_acgbt
from tests.e2e.words import Words

SHUT = json.dumps({"ok": False, "error_code": 400, "description": "Bad Request: message can't be deleted"})


async def stored(house: House, person: Person, service: str = "acgbt") -> Link | None:
    return await house.services.db.read(lambda tx: links.get(tx, person.id, service))


async def asked(person: Person, say: Words, service: str = "acgbt") -> Message:
    await person.send(f"/link {service}")
    return await person.until(say("linkkey.next.key"))


async def secrets_left(house: House, person: Person, *secrets: str) -> list[str]:
    """Look for secrets in what the bot remembers of a person beside the link, opened."""

    async def look(tx: Tx) -> str:
        found = [await dialogs.current(tx, person.id, person.id, 0.0)]
        states = (await tx.conn.execute(cards.select())).all()
        opened = [tx.ring.open(row.state, table="cards", row=row.id, column="state") for row in states]
        updates = (await tx.conn.execute(inbox.select().where(inbox.c.state == "done"))).all()
        assert all(row.payload is None for row in updates)
        return repr([one.state if one else None for one in found]) + repr(opened)

    told = await house.services.db.read(look)
    return [secret for secret in secrets if secret in told]


async def mine(person: Person) -> list[str]:
    """What the person wrote that is still in the chat."""
    return [m.text for m in await person.messages() if m.author == person.id]


async def test_a_key_and_its_secret_in_one_message(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    own = acgbt_of(box, person.id)
    card = await asked(person, say)
    assert say("linkkey.safe.key", minutes=10) in card.text
    assert card.button(say("button.site", service="ACGBT")).url == f"{box.url}/acgbt/"
    await journal.forget()
    sent = await person.send(f"Key：{own.key}\nSecret：{own.secret}")
    done = await person.until(say("link.done_as", service="ACGBT", name=own.name))
    assert done.id == card.id, "one card from the question to the end"
    assert say("link.next.acgbt") in done.text
    assert sent.id not in [m.id for m in await person.messages()]
    link = await stored(bot, person)
    assert link is not None
    assert (link.access_token, link.secret, link.scheme) == (own.key, own.secret, "signed")
    assert link.scopes == tuple(box.world.acgbt.main_key(person.id).permissions)
    calls = await journal.calls("acgbt")
    assert [call.name for call in calls] == ["profile", "keys"]
    assert all(call.headers["x-api-key"] == own.key and call.headers["x-signature"] for call in calls)
    assert all("x-api-secret" not in call.headers for call in calls), "a signature proves the secret"
    (gone,) = await journal.calls("telegram", path="*/deleteMessage")
    assert gone.seq < calls[0].seq, "first out of sight, then tried"
    await person.settled()
    assert not await secrets_left(bot, person, own.secret, own.key)


async def test_one_after_the_other(bot: House, box: Sandbox, person: Person, say: Words) -> None:
    own = acgbt_of(box, person.id)
    card = await asked(person, say)
    await person.send(own.key)
    half = await person.until(say("linkkey.next.secret"))
    assert half.id == card.id
    assert own.key not in half.text, "only its ends are shown"
    assert own.key[-4:] in half.text
    await person.send("这是什么?")
    await person.until(say("linkkey.no_secret"))
    await person.send(f"secret: {own.secret}")
    await person.until(say.starts("link.done_as"))
    assert await mine(person) == ["/link acgbt"]


async def test_a_secret_alone_is_not_kept(bot: House, box: Sandbox, person: Person, say: Words) -> None:
    own = acgbt_of(box, person.id)
    await asked(person, say)
    await person.send(own.secret)
    await person.until(say("linkkey.secret_alone"))
    assert not await secrets_left(bot, person, own.secret)
    await person.send("?")
    await person.until(say("linkkey.no_key"))
    await person.send(f"{own.secret} {own.key}")
    await person.until(say.starts("link.done_as"))


async def test_the_same_mistake_twice_is_told_twice(
    bot: House, box: Sandbox, person: Person, say: Words
) -> None:
    own = acgbt_of(box, person.id)
    card = await asked(person, say)
    await person.send("what?")
    first = await person.until(say("linkkey.no_key"))
    assert say("linkkey.tries", n=1) not in first.text
    for n in (2, 3):
        await person.send("what?")
        again = await person.until(say("linkkey.tries", n=n))
        assert again.id == card.id
        assert say("linkkey.no_key") in again.text
    await person.send(own.key)
    half = await person.until(say("linkkey.next.secret"))
    assert say("linkkey.tries", n=4) not in half.text
    await person.send(own.key)
    await person.until(say("linkkey.tries", n=2))
    await person.send(own.secret)
    await person.until(say.starts("link.done_as"))


async def test_a_wrong_one_is_told_beside_the_field_and_can_be_mended(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    own = acgbt_of(box, person.id)
    card = await asked(person, say)
    await journal.forget()
    await person.send(f"{own.key} {'0' * 64}")
    wrong = await person.until(say("linkkey.fault.api_key", words="API 密钥无效"))
    assert wrong.id == card.id
    assert await stored(bot, person) is None
    tries = await journal.calls("acgbt", path="*/profile")
    assert ["x-signature" in call.headers for call in tries] == [True, False], "signed, then plain, each once"
    await person.send(f"{own.key} {own.secret}")
    await person.until(say.starts("link.done_as"))


async def test_where_signatures_are_refused_the_secret_itself_is_kept_to(
    bot: House, box: Sandbox, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await control.options(acgbt_refuse_signatures=True)
    await link_acgbt(person)
    link = await stored(bot, person)
    assert link is not None
    assert link.scheme == "plain"
    await journal.forget()
    await person.send("/accounts")
    await person.until(say("accounts.title"))
    (call,) = await journal.calls("acgbt", path="*/profile")
    assert call.headers["x-api-secret"] == acgbt_of(box, person.id).secret


async def test_what_cannot_be_deleted_is_told(
    bot: House, box: Sandbox, person: Person, say: Words, control: Control
) -> None:
    own = acgbt_of(box, person.id)
    await control.fault("telegram", "*/deleteMessage", "status", status=400, body=SHUT, times=0)
    await asked(person, say)
    await person.send(own.key)
    await person.until(lambda m: say("linkkey.left") in m.text and say("linkkey.next.secret") in m.text)
    await control.mend()
    await person.send(own.secret)
    done = await person.until(say.starts("link.done_as"))
    assert say("linkkey.left") in done.text, "it still lies there"


@pytest.mark.parametrize("kind", ["status", "reset", "html"])
async def test_a_service_that_is_down_keeps_nothing(
    bot: House, box: Sandbox, person: Person, say: Words, control: Control, kind: str
) -> None:
    own = acgbt_of(box, person.id)
    await asked(person, say)
    await control.fault("acgbt", "*", kind, times=0, **({"status": 500} if kind == "status" else {}))
    await person.send(f"{own.key} {own.secret}")
    await person.until(say("linkkey.again"), timeout=30)
    assert not await secrets_left(bot, person, own.secret)
    assert await stored(bot, person) is None
    await control.mend()
    await person.send(f"{own.key} {own.secret}")
    await person.until(say.starts("link.done_as"))


async def test_cancel_leaves_and_words_are_a_search_again(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    card = await asked(person, say)
    await person.send("/cancel")
    await person.until(say("cancel.done"))
    assert card.id not in [m.id for m in await person.messages()]
    await journal.forget()
    await person.send("沙丘")
    await person.until("2021")
    await asked(person, say)
    await person.press(None, say("button.cancel"))
    await person.send("Dune")
    await person.until("2021")
    assert not await journal.calls("acgbt")


async def test_a_question_that_is_over_swallows_no_search(
    bot: House, person: Person, say: Words, clock: Hurried
) -> None:
    await asked(person, say)
    await person.settled()
    clock.forward(601)
    sent = await person.send("沙丘")
    await person.until("2021")
    assert sent.id in [m.id for m in await person.messages()]


async def test_linking_again_replaces_and_unlinking_says_what_stays(
    bot: House, box: Sandbox, person: Person, say: Words
) -> None:
    await link_acgbt(person)
    first = await stored(bot, person)
    other = box.world.acgbt.new_key(box.world.acgbt.account_of(person.id).id, "b", ["read"], 60, 1.0)
    await link_acgbt(person, key=other.key, secret=other.secret)
    second = await stored(bot, person)
    assert first is not None
    assert second is not None
    assert (second.access_token, second.scopes) == (other.key, ("read",))
    assert second.id != first.id
    await person.send("/unlink acgbt")
    await person.until(say("unlink.ask_key", service="ACGBT"))
    await person.press(None, say("button.confirm"))
    gone = await person.until(say("unlink.done_key", service="ACGBT"))
    assert gone.button(say("button.site", service="ACGBT")).url
    assert await stored(bot, person) is None
    await person.press(gone, say("button.relink", service="ACGBT"))
    await person.until(say("linkkey.next.key"))
    await person.send(f"{other.key} {other.secret}")
    await person.until(say.starts("link.done_as"))


async def test_a_key_taken_back_is_lost_and_told_once(
    bot: House, box: Sandbox, person: Person, say: Words
) -> None:
    await link_acgbt(person)
    box.world.acgbt.main_key(person.id).revoked = True
    await person.send("/accounts")
    await person.until(say("account.lost", service="ACGBT"))
    told = await person.until(say("link.lost", service="ACGBT"))
    box.world.acgbt.main_key(person.id).revoked = False
    await person.press(told, say("button.link", service="ACGBT"))
    await person.until(say("linkkey.next.key"))
    own = acgbt_of(box, person.id)
    await person.send(f"{own.key} {own.secret}")
    await person.until(say.starts("link.done_as"))
    assert len([m for m in await person.settled() if say("link.lost", service="ACGBT") in m.text]) <= 1
