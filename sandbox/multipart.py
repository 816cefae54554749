"""Read a multipart form as it arrives: its fields, and its files as streams."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

_DISPOSITION = re.compile(r'(name|filename)="([^"]*)"')
_HEADERS = 8 * 1024
_FIELD = 64 * 1024


class BadForm(Exception):
    """The body is no form, or ends in the middle."""


@dataclass(frozen=True)
class Head:
    """What a part says of itself; a file has a filename."""

    name: str
    filename: str | None


class Form:
    """Go through the parts of one form in order: `async for head in form`, then `pieces` or `text`."""

    def __init__(self, content_type: str, pieces: AsyncIterator[bytes]) -> None:
        kind, _, rest = content_type.partition(";")
        found = re.search(r'boundary="?([^";]+)', rest)
        if kind.strip().lower() != "multipart/form-data" or found is None:
            raise BadForm
        self._mark = b"\r\n--" + found[1].encode()
        self._source = pieces
        # The first boundary has no line before it.
        self._waiting = b"\r\n"
        self._open = True

    async def __aiter__(self) -> AsyncIterator[Head]:
        """Yield the head of each part; what nobody read of it is skipped."""
        while True:
            async for _ in self.pieces():
                pass
            if await self._take(2) == b"--":
                # The line is as slow for its last bytes as for the others.
                async for _ in self._source:
                    pass
                return
            self._open = True
            yield self._head(await self._line())

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the bytes of the part that is open."""
        while self._open:
            at = self._waiting.find(self._mark)
            if at >= 0:
                piece, self._waiting = self._waiting[:at], self._waiting[at + len(self._mark) :]
                self._open = False
            else:
                keep = len(self._mark) - 1
                piece, self._waiting = self._waiting[:-keep], self._waiting[-keep:]
                await self._more()
            if piece:
                yield piece

    async def text(self) -> str:
        """Return the part that is open as a field's value."""
        value = b""
        async for piece in self.pieces():
            value += piece
            if len(value) > _FIELD:
                raise BadForm
        return value.decode("utf-8", "replace")

    async def _more(self) -> None:
        block = await anext(self._source, None)
        if block is None:
            raise BadForm
        self._waiting += block

    async def _take(self, number: int) -> bytes:
        while len(self._waiting) < number:
            await self._more()
        taken, self._waiting = self._waiting[:number], self._waiting[number:]
        return taken

    async def _line(self) -> bytes:
        while (end := self._waiting.find(b"\r\n\r\n")) < 0:
            if len(self._waiting) > _HEADERS:
                raise BadForm
            await self._more()
        return await self._take(end + 4)

    @staticmethod
    def _head(raw: bytes) -> Head:
        found = dict(_DISPOSITION.findall(raw.decode("utf-8", "replace")))
        return Head(found.get("name", ""), found.get("filename"))
