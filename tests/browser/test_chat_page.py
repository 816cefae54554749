"""Link → search → unlock → check → save on the chat page in Chromium, with the real bot; pictures kept."""

import re

from playwright.async_api import Browser, BrowserContext, expect

from sandbox.server import Sandbox
from tests.browser.chatpage import ARTIFACTS, MARKS, Chat
from tests.conftest import Start

pytestmark = MARKS


async def test_link_search_unlock_check_save(start: Start, box: Sandbox, context: BrowserContext) -> None:
    async with start():
        chat = Chat(await context.new_page())
        await chat.open(box.url)
        await chat.shot("hello")
        await chat.link("HDHive")
        await chat.link("Disk.Top")
        await chat.shot("linked")

        await chat.say("沙丘")
        await expect(chat.message("沙丘（2021）")).to_be_visible()
        await chat.shot("titles")
        await chat.press(re.compile("^1$"))
        await expect(chat.message("共 8 个资源")).to_be_visible()
        await expect(chat.last.get_by_test_id("preview").locator("img").first).to_be_visible()
        await chat.shot("title")
        await chat.press("3 积分")
        await expect(chat.button("解锁 · 3 积分")).to_be_visible()
        await chat.shot("resource")
        await chat.press("解锁 · 3 积分")
        await expect(chat.button("确认 · 3 积分")).to_be_visible()
        await chat.shot("price")
        await chat.press("确认 · 3 积分")
        await expect(chat.message("提取码：")).to_be_visible()
        await expect(chat.message("已花费 3 积分")).to_be_visible()
        await chat.shot("unlocked")

        await chat.press("检测链接")
        await expect(chat.message("个链接检测完成")).to_be_visible()
        await chat.shot("checked")
        await chat.page.get_by_test_id("button").filter(has_text=re.compile("转存$")).first.click()
        await expect(chat.button("全部转存")).to_be_visible()
        await chat.shot("share")
        await chat.press("全部转存")
        await expect(chat.message("已转存")).to_be_visible()
        await chat.say("/checkin")
        await expect(chat.message("签到成功")).to_be_visible()
        await chat.shot("saved")
        assert not chat.errors
    assert box.world.people[1001].points != 120


async def test_it_fits_a_phone_at_night(start: Start, box: Sandbox, chromium: Browser) -> None:
    phone = await chromium.new_context(
        viewport={"width": 390, "height": 844}, color_scheme="dark", locale="en-US", has_touch=True
    )
    async with start():
        page = await phone.new_page()
        await page.goto(box.url)
        await page.get_by_test_id("person-1002").click()
        await page.get_by_test_id("chat-1002").click()
        chat = Chat(page)
        await page.get_by_test_id("start-bar").click()
        await expect(chat.message("Begin by linking your accounts")).to_be_visible()
        await chat.say("Dune")
        await expect(chat.message("3 titles")).to_be_visible()
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, "nothing sticks out sideways"
        await page.screenshot(path=ARTIFACTS / "phone.png")
    await phone.close()
