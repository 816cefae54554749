"""What happens before any handler: who is it, may they use the bot, which chat is it."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from telegram import Chat, ChatMemberUpdated, InlineQueryResultsButton, Update, User
from telegram.ext import ApplicationHandlerStop, ChatMemberHandler, MessageHandler, TypeHandler, filters

from handlers import outsiders
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, delivery
from handlers.groups.admins import ANONYMOUS_ADMIN
from handlers.groups.members import Members
from handlers.texts import plain
from services.admission import Stand
from services.people import Language, Person, language_of
from storage import chats
from storage.tx import Tx

HEARD, CHATS, PEOPLE = -3, -2, -1
# What Telegram shows of a button above inline results.
LABEL_LIMIT = 64


async def arrive(update: Update, context: LinkHiveContext) -> None:
    """Meet the person and stop here for everyone the operator did not allow, of whom nothing is kept."""
    user, chat = update.effective_user, update.effective_chat
    if user is None or (user.is_bot and user.id != ANONYMOUS_ADMIN):
        raise ApplicationHandlerStop
    stand = await _stand(context, user.id, chat)
    people = context.services.people
    if stand is not Stand.IN or _leaves(update):
        # Who blocks the bot, perhaps after they had it forget them, begins nothing.
        context.meet(_speaking(await people.known(user.id), user))
    else:
        context.meet(await people.arrive(user.id, user.language_code, user.first_name))
    if user.id == ANONYMOUS_ADMIN and chat is not None:
        context.meet(replace(context.person, language=language_of_chat(chat)))
    if stand is Stand.UNKNOWN:
        await _stop_at(update, context, "arrival.unsure", everywhere=False)
    if stand is Stand.OUT:
        await _turn_away(update, context, user.id)
    if _too_many():
        await _stop_at(update, context, "arrival.too_many", everywhere=True)


def _too_many() -> bool:
    current = delivery.get()
    return current is not None and current.too_many


async def _stand(context: LinkHiveContext, user_id: int, chat: Chat | None) -> Stand:
    return await context.services.admission.of(user_id, None if chat is None else chat.id)


def _speaking(person: Person, user: User) -> Person:
    """Return somebody of whom nothing may be kept, in the language that their update tells."""
    return replace(person, language=language_of(person.preferences.language, user.language_code))


async def _turn_away(update: Update, context: LinkHiveContext, user_id: int) -> NoReturn:
    """Refuse somebody; of whom something is kept may see it, and have it taken away."""
    if _too_many() or await context.services.people.is_stranger(user_id):
        await _stop_at(update, context, "arrival.refused", everywhere=False)
    if await outsiders.serve(update, context):
        raise ApplicationHandlerStop
    key = "arrival.refused" if update.inline_query is not None else "arrival.refused_known"
    await _stop_at(update, context, key, everywhere=False)


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
    """Note when the bot is blocked, removed or let in again; of chats it is not for only what is known of."""
    change = update.my_chat_member
    if change is None:
        return
    state, now = _state(change), context.services.clock.now()
    if _leaves(update) and await context.services.people.is_stranger(change.from_user.id):
        return
    if not await _concerns(context, change.chat.id, change.from_user.id):
        return

    async def note(tx: Tx) -> None:
        await chats.remember(
            tx, change.chat.id, kind=change.chat.type, title=change.chat.title or "", now=now
        )

    await context.services.db.write(note)
    statuses = context.services.chat_statuses
    await (statuses.back(change.chat.id) if state == "active" else statuses.refused(change.chat.id, state))


async def _concerns(context: LinkHiveContext, chat_id: int, user_id: int) -> bool:
    """Tell whether anything is to be kept of a chat: who is in it may use the bot, or it is known already."""
    if await context.services.admission.of(user_id, chat_id) is not Stand.OUT:
        return True
    return await context.services.db.read(lambda tx: chats.is_known(tx, chat_id))


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
    old = message.migrate_from_chat_id or message.chat.id
    new = message.migrate_to_chat_id or message.chat.id
    sender = update.effective_user
    if old != new and await _concerns(context, old, 0 if sender is None else sender.id):
        await context.services.chat_statuses.moved(old, new)


def register(home: LinkHiveApplication) -> None:
    """Note what happens to chats, and meet people before every other handler."""
    home.add_handler(ChatMemberHandler(membership, ChatMemberHandler.MY_CHAT_MEMBER), group=CHATS)
    home.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, migrated), group=CHATS)
    members, admission = Members(home), home.services.admission
    admission.ask, admission.lists = members.stand, members.lists

    async def hear(update: Update, context: LinkHiveContext) -> None:
        if update.message is not None:
            members.heard(update.message.chat.id)
        await heard(update, context)

    home.add_handler(TypeHandler(Update, hear), group=HEARD)
    home.add_handler(TypeHandler(Update, arrive), group=PEOPLE)
