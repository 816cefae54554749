"""Wake-up calls: a counter a channel in this process, LISTEN and NOTIFY between processes."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from typing import Any

import asyncpg
from sqlalchemy import URL

from storage import url as addresses
from storage.supervisor import Supervisor

log = logging.getLogger(__name__)

CHANNEL = "linkhive"
ALL = "*"
PING_SECONDS = 15.0


class Notifier:
    """Count the rings of each channel, so that one between looking and waiting is not missed."""

    def __init__(self) -> None:
        self._turns: defaultdict[str, int] = defaultdict(int)
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)

    def notify(self, channel: str) -> None:
        """Wake those who wait on a channel; `ALL` means every channel."""
        for name in list(self._turns.keys() | self._waiting.keys()) if channel == ALL else [channel]:
            self._turns[name] += 1
            for future in self._waiting.pop(name, ()):
                if not future.done():
                    future.set_result(None)

    def turn(self, channel: str) -> int:
        """Return how often a channel rang."""
        return self._turns[channel]

    async def wait(self, channel: str, timeout: float | None, since: int | None) -> bool:
        """Wait for a ring later than `since` (default: than now); False when the time is over."""
        if since is not None and since != self._turns[channel]:
            return True
        future = asyncio.get_running_loop().create_future()
        self._waiting[channel].add(future)
        try:
            async with asyncio.timeout(timeout):
                await future
        except TimeoutError:
            return False
        finally:
            self._waiting[channel].discard(future)
        return True


class Listener:
    """Hold one PostgreSQL connection that hears the other processes and tells them."""

    def __init__(self, url: URL, notifier: Notifier, *, pause: float = 0.5) -> None:
        self._dsn = addresses.dsn(url)
        self._notifier = notifier
        self._pause = pause
        self._untold: set[str] = set()
        self._stir = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        # Made at the start; later ones are made where they are used.
        self._first: Any = None

    @classmethod
    async def start(cls, url: URL, notifier: Notifier, supervisor: Supervisor) -> "Listener":
        """Connect now, so that a wrong address is known at once, and keep listening."""
        listener = cls(url, notifier)
        listener._first = await listener._connect()
        listener._task = supervisor.start("listener", listener._run)
        return listener

    def tell(self, channel: str) -> None:
        """Notify every process soon; many calls in a row become one."""
        self._untold.add(channel)
        self._stir.set()

    async def close(self) -> None:
        """Send what is untold and hang up."""
        if self._task is None:
            return
        task, self._task = self._task, None
        self._stir.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(task, 2)

    async def _connect(self) -> Any:
        connection = await asyncpg.connect(self._dsn, timeout=10)
        await connection.add_listener(CHANNEL, self._heard)
        connection.add_termination_listener(self._lost)
        return connection

    def _heard(self, connection: Any, pid: int, _channel: str, payload: str) -> None:
        if pid != connection.get_server_pid():  # our own calls rang here already
            self._notifier.notify(payload)

    def _lost(self, _connection: Any) -> None:
        self._stir.set()

    async def _run(self) -> None:
        while True:
            connection, self._first = self._first, None
            if connection is None:
                connection = await self._reconnect()
                if connection is None:
                    return
                # Calls made while nobody listened are gone: look everywhere.
                self._notifier.notify(ALL)
            try:
                await self._serve(connection)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("the listening connection was lost: %s", error)
            finally:
                connection.terminate()
            if self._task is None:
                return

    async def _serve(self, connection: Any) -> None:
        while self._task is not None or self._untold:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stir.wait(), PING_SECONDS)
            self._stir.clear()
            if connection.is_closed():
                return
            channels = sorted(self._untold)
            # The query also finds out whether a silent connection still lives.
            await connection.execute(
                "SELECT pg_notify($1, name) FROM unnest($2::text[]) AS name", CHANNEL, channels, timeout=10
            )
            self._untold.difference_update(channels)

    async def _reconnect(self) -> Any:
        while self._task is not None:
            try:
                return await self._connect()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(self._pause)
        return None
