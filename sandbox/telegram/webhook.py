"""Deliver updates to the bot's webhook: in order per chat, repeated until it says 2xx."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp

from sandbox.telegram.chats import Json
from sandbox.telegram.errors import ApiError
from sandbox.telegram.params import Params
from sandbox.telegram.queue import Pending

if TYPE_CHECKING:
    from sandbox.telegram.state import Spawn, Telegram

_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
_TIMEOUT = aiohttp.ClientTimeout(total=60)
_GONE_FOR = 23 * 3600.0


@dataclass
class WebhookSettings:
    """What setWebhook was told."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    ip_address: str = ""


class Webhook:
    """Delivery to one address; off while `settings.url` is empty."""

    def __init__(self, tg: "Telegram", spawn: "Spawn") -> None:
        self._tg = tg
        self._spawn = spawn
        # Set to the Bot API itself; methods import this module.
        self.run_reply: Callable[[str, Params], Awaitable[Any]] = _refuse
        self.settings = WebhookSettings()
        self.last_error: tuple[int, str] | None = None
        self.delivered = 0
        self._task: asyncio.Task[None] | None = None
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._gone_since: float | None = None

    @property
    def active(self) -> bool:
        """Tell whether updates go to an address."""
        return bool(self.settings.url)

    async def use(self, settings: WebhookSettings) -> None:
        """Switch to other settings; an empty address stops delivery."""
        await self.close()
        self.settings = settings
        self.last_error = None
        if settings.url:
            self._task = self._spawn(self._run())

    async def close(self) -> None:
        """Stop delivering; what was not confirmed stays queued."""
        tasks = [*self._sending.values(), *([self._task] if self._task else [])]
        # A webhook's own answer may call deleteWebhook: that task ends by itself.
        tasks = [task for task in tasks if task is not asyncio.current_task()]
        self._task = None
        self._sending.clear()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def info(self) -> Json:
        """Return the Bot API's WebhookInfo."""
        info: Json = {
            "url": self.settings.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._tg.queue.pending),
        }
        if self.settings.url:
            info["max_connections"] = self.settings.max_connections
            info["ip_address"] = self.settings.ip_address or urlsplit(self.settings.url).hostname or ""
        if self.last_error:
            info["last_error_date"], info["last_error_message"] = self.last_error
        if self._tg.queue.allowed is not None:
            info["allowed_updates"] = sorted(self._tg.queue.allowed)
        return info

    async def _run(self) -> None:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session:
            while True:
                self._start_chats(session)
                await self._tg.queue.bell.wait(0.5)

    def _start_chats(self, session: aiohttp.ClientSession) -> None:
        self._tg.queue.expire()
        for item in self._tg.queue.pending:
            if len(self._sending) >= self.settings.max_connections:
                return
            if item.key not in self._sending:
                self._sending[item.key] = self._spawn(self._chat(session, item.key))

    async def _chat(self, session: aiohttp.ClientSession, key: int) -> None:
        """Deliver one chat's updates, one after the other."""
        try:
            while (item := self._next(key)) is not None:
                await self._deliver(session, item)
        finally:
            if self._sending.get(key) is asyncio.current_task():
                del self._sending[key]
                self._tg.queue.bell.ring()

    def _next(self, key: int) -> Pending | None:
        return next((item for item in self._tg.queue.pending if item.key == key), None)

    async def _deliver(self, session: aiohttp.ClientSession, item: Pending) -> None:
        delay = self._tg.options.webhook_backoff
        while item in self._tg.queue.pending:
            if await self._attempt(session, item.update):
                self.delivered += 1
                if item in self._tg.queue.pending:
                    self._tg.queue.pending.remove(item)
                return
            await asyncio.sleep(delay)
            delay = min(delay * 2, self._tg.options.webhook_backoff_most)

    async def _attempt(self, session: aiohttp.ClientSession, update: Json) -> bool:
        headers = {_SECRET_HEADER: self.settings.secret} if self.settings.secret else {}
        try:
            async with session.post(
                self.settings.url, json=update, headers=headers, allow_redirects=False
            ) as response:
                body = await response.read()
                if 200 <= response.status < 300:
                    self._gone_since = None
                    await self._reply(body)
                    return True
                self._note(f"Wrong response from the webhook: {response.status} {response.reason}")
                self._gone(response.status)
        except TimeoutError:
            self._note("Read timeout expired")
        except aiohttp.ClientError as error:
            self._note(f"Connection failed: {type(error).__name__}")
        return False

    async def _reply(self, body: bytes) -> None:
        """Run the method a webhook may put into its answer; its result is not told, as on Telegram."""
        try:
            data: Any = json.loads(body)
        except ValueError:
            return
        if isinstance(data, dict) and isinstance(data.get("method"), str):
            with contextlib.suppress(ApiError):
                await self.run_reply(data["method"], Params(data))

    def _gone(self, status: int) -> None:
        """Close the webhook once it has answered 410 for 23 hours."""
        if status != 410:
            self._gone_since = None
            return
        if self._gone_since is None:
            self._gone_since = self._tg.now()
        elif self._tg.now() - self._gone_since >= _GONE_FOR:
            self.settings = WebhookSettings()
            if self._task:
                self._task.cancel()

    def _note(self, text: str) -> None:
        self.last_error = (int(self._tg.now()), text)


async def _refuse(name: str, params: Params) -> Any:
    raise ApiError(404, f"Not Found: {name} with {len(params.values)} parameters")


def kinds_of(params: Params) -> Sequence[Any] | None:
    """Return the allowed_updates of a call."""
    return params.listing("allowed_updates", "allowed updates")
