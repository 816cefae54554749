"""Short ways into own shares for tests."""

from typing import Any

from sandbox.catalogue import Resource, Verdict
from sandbox.catalogue.resources import Sharer
from sandbox.server import Sandbox
from tests.conftest import linked
from tests.driver import Call, Journal, Message, Person
from tests.e2e.words import Words

SHARES = "/api/open/shares"
ONE = f"{SHARES}/*"
CHECK = "/api/open/check/resource"
LINK = "https://pan.quark.cn/s/abcdef123456"
DUNE = {"zh": "沙丘", "en": "Dune"}


def words_of(card: Message) -> str:
    """The text without the joiners that keep names from becoming links."""
    return card.text.replace("\u2060", "")


def mine(box: Sandbox, person: Person) -> list[Resource]:
    """The person's shares, the newest first, as HDHive lists them."""
    found = [r for r in box.world.catalogue.resources.values() if r.owner.person == person.id]
    return sorted(found, key=lambda r: (-r.created_at, r.slug))


def nothing_shared(box: Sandbox, person: Person) -> None:
    for share in mine(box, person):
        del box.world.catalogue.resources[share.slug]


def stock(box: Sandbox, person: Person, number: int = 1, **more: Any) -> list[Resource]:
    """Let the person have exactly so many shares of Dune; the first is the newest."""
    nothing_shared(box, person)
    somebody = box.world.people[person.id]
    for n in range(number):
        given: dict[str, Any] = {
            "title": f"Share {n + 1}",
            "pan_type": "quark",
            "url": f"https://pan.quark.cn/s/{n:012x}",
            "access_code": None,
            "unlock_points": n,
            "verdict": Verdict.ALIVE,
            "created_at": int(box.world.now()) - 60 * n - 60,
            **more,
        }
        owner = Sharer(somebody.hdhive_id, somebody.hdhive_nickname, person.id)
        made = Resource(
            slug=f"{n + 1:032x}", media_type="movie", tmdb_id=438631, owner=owner, own=True, **given
        )
        box.world.catalogue.add(made)
    return mine(box, person)


async def listed(person: Person, say: Words, *, link: bool = True) -> Message:
    """Return the card of /shares."""
    if link:
        await linked(person, "hdhive")
    await person.send("/shares")
    return await person.until(lambda m: m.find(say("button.new_share")) is not None)


async def opened(person: Person, say: Words, card: Message | None = None, number: int = 1) -> Message:
    """Return the card of one share of the list."""
    card = card or await listed(person, say)
    await person.press(card, f"{number} · ")
    return await person.until(lambda m: m.find(say("button.delete_share")) is not None)


async def begun(person: Person, say: Words) -> Message:
    """Return the card that asks for the link of a new share."""
    await person.press(await listed(person, say), say("button.new_share"))
    return await person.until(say("share.ask.link"))


async def to_film(person: Person, say: Words, text: str = LINK) -> Message:
    await begun(person, say)
    await person.send(text)
    return await person.until(lambda m: say.starts("share.ask.film")[:20] in m.text)


async def to_price(person: Person, say: Words, text: str = LINK) -> Message:
    await to_film(person, say, text)
    await person.send(DUNE[say.language])
    hits = await person.until(say.starts("share.which_film"))
    row = next(line for line in hits.text.splitlines() if "2021" in line)
    await person.press(hits, row.partition(".")[0])
    return await person.until(say("share.ask.price"))


async def to_preview(person: Person, say: Words, text: str = LINK, price: str = "5") -> Message:
    await to_price(person, say, text)
    await person.send(price)
    await person.until(lambda m: m.find(say("button.no_title")) is not None)
    await person.send("4K WEB-DL")
    return await person.until(lambda m: m.find(say("button.publish")) is not None)


async def changed(journal: Journal) -> list[Call]:
    return await journal.calls("hdhive", "PATCH", f"{SHARES}/*")
