"""/save: a file of a share is played, downloaded and saved from its card; what a share refuses is said."""

import httpx
import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.shares.sharecard import CODE, FOLDER, LOCKED, SINGLE, listed, pressed, with_label
from tests.e2e.words import Words


async def film(person: Person, say: Words) -> Message:
    await person.send(f"/save https://disk.top/s/{SINGLE}")
    return await person.until(with_label(say("button.play_shared")))


async def fetched(url: str | None) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as web:
        return await web.get(url or "")


async def test_a_share_of_one_film_is_shown_with_its_cover_and_facts(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "disktop")
    await journal.forget()
    card = await film(person, say)
    assert card.find(say("button.save_all")) is None
    assert card.find(say("button.back")) is None
    assert all(fact in card.text for fact in ("single", "3.0 MB", "1920×1080", "h264", "2.5 Mbit/s"))
    preview = card.data["link_preview_options"]
    assert (await fetched(preview["url"])).headers["content-type"].startswith("image/")
    assert preview["prefer_large_media"]
    (meta,) = await journal.calls("disktop", "GET", f"/v1/share/{SINGLE}/video-meta")
    assert meta.query["fid"].isdecimal()
    await person.press(card, say("button.save"))
    done = await person.until(say.starts("save.done"))
    await pressed(person, done, say("button.back"), say("button.play_shared"))


async def test_a_film_is_played_without_saving(
    bot: House, person: Person, say: Words, journal: Journal, clock: Hurried
) -> None:
    await linked(person, "disktop")
    card = await film(person, say)
    await journal.forget()
    card = await pressed(person, card, say("button.play_shared"), "1080p")
    assert say("save.offer_play", n=10) in card.text
    for label in ("1080p", "720p", say("button.play_shared_now")):
        assert (await fetched(card.button(label).url)).text.startswith("#EXTM3U")
    (call,) = await journal.calls("disktop", "GET", f"/v1/share/{SINGLE}/stream")
    assert call.query["fid"].isdecimal()
    assert not await journal.calls("disktop", "POST", "*/transfer")
    clock.forward(601)
    card = await pressed(person, card, say("button.save_to"), say("button.choose_folder"))
    card = await pressed(person, card, say("button.back"), say("button.renew_shared"))
    assert say("save.offer_over") in card.text
    assert card.find("1080p") is None
    await pressed(person, card, say("button.renew_shared"), "1080p")
    assert len(await journal.calls("disktop", "GET", "*/stream")) == 2


async def test_a_file_behind_a_code_is_downloaded_directly(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "disktop")
    card = await listed(person, say, f"{LOCKED} {CODE}")
    card = await pressed(person, card, "📁 1", "🎬 1")
    card = await pressed(person, card, "🎬 1", say("button.download_shared"))
    assert "/Season 01" in card.text
    await journal.forget()
    card = await pressed(person, card, say("button.download_shared"), say("button.download_shared_now"))
    assert say("save.offer_download", n=10) in card.text
    (call,) = await journal.calls("disktop", "GET", f"/v1/share/{LOCKED}/download")
    assert call.query["pwd"] == CODE
    async with httpx.AsyncClient(trust_env=False) as web:
        url = str(card.button(say("button.download_shared_now")).url)
        async with web.stream("GET", url) as got:
            assert got.status_code == 200
            assert int(got.headers["content-length"]) == 32 * 1024**2
    card = await pressed(person, card, say("button.play_shared"), "720p")
    (stream,) = await journal.calls("disktop", "GET", f"/v1/share/{LOCKED}/stream")
    assert stream.query == {"fid": call.query["fid"], "pwd": CODE}
    card = await pressed(person, card, say("button.back"), "🎬 1")
    assert card.find(say("button.up")) is not None


async def test_a_plain_file_offers_no_player(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "disktop")
    card = await listed(person, say, FOLDER)
    card = await pressed(person, card, "📁 1", "📄 2")
    await journal.forget()
    card = await pressed(person, card, "📄 2", say("button.download_shared"))
    assert card.find(say("button.play_shared")) is None
    assert not await journal.calls("disktop", "GET", "*/video-meta")


async def test_a_film_without_facts_can_be_saved_all_the_same(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await linked(person, "disktop")
    await control.fault("disktop", "*/video-meta", "status", status=500, times=0)
    card = await film(person, say)
    assert "h264" not in card.text
    await person.press(card, say("button.save"))
    await person.until(say.starts("save.done"))


@pytest.mark.parametrize(
    ("surl", "kind", "errno"),
    [("abcdefghijklmnop", "invalid", "invalid_surl"), ("dead00", "gone", "share_not_found")],
)
async def test_links_that_lead_nowhere_say_why(
    bot: House, person: Person, say: Words, journal: Journal, surl: str, kind: str, errno: str
) -> None:
    await linked(person, "disktop")
    await journal.forget()
    await person.send(f"/save https://disk.top/s/{surl}")
    card = await person.until(say(f"problem.transfer.{kind}"))
    assert card.find(say("button.retry")) is None
    (call,) = await journal.calls("disktop", "GET", f"/v1/share/{surl}/info")
    assert call.errno == errno


async def test_expired_and_premium_shares_are_explained(
    bot: House, person: Person, say: Words, control: Control, box: Sandbox
) -> None:
    await linked(person, "disktop")
    box.world.people[person.id].disk_vip = False
    await person.send("/save https://disk.top/s/0ld000")
    await person.until(say("problem.transfer.expired"))
    await person.send("/save https://disk.top/s/9e0000")
    await person.until(say("problem.transfer.premium"))


async def test_a_file_that_is_gone_meanwhile_is_said_to_be(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "disktop")
    card = await listed(person, say, FOLDER)
    card = await pressed(person, card, "🎬 2", say("button.play_shared"))
    await journal.forget()
    share = box.world.catalogue.shares[FOLDER]
    share.nodes = [node for node in share.nodes if node.is_dir]
    for label in ("button.play_shared", "button.download_shared"):
        await person.press(card, say(label))
        gone = await person.until(say("problem.transfer.file_gone"))
        card = await pressed(person, gone, say("button.back"), say(label))
    await person.press(card, say("button.save"))
    await person.until(say("problem.transfer.file_gone"))
    refused = [call.errno for call in await journal.calls("disktop", path=f"/v1/share/{FOLDER}/*")]
    assert refused.count("file_not_found") == 3, "played, downloaded and saved"


async def test_a_code_that_changed_is_asked_for_again(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "disktop")
    card = await listed(person, say, f"{LOCKED} {CODE}")
    box.world.catalogue.shares[LOCKED].code = "4321"
    await person.press(card, say("button.save_all"))
    wrong = await person.until(say("problem.transfer.wrong_code"))
    (call,) = [c for c in await journal.calls("disktop", "GET", "*/files") if c.errno][-1:]
    assert call.errno == "pwd_required_or_wrong"
    assert call.query["pwd"] == CODE
    card = await pressed(person, wrong, say("button.back"), say("button.enter_code"))
    assert say.starts("save.wrong_code") in card.text
    await person.press(card, say("button.enter_code"))
    await person.send("4321")
    await person.until(with_label(say("button.save_all")))


async def test_a_drive_that_fills_up_on_the_way_says_what_is_needed(
    bot: House, person: Person, say: Words, control: Control, box: Sandbox
) -> None:
    await linked(person, "disktop")
    free = box.world.people[person.id].disk_total - box.world.people[person.id].disk_used
    assert free > 8 * 1024**2
    refusal = {"errno": "quota_exceeded", "errmsg": "网盘空间不足"}
    await control.fault("disktop", "*/transfer", "status", status=403, body=refusal)
    card = await listed(person, say, FOLDER)
    await person.press(card, say("button.save_all"))
    full = await person.until(say.starts("problem.transfer.full"))
    assert "8.2 MB" in full.text
    await person.press(full, say("button.retry"))
    await person.until(say.starts("save.done"))
