"""What happens before any handler: who is it, may they use the bot, which chat is it."""

from __future__ import annotations

from telegram import Chat, Update
from telegram.ext import ApplicationHandlerStop, ChatMemberHandler, MessageHandler, TypeHandler, filters

from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from storage import chats
from storage.tx import Tx

CHATS, PEOPLE = -2, -1
# Telegram's own account for admins who write as their group.
ANONYMOUS_ADMIN = 1087968824


async def arrive(update: Update, context: LinkHiveContext) -> None:
    """Meet the person and stop here for everyone the operator did not allow."""
    user, chat = update.effective_user, update.effective_chat
    if user is None or (user.is_bot and user.id != ANONYMOUS_ADMIN):
        raise ApplicationHandlerStop
    context.meet(await context.services.people.arrive(user.id, user.language_code, user.first_name))
    if not context.policy.admits(user.id, chat.id if chat else None):
        await _refuse(update, context, chat)
        raise ApplicationHandlerStop


async def _refuse(update: Update, context: LinkHiveContext, chat: Chat | None) -> None:
    if update.callback_query is not None:
        await update.callback_query.answer(context.say.label("arrival.refused"))
    elif chat is not None and chat.type == Chat.PRIVATE and update.message is not None:
        await update.message.reply_text(context.say.label("arrival.refused"))


async def membership(update: Update, context: LinkHiveContext) -> None:
    """Note when the bot is blocked, removed or let in again."""
    change = update.my_chat_member
    if change is None:
        return
    status = change.new_chat_member.status
    private = change.chat.type == Chat.PRIVATE
    here = status in ("member", "administrator", "creator", "restricted")
    state: chats.State = "active" if here else "blocked" if private else "kicked"
    now = context.services.clock.now()

    async def note(tx: Tx) -> None:
        await chats.remember(
            tx, change.chat.id, kind=change.chat.type, title=change.chat.title or "", now=now
        )
        await chats.set_state(tx, change.chat.id, state, now=now)

    await context.services.db.write(note)


async def migrated(update: Update, context: LinkHiveContext) -> None:
    """Move all that belongs to a group to the supergroup it became."""
    message = update.message
    if message is not None and message.migrate_to_chat_id is not None:
        old, new, now = message.chat.id, message.migrate_to_chat_id, context.services.clock.now()
        await context.services.db.write(lambda tx: chats.migrate(tx, old, new, now=now))


def register(home: LinkHiveApplication) -> None:
    """Note what happens to chats, and meet people before every other handler."""
    home.add_handler(ChatMemberHandler(membership, ChatMemberHandler.MY_CHAT_MEMBER), group=CHATS)
    home.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, migrated), group=CHATS)
    home.add_handler(TypeHandler(Update, arrive), group=PEOPLE)
