"""From a call's text, parse mode and entities to what the message shows."""

import re
from collections.abc import Callable
from typing import Any

from sandbox.telegram.chats import Json
from sandbox.telegram.detect import automatic, merge, ordered, units
from sandbox.telegram.errors import bad_request
from sandbox.telegram.html import parse_html

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024

# Telegram drops these outright (line separators, bidi overrides) and turns control characters into spaces.
_DROPPED = re.compile("[\r\u2028-\u202e]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")

FindUser = Callable[[int], Json | None]


def formatted(
    text: str, parse_mode: str, entities: list[Any] | None, find_user: FindUser
) -> tuple[str, list[Json]]:
    """Return the text as shown and all its entities."""
    text = clean(text)
    given: list[Json] = []
    if parse_mode:
        if parse_mode.lower() != "html":
            raise bad_request("unsupported parse_mode")
        text, given = parse_html(text)
    elif entities:
        given = ordered([_entity(entity) for entity in entities])
    text, given = _trimmed(text, given)
    given = [entity for entity in (_with_user(entity, find_user) for entity in given) if entity]
    return text, merge(given, automatic(text))


def message_text(text: str, mode: str, entities: list[Any] | None, find_user: FindUser) -> Json:
    """Return the fields of a text message, or Telegram's refusal."""
    if not text.strip():
        raise bad_request("message text is empty")
    shown, found = formatted(text, mode, entities, find_user)
    if not shown:
        raise bad_request("message text is empty")
    if units(shown) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return {"text": shown, **({"entities": found} if found else {})}


def caption(text: str, mode: str, entities: list[Any] | None, find_user: FindUser) -> Json:
    """Return the fields of a caption, or Telegram's refusal."""
    shown, found = formatted(text, mode, entities, find_user)
    if units(shown) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    fields: Json = {"caption": shown} if shown else {}
    if shown and found:
        fields["caption_entities"] = found
    return fields


def clean(text: str) -> str:
    """Return a text as Telegram's server takes it."""
    return _CONTROL.sub(" ", _DROPPED.sub("", text))


def _entity(entity: Any) -> Json:
    if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
        raise bad_request("can't parse MessageEntity: expected an Object")
    kept: Json = {name: value for name, value in entity.items() if value is not None}
    if kept["type"] == "text_mention":
        kept["user_id"] = kept.pop("user", {}).get("id", 0)
    return kept


def _with_user(entity: Json, find_user: FindUser) -> Json | None:
    if entity["type"] != "text_mention":
        return entity
    user = find_user(int(entity["user_id"]))
    rest = {name: value for name, value in entity.items() if name != "user_id"}
    return {**rest, "user": user} if user else None


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    left = units(text) - units(text.lstrip())
    shown = text.strip()
    end = units(shown)
    kept = []
    for entity in entities:
        start = max(0, int(entity["offset"]) - left)
        stop = min(end, int(entity["offset"]) + int(entity["length"]) - left)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return shown, kept
