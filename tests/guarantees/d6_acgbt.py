"""Steps of a person at ACGBT, for faults at each of them."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.e2e.publish import publishing
from tests.e2e.words import Words

SAY = Words("zh")
Act = Callable[[], Awaitable[object]]
NUMBER = 1


async def fresh(s: Any) -> None:
    """Forget what was read and what an earlier fault closed; link again what was lost."""
    services = s.house.services
    services.acg.catalogue._pages.clear()
    services.acg.catalogue._details.clear()
    services.acg.catalogue._categories.clear()
    services.acg.comments._threads.clear()
    services.acgbt._caller._limiter._turns.clear()
    s.box.world.acgbt.main_key(s.person.id).calls.clear()
    s.box.world.acgbt.open_calls.clear()
    s.box.world.acgbt.resources[NUMBER].images = []
    await publishing.with_key(s.house, s.box, s.person)


async def _at_comments(s: Any) -> Any:
    await s.person.start(f"acg_{NUMBER}")
    card = await s.until("acg.button.comments")
    await s.person.press(card, SAY("acg.button.comments"))
    return await s.until("acg.button.write")


async def listed(s: Any) -> Act:
    return lambda: s.person.send("/acg")


async def found(s: Any) -> Act:
    return lambda: s.person.send("/acg 葬送的芙莉莲")


async def categories(s: Any) -> Act:
    await s.person.send("/acg")
    card = await s.until("acg.button.any")
    return lambda: s.person.press(card, SAY("acg.button.any"))


async def item(s: Any) -> Act:
    return lambda: s.person.start(f"acg_{NUMBER}")


async def comments(s: Any) -> Act:
    await s.person.start(f"acg_{NUMBER}")
    card = await s.until("acg.button.comments")
    return lambda: s.person.press(card, SAY("acg.button.comments"))


async def write(s: Any) -> Act:
    card = await _at_comments(s)
    await s.person.press(card, SAY("acg.button.write"))
    await s.person.until(SAY("acg.write_most", most=1000))
    return lambda: s.person.send(f"评论 {s.number}")


async def inbox(s: Any) -> Act:
    return lambda: s.person.send("/inbox")


async def message(s: Any) -> Act:
    await s.person.send("/inbox")
    card = await s.person.until("📨")
    return lambda: s.person.press(card, "1")


STEPS = tuple(("acgbt", step) for step in (listed, found, categories, item, comments, write, inbox, message))
