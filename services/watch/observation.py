"""Where one look at one account writes down what it saw, and who is to be told."""

from dataclasses import dataclass, field
from typing import Any

from services.clock import Clock
from services.jobs import Lease
from services.notices import notice
from storage import watches
from storage.links import Link
from storage.tx import Tx
from storage.watches import Watch


@dataclass(frozen=True)
class WatchNotice:
    """Be something that a person is to be told."""

    kind: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Observation:
    """Be one look: whose account, by which authorization, what was known before, and the hold on the job."""

    user_id: int
    service: str
    link: Link
    watch: Watch | None
    lease: Lease
    clock: Clock

    async def record(self, state: dict[str, Any], *told: WatchNotice, used: int = 0) -> None:
        """Write what was seen, and the notices of it, in one commit, or raise LeaseLost and write nothing."""
        now = self.clock.now()

        async def work(tx: Tx) -> None:
            await watches.keep(tx, self.user_id, self.service, self.link.id, state, now, used=used)
            for one in told:
                await notice(tx, self.user_id, one.kind, now=now, **one.data)

        await self.lease.write(work)
