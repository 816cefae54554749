"""Named steps of a use case, so that tests can stop a process exactly there."""

from collections.abc import Awaitable, Callable

Reached = Callable[[str], Awaitable[None]]


async def nothing(step: str) -> None:
    """Let a step pass."""
    del step
