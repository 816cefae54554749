"""/privacy and /forget, the way people meet them; that nothing comes back is shown by E2."""

import asyncio
import json
from typing import Any

from bot.wiring import House
from sandbox.server import Sandbox
from services.forgetting import FAREWELL, FORGET
from storage import chats, dialogs, erasure, leases, users
from storage.database import Database
from storage.marks import rows_of
from storage.schema import metadata
from storage.workcontext import WorkContext
from tests.conftest import GROUP, linked
from tests.driver import Browser, Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.process import until
from tests.e2e.upload.uploading import source, started
from tests.e2e.ways import asked, resource
from tests.e2e.words import Words
from tests.fixtures import canary

PEOPLE_TABLES = {table.name for table in metadata.sorted_tables if rows_of(table).owner is not None}


async def rows(db: Database, person: Person) -> dict[str, int]:
    """How many rows there are of a person, where there are any; a claim goes as soon as the chat rests."""
    found = await db.read(lambda tx: erasure.count(tx, person.id))
    return {table: number for table, number in found.items() if number and table != "chat_claims"}


async def nothing_left(bot: House, person: Person) -> None:
    """Wait for the last job to end, then look everywhere."""
    for _ in range(400):
        due = await bot.db.read(lambda tx: leases.next_due(tx, [FORGET, FAREWELL, "link.revoke"]))
        if due is None and await rows(bot.db, person) == {}:
            break
        await asyncio.sleep(0.05)
    assert await rows(bot.db, person) == {}
    found = await bot.db.read(lambda tx: canary.traces(tx, str(person.id)))
    # A keyed hash has any four digits in it now and then.
    left = [place for place in found if not place.startswith(("chat_claims", "erasures.mark"))]
    assert left == []


async def forgotten(person: Person, say: Words) -> Message:
    """Ask to be forgotten, and wait for the last word."""
    await person.send("/forget")
    question = await person.until(say("forget.title"))
    await person.press(question, say("button.confirm"))
    told = await person.until(say("forget.done"), timeout=20, since=0)
    assert told.id == question.id, "the last word stands where the question stood"
    return told


async def exported(person: Person, say: Words) -> tuple[Message, dict[str, Any]]:
    await person.send("/privacy")
    await person.press(await person.until(say("privacy.title")), say("button.export"))
    sent = await person.until(lambda message: "document" in message.data)
    return sent, json.loads(await person.file(sent))


async def bought(person: Person, say: Words, box: Sandbox) -> str:
    """Unlock something and return its link."""
    found = resource(box, "quark", 5)
    card = await asked(person, say, found.slug)
    await person.press(card, say("button.confirm"))
    await person.until(lambda message: message.find(say("button.open")) is not None)
    return found.url


# /privacy


async def test_what_is_stored_is_said_and_sent(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    await linked(person, "hdhive", "disktop")
    url = await bought(person, say, box)
    await person.send("/settings")
    await person.until(lambda message: bool(message.buttons))
    await person.send("/privacy")
    card = await person.until(say("privacy.title"))
    for table in ("users", "links", "cards", "unlocks"):
        assert say(f"privacy.table.{table}") in card.text
    assert say("privacy.table.uploads") not in card.text, "nothing was uploaded"
    sent, document = await exported(person, say)
    assert sent.text == say("privacy.file")
    assert sent.data["document"]["file_name"].startswith(f"linkhive-{person.id}-")
    assert set(document["tables"]) == PEOPLE_TABLES, "every table that can have the person"
    assert document["user_id"] == person.id
    tables = document["tables"]
    assert {link["service"] for link in tables["links"]} == {"hdhive", "disktop"}
    assert tables["unlocks"][0]["url"] == url, "what was paid for is told"
    assert tables["users"][0]["seen_at"].endswith("Z")
    assert "access_token" in document["secret_columns"]["links"]


async def test_no_secret_is_in_the_export(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    """All tokens, codes and tickets the sandbox ever gave are looked for."""
    await linked(person, "hdhive", "disktop")
    await person.send("/link disktop")
    card = await person.until(lambda message: message.find(say("button.device")) is not None)
    ticket = next(button.url for button in card.buttons if button.url) or ""
    await person.press(card, say("button.device"))
    await person.until(lambda message: message.has_photo)
    await person.send("/link hdhive")
    open_ = await person.until(lambda message: any(button.url for button in message.buttons))
    async with Browser(person.id) as browser:
        payload = await browser.link(next(b.url for b in open_.buttons if b.url) or "")
    await control_file(person, box)
    _, document = await exported(person, say)
    told = json.dumps(document)
    world = box.world
    secrets = [ticket.rpartition("/")[2], payload, payload.removeprefix("l_")]
    for grants in (world.hdhive.grants, world.disktop.grants):
        for grant in grants.all:
            secrets += [grant.refresh_token, *grant.access, *grant.spent]
    secrets += [device.device_code for device in world.disktop.devices.values()]
    secrets += [device.user_code for device in world.disktop.devices.values()]
    secrets += [*world.hdhive.codes, *world.disktop.codes]
    assert len(secrets) > 8
    assert not [secret for secret in secrets if secret and secret in told]


async def control_file(person: Person, box: Sandbox) -> None:
    """Leave an upload waiting whose session at the drive would let anybody write into it."""
    box.world.faults.add(
        {"service": "disktop", "path": "/disktop-upload/*", "kind": "status", "status": 503, "times": 0}
    )


async def test_a_group_is_only_pointed_to_the_private_chat(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    for command in ("/privacy", "/forget", "/admin"):
        await person.send(command, GROUP)
    await person.until(say("private.only"), chat=GROUP)
    shown = await person.settled(chat=GROUP)
    assert not [m for m in shown if say("privacy.title") in m.text or say("forget.title") in m.text]
    assert not await journal.calls("telegram", path="*/sendDocument")


# /forget


async def test_forgetting_asks_first(bot: House, person: Person, say: Words, journal: Journal) -> None:
    await linked(person, "hdhive")
    before = await rows(bot.db, person)
    await person.send("/privacy")
    await person.press(await person.until(say("privacy.title")), say("button.forget"))
    question = await person.until(say("forget.title"))
    assert say("forget.revoked", service="HDHive") in question.text
    await person.press(question, say("button.cancel"))
    assert (await rows(bot.db, person))["links"] == before["links"]
    assert not await journal.calls("hdhive", "POST", "*/revoke")


async def test_everything_goes_and_is_revoked(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "hdhive", "disktop")
    await bought(person, say, box)
    await person.send("/search 沙丘", GROUP)
    await person.until("2021", chat=GROUP)
    tokens = [grant.refresh_token for grant in box.world.hdhive.grants.all]
    told = await forgotten(person, say)
    assert say("forget.still", service="Disk.Top") in told.text
    assert told.button(say("button.take_back", service="Disk.Top")).url == "https://disk.top/user/apps"
    await until(lambda: all(grant.revoked for grant in box.world.hdhive.grants.all), "it is revoked")
    revoked = [call.json["refresh_token"] for call in await journal.calls("hdhive", "POST", "*/revoke")]
    assert revoked == tokens
    await nothing_left(bot, person)


async def test_afterwards_one_begins_anew(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    await linked(person, "hdhive")
    await person.send("/settings")
    await person.until(lambda message: bool(message.buttons))
    told = await forgotten(person, say)
    pressed = await person.press_data(told, "A" * 10 + ":show:")
    assert pressed.text == say("card.old")
    await person.send("/start")
    panel = await person.until(say.starts("start.hello"))
    assert panel.find(say("button.link", service="HDHive")) is not None, "nothing is linked any more"
    await linked(person, "hdhive")
    assert (await rows(bot.db, person))["links"] == 1


async def doubted(person: Person, say: Words, box: Sandbox, control: Control, kind: str) -> None:
    """Have an unlock end in doubt: its answer is lost."""
    card = await asked(person, say, resource(box, "quark", 5).slug)
    await control.fault("hdhive", "*/resources/unlock", kind, seconds=0.01, status=502)
    await person.press(card, say("button.confirm"))
    await person.until(say.starts("unlock.doubtful"), timeout=20)


async def test_an_unlock_under_way_is_settled_first(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    await control.options(unlock_lands_after=30.0)
    await doubted(person, say, box, control, "reset_after")
    await person.send("/forget")
    question = await person.until(say("forget.title"))
    assert say("forget.under_way") in question.text
    await person.press(question, say("button.confirm"))
    await person.until(say("forget.working"), since=0)
    assert (await rows(bot.db, person))["unlocks"] == 1, "who can still be charged is not let go of"
    assert not box.world.hdhive.charges
    await control.advance(31.0)
    await control.options(unlock_lands_after=0.0)
    clock.forward(31.0)
    await person.until(say("forget.done"), timeout=20, since=0)
    await nothing_left(bot, person)
    assert len(box.world.hdhive.charges) == 1


async def test_a_doubt_that_is_older_goes_with_the_rest(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, clock: Hurried
) -> None:
    await linked(person, "hdhive")
    await doubted(person, say, box, control, "status")
    await control.fault("hdhive", "*/shares/*", "status", status=502, times=0)
    clock.forward(200.0)
    await person.send("/forget")
    question = await person.until(say("forget.title"))
    assert say("forget.under_way") not in question.text
    assert "HDHive" in next(line for line in question.text.splitlines() if line.startswith("⚠️"))
    await person.press(question, say("button.confirm"))
    await person.until(say("forget.done"), timeout=20, since=0)
    await nothing_left(bot, person)


async def test_an_upload_under_way_ends(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "disktop")
    await started(person, say, f"/upload {source(box, size=40_000_000, seed=1, mode='slow', n=500_000)}")
    assert bot.settings.database_url.startswith("sqlite:///")
    folder = next(p for p in (await spools(bot)) if p)
    await forgotten(person, say)
    await until(lambda: not list(folder.glob("*.part")), "the spool is empty")
    await nothing_left(bot, person)


async def spools(bot: House) -> list[Any]:
    from bot.database import spool_folder

    folder = spool_folder(bot.settings)
    await until(lambda: bool(list(folder.glob("*.part"))), "it is being fetched")
    return [folder]


async def test_blocking_the_bot_afterwards_leaves_no_trace(bot: House, person: Person, say: Words) -> None:
    await person.send("/help")
    await person.until(lambda message: bool(message.buttons))
    await forgotten(person, say)
    await until(lambda: bot.store.quiet, "what came before is done")
    handled = bot.metrics.updates.labels("done")
    before = handled._value.get()
    await person.block()
    await until(lambda: handled._value.get() > before, "it was handled")
    await nothing_left(bot, person)
    assert await bot.db.read(lambda tx: chats.get(tx, person.id)) is None
    await person.unblock()


async def test_the_last_word_is_no_trace_where_it_cannot_be_said(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await person.send("/forget")
    question = await person.until(say("forget.title"))
    await control.fault(
        "telegram",
        "*/editMessageText",
        "status",
        status=403,
        times=0,
        body={"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"},
    )
    await person.press(question, say("button.confirm"))
    await nothing_left(bot, person)
    assert await bot.db.read(lambda tx: chats.get(tx, person.id)) is None


async def test_who_was_forgotten_is_not_remembered_in_memory(
    bot: House, person: Person, ben: Person, xiaoyu: Person, say: Words
) -> None:
    people = bot.services.people
    await person.send("/help")
    await person.until(lambda message: bool(message.buttons))
    assert not await people.is_stranger(person.id)
    await forgotten(person, say)
    assert await people.is_stranger(person.id)
    assert (await people.known(person.id)).user.first_name == ""
    late = WorkContext(person.id, 0.0)
    assert bot.db.erasures.void(late)
    assert await bot.db.read(lambda tx: users.get(tx, person.id)) is None
    assert await bot.db.read(lambda tx: dialogs.current(tx, person.id, person.id, 0.0)) is None
