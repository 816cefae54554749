"""What happens before any handler: who is it, may they use the bot, which chat is it."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from telegram import Chat, ChatMemberUpdated, InlineQueryResultsButton, Update
from telegram.ext import ApplicationHandlerStop, ChatMemberHandler, MessageHandler, TypeHandler, filters

from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, delivery
from handlers.groups.admins import ANONYMOUS_ADMIN
from handlers.groups.members import Members
from handlers.texts import plain
from services.people import Language
from storage import chats
from storage.tx import Tx

HEARD, CHATS, PEOPLE = -3, -2, -1
# What Telegram shows of a button above inline results.
LABEL_LIMIT = 64


async def arrive(update: Update, context: LinkHiveContext, members: Members) -> None:
    """Meet the person and stop here for everyone the operator did not allow."""
    user, chat = update.effective_user, update.effective_chat
    if user is None or (user.is_bot and user.id != ANONYMOUS_ADMIN):
        raise ApplicationHandlerStop
    people = context.services.people
    if _leaves(update):
        # Who blocks the bot, perhaps after they had it forget them, begins nothing.
        context.meet(await people.known(user.id))
    else:
        context.meet(await people.arrive(user.id, user.language_code, user.first_name))
    if user.id == ANONYMOUS_ADMIN and chat is not None:
        context.meet(replace(context.person, language=language_of_chat(chat)))
    if not await _admitted(context, members, user.id, chat):
        await _stop_at(update, context, "arrival.refused", everywhere=False)
    current = delivery.get()
    if current is not None and current.too_many:
        await _stop_at(update, context, "arrival.too_many", everywhere=True)


async def _admitted(context: LinkHiveContext, members: Members, user_id: int, chat: Chat | None) -> bool:
    """Tell whether somebody may use the bot here: by their number, in an allowed group, or as its member."""
    return (chat is not None and chat.id in members.groups()) or await context.home.admits(user_id)


def language_of_chat(chat: Chat) -> Language:
    """Return the language of a group whose admin writes as the group and has none: that of its title."""
    return "zh" if any("\u4e00" <= sign <= "\u9fff" for sign in chat.title or "") else "en"


async def _stop_at(update: Update, context: LinkHiveContext, key: str, *, everywhere: bool) -> NoReturn:
    """Say why there is no answer, in groups only where they should know, and let no other handler see it."""
    chat = update.effective_chat
    if update.callback_query is not None:
        await update.callback_query.answer(context.say.label(key))
    elif update.inline_query is not None:
        button = InlineQueryResultsButton(plain(context.say.label(key), LABEL_LIMIT), start_parameter="start")
        await update.inline_query.answer([], cache_time=0, is_personal=True, button=button)
    elif chat is not None and update.message is not None and (everywhere or chat.type == Chat.PRIVATE):
        await update.message.reply_text(context.say.label(key))
    raise ApplicationHandlerStop


async def heard(update: Update, context: LinkHiveContext) -> None:
    """Take a chat back that writes to the bot again."""
    message = update.message
    if message is not None and message.left_chat_member is None and message.migrate_to_chat_id is None:
        await context.services.chat_statuses.heard(message.chat.id, context.received_at)


async def membership(update: Update, context: LinkHiveContext) -> None:
    """Note when the bot is blocked, removed or let in again."""
    change = update.my_chat_member
    if change is None:
        return
    state, now = _state(change), context.services.clock.now()
    if _leaves(update) and await context.services.people.is_stranger(change.from_user.id):
        return

    async def note(tx: Tx) -> None:
        await chats.remember(
            tx, change.chat.id, kind=change.chat.type, title=change.chat.title or "", now=now
        )

    await context.services.db.write(note)
    statuses = context.services.chat_statuses
    await (statuses.back(change.chat.id) if state == "active" else statuses.refused(change.chat.id, state))


def _leaves(update: Update) -> bool:
    """Tell whether an update only says that somebody blocked the bot."""
    change = update.my_chat_member
    return change is not None and change.chat.type == Chat.PRIVATE and _state(change) != "active"


def _state(change: ChatMemberUpdated) -> chats.State:
    new = change.new_chat_member
    if new.status == "restricted":
        # Its other fields tell whether it is in the group at all, and may speak.
        return "active" if getattr(new, "can_send_messages", True) else "muted"
    if new.status in ("member", "administrator", "creator"):
        return "active"
    return "blocked" if change.chat.type == Chat.PRIVATE else "kicked"


async def migrated(update: Update, context: LinkHiveContext) -> None:
    """Move all that belongs to a group to the supergroup it became."""
    message = update.message
    if message is None:
        return
    if message.migrate_to_chat_id is not None:
        await context.services.chat_statuses.moved(message.chat.id, message.migrate_to_chat_id)
    if message.migrate_from_chat_id is not None:
        await context.services.chat_statuses.moved(message.migrate_from_chat_id, message.chat.id)


def register(home: LinkHiveApplication) -> None:
    """Note what happens to chats, and meet people before every other handler."""
    home.add_handler(ChatMemberHandler(membership, ChatMemberHandler.MY_CHAT_MEMBER), group=CHATS)
    home.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, migrated), group=CHATS)
    home.add_handler(TypeHandler(Update, heard), group=HEARD)
    members = Members(home)
    home.admits = members.admits

    async def meet(update: Update, context: LinkHiveContext) -> None:
        await arrive(update, context, members)

    home.add_handler(TypeHandler(Update, meet), group=PEOPLE)
