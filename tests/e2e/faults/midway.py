"""A kill right after something was sent that must not be sent twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.server import Sandbox
from tests.driver import Control
from tests.e2e.process import Bot, until


async def kill_midway(
    bot: Bot,
    box: Sandbox,
    control: Control,
    press: Awaitable[Any],
    *,
    post: tuple[str, str],
    made: Callable[[], Any] | None,
) -> None:
    """Press, kill the bot while nobody answers its POST to a service's path, and bring it up once more.

    With `made` the POST takes effect first, which that tells; without it never does.
    """
    service, path = post
    await control.fault(service, path, "hang" if made is None else "drip", method="POST", seconds=30.0)
    pressing = asyncio.ensure_future(press)
    entries = box.world.journal.entries
    await until(lambda: any(e.method == "POST" and e.path == path for e in entries), "it is sent")
    if made is not None:
        await until(made, "it took effect")
    await bot.again()
    await pressing
