"""Is an update as the Bot API says it is, in all that our handlers read?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

_LARGEST = 2**63 - 1


def _storable(value: str) -> str:
    """Refuse what neither a database nor a socket takes: half a surrogate pair, and PostgreSQL no NUL."""
    value.encode()
    if "\0" in value:
        raise ValueError("a NUL")
    return value


Text = Annotated[str, AfterValidator(_storable)]


class Misshapen(ValueError):
    """Say which field of an update is not what it should be."""


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


def _id() -> Any:
    return Field(ge=-_LARGEST, le=_LARGEST)


class _User(_Shape):
    id: int = _id()
    is_bot: bool
    first_name: Text
    last_name: Text | None = None
    username: Text | None = None
    language_code: Text | None = None


class _Chat(_Shape):
    id: int = _id()
    type: Text
    title: Text | None = None
    username: Text | None = None


class _Entity(_Shape):
    type: Text
    offset: int = Field(ge=0, le=1_000_000)
    length: int = Field(ge=0, le=1_000_000)
    url: Text | None = None


class _Message(_Shape):
    message_id: int = _id()
    date: int = Field(ge=0, le=32_503_680_000)
    chat: _Chat
    sender: _User | None = Field(None, alias="from")
    message_thread_id: int | None = None
    is_topic_message: bool | None = None
    text: Text | None = None
    caption: Text | None = None
    entities: list[_Entity] | None = None
    caption_entities: list[_Entity] | None = None
    migrate_to_chat_id: int | None = Field(None, ge=-_LARGEST, lt=0)
    migrate_from_chat_id: int | None = Field(None, ge=-_LARGEST, lt=0)


class _Query(_Shape):
    id: Text
    sender: _User = Field(alias="from")


class _CallbackQuery(_Query):
    message: _Message | None = None
    data: Text | None = None
    inline_message_id: Text | None = None


class _InlineQuery(_Query):
    query: Text
    offset: Text


class _ChosenInlineResult(_Shape):
    result_id: Text
    sender: _User = Field(alias="from")
    query: Text


class _Member(_Shape):
    status: Text
    user: _User


class _ChatMemberUpdated(_Shape):
    chat: _Chat
    sender: _User = Field(alias="from")
    old_chat_member: _Member
    new_chat_member: _Member


class _Update(_Shape):
    update_id: int = _id()
    message: _Message | None = None
    callback_query: _CallbackQuery | None = None
    inline_query: _InlineQuery | None = None
    chosen_inline_result: _ChosenInlineResult | None = None
    my_chat_member: _ChatMemberUpdated | None = None


def check(payload: Mapping[str, Any]) -> None:
    """Raise `Misshapen` for an update that a handler could stumble over."""
    try:
        _Update.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Misshapen(f"{'.'.join(map(str, first['loc']))}: {first['type']}") from None
