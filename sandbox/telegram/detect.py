"""Entities Telegram finds by itself: commands, mentions, hashtags, addresses, e-mail."""

import re

from sandbox.telegram.chats import Json

_DOMAIN = (
    r"(?:[\w-]+\.)+(?:com|cn|net|org|top|me|io|dev|site|online|app|tv|info|xyz|co|uk|de|eu)(?![\w.-]*@)\b"
)
_ADDRESS = r"(?::\d{1,5})?(?:[/?#][^\s<>\"'「」『』（）【】，。；！？]*)?"
_PATTERNS = (
    (
        "url",
        re.compile(rf"(?:https?|ftp|tonsite)://[^\s/?#<>\"']+{_ADDRESS}|(?<![@\w./-]){_DOMAIN}{_ADDRESS}"),
    ),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<![\w`])@[A-Za-z][A-Za-z0-9_]{2,31}(?!\w)")),
    ("hashtag", re.compile(r"(?<![\w#])#(?=\w*[^\W\d_])\w{1,256}")),
)
_TRAILING = ".,;:!?'\"`)]}>*~"


def units(text: str) -> int:
    """Return the length of a text in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def automatic(text: str) -> list[Json]:
    """Return the entities Telegram would add to a plain text."""
    found: list[tuple[int, int, str]] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.start(), match.end()
            if kind == "url":
                end = start + len(_trim(match.group()))
            if all(end <= other or start >= stop for other, stop, _ in found):
                found.append((start, end, kind))
    return [
        {"type": kind, "offset": units(text[:start]), "length": units(text[start:end])}
        for start, end, kind in sorted(found)
    ]


def _trim(url: str) -> str:
    while url and url[-1] in _TRAILING:
        if url[-1] == ")" and url.count("(") >= url.count(")"):
            break
        url = url[:-1]
    return url


def merge(given: list[Json], found: list[Json]) -> list[Json]:
    """Add automatic entities where they do not cross links and code that were given."""
    hard = [entity for entity in given if entity["type"] in ("code", "pre", "text_link", "text_mention")]
    kept = [entity for entity in found if not any(_touch(entity, other) for other in hard)]
    kept = [
        entity
        for entity in kept
        if not any(other["type"] == entity["type"] and _touch(entity, other) for other in given)
    ]
    return ordered([*given, *kept])


def ordered(entities: list[Json]) -> list[Json]:
    """Sort entities as Telegram answers them: by offset, the longer first."""
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _touch(one: Json, other: Json) -> bool:
    one_end, other_end = one["offset"] + one["length"], other["offset"] + other["length"]
    return bool(one["offset"] < other_end and other["offset"] < one_end)
