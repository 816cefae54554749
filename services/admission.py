"""Who may use the bot: the one question before updates, before work done for somebody, and before messages.

Who speaks with Telegram answers it (`handlers/groups/members.py`); until then everybody may.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import StrEnum

from services.jobs import RetryLater
from storage import cards
from storage.database import Database
from storage.jobs import Job


class Stand(StrEnum):
    """How somebody stands to the bot; unknown is of whom Telegram does not say whether they are a member."""

    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


# What is not done for somebody is looked at again after so long: they may be let in again, or be known.
PUT_OFF = {Stand.OUT: 1800.0, Stand.UNKNOWN: 60.0}


async def everybody(_user_id: int) -> Stand:
    """Let in whoever it is."""
    return Stand.IN


def _nowhere(_chat_id: int) -> bool:
    return False


class Admission:
    """Tell who may use the bot; `ask` answers for a person, `lists` for a group."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.ask: Callable[[int], Awaitable[Stand]] = everybody
        self.lists: Callable[[int], bool] = _nowhere
        self._free: set[str] = set()

    def free(self, *kinds: str) -> None:
        """Do jobs of some kinds whoever they are for: they take away, or see to their chat themselves."""
        self._free.update(kinds)

    async def of(self, user_id: int, chat_id: int | None = None) -> Stand:
        """Tell whether somebody may use the bot, by themselves or in a chat.

        A group is allowed if it is listed; in every other chat those may use the bot who may by themselves,
        by their own number or as members of a listed group, and with the chat of what they began there.
        """
        if chat_id is not None and self.lists(chat_id):
            return Stand.IN
        return await self.ask(user_id)

    async def of_job(self, job: Job) -> Stand:
        """Tell whether a job may be done for who it is for; what is for nobody sees to itself.

        What goes on on a card in a listed group is the group's: admins who write as their group, and guests
        who comment there, are members of none.
        """
        if job.owner_id is None or job.kind in self._free:
            return Stand.IN
        stand = await self.ask(job.owner_id)
        return Stand.IN if stand is not Stand.IN and await self._is_listed(job) else stand

    async def _is_listed(self, job: Job) -> bool:
        card_id = job.payload.get("card_id")
        card = None if card_id is None else await self._db.read(lambda tx: cards.get(tx, str(card_id)))
        return card is not None and self.lists(card.chat_id)

    async def require(self, user_id: int, chat_id: int) -> None:
        """Raise RetryLater where what somebody began in a chat is not to be told there now."""
        must_be_in(await self.of(user_id, chat_id))

    async def one_inside(self, users: Iterable[int]) -> int | None:
        """Return the first who is let in; None without one, or where that is not told of an earlier one."""
        for user in users:
            stand = await self.ask(user)
            if stand is not Stand.OUT:
                return user if stand is Stand.IN else None
        return None

    async def lending(self, lenders: Sequence[int]) -> tuple[int, ...]:
        """Leave out those outside who come first: what is left is empty where all of them are."""
        for number, user in enumerate(lenders):
            if await self.ask(user) is not Stand.OUT:
                return tuple(lenders[number:])
        return ()


def must_be_in(stand: Stand) -> None:
    """Raise RetryLater where somebody is not known to be let in."""
    if stand is not Stand.IN:
        raise RetryLater(PUT_OFF[stand])
