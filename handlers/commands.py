"""Commands: the rules that hold for all of them, and the way from a group into the private chat."""

from __future__ import annotations

import re

from telegram import Update
from telegram.ext import CommandHandler

from handlers import cards, problems
from handlers.application import Callback, Command, LinkHiveApplication
from handlers.context import LinkHiveContext, chat_of, is_private, user_of
from handlers.notes import NOTICE, NoticeState, tell
from handlers.patience import typing
from handlers.views import Open

GO = "go_"
_ARGUMENT = re.compile(r"[A-Za-z0-9-]{1,40}")


def add(
    home: LinkHiveApplication,
    name: str,
    callback: Callback,
    *,
    private: bool = False,
    admin: bool = False,
    for_outsiders: bool = False,
) -> None:
    """Answer a command, and list it in menus and help; a private one answers in groups with a button only.

    One `for_outsiders` only shows or takes away what there is of its person: they keep it when they are out.
    """
    command = Command(name, callback, private=private, admin=admin, for_outsiders=for_outsiders)
    home.routes.commands[name] = command

    async def answer(update: Update, context: LinkHiveContext) -> None:
        await run(update, context, command)

    home.add_handler(CommandHandler(name, answer))


async def run(update: Update, context: LinkHiveContext, command: Command) -> None:
    """Run a command where it may be run; what goes wrong before its card exists is told in one."""
    if command.admin and user_of(update).id not in context.policy.admin_ids:
        return
    if command.private and not is_private(update):
        await _point_to_private(update, context, command)
        return
    try:
        topic = cards.topic_of(update.effective_message)
        async with typing(context.bot, chat_of(update).id, topic):
            await command.callback(update, context)
    except problems.KNOWN as error:
        scene = cards.scene_of(update, context, NoticeState())
        await cards.post(scene, NOTICE.name, problems.view(scene, error))


async def _point_to_private(update: Update, context: LinkHiveContext, command: Command) -> None:
    words = context.args or []
    argument = f"_{words[0]}" if len(words) == 1 and _ARGUMENT.fullmatch(words[0]) else ""
    say, url = context.say, context.home.deep_link(f"{GO}{command.name}{argument}")
    scene = cards.scene_of(update, context, NoticeState())
    await tell(scene, say("private.only"), Open(say.label("button.private"), url))


async def go(update: Update, context: LinkHiveContext, payload: str) -> None:
    """Run a command that was begun in a group: `go_link_hdhive` is `/link hdhive`."""
    name, _, argument = payload.removeprefix(GO).partition("_")
    commands = context.home.routes.commands
    # A command that is gone, or was misspelt, leads to the panel, as a link without any does.
    command = commands.get(name)
    context.args = [argument] if argument and command is not None else []
    await run(update, context, command or commands["start"])


def register(home: LinkHiveApplication) -> None:
    """Lead from groups into the private chat."""
    home.start_link(GO, go)
