"""Look at a raw update just closely enough to store it: its id, and whose order it belongs to."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

log = logging.getLogger(__name__)

# What the handlers answer; Telegram sends nothing else.
ALLOWED = ("message", "callback_query", "inline_query", "chosen_inline_result", "my_chat_member")

_LARGEST = 2**63 - 1
# Updates of nobody's chat (polls) still keep one order.
_NOBODY = 0


class BadUpdate(ValueError):
    """Say that this is no update Telegram would send."""


def update_id(update: object) -> int:
    """Return the id of an update, or raise `BadUpdate`."""
    if not isinstance(update, dict):
        raise BadUpdate("not an object")
    found = _number(update.get("update_id"))
    if found is None or found < 0:
        raise BadUpdate("no update_id")
    return found


def chat_key(update: Mapping[str, Any]) -> int:
    """Return the chat whose order an update belongs to: the user's own where it comes from no chat."""
    for name, content in update.items():
        if name != "update_id" and isinstance(content, dict):
            return _key_of(content)
    return _NOBODY


def person(update: Mapping[str, Any]) -> int | None:
    """Return who sent an update, wherever that was; None where nobody did."""
    for name, content in update.items():
        if name != "update_id" and isinstance(content, dict):
            return _id_in(content.get("from")) or _id_in(content.get("user"))
    return None


def accepted(raw: Iterable[object]) -> list[object]:
    """Return what can be stored at all; the rest is dropped, or it would come again for ever."""
    kept = []
    for update in raw:
        try:
            update_id(update)
        except BadUpdate as error:
            log.warning("Telegram sent something that is no update", extra={"reason": str(error)})
        else:
            kept.append(update)
    return kept


def _key_of(content: Mapping[str, Any]) -> int:
    message = content.get("message")
    places = (content, message if isinstance(message, dict) else {})
    for place in places:
        if (found := _id_in(place.get("chat"))) is not None:
            return found
    for name in ("from", "user"):
        if (found := _id_in(content.get(name))) is not None:
            return found
    return _NOBODY


def _id_in(value: object) -> int | None:
    return _number(value.get("id")) if isinstance(value, dict) else None


def _number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST:
        return value
    return None
