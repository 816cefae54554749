"""The use cases on a real database, over real sockets to the sandbox, by the sandbox's own clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from clients.acgbt.client import ACGBT
from clients.disktop.client import DiskTop
from clients.hdhive.client import HDHive
from clients.linkcheck.client import LinkCheck
from clients.linkcheck.following import Patience
from clients.mika.client import Mika
from clients.tmdb.client import TMDB
from clients.transport import Transport
from sandbox.server import Sandbox
from services import Services, building
from services.jobs import Lease, LeaseLost, RetryLater
from services.linkchecks.run import LinkCheckPace
from services.names import Service
from services.subscriptions import PollPace
from storage import leases
from storage.database import Database
from storage.jobs import Job
from storage.links import Link
from tests.fixtures.databases import *  # noqa: F403

PUBLIC_URL = "http://127.0.0.1:8080"


class Crash(BaseException):
    """Stand for kill -9 at a named step."""


@dataclass
class Steps:
    """Notes the steps that were reached, and does what a test wants at one of them."""

    seen: list[str] = field(default_factory=list)
    crash_at: str | None = None
    at: dict[str, Callable[[], Awaitable[Any]]] = field(default_factory=dict)

    async def __call__(self, step: str) -> None:
        self.seen.append(step)
        if step == self.crash_at:
            raise Crash(step)
        if step in self.at:
            await self.at.pop(step)()


@dataclass
class House:
    """One process: its services, and the ways tests reach around them."""

    box: Sandbox
    services: Services
    steps: Steps
    web: httpx.AsyncClient

    @property
    def clock(self) -> Any:
        return self.box.world.clock

    def fault(self, service: str, path: str, kind: str, **more: Any) -> None:
        self.box.world.faults.add({"service": service, "path": path, "kind": kind, **more})

    async def calls(self, service: str, method: str | None = None, ending: str = "") -> list[dict[str, Any]]:
        entries = (await self.web.get("/control/journal", params={"since": 0})).json()["entries"]
        return [
            e
            for e in entries
            if e["service"] == service and method in (None, e["method"]) and e["path"].endswith(ending)
        ]

    async def consent(self, authorize_url: str, person: int, *, decision: str = "allow") -> dict[str, str]:
        """Press Allow or Deny in the browser of a person; returns the callback's query."""
        parts = urlsplit(authorize_url)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()} | {"decision": decision}
        answer = await self.web.post(parts.path, data=asked, headers={"cookie": f"sandbox_person={person}"})
        assert answer.status_code == 303, answer.text
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}

    async def ticket(self, user_id: int = 1001, service: Service = Service.HDHIVE) -> str:
        url = await self.services.linking.start(user_id, service, "小雨", user_id, 5, "zh")
        assert url.startswith(f"{PUBLIC_URL}/link/")
        return url.rpartition("/")[2]

    async def payload(self, user_id: int = 1001, service: Service = Service.HDHIVE, person: int = 0) -> str:
        """Go the way up to the deep link."""
        bound = await self.services.linking.bind(await self.ticket(user_id, service))
        query = await self.consent(bound.authorize_url, person or user_id)
        back = await self.services.linking.returned(
            service, query["state"], query.get("code"), None, bound.cookie_value
        )
        return back.payload

    async def link(self, user_id: int = 1001, service: Service = Service.HDHIVE, person: int = 0) -> Link:
        payload = await self.payload(user_id, service, person)
        return (await self.services.linking.finish(user_id, payload)).link

    async def jobs(self, *kinds: str) -> list[Job]:
        """Return what is enqueued, without taking it."""

        async def look(tx: Any) -> list[Job]:
            found = await leases.claim(tx, kinds, "looker", 1e12, 0.0, 1000)
            raise _Peek(found)

        try:
            await self.services.db.write(look)
        except _Peek as peek:
            return peek.found
        raise AssertionError

    async def work(self, *, until: float = 3600.0, kinds: Sequence[str] = ()) -> list[str]:
        """Do the jobs as they fall due, moving the clock; returns the kinds in order."""
        handlers, done = self.services.jobs(), []
        wanted, end = list(kinds or handlers), self.clock.now() + until
        while True:
            due = await self.services.db.read(lambda tx: leases.next_due(tx, wanted))
            if due is None or due > end:
                return done
            if due > self.clock.now():
                self.clock.advance(due - self.clock.now() + 0.001)
                await asyncio.sleep(0.02)
            claimed = await self.services.db.write(
                lambda tx: leases.claim(tx, wanted, "w", self.clock.now(), 30.0, 10)
            )
            for job in claimed:
                done.append(job.kind)
                await self._do(handlers[job.kind], job)

    async def _do(self, handler: Any, job: Job) -> None:
        db, lease = self.services.db, Lease(self.services.db, self.clock, job, 30.0)
        try:
            await handler(job, lease)
            if not lease.ended:
                await lease.finish()
        except LeaseLost:
            pass
        except RetryLater as later:
            at = self.clock.now() + later.delay if later.at is None else later.at
            await db.write(lambda tx: leases.retry(tx, job, at, None))


class _Peek(Exception):
    def __init__(self, found: list[Job]) -> None:
        self.found = found


@dataclass
class Builder:
    """Builds processes on one database and one sandbox."""

    box: Sandbox
    db: Database
    web: httpx.AsyncClient
    transports: list[Transport] = field(default_factory=list)

    def __call__(self, *, off: Sequence[str] = (), db: Database | None = None) -> House:
        own, url, steps = self.box.world.credentials, self.box.url, Steps()

        def to(name: str, base: str = "") -> Transport:
            transport = Transport(name, f"{url}/{name}{base}", backoff=0.01)
            self.transports.append(transport)
            return transport

        services = building.build(
            db or self.db,
            self.box.world.clock,
            public_url=PUBLIC_URL + "/",
            hdhive=None
            if "hdhive" in off
            else HDHive(to("hdhive"), own.hdhive_client_id, own.hdhive_app_secret),
            disktop=None
            if "disktop" in off
            else DiskTop(to("disktop"), own.disktop_client_id, own.disktop_client_secret),
            linkcheck=None if "linkcheck" in off else LinkCheck(to("linkcheck"), own.linkcheck_api_key),
            tmdb=None if "tmdb" in off else TMDB(to("tmdb"), own.tmdb_token, f"{url}/tmdb/t/p"),
            acgbt=None if "acgbt" in off else ACGBT(to("acgbt", "/api/v1"), now=self.box.world.clock.now),
            mika=None if "mika" in off else Mika(to("mika", "/api"), now=self.box.world.clock.now),
            linkcheck_pace=LinkCheckPace(every=0.05, patience=Patience(silence=1.0, pause=0.02, tries=3)),
            poll_pace=PollPace(interval=900.0, least=1000.0),
            reached=steps,
        )
        return House(self.box, services, steps, self.web)


@pytest.fixture
async def web(box: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=box.url, trust_env=False) as client:
        yield client


@pytest.fixture
async def build(box: Sandbox, sqlite_db: Database, web: httpx.AsyncClient) -> AsyncIterator[Builder]:
    builder = Builder(box, sqlite_db, web)
    yield builder
    for transport in builder.transports:
        await transport.aclose()


@pytest.fixture
async def house(build: Builder) -> AsyncIterator[House]:
    built = build()
    yield built
    await built.services.close()
