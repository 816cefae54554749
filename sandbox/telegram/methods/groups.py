"""What the bot may ask about chats and their members."""

from typing import Any

from sandbox.telegram.chats import Chat, Json, User, member_json
from sandbox.telegram.errors import bad_request
from sandbox.telegram.membership import set_status
from sandbox.telegram.params import Params
from sandbox.telegram.state import Telegram

_GIFTS = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)


async def get_chat(tg: Telegram, params: Params) -> Json:
    """Return what is known of a chat."""
    chat = tg.chat(params.text("chat_id"))
    if chat.person is not None and not chat.started:
        raise bad_request("chat not found")
    if chat.person is None:
        chat = tg.chat_for_bot(chat.id)
    return {
        **chat.json(),
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(_GIFTS, False),
    }


async def get_member(tg: Telegram, params: Params) -> Json:
    """Return a member of a chat."""
    chat = tg.chat_for_bot(params.text("chat_id"))
    user = tg.user(params.integer("user_id"))
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return member_json(user, _status(chat, user))


def _status(chat: Chat, user: User) -> str:
    if chat.person is not None:
        return "member" if user.is_bot or user.id == chat.id else "left"
    return chat.members.get(user.id, "left")


async def get_administrators(tg: Telegram, params: Params) -> list[Json]:
    """Return creator and administrators; other bots are left out."""
    chat = tg.chat_for_bot(params.text("chat_id"))
    if chat.person is not None:
        raise bad_request("there are no administrators in the private chat")
    found = []
    for user_id, status in chat.members.items():
        user = tg.user(user_id)
        if user is not None and status in ("creator", "administrator"):
            found.append(member_json(user, status))
    return found


async def get_member_count(tg: Telegram, params: Params) -> int:
    """Return how many are in a chat."""
    chat = tg.chat_for_bot(params.text("chat_id"))
    if chat.person is not None:
        return 2
    return sum(status not in ("left", "kicked") for status in chat.members.values())


async def leave_chat(tg: Telegram, params: Params) -> bool:
    """Take the bot out of a group."""
    chat = tg.chat_for_bot(params.text("chat_id"))
    if chat.person is not None:
        raise bad_request("chat member status can't be changed in private chats")
    set_status(tg, chat, tg.bot, "left", by=tg.bot)
    return True


METHODS: dict[str, Any] = {
    "getChat": get_chat,
    "getChatMember": get_member,
    "getChatAdministrators": get_administrators,
    "getChatMemberCount": get_member_count,
    "leaveChat": leave_chat,
}
