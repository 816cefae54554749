"""The Bot API's methods: name to function."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.telegram.errors import ApiError
from sandbox.telegram.methods import about, answers, deleting, editing, groups, media, messages, receiving
from sandbox.telegram.params import Params
from sandbox.telegram.state import Telegram

Method = Callable[[Telegram, Params], Awaitable[Any]]

METHODS: dict[str, Method] = {
    **receiving.METHODS,
    **messages.METHODS,
    **media.METHODS,
    **editing.METHODS,
    **deleting.METHODS,
    **answers.METHODS,
    **about.METHODS,
    **groups.METHODS,
}
_BY_LOWER_NAME = {name.lower(): method for name, method in METHODS.items()}


async def call(tg: Telegram, name: str, params: Params) -> Any:
    """Run a method by name; names are matched without regard to case, as Telegram does."""
    method = _BY_LOWER_NAME.get(name.lower())
    if method is None:
        raise ApiError(404, "Not Found: method not found")
    return await method(tg, params)
