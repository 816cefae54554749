"""Which chats can be written to: what Telegram refused once is not tried again until the chat comes back."""

import asyncio
import logging
import re

from services.clock import Clock
from storage import chats, users
from storage.chats import State
from storage.database import Database
from storage.tx import Tx

log = logging.getLogger(__name__)

# Rights given back are not told to a bot, so a chat that muted it is tried again after this time.
MUTED_SECONDS = 600.0
# A topic is closed or gone: its chat can be written to all the same.
_OF_A_TOPIC = re.compile(r"thread not found|TOPIC_(CLOSED|DELETED)", re.IGNORECASE)
# Telegram's own words for why it refuses, nearest meaning first; matched without regard to case.
_MEANINGS: tuple[tuple[str, State], ...] = (
    (r"user is deactivated|chat was (deleted|deactivated)|upgraded to a supergroup", "deleted"),
    (r"chat not found|PEER_ID_INVALID|can't send messages to (bots|the user)", "deleted"),
    (r"blocked by the user|can't initiate conversation|USER_IS_BLOCKED", "blocked"),
    (r"bot was kicked|not a member of|CHANNEL_PRIVATE|USER_NOT_PARTICIPANT", "kicked"),
    (r"(not enough|have no) rights to send( text)? (messages|a message)", "muted"),
    (r"need administrator rights|CHAT_(WRITE_FORBIDDEN|ADMIN_REQUIRED|RESTRICTED)", "muted"),
    (r"CHAT_SEND_PLAIN_FORBIDDEN|USER_RESTRICTED", "muted"),
)


def is_of_topic(words: str) -> bool:
    """Tell whether a refusal is about a forum's topic, and not about the whole chat."""
    return _OF_A_TOPIC.search(words) is not None


def meaning(words: str, *, forbidden: bool) -> State | None:
    """Return what a refusal says about its whole chat; None where it is about a topic or one message only."""
    if is_of_topic(words):
        return None
    for pattern, state in _MEANINGS:
        if re.search(pattern, words, re.IGNORECASE):
            return state
    # A refusal nobody knows yet: pause, but not for good.
    return "muted" if forbidden else None


class ChatStatuses:
    """Keep the chats that cannot be written to in memory, the table behind them."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._out: dict[int, chats.Lost] = {}

    async def load(self) -> None:
        """Learn from the table what this process, or another, noted."""
        lost = await self._db.read(chats.lost)
        self._out = {chat.id: chat for chat in lost}

    async def follow(self) -> None:
        """Learn what other replicas note, as long as there may be any."""
        while self._db.dialect != "sqlite":
            await self._db.wait("chats")
            try:
                await self.load()
            except Exception:
                log.exception("what happened to chats was not read; the next change brings it")
                await asyncio.sleep(1.0)

    def state(self, chat_id: int) -> State | None:
        """Return why a chat cannot be written to, None for one that can, or where it is time to try again."""
        noted = self.noted(chat_id)
        if noted == "muted" and not 0 <= self._clock.now() - self._out[chat_id].since < MUTED_SECONDS:
            return None
        return noted

    def noted(self, chat_id: int) -> State | None:
        """Return what a chat's last refusal said, None where there was none since it last was written to."""
        found = self._out.get(chat_id)
        if found is None or found.migrated_to is not None or found.state == "active":
            return None
        return found.state

    def address(self, chat_id: int) -> int:
        """Return where a chat's messages go: the supergroup that a group became."""
        for _ in range(4):  # a chain of moves is short; a circle must not hold us
            found = self._out.get(chat_id)
            if found is None or found.migrated_to is None:
                break
            chat_id = found.migrated_to
        return chat_id

    async def refused(self, chat_id: int, state: State) -> None:
        """Note that a chat cannot be written to."""
        now = self._clock.now()
        self._out[chat_id] = chats.Lost(chat_id, state, None, now)
        log.info("a chat is paused", extra={"standing": state})

        async def note(tx: Tx) -> None:
            # Of somebody of whom nothing is kept, nothing is kept.
            if chat_id < 0 or await users.get(tx, chat_id) is not None:
                await chats.pause(tx, chat_id, state, now)

        await self._db.write(note)

    async def back(self, chat_id: int) -> None:
        """Note that a chat can be written to again."""
        now = self._clock.now()
        self._out.pop(chat_id, None)
        await self._db.write(lambda tx: chats.resume(tx, chat_id, now))

    async def heard(self, chat_id: int, at: float) -> None:
        """Take a chat back that speaks to us; what was sent before the pause says nothing.

        Being spoken to does not tell whether a chat that muted us lets us speak.
        """
        found = self._out.get(chat_id)
        if (
            found is not None
            and found.migrated_to is None
            and found.state != "muted"
            and self._after(at, found)
        ):
            await self.back(chat_id)

    async def let_in(self, chat_id: int, at: float) -> None:
        """Take a chat back that muted us, and took a message sent after that: nothing else tells of it."""
        if self.noted(chat_id) == "muted" and self._after(at, self._out[chat_id]):
            log.info("a chat is back that was muted")
            await self.back(chat_id)

    def _after(self, at: float, found: chats.Lost) -> bool:
        """Tell whether a time lies after a refusal; one noted later than now is of a clock set back since."""
        return at > found.since or found.since > self._clock.now()

    async def moved(self, old: int, new: int) -> None:
        """Move everything of a group to the supergroup it became."""
        now = self._clock.now()
        await self._db.write(lambda tx: chats.migrate(tx, old, new, now=now))
        self._out[old] = chats.Lost(old, "active", new, now)
