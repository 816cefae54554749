"""Linking ACGBT and Mika the way people do: what is sent to the chat, and until when."""

from dataclasses import dataclass
from typing import Any

from sandbox.server import Sandbox
from tests.driver import Message, Person


@dataclass(frozen=True)
class Brought:
    """What a person has at a service without OAuth."""

    key: str
    secret: str
    name: str = ""
    password: str = ""


def acgbt_of(box: Sandbox, person: int) -> Brought:
    """Return the key that a person has at ACGBT from the start."""
    key = box.world.acgbt.main_key(person)
    return Brought(key.key, key.secret, box.world.acgbt.account_of(person).username)


def mika_of(person: int) -> Brought:
    """Return what a person has at Mika from the start; the same in every sandbox."""
    return Brought(f"mk_{person}_sandbox", f"ms-{person}-secret", f"u{person}", f"pass-{person}")


def _asks(message: Message) -> bool:
    return "🔒" in message.text


def _linked(message: Message) -> bool:
    return message.text.startswith("✅")


async def link_acgbt(person: Person, *, key: str = "", secret: str = "") -> Message:
    """Link ACGBT with a key and its secret, those of the sandbox unless others are given."""
    if not key:
        found = await _told(person, "/control/acgbt")
        key, secret = found["key"], found["secret"]
    await person.send("/link acgbt")
    await person.until(_asks)
    await person.send(f"{key} {secret}")
    return await person.until(_linked)


async def link_mika(person: Person, *, by_key: bool = False) -> Message:
    """Link Mika by a login, or with a key and its secret."""
    own = mika_of(person.id)
    await person.send("/link mika")
    ways = await person.until(lambda message: len(message.buttons) >= 3)
    await person.press(ways, "🗝" if by_key else "🔑")
    await person.until(_asks)
    await person.send(f"{own.key}\n{own.secret}" if by_key else f"{own.name} {own.password}")
    return await person.until(_linked)


async def _told(person: Person, path: str) -> dict[str, Any]:
    body = await person.look(path)
    return next(dict(one) for one in body["accounts"] if one["person"] == person.id)
