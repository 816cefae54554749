"""Keep Telegram's limits: replies before broadcasts, and a 429 stops its own chat only."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError
from telegram.ext import BaseRateLimiter

from bot.metrics import Metrics
from bot.sending.turns import ChatKey, Turns
from bot.sending.windows import Share
from handlers.retryafter import seconds_of
from services.chatstatus import ChatStatuses, meaning
from services.clock import Clock, Steady
from services.steps import Reached, nothing
from storage.supervisor import Supervisor

log = logging.getLogger(__name__)

Priority = Literal["reply", "broadcast"]
Answer = bool | dict[str, Any] | list[dict[str, Any]]

# What puts a new message into a chat.
NEW = ("send", "copy", "forward")
# What Telegram counts as messages; everything else (answers, look-ups, typing) goes out at once.
PACED = (*NEW, "edit")
UNPACED = frozenset({"sendChatAction"})
TRIES = 4
LONGEST_WAIT: dict[Priority, float] = {"reply": 90.0, "broadcast": 3600.0}


class Paused(Forbidden):
    """Say that nothing was sent: the chat refused us before and has not come back."""


class Pacer(BaseRateLimiter[Priority]):
    """Give every message its turn; `rate_limit_args` is its priority.

    With `chat_statuses` nothing goes to a chat that cannot be written to; a moved group's messages follow it.
    `share` returns our part of what Telegram allows all replicas together.
    """

    def __init__(
        self,
        clock: Clock,
        metrics: Metrics,
        chat_statuses: ChatStatuses | None = None,
        reached: Reached = nothing,
        share: Share = int,
        supervisor: Supervisor | None = None,
    ) -> None:
        self._clock = clock
        self._steady = Steady(clock)
        self._metrics = metrics
        self._chat_statuses = chat_statuses
        self._reached = reached
        self._turns = Turns(clock, share, supervisor)

    async def initialize(self) -> None:
        """Begin to give turns."""
        self._turns.start()

    async def shutdown(self) -> None:
        """Give no more turns."""
        await self._turns.stop()

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Priority | None,
    ) -> Answer:
        """Wait for the turn, call, and repeat only what Telegram clearly refused with a 429."""
        if chat_of(endpoint, data) is None:
            return await callback(*args, **kwargs)
        priority: Priority = rate_limit_args or "reply"
        deadline = self._steady.now() + LONGEST_WAIT[priority]
        for attempt in range(1, TRIES + 1):
            chat = await self._turn_of(endpoint, data, priority)
            began = self._clock.now()
            try:
                await self._reached("send.turn")
                answer = await callback(*args, **kwargs)
                await self._reached("send.sent")
            except RetryAfter as error:
                until = self._pause(chat, error)
                if attempt == TRIES or until > deadline:
                    raise
            except ChatMigrated as error:
                if attempt == TRIES or not await self._follow(chat, error):
                    raise
            except Exception as error:
                self._metrics.sends.labels("failed").inc()
                await self._learn(chat, error)
                raise
            else:
                self._metrics.sends.labels("sent").inc()
                if endpoint.startswith(NEW):
                    await self._welcome(chat, began)
                return answer
        raise AssertionError("the last try returns or raises")

    async def _turn_of(self, endpoint: str, data: dict[str, Any], priority: Priority) -> ChatKey:
        """Wait for the turn of the chat that a call goes to now; raise where it cannot be written to."""
        self._look(chat_of(endpoint, data), data)
        chat = chat_of(endpoint, data)
        if chat is None:
            raise AssertionError("a paced call has a chat")
        await self._take_turn(chat, priority)
        self._look(chat, data)  # much can happen while a broadcast waits
        return chat

    def _look(self, chat: ChatKey | None, data: dict[str, Any]) -> None:
        if self._chat_statuses is None or not isinstance(chat, int):
            return
        there = self._chat_statuses.address(chat)
        if there != chat:
            data["chat_id"] = there
        state = self._chat_statuses.state(there)
        if state is not None:
            self._metrics.sends.labels("paused").inc()
            raise Paused(f"nothing is sent: the chat is {state}")

    async def _follow(self, chat: ChatKey, error: ChatMigrated) -> bool:
        """Move a group to the supergroup it became; tell whether the call can follow."""
        if self._chat_statuses is None or not isinstance(chat, int):
            return False
        try:
            await self._chat_statuses.moved(chat, error.new_chat_id)
        except Exception:
            log.exception("a group that moved was not noted; its next message does")
            return False
        return True

    async def _learn(self, chat: ChatKey, error: Exception) -> None:
        """Note a chat that cannot be written to; the caller hears of that, whatever becomes of the note."""
        if self._chat_statuses is None or not isinstance(chat, int) or not isinstance(error, TelegramError):
            return
        if isinstance(error, (Forbidden, BadRequest)) and not isinstance(error, Paused):
            state = meaning(error.message, forbidden=isinstance(error, Forbidden))
            if state is None:
                return
            try:
                await self._chat_statuses.refused(chat, state)
            except Exception:
                log.exception("a chat that refuses was noted in memory only")

    async def _welcome(self, chat: ChatKey, at: float) -> None:
        """Note a chat that takes messages again; what it took is sent, whatever becomes of the note."""
        if self._chat_statuses is None or not isinstance(chat, int):
            return
        try:
            await self._chat_statuses.let_in(chat, at)
        except Exception:
            log.exception("a chat that is back was not noted; its next message does")

    async def _take_turn(self, chat: ChatKey, priority: Priority) -> None:
        began = self._steady.now()
        await self._turns.take(chat, broadcast=priority == "broadcast")
        self._metrics.send_wait.labels(priority).observe(self._steady.now() - began)

    def _pause(self, chat: ChatKey, error: RetryAfter) -> float:
        seconds = seconds_of(error)
        self._turns.pause(chat, seconds + 0.1)
        self._metrics.paused.inc()
        self._metrics.sends.labels("too_many").inc()
        log.warning("Telegram pauses a chat", extra={"seconds": seconds})
        return self._steady.now() + seconds + 0.1


def chat_of(endpoint: str, data: dict[str, Any]) -> ChatKey | None:
    """Return the chat whose limit a call counts against, None for calls that need no turn."""
    if not endpoint.startswith(PACED) or endpoint in UNPACED:
        return None
    chat = data.get("chat_id")
    if chat is None:
        inline = data.get("inline_message_id")
        return None if inline is None else f"inline {inline}"
    try:
        return int(chat)
    except (TypeError, ValueError):
        return str(chat)
