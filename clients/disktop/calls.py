"""What every call to Disk.Top goes through: token, envelope, errors, models."""

from collections.abc import Mapping
from typing import Any, TypeVar

from clients.disktop.endpoints import Endpoints
from clients.disktop.errors import error_for, oauth_error_for
from clients.encoding import Pairs
from clients.models import read
from clients.reply import Reply, object_of
from clients.transport import Transport

M = TypeVar("M")


class Calls:
    """The base of all groups of calls, for one application.

    Every call may raise any ClientError; only reads and what is harmless twice are repeated.
    """

    def __init__(self, transport: Transport, client_id: str, client_secret: str) -> None:
        self._transport = transport
        self._endpoints = Endpoints(transport)
        self._client_id = client_id
        self._client_secret = client_secret

    async def aclose(self) -> None:
        """Close all connections."""
        await self._endpoints.aclose()
        await self._transport.aclose()

    async def _oauth(self, operation: str, path: str, pairs: Pairs, *, repeat: bool = False) -> Any:
        reply = await self._transport.request(
            operation, "POST", path, data=pairs, idempotent=repeat, check=self._check_oauth
        )
        answer = object_of(reply, service=self._transport.service, operation=operation)
        # The answer is flat by RFC 6749; an envelope as on the other calls is read as well.
        return answer["data"] if isinstance(answer.get("data"), Mapping) else answer

    async def _get(self, kind: type[M], operation: str, path: str, token: str, params: Pairs = ()) -> M:
        data = await self._call(operation, "GET", path, token, params=params, repeat=True)
        return self._as(kind, data, operation)

    async def _call(
        self,
        operation: str,
        method: str,
        path: str,
        token: str,
        *,
        params: Pairs = (),
        data: Pairs | None = None,
        repeat: bool = False,
    ) -> object:
        reply = await self._transport.request(
            operation,
            method,
            path,
            params=params,
            data=data,
            headers={"authorization": f"Bearer {token}"},
            idempotent=repeat,
            check=self._check,
        )
        return self._data(operation, reply)

    def _data(self, operation: str, reply: Reply) -> object:
        return object_of(reply, service=self._transport.service, operation=operation).get("data")

    def _check(self, operation: str, reply: Reply) -> None:
        error = error_for(self._transport.service, operation, reply)
        if error is not None:
            raise error

    def _check_oauth(self, operation: str, reply: Reply) -> None:
        error = oauth_error_for(self._transport.service, operation, reply)
        if error is not None:
            raise error

    def _as(self, kind: type[M], value: object, operation: str) -> M:
        return read(kind, value, service=self._transport.service, operation=operation)
