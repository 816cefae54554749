"""The bot's side by hand: call the Bot API stand-in without a bot."""

from types import TracebackType
from typing import Any, Self

import httpx


class Refusal(Exception):
    """An answer with ok=false."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body["description"])
        self.code = int(body["error_code"])
        self.text = str(body["description"])
        self.parameters = dict(body.get("parameters", {}))


class BotApi:
    """Call methods: `await api("sendMessage", chat_id=1001, text="…")`."""

    def __init__(self, box_url: str, token: str) -> None:
        self._http = httpx.AsyncClient(base_url=f"{box_url}/telegram/bot{token}", timeout=70, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def __call__(self, method: str, **parameters: Any) -> Any:
        reply = await self._http.post(f"/{method}", json=parameters)
        body = reply.json()
        if not body["ok"]:
            raise Refusal(body)
        return body["result"]

    async def updates(self, timeout: int = 0, **parameters: Any) -> list[dict[str, Any]]:
        """Fetch updates and acknowledge them."""
        found: list[dict[str, Any]] = await self("getUpdates", timeout=timeout, **parameters)
        if found:
            await self("getUpdates", offset=found[-1]["update_id"] + 1, limit=1)
        return found
