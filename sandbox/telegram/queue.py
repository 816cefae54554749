"""The bot's updates: numbered, kept until acknowledged, handed out by polling or to a webhook."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.telegram.chats import Json
from sandbox.telegram.feed import Bell

# How long Telegram keeps what nobody fetched.
_KEPT = {"callback_query": 150.0, "inline_query": 30.0}
_KEPT_ELSE = 24 * 3600.0
_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_LOGGED = 2000
_LOOK_EVERY = 0.5


@dataclass(eq=False)
class Pending:
    """An update on its way; two with the same number are still two."""

    update_id: int
    update: Json
    key: int
    expires: float
    # Handed out once more although its number was acknowledged: a redelivery.
    forced: bool = False


class UpdateQueue:
    """All updates of the bot that are not acknowledged yet."""

    def __init__(self, first_id: int, now: Callable[[], float]) -> None:
        self._now = now
        self._next_id = first_id
        self.bell = Bell()
        self._look_again = 0.0
        self.pending: list[Pending] = []
        # The latest updates made, for tests that send one again.
        self.made: dict[int, Json] = {}
        self.allowed: frozenset[str] | None = None
        self.holding = False
        self.held: list[Pending] = []

    def add(self, kind: str, key: int, content: Json) -> int | None:
        """Queue an update for the bot, if it asked for this kind; return its number."""
        if not self._wanted(kind):
            return None
        update_id, self._next_id = self._next_id, self._next_id + 1
        update = {"update_id": update_id, kind: content}
        self.made[update_id] = update
        if len(self.made) > _LOGGED:
            del self.made[next(iter(self.made))]
        self.put(Pending(update_id, update, key, self._now() + _KEPT.get(kind, _KEPT_ELSE)))
        return update_id

    def put(self, pending: Pending) -> None:
        """Put an update in line, or aside while the line is held."""
        if self.holding:
            self.held.append(pending)
            return
        self.pending.append(pending)
        self.bell.ring()

    def clear(self) -> None:
        """Forget what waits; the numbers go on."""
        self.pending.clear()
        self.held.clear()
        self.holding = False

    def allow(self, kinds: Sequence[Any] | None) -> None:
        """Keep the bot's choice of kinds; an empty list is Telegram's default choice."""
        if kinds is not None:
            self.allowed = frozenset(str(kind) for kind in kinds) or None

    def acknowledge(self, offset: int) -> None:
        """Forget what the offset confirms; a negative one counts from the end."""
        if offset < 0:
            self.pending = self.pending[offset:]
        elif offset > 0:
            self.pending = [item for item in self.pending if item.forced or item.update_id >= offset]

    def take(self, limit: int) -> list[Json]:
        """Return the next updates; redeliveries leave the queue, others wait for their offset."""
        self.expire()
        batch = self.pending[:limit]
        self.pending = [item for item in self.pending if not (item.forced and item in batch)]
        return [item.update for item in batch]

    def expire(self) -> None:
        """Drop what Telegram would no longer keep."""
        now = self._now()
        if now < self._look_again:
            return
        self._look_again = now + _LOOK_EVERY
        self.pending = [item for item in self.pending if item.expires > now]

    def _wanted(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed is not None else kind not in _NOT_BY_DEFAULT
