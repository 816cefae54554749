"""Mika on the chat page in Chromium: a drive file goes there, and through transcoding, on one card."""

import re
from hashlib import file_digest

from playwright.async_api import BrowserContext, Locator, expect

from sandbox.contents import Kept
from sandbox.server import Sandbox
from sandbox.states.mika import Video
from tests.browser.chatpage import MARKS, Chat, named
from tests.conftest import Start, linked
from tests.driver import Control, Journal, Person
from tests.e2e.drive.driveways import put
from tests.e2e.linking.keyed import link_mika
from tests.e2e.videos.mikaways import video_named

pytestmark = MARKS

MIB = 1024 * 1024
FILM, SIZE = "毕业典礼 2026.mp4", 24 * MIB
SENDING, WORKING, READY = "正在上传到 Mika", "正在转码", "转码完成，可以播放了"


async def shown(card: Locator, end: str) -> list[tuple[str, int]]:
    """Read stage and per cent off a card each time it changes, until it says how it ended."""
    seen: list[tuple[str, int]] = []
    while end not in (words := await card.text_content() or ""):
        bar = re.search(r"[▰▱]+ (\d+)%", words)
        stage = next((stage for stage in (SENDING, WORKING) if stage in words), None)
        if bar is not None and stage is not None:
            seen.append((stage, int(bar[1])))
        await expect(card).not_to_have_text(words, timeout=30_000)
    return seen


def md5_of(video: Video) -> str:
    assert isinstance(video.content, Kept)
    with video.content.path.open("rb") as file:
        return file_digest(file, "md5").hexdigest()


async def test_a_drive_file_goes_to_mika_and_through_transcoding_on_one_card(
    start: Start, box: Sandbox, context: BrowserContext, xiaoyu: Person, control: Control, journal: Journal
) -> None:
    item = put(box, xiaoyu, FILM, SIZE)
    await control.options(mika_upload_rate=1.5 * MIB, mika_queue_seconds=5.0, mika_transcode_seconds=25.0)
    async with start():
        await linked(xiaoyu, "disktop")
        await link_mika(xiaoyu)
        chat = Chat(await context.new_page(), "mika-")
        await chat.page.goto(box.url)
        await chat.say("/drive")
        await expect(chat.message(named(FILM))).to_be_visible()
        await chat.press("1")
        await expect(chat.button("传到 Mika")).to_be_visible()
        await chat.shot("file")
        await chat.press("传到 Mika")
        await expect(chat.message(SENDING)).to_contain_text(named(FILM), timeout=30_000)
        card = chat.page.get_by_test_id("message").filter(has_text=named(FILM)).last
        number = await card.get_attribute("data-message-id")
        card = chat.page.locator(f'[data-message-id="{number}"]')
        await expect(card).to_contain_text("标题：毕业典礼 2026")
        await expect(card).to_contain_text("▰")
        await chat.shot("sending")

        await chat.press("简介")
        await expect(chat.message("请发送")).to_contain_text(named(FILM))
        await chat.say("六月的最后一天。")
        card = chat.message(named(FILM))
        await expect(card).to_contain_text("简介：六月的最后一天。")
        number = await card.get_attribute("data-message-id")
        card = chat.page.locator(f'[data-message-id="{number}"]')
        await expect(card).to_contain_text("已上传到 Mika", timeout=60_000)
        await chat.shot("waiting")
        await expect(card).to_contain_text(WORKING, timeout=60_000)
        await chat.shot("transcoding")
        seen = await shown(card, READY)
        assert len({percent for stage, percent in seen if stage == WORKING}) > 1, seen
        await expect(chat.message("转码完成。")).to_be_visible()
        await chat.shot("ready")
        await card.get_by_test_id("button").filter(has_text="查看视频").click()
        await expect(chat.message("六月的最后一天。").get_by_test_id("button").first).to_be_visible()
        await chat.shot("video")
        assert not chat.errors
    video = video_named(box, "毕业典礼 2026")
    assert (md5_of(video), video.description) == (item.content.true_md5(), "六月的最后一天。")  # type: ignore[attr-defined]
    chunks = await journal.calls("mika", "POST", "*/upload/chunk")
    assert len(chunks) == -(-SIZE // (5 * MIB))
