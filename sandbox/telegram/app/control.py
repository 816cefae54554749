"""Controls for tests: send updates again, hold and reorder them, drop them, switch options."""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from starlette.routing import BaseRoute

from sandbox.telegram.app.wishes import Refused, Wish, route
from sandbox.telegram.chats import Json
from sandbox.telegram.limits import LimitOptions
from sandbox.telegram.queue import Pending
from sandbox.telegram.state import Options, Telegram

_AGAIN_FOR = 24 * 3600.0


def routes(tg: Telegram) -> list[BaseRoute]:
    """Return the routes under /app/control."""
    return [
        route(tg, "/updates", updates, "GET"),
        route(tg, "/redeliver", redeliver),
        route(tg, "/push", push),
        route(tg, "/hold", hold),
        route(tg, "/release", release),
        route(tg, "/drop", drop),
        route(tg, "/options", options),
        route(tg, "/options", shown_options, "GET"),
        route(tg, "/deactivate", deactivate),
    ]


async def updates(wish: Wish) -> Json:
    """Return the latest updates made, and which of them still wait."""
    queue = wish.tg.queue
    return {
        "updates": list(queue.made.values()),
        "pending": [item.update_id for item in queue.pending],
        "held": [item.update_id for item in queue.held],
        "delivered": wish.tg.webhook.delivered,
        "limits_refused": wish.tg.limits.refused,
    }


async def redeliver(wish: Wish) -> Json:
    """Hand an update out once more, although it was acknowledged."""
    queue, update_id = wish.tg.queue, int(wish.number("update_id"))
    update = queue.made.get(update_id)
    if update is None:
        raise Refused(404, "there is no such update")
    queue.put(_again(wish.tg, update_id, update))
    return {"update_id": update_id}


async def push(wish: Wish) -> Json:
    """Queue any JSON as an update: malformed, unknown or out of numbers."""
    update: Any = wish.values.get("update")
    if not isinstance(update, dict):
        raise Refused(400, "update must be an object")
    number = update.get("update_id")
    update_id = number if isinstance(number, int) else 0
    wish.tg.queue.put(_again(wish.tg, update_id, update))
    return {"update_id": update_id}


def _again(tg: Telegram, update_id: int, update: Json) -> Pending:
    # A key of its own: it may overtake and be overtaken.
    return Pending(update_id, update, -(1 << 60) - update_id, tg.now() + _AGAIN_FOR, forced=True)


async def hold(wish: Wish) -> Json:
    """Keep new updates aside until they are released."""
    wish.tg.queue.holding = True
    return {"holding": True}


async def release(wish: Wish) -> Json:
    """Let held updates go, in the order of `order` (update ids, or "reverse")."""
    queue = wish.tg.queue
    held, queue.held, queue.holding = queue.held, [], False
    order = wish.values.get("order")
    if order == "reverse":
        held = held[::-1]
    elif isinstance(order, Sequence) and not isinstance(order, str):
        by_id = {item.update_id: item for item in held}
        held = [by_id[update_id] for update_id in order if update_id in by_id]
    for item in held:
        # Out of order, an acknowledged offset must not swallow the lower numbers.
        queue.put(replace(item, forced=True) if order else item)
    return {"released": [item.update_id for item in held]}


async def drop(wish: Wish) -> Json:
    """Lose updates on their way: one by number, or all that wait."""
    queue, update_id = wish.tg.queue, int(wish.number("update_id"))
    before = len(queue.pending) + len(queue.held)
    queue.pending = [item for item in queue.pending if update_id and item.update_id != update_id]
    queue.held = [item for item in queue.held if update_id and item.update_id != update_id]
    return {"dropped": before - len(queue.pending) - len(queue.held)}


async def options(wish: Wish) -> Json:
    """Switch options; `limits` is an object of its own, or true and false."""
    current = wish.tg.options
    for name, value in wish.values.items():
        if name == "limits":
            _limits(current.limits, {"on": value} if isinstance(value, bool) else value)
        elif name in {each.name for each in fields(Options)}:
            setattr(current, name, value)
        else:
            raise Refused(400, f"there is no option {name}")
    return {"ok": True}


async def shown_options(wish: Wish) -> Json:
    """Return the options as they are."""
    return asdict(wish.tg.options)


def _limits(current: LimitOptions, values: Any) -> None:
    for name, value in values.items():
        if name not in {each.name for each in fields(LimitOptions)}:
            raise Refused(400, f"there is no limit {name}")
        setattr(current, name, value)


async def deactivate(wish: Wish) -> Json:
    """Delete a person's Telegram account, or bring it back with `deactivated: false`."""
    wish.person.deactivated = wish.flag("deactivated", True)
    return {"deactivated": wish.person.deactivated}
