"""Take updates that Telegram delivers: the secret first, then the body, then 200 once it is stored."""

from __future__ import annotations

import hmac
import json

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.intake.store import NotStored, Store
from bot.intake.updates import BadUpdate
from bot.metrics import Metrics

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
MAX_BYTES = 1024 * 1024


class TooLargeError(Exception):
    """Say that a body is larger than any update."""


class Webhook:
    """Check, store, acknowledge."""

    def __init__(self, store: Store, secret: str, metrics: Metrics) -> None:
        self._store = store
        self._secret = secret.encode()
        self._metrics = metrics

    async def __call__(self, request: Request) -> Response:
        """Answer one delivery."""
        # Header values are latin-1 on the wire; comparing bytes takes the same time for every wrong one.
        given = request.headers.get(SECRET_HEADER, "").encode("latin-1")
        if not hmac.compare_digest(given, self._secret):
            return self._refuse(401, "secret")
        try:
            update = json.loads(await _body(request))
            await self._store.accept([update])
        except TooLargeError:
            return self._refuse(413, "size")
        except (BadUpdate, ValueError, RecursionError):
            return self._refuse(400, "body")
        except ClientDisconnect:
            return self._refuse(400, "gone")
        except NotStored:
            self._metrics.refused.labels("not_stored").inc()
            return Response(status_code=503, headers={"retry-after": "1"})
        return Response(status_code=200)

    def _refuse(self, status: int, reason: str) -> Response:
        self._metrics.refused.labels(reason).inc()
        return Response(status_code=status)


async def _body(request: Request) -> bytes:
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > MAX_BYTES:
        raise TooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise TooLargeError
    return bytes(body)
