"""What a message says: its words with the addresses its links hide, and what stands behind its command."""

from __future__ import annotations

from telegram import Message


def said(message: Message) -> str:
    """Return a message's text or caption."""
    return message.text or message.caption or ""


def said_with_links(message: Message | None) -> str:
    """Return a message's words, each address that a link hides right behind the words it hides in."""
    if message is None:
        return ""
    # Offsets count UTF-16 units, and a code belongs to the link it stands beside.
    raw = said(message).encode("utf-16-le")
    entities = [*message.entities, *message.caption_entities]
    hidden = [(2 * (one.offset + one.length), one.url) for one in entities if one.url]
    for at, url in sorted(hidden, reverse=True):
        raw = raw[:at] + f" {url} ".encode("utf-16-le") + raw[at:]
    return raw.decode("utf-16-le", errors="ignore")


def behind_command(words: str) -> str:
    """Return what stands behind the command that words begin with, on its line or below it."""
    return "".join(words.split(None, 1)[1:])
