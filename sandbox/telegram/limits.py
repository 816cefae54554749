"""Telegram's sending limits: 30 a second in all, about one a second a chat, 20 a minute a group."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.telegram.errors import too_many


@dataclass
class LimitOptions:
    """The figures; a test may switch them off or make them tight."""

    on: bool = True
    per_second: int = 30
    chat_burst: int = 8
    chat_per_second: float = 1.0
    group_per_minute: int = 20


class Limits:
    """Count what was sent and refuse what is too much."""

    def __init__(self, options: LimitOptions, now: Callable[[], float]) -> None:
        self._options = options
        self._now = now
        self._all: deque[float] = deque()
        self._groups: dict[int, deque[float]] = {}
        # chat -> (tokens left, when counted)
        self._buckets: dict[int, tuple[float, float]] = {}
        self.refused = 0

    def sending(self, chat_id: int, messages: int = 1) -> None:
        """Count messages to a chat, or raise 429 with the seconds to wait."""
        if not self._options.on:
            return
        now = self._now()
        wait = max(self._wait_all(now), self._wait_chat(chat_id, now), self._wait_group(chat_id, now))
        if wait > 0:
            self.refused += 1
            raise too_many(max(1, math.ceil(wait)))
        self._count(chat_id, now, messages)

    def _wait_all(self, now: float) -> float:
        return _window_wait(self._all, now, 1.0, self._options.per_second)

    def _wait_group(self, chat_id: int, now: float) -> float:
        if chat_id >= 0:
            return 0.0
        sent = self._groups.setdefault(chat_id, deque())
        return _window_wait(sent, now, 60.0, self._options.group_per_minute)

    def _wait_chat(self, chat_id: int, now: float) -> float:
        tokens = self._tokens(chat_id, now)
        return 0.0 if tokens >= 1 else (1 - tokens) / self._options.chat_per_second

    def _tokens(self, chat_id: int, now: float) -> float:
        tokens, counted = self._buckets.get(chat_id, (float(self._options.chat_burst), now))
        grown = tokens + (now - counted) * self._options.chat_per_second
        return min(float(self._options.chat_burst), grown)

    def _count(self, chat_id: int, now: float, messages: int) -> None:
        self._buckets[chat_id] = (self._tokens(chat_id, now) - messages, now)
        for _ in range(messages):
            self._all.append(now)
            if chat_id < 0:
                self._groups[chat_id].append(now)


def _window_wait(sent: deque[float], now: float, seconds: float, most: int) -> float:
    while sent and sent[0] <= now - seconds:
        sent.popleft()
    return sent[0] + seconds - now if len(sent) >= most else 0.0
