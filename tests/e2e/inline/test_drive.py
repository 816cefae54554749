"""`@bot drive WORDS`: the asker's own files; of one that is sent, nobody else learns more than its name."""

import json
import re
import string
from dataclasses import replace

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from services.drive.pointers import point_to, pointed_at
from storage.crypto import KeyRing
from tests.conftest import BEN, GROUP, LAOCHEN, XIAOYU, Start, linked
from tests.driver import Control, InlineAnswer, Journal, Person
from tests.driver.browser import payload_of
from tests.e2e import ways
from tests.e2e.drive.driveways import drive_of, fill, put
from tests.e2e.words import Words

ASKED = {"zh": "网盘 E1", "en": "drive E1"}


@pytest.fixture
async def owner(bot: House, person: Person, box: Sandbox, journal: Journal) -> Person:
    """Somebody with a small drive of their own."""
    await linked(person, "disktop")
    fill(box, person)
    await journal.forget()
    return person


def titles(answer: InlineAnswer) -> list[str]:
    return [result["title"] for result in answer.results]


async def test_own_files_by_name_for_their_owner_only(
    owner: Person, say: Words, journal: Journal, people: dict[int, Person]
) -> None:
    answer = await owner.inline(ASKED[say.language], chat=GROUP)
    assert answer.answered
    assert sorted(titles(answer)) == ["🎬 E1.mkv", "🎬 E10.mkv"]
    assert answer.data["button"]["text"] == say("inline.drive")
    (search,) = await journal.calls("disktop", "GET", "/v1/files/search")
    assert search.query["q"] == "E1"
    (call,) = await journal.calls("telegram", path="*/answerInlineQuery")
    assert "is_personal" in call.body
    assert not await journal.calls("tmdb")
    # Asked for once more, it is looked up once more: nothing is kept at Telegram, for nobody.
    again = await owner.inline(ASKED[say.language], chat=GROUP)
    assert not again.cached
    other = next(one for one in people.values() if one.id != owner.id)
    theirs = await other.inline(ASKED[say.language], chat=GROUP)
    assert not theirs.cached
    assert theirs.results == []


async def test_a_sent_file_tells_its_name_and_opens_for_its_owner_alone(
    owner: Person, say: Words, box: Sandbox, people: dict[int, Person], journal: Journal
) -> None:
    item = put(box, owner, "Secret plans/E1 final.mkv", 123_456)
    answer = await owner.inline(ASKED[say.language], chat=GROUP)
    chosen = next(result for result in answer.results if "final" in result["title"])
    message = await owner.choose(answer, chosen["id"], GROUP)
    assert message.text.replace("\u2060", "") == "🎬 E1 final.mkv"
    assert not message.links
    (button,) = message.buttons
    assert button.text == say("inline.own_file")
    payload = payload_of(button.url or "")
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)
    shown = json.dumps(message.data)
    for secret in ("Secret", "123456", "121", str(item.id), "disk.top", str(drive_of(box, owner).app_root)):
        assert secret not in shown.replace(str(message.data["message_id"]), ""), secret
    # Others who press it learn that it is not theirs, and no service is asked.
    stranger = next(people[id_] for id_ in (XIAOYU, BEN, LAOCHEN) if id_ != owner.id)
    await linked(stranger, "disktop")
    await journal.forget()
    words = Words({XIAOYU: "zh", LAOCHEN: "zh", BEN: "en"}[stranger.id])
    await stranger.start(payload)
    told = await stranger.until(words("inline.foreign_file"))
    assert "E1" not in told.text
    assert not await journal.calls("disktop")
    # Its owner sees all of it, in the private chat, with everything one can do.
    await owner.start(payload)
    card = await owner.until("E1 final.mkv")
    assert card.chat_id == owner.id
    assert "Secret plans" in card.text
    assert "121 KB" in card.text
    await owner.press(card, say("button.download"))
    await owner.until(lambda m: any(b.url and "/disktop" in b.url for b in m.buttons))
    await owner.press(None, say("button.to_folder"))
    await owner.until(lambda m: "🗂" in m.text and "Secret plans" in m.text)


async def test_a_file_that_is_gone_says_so(owner: Person, say: Words, box: Sandbox) -> None:
    item = put(box, owner, "E1 soon gone.mkv")
    answer = await owner.inline(ASKED[say.language])
    chosen = next(result for result in answer.results if "gone" in result["title"])
    message = await owner.choose(answer, chosen["id"], GROUP)
    drive_of(box, owner).remove(item)
    await owner.start(payload_of(message.buttons[0].url or ""))
    await owner.until(say("inline.file_gone"))


async def test_many_files_come_in_pages(owner: Person, say: Words, box: Sandbox) -> None:
    for number in range(45):
        put(box, owner, f"many/page {number:02}.mkv")
    seen: list[str] = []
    offset, pages = "", 0
    while True:
        answer = await owner.inline("drive page", offset=offset)
        assert len(answer.results) <= 20
        seen += titles(answer)
        pages, offset = pages + 1, answer.data["next_offset"]
        if not offset:
            break
    assert pages == 3
    assert len(seen) == len(set(seen)) == 45


async def test_who_is_not_linked_gets_there_by_the_button(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    answer = await person.inline(ASKED[say.language], chat=GROUP)
    assert not answer.results
    assert answer.data["button"]["text"] == say("inline.drive_link")
    await person.start(answer.data["button"]["start_parameter"])
    await person.until(say.starts("link.ready"))
    assert not await journal.calls("disktop")
    await linked(person, "disktop")
    again = await person.inline(ASKED[say.language], chat=GROUP)
    assert not again.cached
    assert again.data["button"]["text"] != say("inline.drive_link")


async def test_faults_say_so_and_are_not_remembered(owner: Person, say: Words, control: Control) -> None:
    for kind, more in (("status", {"status": 500}), ("html", {}), ("bad_json", {}), ("hang", {})):
        await control.fault("disktop", "/v1/files/search", kind, times=0, **more)
        answer = await owner.inline(ASKED[say.language])
        assert answer.answered
        assert answer.data["button"]["text"] == say("inline.drive_down")
        await control.mend()
    assert len((await owner.inline(ASKED[say.language])).results) == 2
    await control.expire("disktop", owner.id, "grant")
    lost = await owner.inline(ASKED[say.language])
    assert lost.data["button"]["text"] == say("inline.drive_link")


async def test_without_disktop_it_is_off(start: Start, person: Person, say: Words) -> None:
    async with start(disktop_client_id="", disktop_client_secret=""):
        answer = await person.inline(ASKED[say.language])
        assert answer.data["button"]["text"] == say("inline.drive_off")


async def test_the_word_alone_is_a_title_and_says_how_to_search(owner: Person, say: Words) -> None:
    answer = await owner.inline("drive")
    assert answer.answered
    assert answer.data["button"]["text"] in (say("inline.drive_hint"), say("inline.none", query="drive"))
    nothing = await owner.inline("drive qwxzv zzz")
    assert nothing.data["button"]["text"] == say("inline.none", query="qwxzv zzz")
    by_kind = await owner.inline("drive .mp4")
    assert titles(by_kind) == ["🎬 making of.mp4"]


def film_named(box: Sandbox, name: str) -> None:
    titles = box.world.catalogue.titles
    film = replace(titles[ways.DUNE], id=758866, original_title=name, title={"en": name, "zh": name})
    titles[film.key] = film


async def test_a_film_that_begins_with_the_word_is_found(owner: Person, say: Words, box: Sandbox) -> None:
    film_named(box, "Drive My Car")
    answer = await owner.inline("drive my car")
    (found,) = titles(answer)
    assert found.startswith("Drive My Car")
    assert answer.data["button"]["text"] == say("inline.none", query="my car")
    # With a colon it is the drive that is meant, and what is in it comes before any film.
    assert not (await owner.inline("drive: my car")).results
    put(box, owner, "my car insurance.pdf")
    (file,) = titles(await owner.inline("drive my car"))
    assert file.endswith("my car insurance.pdf")


async def test_nor_is_it_hidden_from_who_has_no_drive(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    film_named(box, "Drive My Car")
    answer = await person.inline("Drive My Car")
    assert len(answer.results) == 1
    assert answer.data["button"]["text"] == say("inline.drive_link")


async def test_hostile_names_stay_words(owner: Person, say: Words, box: Sandbox) -> None:
    names = ("E1 <b>@admin</b>.mkv", "E1 \u202emkv.exe", "E1 https://evil.example/x.mkv", "E1 " + "长" * 200)
    for name in names:
        put(box, owner, name)
    answer = await owner.inline(ASKED[say.language], chat=GROUP)
    for result in answer.results:
        message = await owner.choose(answer, result["id"], GROUP)
        assert {entity["type"] for entity in message.entities} <= {"bold"}
        assert "\u202e" not in message.text


@pytest.mark.parametrize("odd", ["own_", "own_x", "own_" + "A" * 55, "own_" + "-" * 55, "own_" + "_" * 60])
async def test_forged_pointers_open_nothing(bot: House, ben: Person, odd: str) -> None:
    await ben.start(odd)
    await ben.until(Words("en")("inline.foreign_file"))


def test_a_pointer_opens_for_one_person_and_under_the_same_keys() -> None:
    ring, other = KeyRing([bytes(range(32))]), KeyRing([bytes(32)])
    for file_id in (0, 1, 4002, 2**63):
        pointer = point_to(ring, 1001, file_id)
        assert len(f"own_{pointer}") <= 64
        assert pointed_at(ring, 1001, pointer) == file_id
        assert pointed_at(ring, 1002, pointer) is None
        assert pointed_at(other, 1001, pointer) is None
        alphabet = string.ascii_letters + string.digits + "-_"
        opening = [last for last in alphabet if pointed_at(ring, 1001, pointer[:-1] + last) is not None]
        assert opening == [pointer[-1]]
        assert point_to(ring, 1001, file_id) != pointer
