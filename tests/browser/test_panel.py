"""What the sandbox's panel lets happen: new resources at once and in time, the clock, and shares that die."""

import re

from playwright.async_api import BrowserContext, Locator, expect

from sandbox.catalogue import Verdict
from sandbox.server import Sandbox
from tests.browser.chatpage import MARKS, Chat
from tests.conftest import Start
from tests.e2e import ways

pytestmark = MARKS

XIAOYU = 1001
AT_FIRST, HOUR = 8, 3600.0


async def test_new_resources_the_clock_and_dying_shares(
    start: Start, box: Sandbox, context: BrowserContext
) -> None:
    async with start():
        page = await context.new_page()
        # Wide enough for the chat beside the panel.
        await page.set_viewport_size({"width": 1680, "height": 860})
        chat = Chat(page, "panel-")
        await chat.open(box.url)
        await chat.link("HDHive")
        await _shows(chat, AT_FIRST)
        await chat.page.get_by_test_id("panel-toggle").first.click()
        await _on_demand(chat, box)
        await _in_time(chat, box)
        await _dies(chat, box)
        assert not chat.errors


async def _shows(chat: Chat, number: int) -> None:
    """Search for the film, and find so many resources on its card."""
    await chat.say("沙丘")
    await expect(chat.last).to_contain_text("沙丘（2021）")
    await chat.press(re.compile("^1$"))
    await expect(chat.last).to_contain_text(f"共 {number} 个资源")


def _control(chat: Chat, name: str) -> Locator:
    return chat.page.get_by_test_id("panel").get_by_test_id(name)


def _there(box: Sandbox) -> int:
    return len(box.world.catalogue.of_title(*ways.DUNE))


async def _on_demand(chat: Chat, box: Sandbox) -> None:
    chosen = _control(chat, "resource-title")
    await expect(chosen).to_contain_text(f"· {AT_FIRST}")
    await chosen.select_option("movie_438631")
    await _control(chat, "newOne").click()
    await expect(chosen).to_contain_text(f"· {AT_FIRST + 1}")
    await _control(chat, "newFive").click()
    await expect(chosen).to_contain_text(f"· {AT_FIRST + 6}")
    assert _there(box) == AT_FIRST + 6
    await _shows(chat, AT_FIRST + 6)
    await chat.shot("new")


async def _in_time(chat: Chat, box: Sandbox) -> None:
    """One every five minutes from now on, of which an hour brings what is told at once at most."""
    await _control(chat, "newEvery").check()
    await expect(chat.page.get_by_test_id("toast")).to_have_count(0)
    assert box.world.options.hdhive_new_every > 0
    clock = chat.page.locator("#panel-clock")
    before, shown = box.world.clock.offset, await clock.locator("time").inner_text()
    await clock.get_by_role("button", name="+1 h").click()
    await expect(clock.locator("time")).not_to_have_text(shown)
    assert box.world.clock.offset == before + HOUR
    await _shows(chat, AT_FIRST + 6 + 3)
    await chat.shot("clock")


async def _dies(chat: Chat, box: Sandbox) -> None:
    mine = [one for one in box.world.catalogue.resources.values() if one.owner.person == XIAOYU]
    dead = {one.slug for one in mine if one.verdict is Verdict.DEAD}
    await _control(chat, "share-dies").click()
    await expect(chat.page.get_by_test_id("toast")).to_be_visible()
    await expect(chat.page.get_by_test_id("toast")).to_have_count(0)
    (died,) = {one.slug for one in mine if one.verdict is Verdict.DEAD} - dead
    share = box.world.catalogue.resources[died]
    await chat.say(f"/check {share.full_url}")
    await expect(chat.message("个链接检测完成")).to_contain_text("失效")
    await chat.shot("dead")
