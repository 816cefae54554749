"""Short ways into publishing at ACGBT for tests."""

import hashlib
from typing import Any

import pytest

from bot.wiring import House
from clients.credentials import ApiKey
from sandbox.catalogue.torrents import Torrent, bencode, info_of, infohash, torrent
from sandbox.server import Sandbox
from services.names import Service
from tests.driver import Call, Journal, Message, Person
from tests.e2e.words import Words

PUBLISH = "/api/v1/publish"
HASH = "ab" * 20
MAGNET = f"magnet:?xt=urn:btih:{HASH}&dn=Some+Anime&xl=5368709120"
BARE = f"magnet:?xt=urn:btih:{HASH}"
TITLE = "葬送的芙莉莲 第二季 01-12 [1080p]"


def linked_acgbt(box: Sandbox, person: Person, *, signed: bool = True) -> ApiKey:
    """The key the person has from the start, which may publish."""
    key = box.world.acgbt.main_key(person.id)
    key.permissions = ["*"]
    return ApiKey(key.key, key.secret, signed)


async def with_key(house: House, box: Sandbox, person: Person, *, signed: bool = True) -> ApiKey:
    """Link the person's key, as /link acgbt does in the end."""
    credential = linked_acgbt(box, person, signed=signed)
    account = box.world.acgbt.account_of(person.id)
    await house.services.credentials.connect(
        person.id, Service.ACGBT, credential, account_id=str(account.id), account_name=account.username
    )
    return credential


def file_of(name: str = "Frieren S2", size: int = 7_340_032_123, **more: Any) -> tuple[bytes, str]:
    """A torrent file and its infohash."""
    info = {**info_of(name, size, "test"), **more}
    return torrent(info), infohash(info)


def second_version(size: int = 1_000_000) -> tuple[bytes, str]:
    """A torrent file of version 2 only, and its infohash."""
    tree: Any = {"a.mkv": {"": {"length": size, "pieces root": b"r" * 32}}}
    info: Any = {"file tree": tree, "meta version": 2, "name": "v2", "piece length": 16384}
    return bencode({"info": info}), hashlib.sha256(bencode(info)).hexdigest()


def pictures(box: Sandbox, number: int) -> list[str]:
    return [f"{box.url}/acgbt/uploads/images/test{n}.png" for n in range(number)]


def made(box: Sandbox) -> list[Torrent]:
    """What was published, newest first, as ACGBT has it."""
    stocked = set(box.world.acgbt.stock_ids)
    found = [one for one in box.world.acgbt.resources.values() if one.id not in stocked]
    return sorted(found, key=lambda one: -one.id)


def tells(say: Words, key: str, **values: object) -> Any:
    """Whether a card says something; joiners keep what looks like an address from becoming a link."""
    words = say(key, **values)
    return lambda message: words in message.text.replace("\u2060", "")


async def begun(person: Person, say: Words, words: str = "") -> Message:
    await person.send(f"/publish {words}".strip())
    return await person.until(asks(say, "category" if words else "title"))


def asks(say: Words, step: str) -> Any:
    """Whether a card asks for a field."""
    first = say.starts(f"publish.ask.{step}").splitlines()[0]
    return lambda message: first in message.text


async def to_description(person: Person, say: Words, title: str = TITLE) -> Message:
    card = await begun(person, say, title)
    await person.press(card, "番剧")
    return await person.until(asks(say, "description"))


async def to_pictures(person: Person, say: Words) -> Message:
    await to_description(person, say)
    await person.send("**简介** about it")
    return await person.until(asks(say, "pictures"))


async def to_link(person: Person, say: Words) -> Message:
    card = await to_pictures(person, say)
    await person.press(card, say("publish.button.no_pictures"))
    return await person.until(asks(say, "link"))


async def to_preview(person: Person, say: Words, link: str = MAGNET) -> Message:
    await to_link(person, say)
    await person.send(link)
    return await person.until(lambda m: m.find(say("button.publish")) is not None)


async def sent(journal: Journal) -> list[Call]:
    return await journal.calls("acgbt", "POST", PUBLISH)


@pytest.fixture
async def key(bot: House, box: Sandbox, person: Person) -> ApiKey:
    return await with_key(bot, box, person)
