"""Answers to the questions of /publish that do not fit: links, files, titles and pictures."""

import pytest

from bot.wiring import House
from clients.credentials import ApiKey
from sandbox.catalogue.torrents import cid
from sandbox.server import Sandbox
from sandbox.tmdb.posters import draw
from tests.driver import Journal, Person
from tests.e2e.publish.publishing import *  # noqa: F403
from tests.e2e.publish.publishing import (
    HASH,
    MAGNET,
    asks,
    begun,
    file_of,
    pictures,
    sent,
    tells,
    to_link,
    to_pictures,
)
from tests.e2e.words import Words


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("just words", "no_link"),
        ("https://example.com/a.torrent?x=1", "torrent_address"),
        ("magnet:?dn=x", "magnet.no_hash"),
        (f"magnet:?xt=urn:btih:{HASH[:-1]}", "magnet.bad_hash"),
        ("magnet:?xt=urn:ed2k:354b15e68fb8f36d7cd88ff94116cdc1", "magnet.other_network"),
        (f"{MAGNET}&xt=urn:btih:{'cd' * 20}", "magnet.two_hashes"),
        (f"{cid('film', modern=True)[:-1]}", "no_link"),
    ],
)
async def test_wrong_links_get_a_clear_answer(
    bot: House, person: Person, say: Words, journal: Journal, key: ApiKey, link: str, fault: str
) -> None:
    await to_link(person, say)
    await person.send(link)
    card = await person.until(tells(say, f"publish.fault.{fault}"))
    assert asks(say, "link")(card)
    assert not await sent(journal)


async def test_wrong_files_get_a_clear_answer(
    bot: House, person: Person, say: Words, journal: Journal, key: ApiKey
) -> None:
    await to_link(person, say)
    private, _ = file_of(private=1)
    empty, _ = file_of(pieces=b"")
    for name, data, fault in (
        ("a.torrent", b"<html>not one</html>", "no_torrent"),
        ("b.torrent", private, "private"),
        ("c.torrent", empty, "odd"),
        ("d.torrent", b"d4:infodee", "no_info"),
        ("film.zip", b"PK\x03\x04", "no_torrent"),
    ):
        await person.send_file(name, data)
        assert asks(say, "link")(await person.until(tells(say, f"publish.fault.torrent.{fault}"))), name
    await person.send_file("e.torrent", 6 * 1024 * 1024)
    await person.until(tells(say, "publish.fault.torrent.big", most="5.0 MB"))
    assert not await sent(journal)


async def test_a_title_has_letters_and_an_end(
    bot: House, person: Person, say: Words, journal: Journal, key: ApiKey
) -> None:
    await begun(person, say)
    await person.send("\u200b\u2060")
    await person.until(tells(say, "publish.fault.no_title"))
    await person.send("长" * 201)
    await person.until(tells(say, "publish.fault.long_title", most=200, n=201))
    await person.send("长" * 200)
    await person.until(asks(say, "category"))
    await person.send("no such thing")
    await person.until(tells(say, "publish.fault.category"))
    assert not await journal.calls("acgbt", "POST")


async def test_pictures_are_looked_at(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal, key: ApiKey
) -> None:
    card = await to_pictures(person, say)
    await person.send("no link")
    await person.until(tells(say, "publish.fault.no_address"))
    site = f"{box.url}/acgbt"
    bad = f"{site}/uploads/images/missing.png {site}/api/v1/categories http://169.254.169.254/x.png"
    await person.send(f"{pictures(box, 1)[0]} {bad}")
    card = await person.until(lambda m: say.starts("publish.fault.picture.gone") in m.text)
    assert say.starts("publish.fault.picture.no_picture") in card.text
    assert say.starts("publish.fault.picture.refused") in card.text
    assert "1." in card.text
    assert "2." not in card.text
    await person.send(" ".join(f"{box.url}/acgbt/uploads/images/n{n}.png" for n in range(20)))
    await person.until(tells(say, "publish.fault.many_pictures", most=20))
    card = await person.until(asks(say, "more_pictures"))
    await person.press(card, say("publish.button.clear"))
    await person.until(asks(say, "pictures"))


async def test_a_sent_picture_is_told_why_not(
    bot: House, person: Person, say: Words, journal: Journal, box: Sandbox, key: ApiKey
) -> None:
    await to_pictures(person, say)
    for _ in range(3):
        await person.send_file("p.png", draw("p", 64, 64), kind="photo", album="a1")
    card = await person.until(tells(say, "publish.fault.sent_picture"))
    assert card.find(say("publish.button.no_pictures"))
    told = [m for m in await person.messages() if say("publish.fault.sent_picture") in m.text]
    assert len(told) == 1, "once for all of them"
    await person.send(pictures(box, 1)[0])
    await person.until(asks(say, "more_pictures"))
    assert box.world.bot_token not in str([m.data for m in await person.messages()])


async def test_other_files_are_still_uploads(
    bot: House, person: Person, say: Words, journal: Journal, key: ApiKey
) -> None:
    await begun(person, say)
    await person.send_file("film.mkv", b"\x1aE\xdf\xa3" * 50)
    await person.until(say("problem.not_linked", service="Disk.Top"))
