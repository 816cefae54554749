"""Publishing at ACGBT on the chat page in Chromium, and finding it again; pictures kept."""

import re
from pathlib import Path

from playwright.async_api import BrowserContext, expect

from sandbox.server import Sandbox
from tests.browser.chatpage import MARKS, Chat, named
from tests.conftest import Start
from tests.driver import Journal, Person
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.publish.publishing import TITLE, file_of, made, pictures, sent

pytestmark = MARKS

DESCRIPTION = "## 第二季\n\n**格式**：MKV · 简繁内封\n\n- 01–12 话\n- 长期做种"


async def test_publish_and_find_again(
    start: Start, box: Sandbox, context: BrowserContext, xiaoyu: Person, journal: Journal, tmp_path: Path
) -> None:
    data, infohash = file_of()
    seed = tmp_path / "frieren-s2.torrent"
    seed.write_bytes(data)
    async with start():
        chat = Chat(await context.new_page(), "publish-")
        await chat.open(box.url)
        await link_acgbt(xiaoyu)
        await _publish(chat, box, seed, infohash)
        assert len(await sent(journal)) == 1
        (resource,) = made(box)
        assert (resource.title, resource.image_layout, len(resource.images)) == (TITLE, 2, 4)
        await _find(chat)
        assert not chat.errors


async def _publish(chat: Chat, box: Sandbox, seed: Path, infohash: str) -> None:
    await chat.say("/publish")
    await expect(chat.message("标题是什么")).to_be_visible()
    await chat.say(TITLE)
    await expect(chat.message("放在哪个分类")).to_be_visible()
    await chat.shot("category")
    await chat.press(re.compile("番剧"))
    await expect(chat.message("介绍一下吧")).to_be_visible()
    await chat.say(DESCRIPTION)
    await expect(chat.message("要配图吗")).to_be_visible()
    await chat.say("\n".join(pictures(box, 4)))
    await expect(chat.message("还要加图吗")).to_contain_text("4 张图片")
    await chat.shot("pictures")
    await chat.press("完成")
    await chat.press("每行 2 张")
    await expect(chat.message("从哪里下载")).to_be_visible()
    await chat.page.get_by_test_id("file").set_input_files(seed)
    await expect(chat.message("发布后是这样的")).to_contain_text(infohash)
    await expect(chat.last).to_contain_text("6.8 GB")
    await chat.shot("preview")
    await chat.press("发布")
    await expect(chat.message("已发布到 ACGBT")).to_be_visible()
    await chat.shot("published")


async def _find(chat: Chat) -> None:
    await chat.say("/acg 葬送的芙莉莲 第二季")
    await expect(chat.message(named("01-12 [1080p]"))).to_contain_text("番剧")
    await chat.shot("found")
    await chat.press(re.compile(r"^1\b"))
    await expect(chat.message("长期做种")).to_contain_text("xiaoyu_acg")
    await chat.shot("resource")
    await expect(chat.button("磁力")).to_be_visible()
