"""Updates a second through the webhook: LinkHive stores each before it answers, a bare bot does not."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.load import CONNECTIONS, SECRET, TOKEN, Delivered, deliver

UPDATES = 6_000
ROUNDS = 3
WARM_UP = 400
PATIENCE = 30.0


@dataclass(frozen=True)
class Round:
    """One round of one bot: acknowledged, and handled to the end."""

    acknowledged: Delivered
    handled_seconds: float

    @property
    def handled_rate(self) -> float:
        return self.acknowledged.updates / self.handled_seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(*arguments: str, env: dict[str, str] | None = None) -> Iterator[None]:
    started = subprocess.Popen([sys.executable, "-m", *arguments], env={**os.environ, **(env or {})})
    try:
        yield
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(timeout=20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


async def text(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        return await reply.text() if reply.status == 200 else ""


async def patiently(ready: Callable[[str], bool], url: str) -> float:
    """Ask an address until its answer is as wanted; return when that was."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE
    while loop.time() < end:
        try:
            if ready(await text(url)):
                return loop.time()
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.02)
    raise TimeoutError(url)


async def rounds(url: str, counter: str, read: Callable[[str], int]) -> list[Round]:
    """Warm up, then measure."""
    await patiently(bool, f"{url}{counter}")
    first, measured = 1, []
    for count in (WARM_UP, *[UPDATES] * ROUNDS):
        began = asyncio.get_running_loop().time()
        acknowledged = await deliver(url, first, count)
        first += count
        ended = await patiently(lambda page, want=first - 1: read(page) >= want, f"{url}{counter}")
        measured.append(Round(acknowledged, ended - began))
    return measured[1:]


def linkhive_env(port: int, api: str, folder: str) -> dict[str, str]:
    return {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": api,
        "TELEGRAM_UPDATES": "webhook",
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LISTEN": f"127.0.0.1:{port}",
        "DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.db'}",
        "LOG_LEVEL": "ERROR",
    }


def handled_by_linkhive(page: str) -> int:
    done = 'linkhive_updates_total{outcome="done"}'
    return next((round(float(line.split()[-1])) for line in page.splitlines() if line.startswith(done)), 0)


async def linkhive(api: str) -> list[Round]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, process("bot", "run", env=linkhive_env(port, api, folder)):
        return await rounds(f"http://127.0.0.1:{port}", "/metrics", handled_by_linkhive)


async def peer(api: str) -> list[Round]:
    port = free_port()
    with process("bench.peer", str(port), api):
        return await rounds(f"http://127.0.0.1:{port}", "/handled", lambda page: int(page or -1))


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def row(name: str, measured: list[Round]) -> None:
    acknowledged = median([r.acknowledged.rate for r in measured])
    handled = median([r.handled_rate for r in measured])
    p99 = median([r.acknowledged.p99_ms for r in measured])
    refused = sum(r.acknowledged.refused for r in measured)
    print(f"{name:<46}{acknowledged:>12,.0f}{handled:>12,.0f}{p99:>10.1f}{refused:>9}")


async def main() -> None:
    api_port = free_port()
    api = f"http://127.0.0.1:{api_port}"
    with process("bench.botapi", str(api_port)):
        ours, theirs = await linkhive(api), await peer(api)
    print(f"{UPDATES:,} updates over {CONNECTIONS} connections, median of {ROUNDS} rounds")
    print(f"{'':<46}{'acked/s':>12}{'handled/s':>12}{'p99 ms':>10}{'refused':>9}")
    row("LinkHive, each update stored before its 200", ours)
    row("bare python-telegram-bot, nothing stored", theirs)
    ratio = median([r.acknowledged.rate for r in ours]) / median([r.acknowledged.rate for r in theirs])
    whole = median([r.handled_rate for r in ours]) / median([r.handled_rate for r in theirs])
    print(f"ratio: acknowledged {ratio:.2f}, handled to the end {whole:.2f}")
