"""/acg on the way people go: lists, categories, orders, words, one resource with all that belongs to it."""

import io

from PIL import Image

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import GROUP
from tests.driver import Control, Journal, Person
from tests.e2e.acg.acgways import made, newest, opened, pictured
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.words import Words


async def test_newest_first_without_an_account(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await person.send("/acg")
    card = await person.until("ACGBT")
    for n, one in enumerate(newest(box)[:8], 1):
        assert f"{n}." in card.text
        assert one.title.split("/", maxsplit=1)[0].strip("# ")[:12] in card.text.replace("\u2060", "")
    (asked,) = await made(journal, "GET", "/resources")
    assert asked.query == {"page": "1", "page_size": "8", "order_by": "created_at", "order_dir": "desc"}
    assert not [name for name in asked.headers if name.startswith("x-")], "nobody in particular asks"
    await person.press(card, say("button.next"))
    await person.until("9.")
    assert (await made(journal, "GET", "/resources"))[-1].query["page"] == "2"
    await person.press(None, say("button.prev"))
    await person.until("1.")
    assert len(await made(journal, "GET", "/resources")) == 2, "a page that was just read is not asked for"


async def test_categories_with_counts_and_orders(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await person.send("/acg")
    await person.press(await person.until("ACGBT"), say("acg.button.any"))
    chosen = await person.until(say("acg.choose.category"))
    mine = [one for one in box.world.acgbt.resources.values() if one.category_id == 2]
    button = next(b for b in chosen.buttons if "番剧" in b.text)
    assert str(len(mine)) in button.text
    await person.press(chosen, button.text)
    card = await person.until(lambda m: "番剧" in m.text and m.find(say("button.subscribe")) is not None)
    assert (await made(journal, "GET", "/categories"))[0].status == 200
    assert (await made(journal, "GET", "/resources"))[-1].query["category_id"] == "2"
    await person.press(card, say("acg.order.created_at"))
    orders = await person.until(say("acg.choose.order"))
    assert orders.find(f"✓ {say('acg.order.created_at')} ↓") is not None
    for label, by, way in (
        ("seeders", "seeders", "desc"),
        ("downloads", "downloads", "desc"),
        ("title", "title", "asc"),
        ("created_at", "created_at", "asc"),
    ):
        arrow = "↓" if way == "desc" else "↑"
        await person.press(orders, f"{say(f'acg.order.{label}')} {arrow}")
        card = await person.until(lambda m: m.find("↕️") is not None)
        query = (await made(journal, "GET", "/resources"))[-1].query
        assert (query["order_by"], query["order_dir"], query["category_id"]) == (by, way, "2")
        first = sorted(mine, key=lambda one: (getattr(one, by), one.id), reverse=way == "desc")[0]
        assert first.title[:14] in card.text.replace("\u2060", "")
        await person.press(card, "↕️")
        orders = await person.until(say("acg.choose.order"))


async def test_words_find_and_are_asked_for(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await person.send("/acg Frieren 2160p")
    card = await person.until(say("acg.found", words="Frieren 2160p"))
    (asked,) = await made(journal, "GET", "/search")
    assert asked.query == {"q": "Frieren 2160p", "page": "1", "page_size": "8"}
    await person.press(card, say("acg.button.search"))
    await person.until(say("acg.ask"))
    await person.send("no such thing at all")
    nothing = await person.until(say("acg.none"))
    await person.press(nothing, say("acg.button.everything"))
    await person.until(lambda m: m.find(say("acg.order.created_at")) is not None)


async def test_a_resource_with_its_pictures_and_ways(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    resource = pictured(box, count=4, layout=3)
    magnet = f"magnet:?xt=urn:btih:{'a' * 40}&dn=short"
    resource.magnet_link, resource.ipfs_cid = magnet, "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG"
    await person.send(f"/acg {resource.title}")
    await person.press(await person.until("ACGBT"), "1")
    card = await person.until(lambda m: m.has_photo)
    picture = Image.open(io.BytesIO(await person.file(card)))
    assert picture.width == 1280, "three in a row, then one"
    assert abs(picture.height - 2 * 421 * 540 / 960) < 20
    assert resource.author in card.text
    assert f"🌱 {resource.seeders}" in card.text
    assert f"⬇️ {resource.downloads}" in card.text
    bold = [e for e in card.entities if e["type"] == "bold"]
    assert len(bold) >= 3, "the title, and the description's marks as such"
    assert card.text.replace("\u2060", "").count(resource.title) == 1, (
        "a heading that says the title is left out"
    )
    assert "**" not in card.text
    assert card.button(say("acg.button.copy_magnet")).copies == magnet
    assert card.button("IPFS").url == f"https://ipfs.io/ipfs/{resource.ipfs_cid}"
    assert len(await journal.calls("acgbt", "GET", "/uploads/images/*")) == 4
    await person.press(card, say("acg.button.torrent"))
    sent = await person.until(lambda m: "document" in m.data)
    assert sent.data["document"]["file_name"].endswith(".torrent")
    assert await person.file(sent) == box.world.acgbt.files[resource.torrent_file or ""][0]
    await person.until(say("acg.torrent_sent"), since=0)
    (asked,) = await made(journal, "GET", f"/resources/{resource.id}")
    assert asked.status == 200
    await person.press(None, say("acg.button.pictures", n=4))
    one = await person.until(say("acg.picture", number=1, count=4, title="§").partition("§")[0])
    assert one.has_photo
    await person.press(one, say("button.next"))
    two = await person.until(say("acg.picture", number=2, count=4, title="§").partition("§")[0])
    await person.press(two, say("button.back"))
    again = await person.until(lambda m: m.find(say("acg.button.comments")) is not None)
    await person.press(again, say("button.back"))
    await person.until(say("acg.found", words="§").partition("§")[0])


async def test_long_magnets_and_long_texts_have_pages_of_their_own(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    resource = pictured(box, count=0)
    magnet = f"magnet:?xt=urn:btih:{'b' * 40}&" + "&".join(
        f"tr=udp://tracker{n}.example:80" for n in range(20)
    )
    resource.magnet_link = magnet
    resource.description = "\n\n".join(f"第{n}段 " + "文" * 200 for n in range(30))
    card = await opened(person, resource)
    assert not card.has_photo
    await person.press(card, say("acg.button.magnet"))
    shown = await person.until(say("acg.magnet_long"))
    assert magnet in shown.text
    assert [e["type"] for e in shown.entities if e["type"] in ("pre", "code")] == ["pre"]
    assert shown.button(say("acg.button.copy_short")).copies == magnet.partition("&")[0]
    await person.press(shown, say("button.back"))
    await person.press(await person.until("🌱"), say("acg.button.text"))
    first = await person.until("第0段")
    await person.press(first, say("button.next"))
    await person.until(lambda m: "第0段" not in m.text and "段" in m.text)


async def test_bad_pictures_are_left_out_and_said_so_when_none_is_left(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    resource = pictured(box, count=2, layout=1)
    box.world.acgbt.files["/uploads/images/bad.png"] = (b"<html>no picture</html>", "image/png")
    resource.images = ["/uploads/images/bad.png", "/uploads/images/missing.png", "/uploads/images/good.png"]
    resource.images += ["http://127.0.0.1:1/private.png", "http://169.254.169.254/latest", "ftp://x/y.png"]
    resource.image_layout = 3
    card = await opened(person, resource)
    assert card.has_photo
    picture = Image.open(io.BytesIO(await person.file(card)))
    assert picture.size == (1280, 720), "the one that is a picture, and large"
    resource.images = resource.images[:2]
    bot.services.acg.catalogue._details.clear()
    card = await opened(person, resource)
    assert not card.has_photo
    assert say("acg.pictures_none") in card.text
    resource.torrent_file = "/uploads/torrents/none.torrent"
    bot.services.acg.catalogue._details.clear()
    await person.press(card, say("acg.button.torrent"))
    await person.until(say("acg.torrent_failed_magnet"))


async def test_a_group_sees_lists_and_each_reader_opens_their_own(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    await person.send("/acg", GROUP)
    card = await person.until("ACGBT", chat=GROUP)
    first = newest(box)[0]
    url = card.button("1").url or ""
    assert url.endswith(f"?start=acg_{first.id}")
    assert card.find(say("acg.button.search")) is None, "words are typed in the private chat"
    assert not [b for b in card.buttons if b.copies]
    await person.start(url.partition("start=")[2])
    await person.until("🌱")


async def test_the_search_shows_it_beside_the_others(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await person.send("/search 七武士" if say.language == "zh" else "/search Seven Samurai")
    card = await person.until(lambda m: m.find("ACGBT") is not None)
    assert "🌸" in card.text
    await person.press(card, "ACGBT")
    listed = await person.until(say("acg.found", words="§").partition("§")[0])
    assert len(await made(journal, "GET", "/search")) == 1, "the page that was read serves the list"
    await person.press(listed, "1")
    await person.press(await person.until("⬇️"), say("button.back"))
    await person.press(await person.until(say("acg.found", words="§").partition("§")[0]), say("button.back"))
    await person.until(lambda m: m.find("ACGBT") is not None and "🌸" in m.text)


async def test_inline_by_words_and_beside_titles(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    own = await person.inline("acg Frieren")
    assert len(own.results) == 3
    sent = await person.choose(own, own.results[0]["id"])
    assert "magnet" not in str(sent.data)
    (button,) = sent.buttons
    payload = (button.url or "").partition("start=")[2]
    await person.start(payload)
    await person.until("🌱")
    both = await person.inline("Seven Samurai" if say.language == "en" else "七武士")
    kinds = [result["id"].partition("_")[0] for result in both.results]
    assert kinds[0] == "t"
    assert kinds[-1] == "acg"


async def test_who_is_linked_signs_what_is_open_too(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await link_acgbt(person)
    await journal.forget()
    await person.send("/acg")
    await person.until("ACGBT")
    (asked,) = await made(journal, "GET", "/resources")
    assert "x-signature" in asked.headers
    assert "x-api-secret" not in asked.headers
