"""What people write as Markdown: their own marks as they stand, and their app's formatting as marks."""

from __future__ import annotations

from telegram import Message, MessageEntity

_MARKS = {
    MessageEntity.BOLD: ("**", "**"),
    MessageEntity.ITALIC: ("*", "*"),
    MessageEntity.STRIKETHROUGH: ("~~", "~~"),
    MessageEntity.CODE: ("`", "`"),
    MessageEntity.PRE: ("```\n", "\n```"),
}


def markdown_of(message: Message) -> str:
    """Return a message's words as Markdown; offsets count UTF-16, as Telegram's do."""
    text = (message.text or message.caption or "").encode("utf-16-le")
    opening: dict[int, list[str]] = {}
    closing: dict[int, list[str]] = {}
    # Of those that begin at one place the longest comes first, so that they lie inside one another.
    for entity in sorted((*message.entities, *message.caption_entities), key=lambda e: (e.offset, -e.length)):
        marks = _marks(entity)
        start, end = _trimmed(text, entity)
        if marks is not None and start < end:
            opening.setdefault(start, []).append(marks[0])
            closing.setdefault(end, []).insert(0, marks[1])
    parts, at = [], 0
    for place in sorted({*opening, *closing}):
        parts += [text[at : place * 2].decode("utf-16-le"), *closing.get(place, ()), *opening.get(place, ())]
        at = place * 2
    parts.append(text[at:].decode("utf-16-le"))
    return "".join(parts).strip()


def _marks(entity: MessageEntity) -> tuple[str, str] | None:
    if entity.type == MessageEntity.TEXT_LINK and entity.url:
        return "[", f"]({entity.url})"
    return _MARKS.get(entity.type)


def _trimmed(text: bytes, entity: MessageEntity) -> tuple[int, int]:
    """Return where formatted words begin and end without the spaces around them: marks must touch words."""
    inside = text[entity.offset * 2 : (entity.offset + entity.length) * 2].decode("utf-16-le", "replace")
    lead = len(inside) - len(inside.lstrip())
    trail = len(inside) - len(inside.rstrip())
    return entity.offset + lead, entity.offset + entity.length - trail
