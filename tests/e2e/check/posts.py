"""Posts as people forward and quote them: pictures with words, addresses hidden behind words."""

from typing import Any

from sandbox.server import Sandbox
from sandbox.telegram import board
from sandbox.telegram.updates import tell_message
from tests.driver import Message, Person

PICTURE = {
    "photo": [
        {"file_id": "forwarded", "file_unique_id": "f", "width": 90, "height": 90, "file_size": 2000},
    ]
}


def hidden(text: str, word: str, *addresses: str) -> list[dict[str, Any]]:
    """The entities that hide an address behind each place of a word, counted as Telegram counts."""
    found, at = [], 0
    for address in addresses:
        at = text.index(word, at)
        offset, length = (len(part.encode("utf-16-le")) // 2 for part in (text[:at], word))
        found.append({"type": "text_link", "offset": offset, "length": length, "url": address})
        at += len(word)
    return found


def under_a_picture(text: str, word: str, *addresses: str) -> dict[str, Any]:
    """A picture with words under it, as channels post films."""
    return {**PICTURE, "caption": text, "caption_entities": hidden(text, word, *addresses)}


def forward(box: Sandbox, person: Person, content: dict[str, Any], chat: int | None = None) -> Message:
    """Forward a message, into the private chat where no other is said."""
    tg = box.world.telegram
    place = tg.chats[chat or person.id]
    place.started = True
    message = board.post(tg, place, tg.people[person.id], content)
    tell_message(tg, place, message)
    return Message(board.shown(message))
