"""What is said to commands nobody registered, and to messages without words."""

from __future__ import annotations

from telegram import Update
from telegram.ext import MessageHandler, filters

from handlers import cards
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, is_private, message_of
from handlers.linking import secrets as linksecrets
from handlers.notes import NoticeState, tell
from handlers.start import HELP, HelpState
from handlers.texts import code
from handlers.views import Inline, Press, View

_WORDLESS = filters.ATTACHMENT & ~filters.CAPTION & ~filters.TEXT


async def command(update: Update, context: LinkHiveContext) -> None:
    """Say that a command does not exist; in groups only when it names this bot."""
    if await linksecrets.takes(update, context):
        # A password may begin with a slash.
        return
    word = next(iter((message_of(update).text or "").split()), "")
    name, _, bot = word.partition("@")
    ours = bot.lower() == context.bot.username.lower()
    if not ours and not is_private(update):
        return
    scene, say = cards.scene_of(update, context, HelpState()), context.say
    text = say("unknown.command", command=code(name if ours else word))
    help_ = Press(say.label("button.help"), "topic")
    await cards.post(scene, HELP.name, View(text, ([help_, Press(say.label("button.close"), cards.CLOSE)],)))


async def wordless(update: Update, context: LinkHiveContext) -> None:
    """Say what can be read, to a picture, a sticker or a file that came alone."""
    say = context.say
    scene = cards.scene_of(update, context, NoticeState())
    await tell(scene, say("unknown.message"), Inline(say.label("button.search"), ""))


def register(home: LinkHiveApplication) -> None:
    """Answer what nobody else took."""
    home.add_handler(MessageHandler(filters.COMMAND, command))
    home.add_handler(MessageHandler(filters.ChatType.PRIVATE & _WORDLESS, wordless))
