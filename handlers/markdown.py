"""Somebody else's Markdown as lines that Telegram shows: decent where it can be, and never more than text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from handlers.texts import Html, escape, plain
from handlers.views import opens, visible_units

LINE_LIMIT = 1_500
# Signs of a line that are looked at, marks included, and of a text: nobody writes more by hand.
RAW_LINE, RAW_TEXT = 4 * LINE_LIMIT, 200_000
# Quotes inside quotes that still show as such.
DEEPEST = 4
_FENCE = re.compile(r"^\s*(```|~~~)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*)$")
_RULE = re.compile(r"^\s{0,3}([-*_])(?:\s*\1){2,}\s*$")
_ITEM = re.compile(r"^(\s*)[-*+]\s+(?:\[( |x|X)\]\s+)?(.*)$")
_NUMBERED = re.compile(r"^(\s*)(\d{1,4})[.)]\s+(.*)$")
_QUOTE = re.compile(r"^\s{0,3}>\s?(.*)$")
# Words that are an address, or a host: what they claim to be.
_CLAIM = re.compile(r"(?:https?://)?([^\s/?#@:]+)(?:[/?#]\S*)?", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_INLINE = re.compile(
    r"(?P<picture>!\[(?P<alt>[^\[\]]{0,200})\]\([^()\s]{0,2000}(?:\s+\"[^\"]*\")?\))"
    r"|(?P<link>\[(?P<words>[^\[\]]{1,300})\]\((?P<url>[^()\s]{1,2000})(?:\s+\"[^\"]*\")?\))"
    r"|(?P<code>`(?P<inside>[^`]{1,500})`)"
    r"|(?P<bold>(?P<b>\*\*|__)(?=\S)(?P<strong>.{1,500}?)(?<=\S)(?P=b))"
    r"|(?P<struck>~~(?=\S)(?P<gone>.{1,500}?)(?<=\S)~~)"
    r"|(?P<italic>(?<![\w*_])(?P<i>[*_])(?=[^\s*_])(?P<slanted>[^*_]{1,500}?)(?<=\S)(?P=i)(?![\w*_]))"
)
# Where two pieces meet, what neither of them is alone must not arise: an address, a mention, a command.
_JOINER = "\u2060"
_TRIGGERS = frozenset("@#$/.:")


def lines(text: str) -> Iterator[Html]:
    """Yield the lines of a Markdown text, empty ones where paragraphs end."""
    fenced = empty = False
    for whole in _BREAK.sub("\n", text[:RAW_TEXT]).splitlines():
        raw = whole[:RAW_LINE]
        if _FENCE.match(raw):
            fenced = not fenced
            continue
        line = Html((_code(raw) if fenced else _line(_TAG.sub("", raw))).rstrip())
        if not line:
            # One empty line says as much as many, and none is needed at the beginning.
            if empty:
                yield Html("")
            empty = False
            continue
        empty = True
        yield line


def without_title(text: str, title: str) -> str:
    """Return a text without a first heading that only says the title once more."""
    first, _, rest = text.lstrip().partition("\n")
    heading = _heading(first[:RAW_LINE])
    return rest if plain(first if heading is None else heading) == plain(title) else text


def cut(text: str, limit: int) -> tuple[Html, bool]:
    """Return the beginning of a text in at most so many UTF-16 units, and whether anything is left."""
    kept: list[Html] = []
    used = 0
    for line in lines(text):
        length = visible_units(line) + bool(kept)
        # Empty lines at the end fall away.
        if line and used + length > limit:
            if not kept:
                kept.append(_beginning(html.unescape(_seen(line)), limit))
            return Html("\n".join(kept).rstrip()), True
        kept.append(line)
        used += length
    return Html("\n".join(kept).rstrip()), False


def _beginning(words: str, limit: int) -> Html:
    """Return the beginning of one line, in as many units with what makes it harmless in it."""
    most = limit
    while most > 0:
        shown = escape(words, most)
        if (over := visible_units(shown) - limit) <= 0:
            return shown
        most -= over
    return Html("…")


def pages(text: str, limit: int) -> list[Html]:
    """Return a text in pages of at most so many UTF-16 units."""
    found: list[Html] = []
    page: list[Html] = []
    used = 0
    for line in lines(text):
        length = visible_units(line) + 1
        if used + length > limit and page:
            found.append(Html("\n".join(page).rstrip()))
            page, used = [], 0
        if line or page:
            page.append(line)
            used += length
    return [*found, Html("\n".join(page).rstrip())] if page else found


def _code(raw: str) -> Html:
    words = plain(raw.rstrip(), LINE_LIMIT)
    return Html(f"<code>{html.escape(words, quote=False)}</code>") if words else Html("")


def _heading(raw: str) -> str | None:
    """Return the words of a heading, without the signs that may close it."""
    found = _HEADING.match(raw)
    return found[1].rstrip().rstrip("#").rstrip() if found else None


def _line(raw: str, depth: int = 0) -> Html:
    if _RULE.match(raw):
        return Html("———")
    if (heading := _heading(raw)) is not None:
        return Html(f"<b>{_flat(heading)}</b>") if heading else Html("")
    if depth < DEEPEST and (found := _QUOTE.match(raw)):
        inside = _line(found[1], depth + 1)
        return Html(f"▏ {inside}") if inside else Html("")
    if found := _ITEM.match(raw):
        sign = {None: "•", " ": "☐"}.get(found[2], "☑")
        return Html(f"{_indent(found[1])}{sign} {_pieces(found[3])}")
    if found := _NUMBERED.match(raw):
        return Html(f"{_indent(found[1])}{found[2]}. {_pieces(found[3])}")
    return _pieces(raw)


def _indent(spaces: str) -> str:
    return "\u2003" * min(len(spaces.expandtabs(4)) // 2, 4)


def _pieces(raw: str) -> Html:
    """Return one line with its markup; one level of it, as descriptions have."""
    line, parts, at = plain(raw, LINE_LIMIT), [], 0
    for found in _INLINE.finditer(line):
        parts += [_spaced(line[at : found.start()]), _marked(found)]
        at = found.end()
    parts.append(_spaced(line[at:]))
    return Html(_joined(parts))


def _marked(found: re.Match[str]) -> Html:
    kinds = ("picture", "link", "code", "bold", "struck", "italic")
    match next(kind for kind in kinds if found[kind]):
        case "picture":
            return Html(f"🖼 {_spaced(found['alt'])}".rstrip())
        case "link":
            return _link(found["words"], found["url"])
        case "code":
            return Html(f"<code>{html.escape(found['inside'], quote=False)}</code>")
        case "bold":
            return Html(f"<b>{_flat(found['strong'])}</b>")
        case "struck":
            return Html(f"<s>{_flat(found['gone'])}</s>")
    return Html(f"<i>{_flat(found['slanted'])}</i>")


def _link(words: str, url: str) -> Html:
    """Return a link that shows where it leads: what it says of itself may be something else."""
    if not opens(url):
        return _flat(words)
    host = urlsplit(url).netloc
    shown = _flat(words)
    claim = _CLAIM.fullmatch(words.strip())
    named = (
        shown if claim and claim[1].casefold() == host.casefold() else Html(f"{shown} ({escape(host, 80)})")
    )
    return Html(f'<a href="{html.escape(url)}">{named}</a>')


def _flat(words: str) -> Html:
    """Return words without the marks of markup inside them."""
    return _spaced(re.sub(r"\*\*|__|~~|`", "", words))


def _spaced(words: str) -> Html:
    """Return words harmless, with the spaces around them, which divide them from what is beside."""
    if not words.strip():
        return Html(" " if words else "")
    before, after = words[:1].isspace(), words[-1:].isspace()
    return Html(f"{' ' * before}{escape(words, LINE_LIMIT)}{' ' * after}")


def _joined(parts: list[Html]) -> str:
    text = ""
    for part in parts:
        if _TRIGGERS & {_seen(text)[-1:], _seen(part)[:1]} and _seen(text):
            text += _JOINER
        text += part
    return text.strip()


def _seen(text: str) -> str:
    return re.sub(r"<[^<>]*>", "", text)
