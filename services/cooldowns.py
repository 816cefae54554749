"""Leave a service alone for as long as it asked, in every process and after a restart."""

from clients.errors import RateLimited
from services.clock import Clock
from storage import cooldowns
from storage.database import Database
from storage.tx import Tx

# Who is told "too many" without a word on whom it means is taken to be the user.
DEFAULT_SCOPE = "user"
EVERYBODY = ("global", "app")


class Cooldowns:
    """Remember who must wait."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def check(self, tx: Tx, service: str, user_id: int) -> None:
        """Raise RateLimited at once while a cool-down lasts: the call would only make it longer."""
        now = self._clock.now()
        until = await cooldowns.until(tx, service, (*EVERYBODY, _user(user_id)), now)
        if until is not None:
            raise RateLimited(service, "cooldown", until - now, scope=None, code="COOLDOWN")

    async def for_everybody(self, service: str) -> float | None:
        """Return for how many seconds all users must leave a service alone, None while they need not."""
        now = self._clock.now()
        until = await self._db.read(lambda tx: cooldowns.until(tx, service, EVERYBODY, now))
        return None if until is None else until - now

    async def note(self, error: RateLimited, user_id: int) -> None:
        """Keep what a service asked for."""
        scope = (error.scope or DEFAULT_SCOPE).casefold()
        key = scope if scope in EVERYBODY else _user(user_id)
        until = self._clock.now() + error.retry_after
        await self._db.write(lambda tx: cooldowns.set(tx, error.service, key, until))


def _user(user_id: int) -> str:
    return f"user:{user_id}"
