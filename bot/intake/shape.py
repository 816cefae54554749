"""Is an update as the Bot API says it is, in all that our handlers read?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_LARGEST = 2**63 - 1


class Misshapen(ValueError):
    """Say which field of an update is not what it should be."""


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


def _id() -> Any:
    return Field(ge=-_LARGEST, le=_LARGEST)


class _User(_Shape):
    id: int = _id()
    is_bot: bool
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None


class _Chat(_Shape):
    id: int = _id()
    type: str
    title: str | None = None
    username: str | None = None


class _Entity(_Shape):
    type: str
    offset: int = Field(ge=0, le=1_000_000)
    length: int = Field(ge=0, le=1_000_000)
    url: str | None = None


class _Message(_Shape):
    message_id: int = _id()
    date: int = Field(ge=0, le=32_503_680_000)
    chat: _Chat
    sender: _User | None = Field(None, alias="from")
    message_thread_id: int | None = None
    is_topic_message: bool | None = None
    text: str | None = None
    caption: str | None = None
    entities: list[_Entity] | None = None
    caption_entities: list[_Entity] | None = None
    migrate_to_chat_id: int | None = Field(None, ge=-_LARGEST, lt=0)
    migrate_from_chat_id: int | None = Field(None, ge=-_LARGEST, lt=0)


class _Query(_Shape):
    id: str
    sender: _User = Field(alias="from")


class _CallbackQuery(_Query):
    message: _Message | None = None
    data: str | None = None
    inline_message_id: str | None = None


class _InlineQuery(_Query):
    query: str
    offset: str


class _ChosenInlineResult(_Shape):
    result_id: str
    sender: _User = Field(alias="from")
    query: str


class _Member(_Shape):
    status: str
    user: _User


class _ChatMemberUpdated(_Shape):
    chat: _Chat
    sender: _User = Field(alias="from")
    new_chat_member: _Member


class _Update(_Shape):
    update_id: int = _id()
    message: _Message | None = None
    edited_message: _Message | None = None
    channel_post: _Message | None = None
    edited_channel_post: _Message | None = None
    callback_query: _CallbackQuery | None = None
    inline_query: _InlineQuery | None = None
    chosen_inline_result: _ChosenInlineResult | None = None
    my_chat_member: _ChatMemberUpdated | None = None
    chat_member: _ChatMemberUpdated | None = None


def check(payload: Mapping[str, Any]) -> None:
    """Raise `Misshapen` for an update that a handler could stumble over."""
    try:
        _Update.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Misshapen(f"{'.'.join(map(str, first['loc']))}: {first['type']}") from None
