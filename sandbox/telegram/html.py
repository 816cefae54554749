"""Telegram's HTML: tags to entities, with the exact words of its refusals."""

import re
from dataclasses import dataclass, field

from sandbox.telegram.chats import Json
from sandbox.telegram.detect import ordered, units
from sandbox.telegram.errors import ApiError, bad_request
from sandbox.telegram.keyboards import is_url

_SIMPLE = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
}
_TAGS = frozenset(_SIMPLE) | {"a", "span", "blockquote", "tg-emoji", "tg-time"}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#(\d+)|#x([0-9a-fA-F]+)|([a-z]+));?")
_NAME = re.compile(r"[^\s>/=]*")


@dataclass
class _Open:
    tag: str
    entity: Json | None
    at: int
    start: int


@dataclass
class _Parser:
    """One pass over the text."""

    source: str
    at: int = 0
    out: list[str] = field(default_factory=list)
    length: int = 0
    stack: list[_Open] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def run(self) -> tuple[str, list[Json]]:
        while self.at < len(self.source):
            char = self.source[self.at]
            if char == "<":
                self._tag()
            elif char == "&":
                self._reference()
            else:
                self._emit(char)
                self.at += 1
        if self.stack:
            raise _refuse(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')
        return "".join(self.out), ordered(self.entities)

    def _emit(self, text: str) -> None:
        self.out.append(text)
        self.length += units(text)

    def _byte(self, at: int) -> int:
        return len(self.source[:at].encode())

    def _reference(self) -> None:
        match = _REFERENCE.match(self.source, self.at)
        text = _decoded(match) if match else None
        self._emit(text if text is not None else "&")
        self.at = match.end() if match and text is not None else self.at + 1

    def _tag(self) -> None:
        begin = self.at
        if self.source[begin + 1 : begin + 2] == "/":
            self._end_tag(begin)
            return
        match = _NAME.match(self.source, begin + 1)
        tag = match.group().lower() if match else ""
        if tag not in _TAGS:
            raise _refuse(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        self.at = begin + 1 + len(tag)
        attributes = self._attributes(tag, begin)
        entity = _entity(tag, attributes, self._byte(begin), self.stack)
        self.stack.append(_Open(tag, entity, begin, self.length))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        attributes: dict[str, str] = {}
        while True:
            self._spaces()
            if self.at >= len(self.source):
                raise _refuse(f'Unclosed start tag "{tag}" at byte offset {self._byte(begin)}')
            if self.source[self.at] == ">":
                self.at += 1
                return attributes
            match = _NAME.match(self.source, self.at)
            name = match.group().lower() if match else ""
            if not name:
                raise _refuse(f'Empty attribute name in the tag "{tag}" at byte offset {self._byte(begin)}')
            self.at += len(name)
            attributes[name] = self._value(tag, name, begin)

    def _value(self, tag: str, name: str, begin: int) -> str:
        self._spaces()
        if self.source[self.at : self.at + 1] != "=":
            if tag == "blockquote" and name == "expandable":
                return ""
            raise _refuse(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}" '
                f"at byte offset {self._byte(begin)}"
            )
        self.at += 1
        self._spaces()
        quote = self.source[self.at : self.at + 1]
        if quote in ("'", '"') and quote:
            end = self.source.find(quote, self.at + 1)
            value, after = self.source[self.at + 1 : end], end + 1
        else:
            match = re.compile(r"[^\s>]*").match(self.source, self.at)
            end = match.end() if match else -1
            value, after = self.source[self.at : end], end
        if end < 0:
            raise _refuse(f'Unclosed start tag "{tag}" at byte offset {self._byte(begin)}')
        self.at = after
        return _REFERENCE.sub(lambda found: _decoded(found) or found.group(), value)

    def _spaces(self) -> None:
        while self.at < len(self.source) and self.source[self.at].isspace():
            self.at += 1

    def _end_tag(self, begin: int) -> None:
        end = self.source.find(">", begin)
        if not self.stack:
            raise _refuse(f"Unexpected end tag at byte offset {self._byte(begin)}")
        if end < 0:
            raise _refuse(f"Unclosed end tag at byte offset {self._byte(begin)}")
        tag, opened = self.source[begin + 2 : end].strip().lower(), self.stack.pop()
        if tag and tag != opened.tag:
            raise _refuse(
                f'Unmatched end tag at byte offset {self._byte(begin)}, expected "</{opened.tag}>", '
                f'found "</{tag}>"'
            )
        self.at = end + 1
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        entity, length = opened.entity, self.length - opened.start
        if opened.tag == "a":
            entity = _link(entity, "".join(self.out), opened.start)
        if entity is not None and length > 0:
            self.entities.append({**entity, "offset": opened.start, "length": length})


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Return the plain text and its entities."""
    text, entities = _Parser(source).run()
    return text, _flatten(entities)


def _refuse(text: str) -> ApiError:
    return bad_request(f"can't parse entities: {text}")


def _decoded(match: re.Match[str]) -> str | None:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        return _NAMED.get(name)
    number = int(decimal) if decimal is not None else int(hexadecimal, 16)
    return chr(number) if 0 < number < 0x10FFFF and not 0xD800 <= number <= 0xDFFF else None


def _entity(tag: str, attributes: dict[str, str], byte: int, stack: list[_Open]) -> Json | None:
    if tag == "a":
        return {"type": "text_link", "url": attributes.get("href", "")}
    if tag == "span":
        if attributes.get("class") != "tg-spoiler":
            raise _refuse(f'Tag "span" must have class "tg-spoiler" at byte offset {byte}')
        return {"type": "spoiler"}
    if tag == "blockquote":
        return {"type": "expandable_blockquote" if "expandable" in attributes else "blockquote"}
    if tag == "tg-emoji":
        return {"type": "custom_emoji", "custom_emoji_id": attributes.get("emoji-id", "0")}
    if tag == "tg-time":
        return {"type": "date_time", "unix_time": int(attributes.get("unix", "0") or 0)}
    language = attributes.get("class", "").removeprefix("language-")
    if tag == "code" and language and stack and stack[-1].tag == "pre" and stack[-1].entity:
        # <pre><code class="language-x"> is one block with a language.
        stack[-1].entity["language"] = language
        return None
    return {"type": _SIMPLE[tag]}


def _link(entity: Json | None, text: str, start: int) -> Json | None:
    url = (entity or {}).get("url") or text.encode("utf-16-le")[start * 2 :].decode("utf-16-le")
    if url.startswith("tg://user?id=") and url[13:].isdigit():
        return {"type": "text_mention", "user_id": int(url[13:])}
    if not is_url(url):
        return None
    return {"type": "text_link", "url": _canonical(url)}


def _canonical(url: str) -> str:
    if "://" not in url:
        url = f"http://{url}"
    rest = url.split("://", 1)[1]
    return url if "/" in rest or "?" in rest else f"{url}/"


def _flatten(entities: list[Json]) -> list[Json]:
    """Drop what Telegram does not allow inside code, and code inside code."""
    blocks = [entity for entity in entities if entity["type"] in ("code", "pre")]

    def inside(entity: Json) -> bool:
        return any(
            entity is not block
            and block["offset"] <= entity["offset"]
            and entity["offset"] + entity["length"] <= block["offset"] + block["length"]
            and (entity["type"] != "blockquote" or block["length"] > entity["length"])
            for block in blocks
        )

    return [entity for entity in entities if entity["type"].endswith("blockquote") or not inside(entity)]
