"""Updates: polling with offsets, conflicts, the webhook, and the controls that disturb them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from sandbox.server import Sandbox
from tests.driver import BotApi, Control, Person, Refusal


@pytest.fixture
async def xiaoyu(box: Sandbox) -> AsyncIterator[Person]:
    async with Person(box.url, 1001) as person:
        yield person


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates if "message" in update]


async def test_offsets(api: BotApi, xiaoyu: Person) -> None:
    for number in range(5):
        await xiaoyu.send(str(number))
    first = await api("getUpdates", limit=2)
    assert texts(first) == ["0", "1"]
    assert await api("getUpdates", limit=2) == first, "not acknowledged, so given again"
    assert texts(await api("getUpdates", offset=first[-1]["update_id"] + 1)) == ["2", "3", "4"]
    assert texts(await api("getUpdates", offset=-1)) == ["4"]
    assert texts(await api("getUpdates")) == ["4"], "a negative offset forgets what came before"


async def test_a_poll_waits(api: BotApi, xiaoyu: Person) -> None:
    poll = asyncio.create_task(api("getUpdates", timeout=10))
    await asyncio.sleep(0.05)
    assert not poll.done()
    await xiaoyu.send("wake up")
    assert texts(await asyncio.wait_for(poll, 2)) == ["wake up"]


async def test_the_second_poller_ends_the_first(api: BotApi, xiaoyu: Person, box: Sandbox) -> None:
    async with BotApi(box.url, box.world.bot_token) as other:
        first = asyncio.create_task(api("getUpdates", timeout=10))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(other("getUpdates", timeout=10))
        with pytest.raises(Refusal, match="Conflict: terminated by other getUpdates request") as caught:
            await first
        assert caught.value.code == 409
        await xiaoyu.send("x")
        assert texts(await second) == ["x"]


async def test_kinds_the_bot_wants(api: BotApi, xiaoyu: Person) -> None:
    await api("getUpdates", allowed_updates=["callback_query"])
    await xiaoyu.send("unseen")
    await api("getUpdates", allowed_updates=[])
    await xiaoyu.send("seen")
    assert texts(await api("getUpdates")) == ["seen"]


async def test_updates_grow_old(api: BotApi, xiaoyu: Person, control: Control) -> None:
    await xiaoyu.send("x")
    await xiaoyu.press_data((await xiaoyu.messages())[0], "d", timeout=0.01)
    await control.advance(151)
    assert [list(update)[1] for update in await api("getUpdates")] == ["message"]
    await control.advance(24 * 3600)
    assert await api("getUpdates") == []


async def test_controls(api: BotApi, xiaoyu: Person, control: Control) -> None:
    await xiaoyu.send("0")
    (seen,) = await api.updates()
    await control.telegram("redeliver", update_id=seen["update_id"])
    assert await api("getUpdates", offset=seen["update_id"] + 1) == [seen]
    assert await api("getUpdates", offset=seen["update_id"] + 1) == []
    await control.telegram("hold")
    for number in (1, 2, 3):
        await xiaoyu.send(str(number))
    assert await api("getUpdates") == []
    held = (await control.updates())["held"]
    await control.telegram("drop", update_id=held[1])
    await control.telegram("release", order="reverse")
    assert texts(await api("getUpdates", offset=seen["update_id"] + 1)) == ["3", "1"]
    await control.telegram("push", update={"update_id": 5, "nonsense": []})
    assert await api("getUpdates", offset=held[-1] + 1) == [{"update_id": 5, "nonsense": []}]


class Hook:
    """A webhook that notes what it gets and can be told to fail."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str | None]] = []
        self.status: dict[str, int] = {}
        self.busy = 0
        self.most_busy = 0
        self.delay = 0.0
        self.news = asyncio.Event()
        self.reply: dict[str, Any] | None = None

    async def receive(self, request: web.Request) -> web.Response:
        update = await request.json()
        text = update["message"]["text"]
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        await asyncio.sleep(self.delay)
        self.busy -= 1
        self.got.append((text, request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        self.news.set()
        status = self.status.pop(text, 200)
        return web.json_response(self.reply or {}, status=status)

    async def until(self, count: int) -> list[str]:
        async with asyncio.timeout(5):
            while len(self.got) < count:
                self.news.clear()
                await self.news.wait()
        return [text for text, _ in self.got]


@pytest.fixture
async def hook() -> AsyncIterator[tuple[Hook, str]]:
    hook, app = Hook(), web.Application()
    app.router.add_post("/hook", hook.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield hook, f"http://127.0.0.1:{port}/hook"
    await runner.cleanup()


async def test_webhook_delivery(
    box: Sandbox, api: BotApi, xiaoyu: Person, hook: tuple[Hook, str], control: Control
) -> None:
    seen, url = hook
    await control.telegram("options", webhook_backoff=0.02)
    await xiaoyu.send("dropped")
    await api("setWebhook", url=url, secret_token="s3cret", drop_pending_updates=True)
    seen.status = {"1": 500}
    async with Person(box.url, 1002) as ben:
        await xiaoyu.send("1")
        await xiaoyu.send("2")
        await ben.send("other")
    got = await seen.until(4)
    assert sorted(got) == ["1", "1", "2", "other"]
    assert [text for text in got if text != "other"] == ["1", "1", "2"], "the failing one blocks its chat"
    assert {secret for _, secret in seen.got} == {"s3cret"}
    info = await api("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
    with pytest.raises(Refusal, match="can't use getUpdates method while webhook is active"):
        await api("getUpdates")
    await api("deleteWebhook")
    assert await api("getUpdates") == []


async def test_webhook_concurrency(box: Sandbox, api: BotApi, hook: tuple[Hook, str]) -> None:
    seen, url = hook
    seen.delay = 0.05
    await api("setWebhook", url=url, max_connections=2)
    for person_id in (1001, 1002, 1003):
        async with Person(box.url, person_id) as person:
            await person.send("a")
            await person.send("b")
    await seen.until(6)
    assert seen.most_busy == 2


async def test_a_webhook_may_answer_with_a_method(
    api: BotApi, xiaoyu: Person, hook: tuple[Hook, str]
) -> None:
    seen, url = hook
    seen.reply = {"method": "sendMessage", "chat_id": 1001, "text": "by reply"}
    await api("setWebhook", url=url)
    await xiaoyu.send("x")
    assert (await xiaoyu.until("by reply")).author == 7000000001


async def test_webhook_addresses(api: BotApi) -> None:
    with pytest.raises(Refusal, match="An HTTPS URL must be provided for webhook"):
        await api("setWebhook", url="http://example.org/hook")
    with pytest.raises(Refusal, match="secret token contains unallowed characters"):
        await api("setWebhook", url="https://example.org/hook", secret_token="a b")


async def test_a_reset_keeps_the_bot_connected(
    api: BotApi, xiaoyu: Person, hook: tuple[Hook, str], control: Control
) -> None:
    seen, url = hook
    await xiaoyu.send("1")
    (before,) = await api.updates()
    await api("setWebhook", url=url)
    await control.reset()
    assert await xiaoyu.messages() == []
    await xiaoyu.send("2")
    assert await seen.until(1) == ["2"]
    after = (await control.updates())["updates"][-1]
    assert after["update_id"] > before["update_id"]
