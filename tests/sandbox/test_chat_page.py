"""The chat page: its files, and in Chromium what a person does with it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, async_playwright, expect

from sandbox.chat import PAGE
from sandbox.server import Sandbox
from sandbox.tmdb.posters import draw
from tests.driver import BotApi, Person

CHROMIUM = Path("/usr/bin/chromium")
INSTALLED = CHROMIUM.exists()
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


async def test_the_page_is_served(box: Sandbox) -> None:
    async with httpx.AsyncClient(base_url=box.url, trust_env=False) as http:
        page = await http.get("/")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        linked = re.findall(r'(?:href|src)="(/page/[^"]+)"', page.text)
        assert linked
        for path in linked:
            assert (await http.get(path)).status_code == 200, path


@pytest.mark.parametrize("path", sorted(PAGE.rglob("*.*")), ids=lambda path: path.name)
def test_files_are_small_and_need_no_network(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") < 300
    outside = re.findall(r"""(?:href|src|url|from|import)\s*[=(]?\s*["'](?:https?:)?//[^"']+""", text)
    assert outside == []


@pytest.fixture
async def page(box: Sandbox) -> AsyncIterator[Page]:
    if not INSTALLED:
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(f"{box.url}/")
        await page.wait_for_selector("body[data-ready]")
        yield page
        await browser.close()
        assert errors == []


@pytest.mark.browser
async def test_start_send_press_and_see_edits(page: Page, api: BotApi) -> None:
    await page.get_by_test_id("start-bar").click()
    message = page.get_by_test_id("message")
    await expect(message).to_have_count(1)
    await page.get_by_test_id("composer").fill("line 1")
    await page.get_by_test_id("composer").press("Shift+Enter")
    await page.get_by_test_id("composer").press("Enter")
    await expect(message).to_have_count(2)
    sent = await api(
        "sendMessage",
        chat_id=1001,
        text="<b>Card</b> <code>x</code>",
        parse_mode="HTML",
        reply_markup={"inline_keyboard": [[{"text": "Go", "callback_data": "g"}]]},
    )
    await api.updates()
    await page.get_by_test_id("button").get_by_text("Go").click()
    (update,) = await api.updates(timeout=5)
    await api("answerCallbackQuery", callback_query_id=update["callback_query"]["id"], text="Went")
    await expect(page.get_by_test_id("toast")).to_have_text("Went")
    await api("editMessageText", chat_id=1001, message_id=sent["message_id"], text="Edited card")
    await expect(page.locator(f"[data-message-id='{sent['message_id']}']")).to_contain_text("Edited card")
    await expect(page.get_by_test_id("button")).to_have_count(0)


@pytest.mark.browser
async def test_a_deep_link_shows_start(page: Page, box: Sandbox) -> None:
    async with Person(box.url, 1002) as ben:
        await ben.start()
        await page.get_by_test_id("person-1002").click()
        await expect(page.get_by_test_id("composer")).to_be_visible()
        await page.goto(f"{box.url}/t.me/linkhive_bot?start=l_abc")
        await expect(page.get_by_test_id("start-bar")).to_have_text("START")
        await page.get_by_test_id("start-bar").click()
        await expect(page.get_by_test_id("message")).to_have_count(2)
        assert (await ben.messages())[-1].text == "/start l_abc"


@pytest.mark.browser
async def test_commands_panel_and_people(page: Page, api: BotApi, box: Sandbox) -> None:
    await api("setMyCommands", commands=[{"command": "search", "description": "Find"}])
    await page.get_by_test_id("start-bar").click()
    await page.get_by_test_id("composer").fill("/se")
    await page.get_by_test_id("command").click()
    await expect(page.get_by_test_id("message").last).to_contain_text("/search")
    await page.get_by_test_id("panel-toggle").first.click()
    await page.get_by_test_id("fault-hdhive-status").click()
    await expect(page.get_by_test_id("mend")).to_be_visible()
    assert box.world.faults.waiting[0].service == "hdhive"
    await page.get_by_test_id("points").fill("7")
    await page.get_by_test_id("points").press("Enter")
    await expect(page.get_by_test_id("toast").last).to_be_visible()
    assert box.world.people[1001].points == 7
    await page.get_by_test_id("person-1003").click()
    await page.get_by_test_id("chat--1001000000001").click()
    await page.get_by_test_id("composer").fill("大家好")
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("message")).to_contain_text("大家好")


@pytest.mark.browser
async def test_the_panel_has_the_drive_in_hand(page: Page, box: Sandbox) -> None:
    await page.get_by_test_id("start-bar").click()
    await page.get_by_test_id("panel-toggle").first.click()
    await page.get_by_test_id("fillDisk").click()
    await expect(page.locator("#panel-drive")).to_contain_text("1.5 TB / 1.5 TB")
    await page.get_by_test_id("bigFolder").click()
    await page.get_by_test_id("slowUploads").check()
    await page.get_by_test_id("localServer").check()
    await page.get_by_test_id("fault-disktop-upload-lose").click()
    await expect(page.get_by_test_id("mend")).to_be_visible()
    world = box.world
    assert world.people[1001].disk_used == world.people[1001].disk_total
    assert len(world.disktop.drive(1001, 0.0).items) > 10_000
    assert (world.options.disktop_upload_rate, world.telegram.options.local_server) == (1_000_000, "path")
    assert world.faults.waiting[0].kind == "lose"


@pytest.mark.browser
async def test_inline_mode(page: Page, api: BotApi) -> None:
    await page.get_by_test_id("start-bar").click()
    await api.updates()
    await page.get_by_test_id("composer").press_sequentially("@linkhive_bot dune")
    (update,) = await api.updates(timeout=5)
    content = {"message_text": "Dune (2021)"}
    result = {"type": "article", "id": "1", "title": "Dune", "input_message_content": content}
    await api("answerInlineQuery", inline_query_id=update["inline_query"]["id"], results=[result])
    await page.get_by_test_id("inline-result").click()
    await expect(page.get_by_test_id("message").last).to_contain_text("Dune (2021)")


@pytest.mark.browser
async def test_files_copies_and_links(page: Page, api: BotApi, box: Sandbox) -> None:
    await page.get_by_test_id("start-bar").click()
    await page.get_by_test_id("file").set_input_files(
        {"name": "a.torrent", "mimeType": "application/x-bittorrent", "buffer": b"d8:announce"}
    )
    await expect(page.get_by_test_id("message").last).to_contain_text("a.torrent")
    row = [
        {"text": "Copy code", "copy_text": {"text": "x7k2"}},
        {"text": "Continue", "url": f"{box.url}/t.me/linkhive_bot?start=l_abc"},
        {"text": "Site", "url": f"{box.url}/page/icon.svg"},
    ]
    await api("sendMessage", chat_id=1001, text="Links", reply_markup={"inline_keyboard": [row]})
    await page.get_by_test_id("button").get_by_text("Copy code").click()
    await expect(page.get_by_test_id("toast")).to_contain_text("x7k2")
    async with page.expect_popup() as popup:
        await page.get_by_test_id("button").get_by_text("Site").click()
    assert (await popup.value).url.endswith("/page/icon.svg")
    # A deep link opens in place, as inside Telegram's app.
    await page.get_by_test_id("button").get_by_text("Continue").click()
    await page.get_by_test_id("start-bar").click()
    await expect(page.get_by_test_id("message").last).to_contain_text("/start")


@pytest.mark.browser
async def test_a_large_file_shows_how_far_it_is(
    page: Page, api: BotApi, box: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "film.mkv"
    with file.open("wb") as out:
        out.truncate(100 * 1024 * 1024)
    await page.get_by_test_id("start-bar").click()
    await page.get_by_test_id("composer").fill("for the drive")
    await page.get_by_test_id("file").set_input_files([file])
    await expect(page.get_by_test_id("message").last).to_contain_text("100 MB", timeout=20_000)
    await expect(page.get_by_test_id("message").last).to_contain_text("for the drive")
    await expect(page.get_by_test_id("sending")).to_have_count(0)
    (update,) = [one for one in await api.updates() if "document" in one["message"]]
    assert update["message"]["document"]["file_size"] == 100 * 1024 * 1024
    assert update["message"]["document"]["mime_type"].startswith("video/")


@pytest.mark.browser
async def test_pictures_and_videos_are_shown_as_such(page: Page, api: BotApi, tmp_path: Path) -> None:
    await page.get_by_test_id("start-bar").click()
    await page.get_by_test_id("file").set_input_files(
        [
            {"name": "a.png", "mimeType": "image/png", "buffer": draw("a", 200, 200)},
            {"name": "b.mp4", "mimeType": "video/mp4", "buffer": b"frames"},
        ]
    )
    await expect(page.get_by_test_id("message")).to_have_count(3)
    await expect(page.get_by_test_id("message").nth(1).locator("img")).to_have_js_property(
        "naturalWidth", 200
    )
    await expect(page.get_by_test_id("message").last).to_contain_text("1:00")
    kinds = [set(update["message"]) & {"photo", "video"} for update in await api.updates()]
    assert kinds == [set(), {"photo"}, {"video"}]


@pytest.mark.browser
async def test_links_in_words_and_buttons_download(page: Page, api: BotApi, box: Sandbox) -> None:
    await page.get_by_test_id("start-bar").click()
    url = f"{box.url}/files/film.mkv?size=5000&filename=film.mkv"
    row = [{"text": "Download", "url": url}]
    await api(
        "sendMessage",
        chat_id=1001,
        text=f'<a href="{url.replace("&", "&amp;")}">the film</a>',
        parse_mode="HTML",
        reply_markup={"inline_keyboard": [row]},
    )
    for link in (page.get_by_test_id("button"), page.get_by_test_id("message").last.locator(".text a")):
        async with page.context.expect_event("page"), page.context.expect_event("download") as found:
            await link.click()
        download = await found.value
        assert download.suggested_filename == "film.mkv"
        assert (await download.path()).stat().st_size == 5000


@pytest.mark.browser
async def test_the_phone_shows_one_column(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 800})
    await expect(page.get_by_test_id("start-bar")).not_to_be_visible()
    await page.get_by_test_id("chat-1001").click()
    await expect(page.get_by_test_id("start-bar")).to_be_visible()
    await page.get_by_test_id("back").click()
    await expect(page.get_by_test_id("chat-1001")).to_be_visible()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width == 390
