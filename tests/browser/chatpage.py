"""The chat page as a person uses it."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

ARTIFACTS = Path("artifacts")
CHROMIUM = shutil.which("chromium")
# Of every module here; one worker runs them all, because one browser at a time is enough for two cores.
MARKS = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

Said = str | re.Pattern[str]


def named(name: str) -> re.Pattern[str]:
    """Match a file's name: joiners keep names from becoming links."""
    return re.compile("\u2060?".join(map(re.escape, name)))


class Chat:
    """One page with the chat with the bot open; pictures of it are kept, numbered, under a name."""

    def __init__(self, page: Page, series: str = "") -> None:
        self.page = page
        self.errors: list[str] = []
        self._series = series
        self._shots = 0
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def open(self, url: str) -> None:
        """Go to the page and press START."""
        await self.page.goto(url)
        await self.page.get_by_test_id("start-bar").click()
        await expect(self.message("先绑定你的账号")).to_be_visible()

    async def shot(self, name: str) -> None:
        """Keep a picture of the page, once nothing short-lived lies over it."""
        await expect(self.page.get_by_test_id("toast")).to_have_count(0)
        self._shots += 1
        path = ARTIFACTS / f"{self._series}{self._shots:02d}-{name}.png"
        await self.page.screenshot(path=path, animations="disabled")

    async def say(self, words: str) -> None:
        await self.page.get_by_test_id("composer").fill(words)
        await self.page.get_by_test_id("send").click()

    @property
    def last(self) -> Locator:
        return self.page.get_by_test_id("message").last

    def message(self, words: Said) -> Locator:
        return self.page.get_by_test_id("message").filter(has_text=words).last

    def button(self, words: Said) -> Locator:
        return self.page.get_by_test_id("button").filter(has_text=words).last

    async def press(self, words: Said) -> None:
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
