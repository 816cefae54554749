"""Link → search → unlock → check → save on the chat page in Chromium, with the real bot; pictures kept."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from sandbox.server import Sandbox
from tests.conftest import Start

ARTIFACTS = Path("artifacts")
ARTIFACTS.mkdir(exist_ok=True)
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    made = await chromium.new_context(viewport={"width": 1180, "height": 860}, locale="zh-CN")
    made.set_default_timeout(15_000)
    yield made
    await made.close()


class Chat:
    """The chat page as a person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.shots = 0

    async def shot(self, name: str) -> None:
        self.shots += 1
        await self.page.screenshot(path=ARTIFACTS / f"{self.shots:02d}-{name}.png")

    async def say(self, words: str) -> None:
        await self.page.get_by_test_id("composer").fill(words)
        await self.page.get_by_test_id("send").click()

    @property
    def last(self) -> Locator:
        return self.page.get_by_test_id("message").last

    def message(self, words: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_test_id("message").filter(has_text=words).last

    def button(self, words: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_test_id("button").filter(has_text=words).last

    async def press(self, words: str | re.Pattern[str]) -> None:
        await self.button(words).click()

    async def link(self, service: str) -> None:
        """Press the linking button and go through the pages that open in another tab."""
        await self.press(f"绑定 {service}")
        async with self.page.context.expect_page() as opened:
            await self.press(f"前往 {service}")
        tab = await opened.value
        await tab.locator("form button").first.click()
        await tab.locator("#allow").wait_for()
        await tab.screenshot(path=ARTIFACTS / f"consent-{service}.png")
        await tab.locator("#allow").click()
        await tab.get_by_test_id("start-bar").click()
        await expect(Chat(tab).message(f"{service} 绑定成功")).to_be_visible()
        await tab.close()
        await expect(self.message(f"{service} 绑定成功")).to_be_visible()


async def test_link_search_unlock_check_save(start: Start, box: Sandbox, context: BrowserContext) -> None:
    async with start():
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(box.url)
        chat = Chat(page)
        await page.get_by_test_id("start-bar").click()
        await expect(chat.message("先绑定你的账号")).to_be_visible()
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
        assert not errors
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
