"""t.me: where a browser lands on a deep link; it opens the chat page with a START bar."""

import re
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.telegram.state import Telegram

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def routes(tg: Telegram) -> list[BaseRoute]:
    """Return the deep links' route."""

    async def land(request: Request) -> Response:
        if request.path_params["bot"].lower() != tg.bot.username:
            return PlainTextResponse("There is no such bot in the sandbox.", status_code=404)
        payload = request.query_params.get("start", "")
        # Telegram's apps drop a payload they would not send.
        start = payload if _PAYLOAD.fullmatch(payload) else ""
        query = urlencode({"bot": tg.bot.username, "start": start})
        return RedirectResponse(f"/?{query}", status_code=303)

    return [Route("/t.me/{bot}", land, methods=["GET"])]
