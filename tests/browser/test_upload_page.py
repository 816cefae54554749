"""Uploads on the chat page in Chromium: progress, cancel, kill -9 of the bot; pictures kept."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import file_digest
from pathlib import Path

from playwright.async_api import BrowserContext, Locator, expect

from sandbox.contents import Kept
from sandbox.server import Sandbox
from sandbox.states.uploads import Session
from tests.browser.chatpage import MARKS, Chat, named
from tests.conftest import Start, environment, linked
from tests.driver import Control, Journal, Person, Source
from tests.e2e.process import Bot, until
from tests.e2e.upload.uploading import stored

pytestmark = MARKS

MIB = 1024 * 1024
FILM, SIZE = "Wandering.Earth.2.2023.1080p.mkv", 100 * MIB
FETCHING, SENDING = "正在获取文件", "正在上传到 Disk.Top"
UP = "disktop-upload"


@asynccontextmanager
async def chatting(box: Sandbox, context: BrowserContext, person: Person, series: str) -> AsyncIterator[Chat]:
    """The page of somebody whose Disk.Top is linked."""
    await linked(person, "disktop")
    chat = Chat(await context.new_page(), series)
    await chat.page.goto(box.url)
    await expect(chat.message("Disk.Top 绑定成功")).to_be_visible()
    yield chat
    assert not chat.errors


def md5_in(box: Sandbox, person: Person, name: str) -> str:
    """The digest of the bytes that really lie in the drive."""
    item = stored(box, person, name)
    assert item is not None
    assert isinstance(item.content, Kept)
    with item.content.path.open("rb") as file:
        return file_digest(file, "md5").hexdigest()


def under_way(box: Sandbox) -> list[Session]:
    """What Disk.Top waits for the rest of."""
    return [session for session in box.world.disktop.uploads.values() if session.outcome is None]


def arrived(box: Sandbox) -> set[int]:
    """The parts that Disk.Top has of it."""
    return {part for session in under_way(box) for part in session.parts}


async def progress(card: Locator, end: str) -> list[tuple[str, int]]:
    """Read stage and per cent off a card each time it changes, until it says how it ended."""
    seen: list[tuple[str, int]] = []
    while end not in (words := await card.text_content() or ""):
        bar = re.search(r"[▰▱]+ (\d+)%", words)
        stage = next((stage for stage in (FETCHING, SENDING) if stage in words), None)
        if bar is not None and stage is not None:
            seen.append((stage, int(bar[1])))
        await expect(card).not_to_have_text(words, timeout=30_000)
    return seen


async def test_100_mb_from_an_address_with_progress(
    start: Start, box: Sandbox, context: BrowserContext, xiaoyu: Person, control: Control
) -> None:
    await control.options(disktop_upload_rate=4.0 * MIB)
    async with start(), chatting(box, context, xiaoyu, "upload-") as chat:
        await chat.say(f"/upload {Source(box.url)(FILM, SIZE, rate=18 * MIB)}")
        await expect(chat.message(named(FILM))).to_contain_text(FETCHING)
        card = chat.last
        await expect(card).to_contain_text("▰")
        await chat.shot("fetching")
        await expect(card).to_contain_text(SENDING)
        await expect(card).to_contain_text("▰")
        await expect(card).to_contain_text("/秒")
        await chat.shot("sending")
        seen = await progress(card, "已存入网盘")
        await chat.shot("done")
        assert len({percent for stage, percent in seen if stage == SENDING}) > 1, seen
        assert seen == sorted(seen, key=lambda each: (each[0] == SENDING, each[1])), "it goes one way"
        await chat.press("在网盘中打开")
        await expect(chat.message("MD5")).to_contain_text(Source.md5(SIZE))
    assert md5_in(box, xiaoyu, FILM) == Source.md5(SIZE)


async def test_a_file_from_this_machine_and_one_cancelled_half_way(
    start: Start,
    box: Sandbox,
    context: BrowserContext,
    xiaoyu: Person,
    control: Control,
    journal: Journal,
    tmp_path: Path,
) -> None:
    photos = tmp_path / "照片 2026.zip"
    photos.write_bytes(bytes(range(256)) * 12_000)
    async with start(), chatting(box, context, xiaoyu, "cancel-") as chat:
        await chat.page.get_by_test_id("file").set_input_files(photos)
        await expect(chat.message("已存入网盘")).to_contain_text(named("照片 2026.zip"))
        with photos.open("rb") as file:
            assert md5_in(box, xiaoyu, "照片 2026.zip") == file_digest(file, "md5").hexdigest()

        await control.options(disktop_upload_rate=2.0 * MIB)
        await chat.say(f"/upload {Source(box.url)(FILM, SIZE)}")
        await expect(chat.message(named(FILM))).to_contain_text(SENDING)
        await until(lambda: arrived(box), "a part arrived")
        await chat.shot("half-way")
        await chat.press(re.compile("取消$"))
        await expect(chat.message("已取消，网盘中没有留下任何内容")).to_be_visible()
        await chat.shot("cancelled")
        await until(lambda: not under_way(box), "Disk.Top dropped what it got")
    assert stored(box, xiaoyu, FILM) is None
    assert len(await journal.calls(UP, "POST", "*/abort")) == 1


async def test_it_goes_on_after_a_kill(
    box: Sandbox,
    context: BrowserContext,
    xiaoyu: Person,
    control: Control,
    journal: Journal,
    tmp_path: Path,
) -> None:
    await control.options(disktop_upload_rate=2.0 * MIB)
    async with Bot(environment(box, tmp_path), tmp_path) as bot:
        await bot.ready()
        async with chatting(box, context, xiaoyu, "kill-") as chat:
            await chat.say(f"/upload {Source(box.url)(FILM, SIZE)}")
            card = chat.message(named(FILM))
            await expect(card).to_contain_text(SENDING)
            await until(lambda: len(arrived(box)) > 5, "some parts arrived")
            number = await card.get_attribute("data-message-id")
            await bot.kill()
            had = arrived(box)
            await chat.shot("killed")
            await control.options(disktop_upload_rate=0.0)
            await journal.forget()
            await bot.start()
            await expect(chat.message("已存入网盘")).to_contain_text(named(FILM), timeout=40_000)
            assert await chat.message("已存入网盘").get_attribute("data-message-id") == number, "one card"
            await chat.shot("done")
    sent = {int(call.query["part_seq"]) for call in await journal.calls(UP, "POST", "/u")}
    assert not sent & had, "what had arrived is not sent again"
    assert not await journal.calls("files"), "nor fetched again"
    assert md5_in(box, xiaoyu, FILM) == Source.md5(SIZE)
