"""getUpdates and the webhook methods."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from sandbox.telegram.chats import Json
from sandbox.telegram.errors import bad_request, conflict
from sandbox.telegram.params import Params
from sandbox.telegram.state import Telegram
from sandbox.telegram.webhook import WebhookSettings, kinds_of

_LONGEST_POLL = 50


async def get_updates(tg: Telegram, params: Params) -> list[Json]:
    """Wait for updates; a newer poller ends an older one."""
    if tg.webhook.active:
        raise conflict(
            "can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first"
        )
    tg.queue.allow(kinds_of(params))
    tg.queue.acknowledge(params.integer("offset"))
    tg.polls += 1
    mine = tg.polls
    # Wake the older poller, so that it sees it was replaced.
    tg.queue.bell.ring()
    limit = min(max(params.integer("limit", 100), 1), 100)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + min(max(params.integer("timeout"), 0), _LONGEST_POLL)
    while True:
        batch = tg.queue.take(limit)
        left = deadline - loop.time()
        if batch or left <= 0:
            return batch
        await tg.queue.bell.wait(left)
        _still_mine(tg, mine)


def _still_mine(tg: Telegram, mine: int) -> None:
    if tg.webhook.active:
        raise conflict("terminated by setWebhook request")
    if tg.polls != mine:
        raise conflict(
            "terminated by other getUpdates request; make sure that only one bot instance is running"
        )


async def set_webhook(tg: Telegram, params: Params) -> bool:
    """Point updates at an address."""
    url = params.text("url")
    if not url:
        return await delete_webhook(tg, params)
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise bad_request("bad webhook: invalid webhook URL specified")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    secret = params.text("secret_token")
    if len(secret) > 256 or not all(letter.isalnum() or letter in "_-" for letter in secret):
        raise bad_request("secret token contains unallowed characters")
    _drop(tg, params)
    tg.queue.allow(kinds_of(params))
    most = min(max(params.integer("max_connections", 40), 1), 100)
    await tg.webhook.use(WebhookSettings(url, secret, most, params.text("ip_address")))
    tg.queue.bell.ring()
    return True


async def delete_webhook(tg: Telegram, params: Params) -> bool:
    """Go back to polling."""
    await tg.webhook.use(WebhookSettings())
    _drop(tg, params)
    return True


async def get_webhook_info(tg: Telegram, params: Params) -> Json:  # noqa: ARG001
    """Tell where updates go and how that fares."""
    return tg.webhook.info()


def _drop(tg: Telegram, params: Params) -> None:
    if params.flag("drop_pending_updates"):
        tg.queue.pending.clear()


METHODS: dict[str, Any] = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
