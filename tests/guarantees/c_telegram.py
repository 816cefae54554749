"""A Telegram that counts: what it would refuse with a 429, on the test's own clock."""

import math
from collections import Counter, deque
from typing import Any

from telegram.error import RetryAfter

from services.clock import Clock
from tests.bot.scripted import ME


class Counting:
    """30 a second in all, one a second a chat after a small burst, 20 a minute a group."""

    def __init__(self, clock: Clock, *, burst: float = 8.0) -> None:
        self._clock = clock
        self._burst = burst
        self._all: deque[float] = deque()
        self._groups: dict[int, deque[float]] = {}
        self._chats: dict[int, tuple[float, float]] = {}
        self.sent = 0
        self.refused = 0
        self.refusing: dict[int, float] = {}
        self.last: dict[int, float] = {}

    async def __call__(self, endpoint: str, data: dict[str, Any], **_: Any) -> bool:
        chat, now = int(data["chat_id"]), self._clock.now()
        wait = max(self._told(chat, now), self._wait(chat, now))
        if wait > 0:
            self.refused += 1
            raise RetryAfter(math.ceil(wait))
        tokens = self._tokens(chat, now)
        self._chats[chat] = (tokens - 1.0, now)
        self._all.append(now)
        if chat < 0:
            self._groups.setdefault(chat, deque()).append(now)
        self.sent += 1
        self.last[chat] = now
        return True

    def refuse(self, chat: int, seconds: float) -> None:
        """Answer 429 for a chat for some time."""
        self.refusing[chat] = self._clock.now() + seconds

    def _told(self, chat: int, now: float) -> float:
        return self.refusing.get(chat, now) - now

    def _wait(self, chat: int, now: float) -> float:
        tokens = self._tokens(chat, now)
        bucket = 0.0 if tokens >= 1.0 - 1e-9 else 1.0 - tokens
        group = _wait(self._groups[chat], now, 60.0, 20) if chat in self._groups else 0.0
        return max(bucket, group, _wait(self._all, now, 1.0, 30))

    def _tokens(self, chat: int, now: float) -> float:
        tokens, counted = self._chats.get(chat, (self._burst, now))
        return min(self._burst, tokens + now - counted)


def _wait(sent: deque[float], now: float, seconds: float, most: int) -> float:
    while sent and sent[0] <= now - seconds:
        sent.popleft()
    return sent[0] + seconds - now if len(sent) >= most else 0.0


class Moody:
    """A Bot API that refuses some chats in given words, over a socket."""

    def __init__(self) -> None:
        self.words: dict[int, tuple[int, Any]] = {}
        self.asked: Counter[int] = Counter()
        self.taken: Counter[int] = Counter()

    async def __call__(self, method: str, parameters: dict[str, Any], _writer: Any) -> tuple[int, Any]:
        if method == "getMe":
            return 200, ME
        if not method.startswith("send"):
            return 200, True
        chat = int(parameters["chat_id"])
        self.asked[chat] += 1
        if chat in self.words:
            return self.words[chat]
        self.taken[chat] += 1
        where = {"id": chat, "type": "private"}
        return 200, {"message_id": self.asked.total(), "date": 1, "chat": where, "text": "x"}
