"""A multipart form with one file whose bytes are streamed: its length is known before the first of them."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping

Body = Callable[[], AsyncIterator[bytes]]

_QUOTED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


class Multipart:
    """Wrap `size` bytes of a file in a form; the bytes themselves are passed on as they come."""

    def __init__(
        self,
        fields: Mapping[str, str],
        *,
        file_field: str,
        name: str,
        body: Body,
        size: int,
        mime: str = "application/octet-stream",
    ) -> None:
        boundary = f"linkhive{secrets.token_hex(16)}"
        self._head = "".join(_field(boundary, *field) for field in fields.items()).encode(errors="replace")
        self._head += _opening(boundary, file_field, name, mime).encode(errors="replace")
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._body = body
        self.size = len(self._head) + size + len(self._tail)
        self.content_type = f"multipart/form-data; boundary={boundary}"

    async def blocks(self) -> AsyncIterator[bytes]:
        """Yield the form, block by block; what the file's body raises comes through."""
        yield self._head
        source = self._body()
        try:
            async for block in source:
                yield block
        finally:
            if (close := getattr(source, "aclose", None)) is not None:
                await close()
        yield self._tail


def _field(boundary: str, name: str, value: str) -> str:
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name.translate(_QUOTED)}"\r\n\r\n{value}\r\n'
    )


def _opening(boundary: str, field: str, name: str, mime: str) -> str:
    return (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{field}"; filename="{name.translate(_QUOTED)}"\r\n'
        f"Content-Type: {mime}\r\n\r\n"
    )
