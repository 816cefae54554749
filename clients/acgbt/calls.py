"""One call: signed, at its turn, its envelope opened."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator

from clients.acgbt.errors import error_for
from clients.acgbt.ratelimit import KeyRateLimiter
from clients.acgbt.signing import headers_for
from clients.clocks import ClockSkew
from clients.credentials import ApiKey, Credential
from clients.encoding import Pairs
from clients.errors import NotAuthorized, RateLimited
from clients.models import read, whole
from clients.reply import Reply, object_of
from clients.transport import Transport

T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class Call:
    """What one call sends; a GET is repeated after a failure, anything else only with `repeat`."""

    operation: str
    method: str
    path: str
    params: Pairs = ()
    body: Mapping[str, object] | None = None
    content: bytes | None = None
    kind: str | None = None
    repeat: bool = False


class Caller:
    """Make calls, each at its turn."""

    def __init__(self, transport: Transport, limiter: KeyRateLimiter, now: Callable[[], float]) -> None:
        self._transport = transport
        self._service = transport.service
        self._limiter = limiter
        self._skew = ClockSkew(now)

    async def read(self, kind: type[T], call: Call, who: Credential | None) -> T:
        """Make a call and read its data as `kind`."""
        return self.shape(kind, await self.data(call, who), call.operation)

    def shape(self, kind: type[T], value: object, operation: str) -> T:
        """Read a value as `kind`; raises BadResponse."""
        return read(kind, value, service=self._service, operation=operation)

    async def data(self, call: Call, who: Credential | None) -> Any:
        """Make a call and return what its envelope holds."""
        key = self._key(call, who)
        signed = key is not None and key.signed
        reply = await self._skew.call(lambda seconds: self._in_turn(call, key, seconds), signed=signed)
        envelope = object_of(reply, service=self._service, operation=call.operation)
        return envelope.get("data", None if "code" in envelope else envelope)

    def _key(self, call: Call, who: Credential | None) -> ApiKey | None:
        if who is None or isinstance(who, ApiKey):
            return who
        # There is no login here: a token can only be a mix-up.
        raise NotAuthorized(self._service, call.operation, "no_key")

    async def _in_turn(self, call: Call, key: ApiKey | None, seconds: int) -> Reply:
        name = key.key if key else ""
        if wait := await self._limiter.turn(name):
            raise RateLimited(self._service, call.operation, wait, "user", "own_pace")
        try:
            return await self._send(call, key, seconds)
        except RateLimited as error:
            self._limiter.close(name, error.retry_after)
            raise

    async def _send(self, call: Call, key: ApiKey | None, seconds: int) -> Reply:
        headers = headers_for(key, seconds) if key else {}
        if call.kind is not None:
            headers["content-type"] = call.kind
        return await self._transport.request(
            call.operation,
            call.method,
            call.path,
            params=call.params,
            json=call.body,
            content=call.content,
            headers=headers,
            idempotent=call.repeat or call.method == "GET",
            check=self._check,
        )

    def _check(self, operation: str, reply: Reply) -> None:
        error = error_for(self._service, operation, reply)
        if error is not None:
            raise error


def _count(value: object) -> int:
    told = value.get("count", value.get("unread_count")) if isinstance(value, Mapping) else value
    number = whole(told)
    if number is None:
        raise ValueError("no count")
    return max(number, 0)


Unread = Annotated[int, BeforeValidator(_count)]


def avatar_in(data: object) -> str | None:
    """Return the address of an avatar in an answer."""
    found = data.get("avatar") or data.get("url") if isinstance(data, Mapping) else data
    return found if isinstance(found, str) and found else None


def listed(data: object) -> object:
    """Return a list that comes bare or under a name."""
    if isinstance(data, Mapping):
        return next((data[name] for name in ("items", "keys", "list") if name in data), data)
    return () if data is None else data


def body_of(data: bytes) -> Callable[[], AsyncIterator[bytes]]:
    """Return what makes the one-block body of a form's file."""

    async def body() -> AsyncIterator[bytes]:
        yield data

    return body
