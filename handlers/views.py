"""What a message looks like, as data: text, rows of buttons, a picture."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from handlers.texts import Speaker, plain, units

URL_LIMIT = 2000
# What Telegram takes behind a button; anything else is shown to copy.
_OPENS = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#@.]+([/?#]\S*)?", re.IGNORECASE)
COPY_LIMIT = 256
DATA_LIMIT = 64
LABEL_LIMIT = 60
# In UTF-16 units, after the markup is taken out.
CAPTION_LIMIT = 1024
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class Press:
    """A button that acts on its card."""

    label: str
    action: str
    arg: str = ""

    def build(self, card_id: str) -> InlineKeyboardButton:
        """Return Telegram's button."""
        return InlineKeyboardButton(
            _cut(self.label), callback_data=callback_data(card_id, self.action, self.arg)
        )


@dataclass(frozen=True)
class Open:
    """A button that opens an address."""

    label: str
    url: str

    def build(self, _card_id: str) -> InlineKeyboardButton:
        """Return Telegram's button."""
        return InlineKeyboardButton(_cut(self.label), url=self.url)


@dataclass(frozen=True)
class Copy:
    """A button that copies a text of up to 256 characters."""

    label: str
    text: str

    def build(self, _card_id: str) -> InlineKeyboardButton:
        """Return Telegram's button."""
        return InlineKeyboardButton(_cut(self.label), copy_text=CopyTextButton(self.text))


@dataclass(frozen=True)
class Inline:
    """A button that starts an inline query in this chat."""

    label: str
    query: str

    def build(self, _card_id: str) -> InlineKeyboardButton:
        """Return Telegram's button."""
        return InlineKeyboardButton(_cut(self.label), switch_inline_query_current_chat=self.query)


Button = Press | Open | Copy | Inline
Row = Sequence[Button]


@dataclass(frozen=True)
class View:
    """One state of a card.

    `picture` is an address that is shown large above the text; `photo` is a picture of our own (PNG or JPEG),
    which makes the card a photo message with the text as its caption.
    """

    text: str
    rows: Sequence[Row] = field(default_factory=tuple)
    picture: str | None = None
    photo: bytes | None = field(default=None, repr=False)

    @property
    def shown_photo(self) -> bytes | None:
        """Return the photo, None where the text is too long to be its caption: words matter more."""
        return self.photo if self.photo and visible_units(self.text) <= CAPTION_LIMIT else None

    def markup(self, card_id: str) -> InlineKeyboardMarkup | None:
        """Return the keyboard, with every press bound to the card."""
        rows = [[button.build(card_id) for button in row] for row in self.rows if row]
        return InlineKeyboardMarkup(rows) if rows else None

    @property
    def preview(self) -> LinkPreviewOptions:
        """Return how links in the text are previewed: the picture, or nothing at all."""
        # A text card with a previewed picture can be edited from and to a plain one; a photo message cannot.
        if self.picture is None:
            return LinkPreviewOptions(is_disabled=True)
        return LinkPreviewOptions(url=self.picture, prefer_large_media=True, show_above_text=True)


def visible_units(text: str) -> int:
    """Return how long HTML text is once its markup is taken out, as Telegram counts it."""
    return units(html.unescape(_TAG.sub("", text)))


def opens(url: str) -> bool:
    """Tell whether an address can stand behind a button."""
    return _OPENS.fullmatch(url) is not None and len(url) <= URL_LIMIT and _goes_out(url)


def copies(text: str) -> bool:
    """Tell whether a button may copy a text: Telegram refuses one without anything to see."""
    return bool(plain(text)) and units(text) <= COPY_LIMIT and _goes_out(text)


def _goes_out(text: str) -> bool:
    """Tell whether a text can be sent at all: half a surrogate pair has no UTF-8."""
    return text.encode(errors="replace").decode() == text


def callback_data(card_id: str, action: str, arg: str = "") -> str:
    """Return a button's data: the card's id, the action, and what it acts on."""
    data = f"{card_id}:{action}:{arg}"
    if len(data.encode()) > DATA_LIMIT:
        raise ValueError(f"callback data of {action!r} passes {DATA_LIMIT} bytes")
    return data


def parse_callback(data: str) -> tuple[str, str, str] | None:
    """Return card id, action and argument of a button's data, None for data that is not ours."""
    parts = data.split(":", 2)
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 and parts[0] and parts[1] else None


def grid(buttons: Iterable[Button], width: int) -> list[list[Button]]:
    """Return buttons laid out in rows of a width."""
    row: list[Button] = []
    rows: list[list[Button]] = []
    for button in buttons:
        row.append(button)
        if len(row) == width:
            rows.append(row)
            row = []
    return [*rows, row] if row else rows


def pages_row(say: Speaker, action: str, page: int, pages: int) -> list[Button]:
    """Return the buttons that turn pages, counted from 0; none leads past an end."""
    row: list[Button] = []
    if page > 0:
        row.append(Press(say.label("button.prev"), action, str(page - 1)))
    if page + 1 < pages:
        row.append(Press(say.label("button.next"), action, str(page + 1)))
    return row


def _cut(label: str) -> str:
    # Buttons know no markup, and names of others may be anything; one without words is refused.
    return plain(label, LABEL_LIMIT) or "…"
