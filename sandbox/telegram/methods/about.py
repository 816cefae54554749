"""What the bot is: getMe, its commands by scope and language, its descriptions."""

import json
import re
from typing import Any

from sandbox.telegram.chats import Json
from sandbox.telegram.errors import bad_request
from sandbox.telegram.params import Params
from sandbox.telegram.state import Telegram

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


async def get_me(tg: Telegram, params: Params) -> Json:  # noqa: ARG001
    """Return the bot."""
    return {
        **tg.bot.json(),
        "can_join_groups": True,
        "can_read_all_group_messages": not tg.options.privacy_mode,
        "supports_inline_queries": tg.options.inline_mode,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def log_out(tg: Telegram, params: Params) -> bool:  # noqa: ARG001
    """Accept logOut and close, which only real servers act on."""
    return True


def scope_key(scope: Json | None) -> str:
    """Return one text for a command scope."""
    scope = scope or {"type": "default"}
    kind = str(scope.get("type"))
    if kind not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    return json.dumps([kind, *(int(scope.get(name, 0)) for name in _SCOPES[kind])])


async def set_commands(tg: Telegram, params: Params) -> bool:
    """Replace the commands of a scope and language."""
    commands = params.listing("commands", "list of bot commands") or []
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    kept = [_command(command) for command in commands]
    tg.profile.commands[_key(params)] = kept
    return True


def _command(command: Any) -> Json:
    name = str(command.get("command", "")) if isinstance(command, dict) else ""
    name = name.removeprefix("/")
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    description = str(command.get("description", "")).strip()
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def _key(params: Params) -> tuple[str, str]:
    language = params.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("BOT_COMMAND_LANG_CODE_INVALID")
    return scope_key(params.mapping("scope", "BotCommandScope")), language


async def get_commands(tg: Telegram, params: Params) -> list[Json]:
    """Return the commands of exactly this scope and language."""
    return tg.profile.commands.get(_key(params), [])


async def delete_commands(tg: Telegram, params: Params) -> bool:
    """Forget the commands of a scope and language."""
    tg.profile.commands.pop(_key(params), None)
    return True


def commands_for(tg: Telegram, person: int, chat_id: int, language: str) -> list[Json]:
    """Return the commands a person sees in a chat, by Telegram's order of scopes."""
    chat = tg.chats[chat_id]
    scopes: list[Json] = [{"type": "chat_member", "chat_id": chat_id, "user_id": person}]
    if chat.is_admin(person):
        scopes.append({"type": "chat_administrators", "chat_id": chat_id})
    scopes.append({"type": "chat", "chat_id": chat_id})
    if chat.person is None and chat.is_admin(person):
        scopes.append({"type": "all_chat_administrators"})
    scopes.append({"type": "all_private_chats" if chat.person else "all_group_chats"})
    scopes.append({"type": "default"})
    for scope in scopes:
        for code in (language[:2], ""):
            commands = tg.profile.commands.get((scope_key(scope), code))
            if commands:
                return commands
    return []


def _texts(field: str, parameter: str, limit: int) -> tuple[Any, Any]:
    async def write(tg: Telegram, params: Params) -> bool:
        text = params.text(parameter)
        if len(text) > limit:
            raise bad_request(f"{parameter} is too long")
        getattr(tg.profile, field)[params.text("language_code")] = text
        return True

    async def read(tg: Telegram, params: Params) -> Json:
        texts: dict[str, str] = getattr(tg.profile, field)
        fallback = tg.bot.first_name if field == "names" else ""
        return {parameter: texts.get(params.text("language_code")) or texts.get("") or fallback}

    return write, read


_set_description, _get_description = _texts("descriptions", "description", 512)
_set_short, _get_short = _texts("short_descriptions", "short_description", 120)
_set_name, _get_name = _texts("names", "name", 64)

METHODS: dict[str, Any] = {
    "getMe": get_me,
    "logOut": log_out,
    "close": log_out,
    "setMyCommands": set_commands,
    "getMyCommands": get_commands,
    "deleteMyCommands": delete_commands,
    "setMyDescription": _set_description,
    "getMyDescription": _get_description,
    "setMyShortDescription": _set_short,
    "getMyShortDescription": _get_short,
    "setMyName": _set_name,
    "getMyName": _get_name,
}
