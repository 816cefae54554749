"""Named steps of a use case, so that tests can stop a process exactly there."""

from collections.abc import Awaitable, Callable

Reached = Callable[[str], Awaitable[None]]


async def nothing(*_told: object) -> None:
    """Do nothing, whatever is told: where nobody listens."""
