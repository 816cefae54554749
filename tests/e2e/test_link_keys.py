"""Linking with a key or a login: asked for, deleted at once, tried, kept sealed."""

from bot.wiring import House
from sandbox.server import Sandbox
from storage import links
from tests.driver import Journal, Person
from tests.e2e.keyed import acgbt_of, link_acgbt, link_mika, mika_of


async def stored(house: House, person: int, service: str) -> links.Link:
    link = await house.services.db.read(lambda tx: links.get(tx, person, service))
    assert link is not None
    return link


async def test_acgbt(house: House, box: Sandbox, xiaoyu: Person, journal: Journal) -> None:
    card = await link_acgbt(xiaoyu)
    own = acgbt_of(box, xiaoyu.id)
    link = await stored(house, xiaoyu.id, "acgbt")
    assert (link.access_token, link.secret, link.scheme, link.scopes) == (own.key, own.secret, "signed", ("*",))
    print(card.text)


async def test_mika(house: House, box: Sandbox, xiaoyu: Person, ben: Person) -> None:
    print(await link_mika(xiaoyu))
    assert (await stored(house, xiaoyu.id, "mika")).scheme == "token"
    print(await link_mika(ben, by_key=True))
    assert (await stored(house, ben.id, "mika")).scheme == "signed"
