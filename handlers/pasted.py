"""Secrets where nobody asked for them: behind /link, pasted into the private chat, or sent to a group."""

from __future__ import annotations

import re

from telegram import Chat, Message, Update
from telegram.ext import MessageHandler, filters

from handlers import cards, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, is_private, message_of
from handlers.linking import keys as linkkeys, secrets as linksecrets, state as linkstate
from handlers.linking.state import KeyState
from handlers.notes import NOTICE, NoticeState, tell
from handlers.problems import service_name
from handlers.views import Open
from handlers.wording import said
from services.linking.pasted import looks_like_key
from services.names import Service
from services.secretshapes import LOGIN_TOKEN

# What is written behind the command at once.
_BEHIND = re.compile(r"^/link(?:@\w+)?\s+(acgbt|mika)\s+(\S.*)$", re.IGNORECASE | re.DOTALL)


def service_in(message: Message) -> Service | None:
    """Return the service that a message holds a secret of, None for one without."""
    words = said(message)
    behind = _BEHIND.match(words)
    if behind is not None:
        return Service(behind[1].lower())
    if looks_like_key(words):
        return Service.ACGBT
    shared = message.chat.type != Chat.PRIVATE
    return Service.MIKA if shared and LOGIN_TOKEN.search(words) else None


class _HoldsSecret(filters.MessageFilter):
    def filter(self, message: Message) -> bool:
        return service_in(message) is not None


async def pasted(update: Update, context: LinkHiveContext) -> None:
    """Take a secret out of sight; in private it is what an account is linked with."""
    service = service_in(message_of(update))
    if service is None:
        return
    try:
        if not is_private(update):
            await _in_group(update, context, service)
        elif not await linksecrets.takes(update, context):
            await _in_private(update, context, service)
    except problems.KNOWN as error:
        scene = cards.scene_of(update, context, NoticeState())
        await cards.post(scene, NOTICE.name, problems.view(scene, error))


async def _in_private(update: Update, context: LinkHiveContext, service: Service) -> None:
    message = message_of(update)
    left = not await linksecrets.erased(context.home, message.chat.id, message.message_id)
    words = said(message)
    behind = _BEHIND.match(words)
    told = behind[2] if behind else words
    scene = cards.scene_of(update, context, KeyState())
    state = linkstate.first(scene, service)
    way: linkstate.Way = state.way or ("key" if looks_like_key(told) else "login")
    scene = scene.at(state.model_copy(update={"way": way, "left": left}))
    await linksecrets.take(update, context, await linkkeys.open_card(scene), linksecrets.SentSecret(told))


async def _in_group(update: Update, context: LinkHiveContext, service: Service) -> None:
    message, say = message_of(update), context.say
    gone = await linksecrets.erased(context.home, message.chat.id, message.message_id)
    values = {"name": context.person.user.first_name, "service": service_name(say, service)}
    private = Open(say.label("button.private"), context.home.deep_link(f"link_{service}"))
    scene = cards.scene_of(update, context, NoticeState())
    await tell(scene, say("pasted.removed" if gone else "pasted.left", **values), private)


def register(home: LinkHiveApplication) -> None:
    """Look for secrets before anything else reads a message."""
    wanted = filters.UpdateType.MESSAGE & (filters.TEXT | filters.CAPTION) & _HoldsSecret()
    home.add_handler(MessageHandler(wanted, pasted))
