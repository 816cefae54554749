"""Who decides for a group: its admins, as Telegram says at this moment."""

from __future__ import annotations

from telegram import Bot
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

# Telegram's own account for admins who write as their group.
ANONYMOUS_ADMIN = 1087968824
_ADMINS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


async def is_group_admin(bot: Bot, chat_id: int, user_id: int) -> bool:
    """Tell whether somebody is an admin of a group; nobody is where Telegram does not say so."""
    try:
        member = await bot.get_chat_member(chat_id, user_id)
    except TelegramError:
        return False
    return member.status in _ADMINS
