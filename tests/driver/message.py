"""A message as a person sees it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Button:
    """A button under a message; exactly one of the last four says what it does."""

    text: str
    data: str | None = None
    url: str | None = None
    copies: str | None = None
    switches: str | None = None

    @classmethod
    def of(cls, raw: dict[str, Any]) -> "Button":
        """Read the Bot API's InlineKeyboardButton."""
        switch = raw.get("switch_inline_query_current_chat", raw.get("switch_inline_query"))
        copy = raw.get("copy_text") or {}
        return cls(raw["text"], raw.get("callback_data"), raw.get("url"), copy.get("text"), switch)


@dataclass(frozen=True)
class Message:
    """A message with its buttons; `data` is the Bot API's JSON plus `revision`."""

    data: dict[str, Any]

    @property
    def id(self) -> int:
        return int(self.data["message_id"])

    @property
    def chat_id(self) -> int:
        return int(self.data["chat"]["id"])

    @property
    def revision(self) -> int:
        return int(self.data["revision"])

    @property
    def author(self) -> int:
        """The id of who wrote it; for a message sent through inline mode the person, not the bot."""
        return int(self.data.get("from", {}).get("id", 0))

    @property
    def text(self) -> str:
        """Text or caption."""
        return str(self.data.get("text") or self.data.get("caption") or "")

    @property
    def entities(self) -> list[dict[str, Any]]:
        return list(self.data.get("entities") or self.data.get("caption_entities") or [])

    @property
    def links(self) -> list[str]:
        """The addresses behind linked words."""
        return [str(entity["url"]) for entity in self.entities if entity["type"] == "text_link"]

    @property
    def has_photo(self) -> bool:
        return "photo" in self.data

    @property
    def photo(self) -> dict[str, Any] | None:
        """The largest size of the photo."""
        sizes = self.data.get("photo")
        return dict(sizes[-1]) if sizes else None

    @property
    def caption(self) -> str | None:
        """The words under a photo or file; None where the message is a text or has no caption."""
        return self.data.get("caption")

    @property
    def file_id(self) -> str:
        """The id of the photo or file the message carries."""
        kinds = ("document", "video", "animation", "audio", "voice")
        found = self.photo or next((self.data[kind] for kind in kinds if kind in self.data), None)
        assert found is not None, f"no file in: {self}"
        return str(found["file_id"])

    @property
    def rows(self) -> list[list[Button]]:
        keyboard = self.data.get("reply_markup", {}).get("inline_keyboard", [])
        return [[Button.of(raw) for raw in row] for row in keyboard]

    @property
    def buttons(self) -> list[Button]:
        return [button for row in self.rows for button in row]

    @property
    def alike(self) -> set[str]:
        """The words that stand on several buttons which do different things."""
        words = [button.text for button in set(self.buttons)]
        return {word for word in words if words.count(word) > 1}

    def find(self, label: str) -> Button | None:
        """The first button whose words contain the label."""
        return next((button for button in self.buttons if label in button.text), None)

    def button(self, label: str) -> Button:
        """The same, but it must be there."""
        found = self.find(label)
        assert found is not None, f"no button {label!r} under: {self}"
        return found

    def __str__(self) -> str:
        labels = " ".join(f"[{button.text}]" for button in self.buttons)
        return f"#{self.id} from {self.author}: {self.text!r} {labels}".rstrip()
