"""Show that the bot is at work while an answer takes its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telegram.constants import ChatAction
from telegram.error import TelegramError
from telegram.ext import ExtBot

# Quick answers need no sign; Telegram shows one for five seconds.
AFTER = 0.7
EVERY = 4.5


@asynccontextmanager
async def typing(bot: ExtBot[None], chat_id: int, topic: int | None = None) -> AsyncIterator[None]:
    """Show "typing" in a chat for as long as the work inside lasts."""
    done = asyncio.Event()
    showing = asyncio.create_task(_show(bot, chat_id, topic, done))
    try:
        yield
    finally:
        done.set()
        await showing


async def _show(bot: ExtBot[None], chat_id: int, topic: int | None, done: asyncio.Event) -> None:
    wait = AFTER
    while True:
        try:
            await asyncio.wait_for(done.wait(), wait)
        except TimeoutError:
            wait = EVERY
        else:
            return
        try:
            await bot.send_chat_action(chat_id, ChatAction.TYPING, message_thread_id=topic)
        except TelegramError:
            # Only a sign: the answer itself will tell what is wrong with the chat.
            return
