"""The drive on the chat page in Chromium: browse, rename, move, delete; pictures kept."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, expect

from sandbox.server import Sandbox
from tests.browser.chatpage import MARKS, Chat, named
from tests.conftest import Start
from tests.driver import Person
from tests.e2e.drive.driveways import names, put

pytestmark = MARKS


FILMS, EXTRAS = "电影", "花絮"
FILM, RENAMED = "Dune.2021.2160p.mkv", "沙丘 2021 2160p.mkv"
GB = 1024**3


@pytest.fixture
async def chat(start: Start, box: Sandbox, context: BrowserContext, xiaoyu: Person) -> AsyncIterator[Chat]:
    """小雨's chat with Disk.Top linked and something in the drive."""
    put(box, xiaoyu, f"{FILMS}/{EXTRAS}/制作特辑.mp4", 640 * 1024**2)
    put(box, xiaoyu, f"{FILMS}/{FILM}", 18 * GB)
    put(box, xiaoyu, f"{FILMS}/沙丘2 2024 1080p.mkv", 9 * GB)
    put(box, xiaoyu, f"{FILMS}/流浪地球2 2023 2160p.mkv", 21 * GB)
    put(box, xiaoyu, "剧集/")
    put(box, xiaoyu, "封面.jpg", 300_000)
    put(box, xiaoyu, "片单.md", 2_048)
    async with start():
        chat = Chat(await context.new_page(), "drive-")
        await chat.open(box.url)
        await chat.link("Disk.Top")
        yield chat
        assert not chat.errors


async def test_browse_rename_move_delete(chat: Chat, box: Sandbox, xiaoyu: Person) -> None:
    await chat.say("/drive")
    await expect(chat.message(named("封面.jpg"))).to_contain_text("剩余")
    await chat.shot("top")
    await into(chat, FILMS)
    await expect(chat.message(named(FILM))).to_contain_text(f"Disk.Top › {FILMS}")
    await chat.shot("folder")

    await into(chat, FILM)
    await expect(chat.message("MD5")).to_be_visible()
    await chat.press("下载链接")
    await expect(chat.message("下载链接还有")).to_be_visible()
    await chat.press("播放")
    await expect(chat.button("1080p")).to_be_visible()
    await chat.shot("file")

    await chat.press("重命名")
    await expect(chat.message("要改成什么名字")).to_be_visible()
    await chat.say(RENAMED)
    await expect(chat.message("已改名为")).to_contain_text(named(RENAMED))
    assert RENAMED in names(box, xiaoyu, f"/{FILMS}")

    await chat.press(re.compile("移动$"))
    await expect(chat.message("移动到")).to_be_visible()
    await into(chat, EXTRAS)
    await expect(chat.message(f"/{FILMS}/{EXTRAS}")).to_be_visible()
    await chat.shot("picker")
    await chat.press("选择此文件夹")
    await expect(chat.message("项移动到")).to_contain_text(f"/{FILMS}/{EXTRAS}")
    assert names(box, xiaoyu, f"/{FILMS}/{EXTRAS}") == ["制作特辑.mp4", RENAMED]

    await chat.press("删除")
    await expect(chat.message("确定删除")).to_contain_text(named(RENAMED))
    await chat.shot("delete")
    await chat.press("取消")
    await expect(chat.message("MD5")).to_be_visible()
    assert RENAMED in names(box, xiaoyu, f"/{FILMS}/{EXTRAS}")
    await chat.press("删除")
    await chat.press("删除 1")
    await expect(chat.message("已删除 1 项")).to_be_visible()
    assert names(box, xiaoyu, f"/{FILMS}/{EXTRAS}") == ["制作特辑.mp4"]
    await chat.shot("deleted")


async def into(chat: Chat, name: str) -> None:
    """Press the button with the number of the row that has the name."""
    card = chat.message(named(name))
    await expect(card).to_be_visible()
    rows = (await card.inner_text()).replace("\u2060", "").splitlines()
    number = next(row for row in rows if name in row).partition(".")[0]
    await card.get_by_test_id("button").filter(has_text=re.compile(rf"(^|\s){number}$")).first.click()
