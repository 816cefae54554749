"""How much one person or group may ask for: far more than people do, far less than would slow others down."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from storage.inbox import Entry


@dataclass(frozen=True)
class Allowance:
    """So many at once, and so many a second after that."""

    burst: float
    per_second: float


@dataclass(frozen=True)
class Allowances:
    """What a person may ask for, what a group may, and how much may be said in a group.

    What people in a group say to one another is answered to nobody, so nobody is told either.
    """

    person: Allowance
    group: Allowance
    chatter: Allowance


# Telegram takes no more than 20 answers a minute for one group anyway.
FAIR = Allowances(Allowance(30.0, 2.0), Allowance(40.0, 2.0), Allowance(300.0, 30.0))
# Beyond all that people can do: such updates are not even stored. Who sends them has been told before.
FLOOD = Allowances(Allowance(200.0, 20.0), Allowance(400.0, 40.0), Allowance(1000.0, 100.0))
# Who is not among the last so many has been silent for long, or is one of too many to be held back so.
REMEMBERED = 50_000
# Telegram keeps updates for a day: what is older by its date was not sent then.
KEPT_SECONDS = 86_400.0
_COUNTED = ("message", "callback_query", "inline_query")
# A message that tells of the chat itself is never too much.
_EVENTS = frozenset({"migrate_to_chat_id", "migrate_from_chat_id", "left_chat_member", "new_chat_members"})


class Decision(Enum):
    """What becomes of an update: handled, answered once with a request for patience, or left alone."""

    TAKE = "take"
    TELL = "tell"
    LEAVE = "leave"


@dataclass
class _Bucket:
    tokens: float
    counted: float
    told: bool = False


class RateLimiter:
    """Hold a bucket for each person and each group that was heard of lately.

    An update is counted once: until it is `settled` the same is said of it however often it comes. Telegram
    repeats what could not be stored, and a repeat that was counted again would in the end be one too many.
    """

    def __init__(self, allowed: Allowances = FAIR) -> None:
        self._allowed = allowed
        self._buckets: OrderedDict[tuple[str, int], _Bucket] = OrderedDict()
        self._decisions: OrderedDict[int, Decision] = OrderedDict()

    def check(self, entry: Entry) -> Decision:
        """Say what becomes of an update, as it was said before where it was."""
        decision = self._decisions.pop(entry.update_id, None) or self._decided(entry)
        self._decisions[entry.update_id] = decision
        if len(self._decisions) > REMEMBERED:
            self._decisions.popitem(last=False)
        return decision

    def settled(self, update_ids: Iterable[int]) -> None:
        """Forget updates that are stored or handled, and will not come again."""
        for update_id in update_ids:
            self._decisions.pop(update_id, None)

    def _decided(self, entry: Entry) -> Decision:
        content = _content(entry.payload)
        # One that is tried again was counted the first time, by a process before this one.
        if content is None or entry.attempts:
            return Decision.TAKE
        at = _sent_at(content, entry.received_at)
        wanted = self._wanted(entry.payload, content)
        buckets = [(self._bucket(key, allowed, at, entry.received_at), allowed) for key, allowed in wanted]
        short = [bucket for bucket, allowed in buckets if not _grown(bucket, allowed, at)]
        if not short:
            for bucket, _ in buckets:
                bucket.tokens -= 1.0
            return Decision.TAKE
        told = any(key[0] == "chatter" for key, _ in wanted) or all(bucket.told for bucket in short)
        for bucket in short:
            bucket.told = True
        return Decision.LEAVE if told else Decision.TELL

    def _wanted(
        self, payload: Mapping[str, Any], content: Mapping[str, Any]
    ) -> list[tuple[tuple[str, int], Allowance]]:
        """Return the buckets an update takes from."""
        person, chat = _id(content.get("from")), _id(_place(content).get("chat"))
        group = chat if chat is not None and chat < 0 else None
        if group is not None and "message" in payload and not str(content.get("text", "")).startswith("/"):
            return [(("chatter", group), self._allowed.chatter)]
        found = [] if person is None else [(("person", person), self._allowed.person)]
        return found if group is None else [*found, (("group", group), self._allowed.group)]

    def _bucket(self, key: tuple[str, int], allowed: Allowance, at: float, now: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(allowed.burst, at)
            if len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        if bucket.counted > now:
            # The clock was set back: nobody is put off until the old time comes round again.
            bucket.counted = at
        return bucket


def _grown(bucket: _Bucket, allowed: Allowance, at: float) -> bool:
    """Let a bucket grow and tell whether it allows one more; a full one may be told again."""
    if at > bucket.counted:
        bucket.tokens = min(allowed.burst, bucket.tokens + (at - bucket.counted) * allowed.per_second)
        bucket.counted = at
    if bucket.tokens >= allowed.burst:
        bucket.told = False
    return bucket.tokens >= 1.0


def _content(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for name in _COUNTED:
        content = payload.get(name)
        if isinstance(content, dict) and not _EVENTS & content.keys():
            return content
    return None


def _place(content: Mapping[str, Any]) -> Mapping[str, Any]:
    message = content.get("message")
    return message if isinstance(message, dict) else content


def _id(value: object) -> int | None:
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, int) else None


def _sent_at(content: Mapping[str, Any], received_at: float) -> float:
    """Return when something was sent: what waited while we were away did not come at once."""
    date = content.get("date")
    if isinstance(date, int | float) and 0.0 <= received_at - date <= KEPT_SECONDS:
        return float(date)
    return received_at
