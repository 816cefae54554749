"""Links of drives we do not know, and addresses that are no shares: each is named, with the next step."""

import json

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import GROUP, linked
from tests.driver import Journal, Person
from tests.e2e import ways
from tests.e2e.shares.sharecard import CODE, LOCKED, pressed, with_label
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import source
from tests.e2e.words import Words

QUARK = "https://pan.quark.cn/s/alive0001"
LANZOU = "https://www.lanzoux.com/iabc123"


def row(say: Words, number: int) -> str:
    """How a row of an unknown drive begins."""
    return f"{number}. ▫️ {say('drive.unknown')}"


async def test_the_code_of_an_unknown_drive_is_put_on_no_other_link(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send(f"沙丘\n蓝奏：{LANZOU} 密码:1234\n夸克：{QUARK}")
    card = await person.until(say("check.finished", n=2), 20)
    assert row(say, 1) in card.text
    (made,) = await journal.calls("linkcheck", "POST", "/jobs")
    told = json.dumps(made.json)
    assert "alive0001" in told
    assert CODE not in told, "a code that is another link's"


async def test_a_share_beside_an_unknown_drive_keeps_its_own_code(
    bot: House, person: Person, say: Words
) -> None:
    await linked(person, "disktop")
    await person.send(f"Lanzou: {LANZOU} pwd: 9999\nDisk.Top: https://disk.top/s/{LOCKED}")
    card = await person.until(say("check.finished", n=2), 20)
    assert say("check.lock.needed") in card.text
    assert say.starts("save.wrong_code") not in card.text


async def test_a_check_passes_over_no_address(bot: House, person: Person, say: Words) -> None:
    await person.send(
        f"/check {QUARK}\nhttps://www.jianguoyun.com/p/DQabc\n"
        "https://drive.google.com/file/d/abc/view?usp=sharing unknown-drive.net/s/1"
    )
    card = await person.until(say("check.finished", n=4), 20)
    assert card.text.count(f"▫️ {say('drive.unknown')}") == 3
    assert say("check.sum.unsupported", n=3) in card.text, "they are no doubtful ones"
    assert say.starts("check.sum.unclear") not in card.text


async def test_what_was_asked_for_may_be_an_unknown_drive(bot: House, person: Person, say: Words) -> None:
    await person.send("/check")
    await person.until(say("check.ask"))
    await person.send(LANZOU)
    card = await person.until(say("check.finished", n=1), 20)
    assert row(say, 1) in card.text


# Addresses alone


async def test_a_page_of_tmdb_is_that_title(bot: House, person: Person, say: Words, journal: Journal) -> None:
    await person.send(ways.TITLE[say.language])
    await person.until(ways.YEAR)
    await person.press(None, "1")
    await person.until(lambda message: message.find(say("button.subscribe")) is not None)
    (call, *_) = await journal.calls("tmdb", "GET", "/3/movie/*")
    number = call.path.rpartition("/")[2]
    await journal.forget()
    await person.send(f"https://www.themoviedb.org/movie/{number}-dune?language=zh-CN")
    await person.until(lambda message: message.find(say("button.subscribe")) is not None)
    assert not await journal.calls("tmdb", "GET", "/3/search/multi")


@pytest.mark.parametrize(
    "address", ["https://example.com/file.mkv", "https://youtube.com/watch?v=1", "youtube.com/watch?v=1"]
)
async def test_an_address_alone_is_no_title(
    bot: House, person: Person, say: Words, journal: Journal, address: str
) -> None:
    await person.send(address)
    card = await person.until(say("upload.no_share"))
    assert card.find(say("button.upload_it")) is None, "there is no drive to upload to"
    assert not await journal.calls("tmdb", "GET", "/3/search/multi")
    await person.press(card, say("button.close"))


async def test_what_lies_behind_an_address_can_be_uploaded(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    await linked(person, "disktop")
    await person.send(source(box, "a.bin", size=5000))
    card = await person.until(say("upload.no_share"))
    await person.press(card, say("button.upload_it"))
    await uploading.done(person, say, "a.bin")


async def test_in_a_group_nothing_is_said_of_an_address(bot: House, person: Person, say: Words) -> None:
    await person.send("https://example.com/file.mkv", GROUP)
    assert not [one for one in await person.settled(0.3, GROUP) if one.author != person.id]


# Commands that take other links


async def test_a_link_that_cannot_be_saved_can_be_checked(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send("/save")
    await person.until(say("save.ask_link"))
    await person.send(f"/save {QUARK}")
    told = await person.until(say.starts("save.not_disktop"))
    assert [button.url for button in told.buttons if button.url] == [QUARK]
    assert told.find(say("button.close")) is not None
    await person.press(told, say("button.check"))
    await person.until(say("check.finished", n=1), 20)
    await person.send("/cancel")
    await person.until(say("cancel.nothing"))


async def test_a_share_that_is_no_resource_can_be_checked_and_saved(
    bot: House, person: Person, say: Words
) -> None:
    await linked(person, "disktop")
    await person.send(f"/unlock https://disk.top/s/{LOCKED}?pwd={CODE}")
    told = await person.until(say("unlock.not_one"))
    await person.press(told, say("button.check"))
    await person.until(say("check.finished", n=1), 20)
    await pressed(person, told, say("button.save"), say("button.save_all"))


# Codes as people paste them

PASTED = [f"提取码：{CODE}", f"访问码: {CODE}", f"code: {CODE}", "１２３４", f" {CODE} "]


@pytest.mark.parametrize("words", PASTED)
async def test_a_code_is_taken_in_the_form_it_is_pasted(
    bot: House, person: Person, say: Words, words: str
) -> None:
    await linked(person, "disktop")
    await person.send(f"https://disk.top/s/{LOCKED}")
    await person.until(say.starts("save.ask_code"))
    await person.send(words)
    await person.until(with_label(say("button.save_all")))
