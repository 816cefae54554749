"""One whole answer, read under a cap and parsed without surprises."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from clients.errors import BadResponse

# JSON escapes that make strings no database and no socket takes.
_HOSTILE = (b"\\ud", b"\\uD", b"\\u0000")
_HTML = (b"<!doctype html", b"<html", b"<head", b"<!--", b"<?xml")


class UnreadableError(ValueError):
    """A body that is too large, badly encoded, or not JSON; the text holds nothing of the body."""


@dataclass(frozen=True)
class Reply:
    """Status, headers (lower-case names) and body of one answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def json(self) -> Any:
        """Parse the body; raises UnreadableError."""
        return parse_json(self.body)

    @property
    def envelope(self) -> Mapping[str, Any]:
        """The body as a JSON object, or an empty one where it is anything else."""
        try:
            found = self.json
        except UnreadableError:
            return {}
        return found if isinstance(found, Mapping) else {}

    @property
    def is_html(self) -> bool:
        """Tell whether a page came where data belongs."""
        kind = self.headers.get("content-type", "").casefold()
        return "html" in kind or self.body[:200].lstrip().lower().startswith(_HTML)


def json_of(reply: Reply, *, service: str, operation: str) -> Any:
    """Parse the body of an answer; raises BadResponse."""
    try:
        return reply.json
    except UnreadableError as error:
        detail = str(error)
    raise BadResponse(service, operation, detail)


def object_of(reply: Reply, *, service: str, operation: str) -> Mapping[str, Any]:
    """Parse the body of an answer as an object (no body: an empty one); raises BadResponse."""
    found = json_of(reply, service=service, operation=operation) if reply.body.strip() else {}
    if isinstance(found, Mapping):
        return found
    raise BadResponse(service, operation, "no object")


async def read_reply(response: httpx.Response, max_bytes: int) -> Reply:
    """Read a streamed response whole; raises UnreadableError above `max_bytes`, packed or unpacked."""
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > max_bytes:
        raise UnreadableError("too large")
    unpack = _unpacker(response.headers.get("content-encoding", ""))
    parts: list[bytes] = []
    size = 0
    async for chunk in response.aiter_raw():
        part = unpack(chunk, max_bytes - size)
        size += len(part)
        if size > max_bytes:
            raise UnreadableError("too large")
        parts.append(part)
    return Reply(response.status_code, dict(response.headers), b"".join(parts))


class _Inflate:
    """Unpack gzip or zlib, never more than was asked for (a small bomb must stay small)."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=47)

    def __call__(self, chunk: bytes, room: int) -> bytes:
        try:
            part = self._inner.decompress(chunk, room + 1)
        except zlib.error:
            raise UnreadableError("bad compression") from None
        if self._inner.unconsumed_tail:
            raise UnreadableError("too large")
        return part


def _plain(chunk: bytes, room: int) -> bytes:  # noqa: ARG001 - same shape as _Inflate
    return chunk


def _unpacker(encoding: str) -> Any:
    name = encoding.strip().casefold()
    if name in ("", "identity"):
        return _plain
    if name in ("gzip", "x-gzip", "deflate"):
        return _Inflate()
    raise UnreadableError("unknown compression")


def parse_json(body: bytes | str) -> Any:
    """Parse JSON strictly (no NaN), mending lone surrogates and NULs; raises UnreadableError."""
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        pass
    else:
        raw = body if isinstance(body, bytes) else body.encode(errors="surrogatepass")
        return _mended(value) if any(sign in raw for sign in _HOSTILE) else value
    raise UnreadableError("not JSON")


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "")
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value
