"""What all stand-ins share: people, clock, journal, faults, options and their own states."""

import asyncio
import random
import string
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import telegram
from sandbox.catalogue import Catalogue
from sandbox.clock import Clock
from sandbox.contents import Shelf
from sandbox.doors import Doors
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.options import Options
from sandbox.people import Person, everyone
from sandbox.states.acgbt import AcgBt
from sandbox.states.disktop import DiskTop
from sandbox.states.hdhive import HDHive
from sandbox.states.linkcheck import LinkCheck
from sandbox.states.mika import Mika
from sandbox.states.mikastock import stocked

BOT_TOKEN = "7000000001:SANDBOX-token-that-opens-nothing-outside"  # noqa: S105 - the sandbox's own
TOKEN_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Credentials:
    """The app's own secrets at every service."""

    hdhive_client_id: str = "app_linkhive_sandbox"
    hdhive_app_secret: str = "hds-sandbox-app-secret"  # noqa: S105
    disktop_client_id: str = "dt_linkhive_sandbox"
    disktop_client_secret: str = "dts-sandbox-client-secret"  # noqa: S105
    linkcheck_api_key: str = "lck-sandbox-api-key"
    tmdb_token: str = "tmdb-sandbox-read-token"  # noqa: S105


@dataclass
class World:
    """The sandbox's shared state; `reset` puts it back to the start."""

    seed: int = 1
    fast: bool = True
    data: Path | None = None
    bot_token: str = BOT_TOKEN
    origin: str = "http://127.0.0.1"
    credentials: Credentials = field(default_factory=Credentials)
    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)
    doors: Doors = field(default_factory=Doors)

    def __post_init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self.shelf = Shelf(self.data)
        self.telegram: Any = None
        self.reset()

    def reset(self) -> None:
        """Put people, services, faults, options and clock back to the start."""
        self.rng = random.Random(self.seed)
        self.shelf.clear()
        self.people: dict[int, Person] = everyone()
        self.catalogue = Catalogue(self.seed)
        self.options = Options.fitting(fast=self.fast)
        self.clock.advance(-self.clock.offset)
        self.hdhive = HDHive()
        if not self.fast:
            # For somebody who looks at the usage on the first day.
            self.hdhive.live(self.now(), random.Random(self.seed))
        self.disktop = DiskTop()
        self.linkcheck = LinkCheck()
        self.mika: Mika = stocked(self)
        self.acgbt = AcgBt(self.seed, self.now(), list(self.catalogue.titles.values()))
        # How often each file of the source server was asked for.
        self.fetched: Counter[str] = Counter()
        self.faults.clear()
        self.journal.clear()
        # The same one after a reset, emptied: a running bot stays connected.
        self.telegram = telegram.new_state(self)

    def now(self) -> float:
        """Return the sandbox's time."""
        return self.clock.now()

    def expire(self, service: str, person: int | None, which: str) -> int:
        """Expire the tokens of a person, or of all, at a service; returns how many grants it hit."""
        if service not in ("hdhive", "disktop"):
            raise ValueError("service is hdhive or disktop")
        grants = self.hdhive.grants if service == "hdhive" else self.disktop.grants
        return grants.expire(person, which)

    def token(self, length: int = 40) -> str:
        """Make a token; the same seed and calls make the same tokens."""
        return "".join(self.rng.choices(TOKEN_LETTERS, k=length))

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run work in the background until it ends or the sandbox closes."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End all background work."""
        await self.doors.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.shelf.clear()
