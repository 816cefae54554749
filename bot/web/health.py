"""Tell operators and load balancers how the house is."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from prometheus_client import Gauge
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot import metrics
from bot.healthchecks import SIGNS, HealthChecks
from bot.metrics import Metrics
from bot.probes import Finding
from services.clock import Clock, Steady
from storage import census, inbox, jobs, meta
from storage.database import Database
from storage.supervisor import Supervisor
from storage.tx import Tx

# How old an answer may be; an eager load balancer must cost nothing.
DATABASE_SECONDS = 3.0
UPSTREAM_SECONDS = 120.0
# Who wants to know anew is told what was found so shortly before; pressing again and again costs nothing.
ANEW_SECONDS = 5.0
DATABASE_PATIENCE = 5.0
# Where nobody has asked before, and where it is asked anew, who wants to know waits this long.
FIRST_PATIENCE = 5.0


@dataclass
class Health:
    """Know whether the database takes writes, and how the upstreams were when last asked."""

    db: Database
    clock: Clock
    metrics: Metrics
    probe: Callable[[], Awaitable[Mapping[str, Finding]]]
    serving: Callable[[], bool]
    checks: HealthChecks
    supervisor: Supervisor = field(default_factory=Supervisor)
    _database: tuple[float, str] = (float("-inf"), "unknown")
    _upstreams: tuple[float, Mapping[str, Finding]] = field(default=(float("-inf"), MappingProxyType({})))
    _asking: asyncio.Task[None] | None = None
    # What each gauge showed: a state that occurs no more must say so, not stay as it was.
    _told: dict[Gauge, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        """Go by a clock that nobody sets back: what was found must not look fresh for an hour."""
        self._steady = Steady(self.clock)

    async def live(self, request: Request) -> Response:
        """Answer 200 while every vital sign is good, else 503 with a line for each that is not."""
        del request
        ill = await self._ill()
        if not ill:
            return PlainTextResponse("ok\n")
        return PlainTextResponse("".join(f"{sign}: {why}\n" for sign, why in ill.items()), 503)

    async def ready(self, request: Request) -> Response:
        """Answer 200 when updates are taken and can be stored; upstreams are told, not required."""
        del request
        database = await self._database_state()
        self._refresh_upstreams()
        ready = database == "ok" and self.serving()
        content = {
            "ready": ready,
            "database": database,
            "upstreams": {name: finding.state for name, finding in sorted(self._upstreams[1].items())},
            "last_update": self.metrics.last_update_at,
        }
        return JSONResponse(content, 200 if ready else 503)

    async def upstreams(self, *, anew: bool = False) -> Mapping[str, str]:
        """Return how each upstream was when last asked, which is two minutes ago at most; or ask `anew`."""
        self._refresh_upstreams(ANEW_SECONDS if anew else UPSTREAM_SECONDS)
        if self._asking is not None and (anew or not self._upstreams[1]):
            await asyncio.wait((self._asking,), timeout=FIRST_PATIENCE)
        return {name: finding.state for name, finding in self._upstreams[1].items()}

    async def scrape(self, request: Request) -> Response:
        """Answer Prometheus; upstreams are as they were when last asked, which this has done again."""
        del request
        self._refresh_upstreams()
        if "database" not in await self._ill():
            await self.db.read(self._count)
        return Response(
            self.metrics.render(), media_type=None, headers={"content-type": metrics.CONTENT_TYPE}
        )

    async def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _ill(self) -> dict[str, str]:
        """Return the vital signs that are not good, each with its reason, and show all on their gauge."""
        if await self._database_state() == "ok":
            ill = await self.checks.signs()
        else:
            ill = {"database": "it cannot be written"}
        for sign in SIGNS:
            self.metrics.healthy.labels(sign).set(sign not in ill)
        return ill

    async def _count(self, tx: Tx) -> None:
        self._tell(self.metrics.inbox, await inbox.counts(tx))
        self._tell(self.metrics.jobs, await jobs.counts(tx))
        found = await census.count(tx, self.clock.now())
        self._tell(self.metrics.unlocks, found.unlocks)
        self._tell(self.metrics.attempts, found.attempts)
        self._tell(self.metrics.refreshes, found.refreshes)
        self.metrics.cooldowns.set(found.cooldowns)

    def _tell(self, gauge: Gauge, counts: Mapping[str, int]) -> None:
        told = self._told[gauge]
        told.update(counts)
        for state in told:
            gauge.labels(state).set(counts.get(state, 0))

    async def _database_state(self) -> str:
        now = self._steady.now()
        if now - self._database[0] > DATABASE_SECONDS:
            try:
                async with asyncio.timeout(DATABASE_PATIENCE):
                    await self.db.write(lambda tx: meta.put(tx, "ready_at", str(self.clock.now())))
                state = "ok"
            except Exception:  # noqa: BLE001 - whatever it is, we are not ready
                state = "failing"
            self._database = (now, state)
        return self._database[1]

    def _refresh_upstreams(self, oldest: float = UPSTREAM_SECONDS) -> None:
        """Ask in the background: a slow upstream must not make us look dead."""
        idle = self._asking is None or self._asking.done()
        if idle and self._steady.now() - self._upstreams[0] > oldest:
            self._asking = self.supervisor.start("upstreams", self._ask)

    async def _ask(self) -> None:
        found = await self.probe()
        for name, finding in found.items():
            self.metrics.upstream.labels(name).set(finding.ok)
        self._upstreams = (self._steady.now(), found)
