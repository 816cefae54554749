"""A body on its way out: counted, watched, and its own failures kept apart from the network's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TypeVar

T = TypeVar("T")


class Outgoing:
    """Give the blocks of a body to the HTTP library; `moved` is told of each."""

    def __init__(self, body: AsyncIterator[bytes], size: int, moved: Callable[[], None]) -> None:
        self._body = body
        self._left = size
        self._moved = moved
        self._failure: Exception | None = None
        self._over = False
        # Unset while the library waits for a block.
        self._resting = asyncio.Event()
        self._resting.set()
        # With the length declared no part needs chunked coding, and the server can refuse early.
        self.headers: Mapping[str, str] = {
            "content-length": str(size),
            "content-type": "application/octet-stream",
        }

    async def carried(self, work: Awaitable[T]) -> T:
        """Await the request that carries this body; what the body raised comes before what that caused."""
        try:
            return await work
        except Exception:
            if self._failure is None:
                raise
        finally:
            self._over = True
            await self._close()
        raise self._failure

    async def _close(self) -> None:
        # A call that is cut off ends before the library lets go of the body: only then can it be closed.
        await self._resting.wait()
        if (close := getattr(self._body, "aclose", None)) is not None:
            await close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield each block; a body of another length than told is a ValueError."""
        try:
            while (block := await self._next()) is not None:
                self._left -= len(block)
                if self._left < 0:
                    break
                self._step()
                yield block
            if self._left:
                raise ValueError("the body has another length than told")  # noqa: TRY301 - kept like the rest
        except Exception as error:
            self._failure = error
            raise
        self._step()

    async def _next(self) -> bytes | None:
        self._resting.clear()
        try:
            return await anext(self._body, None)
        finally:
            self._resting.set()

    def _step(self) -> None:
        # A late answer may end the call while the library still drains the body.
        if not self._over:
            self._moved()
