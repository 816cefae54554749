"""Inline keyboards: what Telegram accepts on a button, and what it says otherwise."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.telegram.chats import Json
from sandbox.telegram.errors import bad_request
from sandbox.telegram.params import Params

_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_MOST_BUTTONS = 100
_MOST_IN_ROW = 8


def keyboard_of(params: Params) -> Json | None:
    """Return the inline keyboard of a call, or None; other markups are accepted and not kept."""
    return inline_keyboard(params.mapping("reply_markup", "reply keyboard markup"))


def inline_keyboard(markup: Json | None) -> Json | None:
    """Check an inline keyboard and return it as messages carry it."""
    if not markup:
        return None
    rows = markup.get("inline_keyboard")
    if rows is None:
        if {"keyboard", "remove_keyboard", "force_reply"} & markup.keys():
            return None
        raise bad_request("object expected as reply markup")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    kept = [[_button(button) for button in row] for row in rows if row]
    if sum(map(len, kept)) > _MOST_BUTTONS or any(len(row) > _MOST_IN_ROW for row in kept):
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return {"inline_keyboard": kept} if kept else None


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    actions = [name for name in _ACTIONS if button.get(name) is not None]
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    _check(actions[0], button[actions[0]])
    kept = ("text", "icon_custom_emoji_id", "style", actions[0])
    return {name: button[name] for name in kept if name in button}


def _check(action: str, value: Any) -> None:
    if action == "callback_data" and not 1 <= len(str(value).encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if action == "url" and not is_url(str(value)):
        raise bad_request("BUTTON_URL_INVALID")
    if action == "copy_text" and not (
        isinstance(value, dict) and 1 <= len(str(value.get("text", ""))) <= 256
    ):
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if action.startswith("switch_inline_query") and isinstance(value, str) and len(value) > 256:
        raise bad_request("SWITCH_QUERY_INVALID")


def is_url(value: str) -> bool:
    """Tell whether Telegram takes this address on a button or behind a link."""
    if value.startswith("tg://"):
        return True
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https", "ton") or any(letter.isspace() for letter in value):
        return False
    return "." in host.strip(".") or host == "localhost" or ":" in host
