"""Callback and inline queries that wait for the bot's answer."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.telegram.chats import Json
from sandbox.telegram.errors import bad_request

_CALLBACK_BASE = 4_290_000_000_000_000_000
_INLINE_BASE = 5_190_000_000_000_000_000


def too_old() -> Exception:
    """Return Telegram's refusal of a late or invented query id."""
    return bad_request("query is too old and response timeout expired or query ID is invalid")


@dataclass
class Press:
    """A pressed button."""

    id: str
    person: int
    at: float
    answer: "asyncio.Future[Json]" = field(repr=False)


class CallbackAnswers:
    """Presses by query id."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._count = 0
        self._presses: dict[str, Press] = {}

    def open(self, person: int) -> Press:
        """Start waiting for the answer to a press."""
        self._count += 1
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        press = Press(str(_CALLBACK_BASE + self._count), person, self._now(), future)
        self._presses[press.id] = press
        return press

    def answer(self, query_id: str, content: Json, life: float) -> Press:
        """Pass the bot's answer on; a second answer changes nothing."""
        press = self._presses.get(query_id)
        if press is None or self._now() - press.at > life:
            raise too_old()
        if not press.answer.done():
            press.answer.set_result(content)
        return press


@dataclass
class Asked:
    """An inline query somebody typed."""

    id: str
    person: int
    query: str
    offset: str
    at: float
    answer: "asyncio.Future[Json]" = field(repr=False)


@dataclass(frozen=True)
class _Cached:
    content: Json
    until: float


class InlineDesk:
    """Inline queries, their answers, and Telegram's cache of answers."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._count = 0
        self._asked: dict[str, Asked] = {}
        self._cache: dict[str, _Cached] = {}
        self.sent = 0

    def forget(self) -> None:
        """Forget cached answers; the numbers of queries go on."""
        self._cache.clear()

    def open(self, person: int, query: str, offset: str) -> Asked:
        """Start waiting for results."""
        self._count += 1
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        asked = Asked(str(_INLINE_BASE + self._count), person, query, offset, self._now(), future)
        self._asked[asked.id] = asked
        return asked

    def get(self, query_id: str) -> Asked | None:
        """Return a query by id."""
        return self._asked.get(query_id)

    def answer(self, query_id: str, content: Json, life: float) -> None:
        """Take the bot's results and keep them as long as it says."""
        asked = self._asked.get(query_id)
        if asked is None or asked.answer.done() or self._now() - asked.at > life:
            raise too_old()
        asked.answer.set_result(content)
        if content["cache_time"] > 0:
            owner = asked.person if content["is_personal"] else 0
            until = self._now() + content["cache_time"]
            self._cache[_key(owner, asked.query, asked.offset)] = _Cached(content, until)

    def cached(self, person: int, query: str, offset: str) -> Json | None:
        """Return an answer Telegram would give without asking the bot."""
        for owner in (person, 0):
            hit = self._cache.get(_key(owner, query, offset))
            if hit is not None and hit.until > self._now():
                return hit.content
        return None

    def next_message_id(self) -> str:
        """Return the id of the next message sent through inline mode."""
        self.sent += 1
        return f"AgAAAInline{self.sent:06d}"


def _key(owner: int, query: str, offset: str) -> str:
    return json.dumps([owner, query, offset])
