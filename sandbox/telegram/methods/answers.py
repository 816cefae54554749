"""Answers to pressed buttons and to inline queries."""

from typing import Any

from sandbox.telegram.chats import Json
from sandbox.telegram.errors import bad_request
from sandbox.telegram.formatting import caption, message_text
from sandbox.telegram.keyboards import inline_keyboard, is_url
from sandbox.telegram.params import Params
from sandbox.telegram.state import Telegram

_MOST_RESULTS = 50
_ANSWER_LIMIT = 200
_INLINE_LIFE = 30.0


async def answer_callback(tg: Telegram, params: Params) -> bool:
    """Show a notice or an alert to who pressed, or open an address."""
    text = params.text("text")
    if len(text) > _ANSWER_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    url = params.text("url")
    if url and not is_url(url):
        raise bad_request("URL_INVALID")
    content: Json = {"text": text, "show_alert": params.flag("show_alert"), "url": url}
    press = tg.callbacks.answer(params.text("callback_query_id"), content, tg.options.query_life)
    tg.feed.next()
    tg.feed.tell("answer", frozenset({press.person}), {"callback_query_id": press.id, **content})
    return True


async def answer_inline(tg: Telegram, params: Params) -> bool:
    """Show results below the field somebody types in."""
    results = params.listing("results", "inline query results")
    if results is None:
        raise bad_request("can't parse inline query result: results are not specified")
    if len(results) > _MOST_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    if len(params.text("next_offset").encode()) > 64:
        raise bad_request("NEXT_OFFSET_INVALID")
    content: Json = {
        "results": [_result(tg, result) for result in results],
        "cache_time": params.integer("cache_time", 300),
        "is_personal": params.flag("is_personal"),
        "next_offset": params.text("next_offset"),
        "button": _button(params),
    }
    ids = [result["id"] for result in content["results"]]
    if len(set(ids)) < len(ids):
        raise bad_request("RESULT_ID_DUPLICATE")
    tg.inline.answer(params.text("inline_query_id"), content, _INLINE_LIFE)
    return True


def _button(params: Params) -> Json | None:
    button = params.mapping("button", "inline query results button")
    if button and button.get("start_parameter"):
        payload = str(button["start_parameter"])
        if len(payload) > 64 or not all(letter.isalnum() or letter in "_-" for letter in payload):
            raise bad_request("START_PARAM_INVALID")
    return button


def _result(tg: Telegram, result: Any) -> Json:
    """Check a result and work out the message it would send."""
    if not isinstance(result, dict) or not isinstance(result.get("type"), str):
        raise bad_request("can't parse inline query result: expected an Object")
    if not 1 <= len(str(result.get("id", "")).encode()) <= 64:
        raise bad_request("RESULT_ID_INVALID")
    return {
        **result,
        "id": str(result["id"]),
        "reply_markup": inline_keyboard(result.get("reply_markup")),
        "message": _message(tg, result),
    }


def _message(tg: Telegram, result: Json) -> Json:
    given = result.get("input_message_content")
    if isinstance(given, dict):
        text, mode = str(given.get("message_text", "")), str(given.get("parse_mode") or "")
        content = message_text(text, mode, given.get("entities"), tg.user_json)
        if given.get("link_preview_options"):
            content["link_preview_options"] = given["link_preview_options"]
        return content
    text, mode = str(result.get("caption") or ""), str(result.get("parse_mode") or "")
    content = caption(text, mode, result.get("caption_entities"), tg.user_json)
    if result["type"] == "photo":
        return {"photo": _photo(tg, result), **content}
    if result["type"] == "document" and result.get("document_file_id"):
        file = tg.files.get(str(result["document_file_id"]))
        if file is None:
            raise bad_request("DOCUMENT_INVALID")
        return {**file.fields(), **content}
    raise bad_request(
        "MESSAGE_EMPTY" if result["type"] == "article" else "unsupported inline query result type"
    )


def _photo(tg: Telegram, result: Json) -> Json | list[Json]:
    if result.get("photo_file_id"):
        file = tg.files.get(str(result["photo_file_id"]))
        if file is None:
            raise bad_request("PHOTO_INVALID")
        return file.shape()
    url = str(result.get("photo_url", ""))
    if not is_url(url) or not result.get("thumbnail_url"):
        raise bad_request("WEBDOCUMENT_URL_INVALID" if not is_url(url) else "thumbnail_url is empty")
    return tg.files.put_url(url, photo=True).shape()


METHODS: dict[str, Any] = {"answerCallbackQuery": answer_callback, "answerInlineQuery": answer_inline}
