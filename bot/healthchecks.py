"""The signs of health: whether updates still reach us, secrets can still be opened, and every task runs."""

from __future__ import annotations

from bot.updatehealth import UpdateHealth
from services.clock import Steady
from storage import census
from storage.crypto import SecretUnreadable
from storage.database import Database
from storage.supervisor import Supervisor
from storage.tx import Tx

SIGNS = ("database", "updates", "secrets", "tasks")
# How long a look at all secrets is good for.
SECRETS_SECONDS = 60.0


class HealthChecks:
    """Look at the signs beside the database's own."""

    def __init__(
        self, db: Database, clock: Steady, update_health: UpdateHealth, supervisor: Supervisor
    ) -> None:
        self._db = db
        self._clock = clock
        self._update_health = update_health
        self._supervisor = supervisor
        self._secrets: tuple[float, str | None] = (float("-inf"), None)

    async def signs(self) -> dict[str, str]:
        """Return what is ill and why."""
        found = (
            ("updates", self._update_health.complaint()),
            ("secrets", await self._unreadable()),
            ("tasks", self._supervisor.complaint()),
        )
        return {sign: why for sign, why in found if why is not None}

    async def _unreadable(self) -> str | None:
        now = self._clock.now()
        if now - self._secrets[0] > SECRETS_SECONDS:
            self._secrets = (now, await self._db.read(_complaint))
        return self._secrets[1]


async def _complaint(tx: Tx) -> str | None:
    lacking = await census.without_key(tx, census.WATCHED)
    if lacking:
        places = ", ".join(lacking)
        return f"{sum(lacking.values())} secrets were sealed with a key that is gone ({places})"
    try:
        await census.open_newest(tx)
    except SecretUnreadable:
        return "the newest token does not open"
    return None
