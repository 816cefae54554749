"""An event loop whose time runs faster than the world's: real sockets, real time-outs, no waiting."""

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from tests.guarantees.figures import size

T = TypeVar("T")
# A hitch of the machine grows by the same factor, so the full run, which is held to seconds, is less hurried.
FASTER = size(15, 5)


class _Impatient(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[Any]:
        return super().select(timeout if timeout is None else timeout / FASTER)


class FastLoop(asyncio.SelectorEventLoop):
    """Every timer of the loop, asyncio's and the libraries', ends so much sooner."""

    def __init__(self) -> None:
        super().__init__(_Impatient())

    def time(self) -> float:
        return time.monotonic() * FASTER


class LoopClock:
    """The loop's own time, for what takes a clock."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        return runner.run(work)
