"""An upload from a URL into a Disk.Top drive, beside curl and md5sum doing the same.

Both fetch from the sandbox's source server and send to its drive, which run in a process of their own; it
keeps the bytes and hashes them. The bytes are others each time, so that no upload is an instant one.

LinkHive: the bot as `linkhive run` starts it; somebody writes `/upload URL`, and the clock stops when the
card in the chat says that the file is in the drive. It fetches into its spool and hashes as bytes come, asks
for an instant upload, sends parts of the drive's size, four at a time, and completes.

curl: downloads to a file; md5sum; asks for an instant upload; sends parts of the same size, one after another
by one curl over one connection (four at a time, `--parallel`, was slower); completes. Cutting the file into
parts is not counted, and no card is drawn.

The two take turns, and who begins changes. A first turn of each is not counted: the machine gives memory that
was never used more slowly, and whoever comes first would pay for both.

Memory is the bot's highest resident memory during an upload, less what it held before the first.
"""

import asyncio
import json
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import psutil

from bench.curlpeer import Curl, Order
from bench.webhook import free_port, median
from tests.driver import Browser, Journal, Message, Person
from tests.e2e.process import Bot, surroundings

MIB = 1024**2
ONE, SOME, SOME_AT_ONCE = 1024 * MIB, 128 * MIB, 8
ROUNDS = 6
PATIENCE = 600.0
SPEED, MEMORY = 0.8, 64


@dataclass(frozen=True)
class Outside:
    """The sandbox's process as the others see it."""

    url: str
    settings: dict[str, str]
    tokens: dict[int, str]

    def order(self, person: int, size: int) -> Order:
        """Make a file that nobody has yet."""
        seed = secrets.token_hex(8)
        name = f"bench-{seed}.bin"
        return Order(f"{self.url}/files/{name}?size={size}&seed={seed}", name, size, self.tokens[person])


@dataclass(frozen=True)
class Turn:
    """How one turn of one side went."""

    size: int
    seconds: float
    cpu: float
    memory: float = 0.0

    @property
    def speed(self) -> float:
        return self.size / MIB / self.seconds


Side = tuple[list[Turn], Callable[[Sequence[Order]], Awaitable[Turn]]]


@asynccontextmanager
async def outside(folder: Path) -> AsyncIterator[Outside]:
    """Run the sandbox in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.outside",
        cwd=folder,
        env={**surroundings(), "TMPDIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        said = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        tokens = {int(person): token for person, token in said["tokens"].items()}
        yield Outside(said["url"], said["settings"], tokens)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()


class LinkHive:
    """The bot in a process of its own, and people who write to it."""

    def __init__(self, out: Outside, bot: Bot, people: Sequence[Person]) -> None:
        self._out = out
        self._people = people
        self._process = psutil.Process(bot.pid)
        self._status = Path(f"/proc/{bot.pid}/status")
        self._peak = Path(f"/proc/{bot.pid}/clear_refs")
        self.idle = self._held("VmRSS")

    async def all(self, orders: Sequence[Order]) -> Turn:
        """Have them all uploaded, each by a person of its own."""
        self._peak.write_text("5")  # forget the peak
        cpu, began = self._cpu(), time.perf_counter()
        await asyncio.gather(*map(self._one, self._people, orders))
        seconds = time.perf_counter() - began
        memory = self._held("VmHWM") - self.idle
        return Turn(sum(order.size for order in orders), seconds, self._cpu() - cpu, memory)

    async def _one(self, person: Person, order: Order) -> None:
        def ended(message: Message) -> bool:
            return order.name in _plain(message) and message.text.startswith(("✅", "❌"))

        await person.send(f"/upload {order.source}")
        card = await person.until(ended, PATIENCE, since=0)
        if not card.text.startswith("✅"):
            raise RuntimeError(card.text)

    def _held(self, what: str) -> float:
        line = next(line for line in self._status.read_text().splitlines() if line.startswith(what))
        return int(line.split()[1]) / 1024

    def _cpu(self) -> float:
        spent = self._process.cpu_times()
        return spent.user + spent.system


def _plain(message: Message) -> str:
    """A message's words without the joiners that keep names from becoming links."""
    return message.text.replace("\u2060", "")


@asynccontextmanager
async def linkhive(
    out: Outside, folder: Path, link: Callable[[Person], Awaitable[object]] | None = None, count: int = 8
) -> AsyncIterator[LinkHive]:
    """Run the bot with its default settings, and have people link their drives, or what is told."""
    port = free_port()
    address = {"PUBLIC_URL": f"http://127.0.0.1:{port}", "LISTEN": f"127.0.0.1:{port}"}
    database = {"DATABASE_URL": f"sqlite:///{folder / 'linkhive.db'}", "LOG_LEVEL": "ERROR"}
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(Bot({**out.settings, **address, **database}, folder))
        await bot.ready()
        ids = list(out.tokens)[:count]
        people = [await stack.enter_async_context(Person(out.url, id_)) for id_ in ids]
        for person in people:
            await (link or _link)(person)
        yield LinkHive(out, bot, people)


async def _link(person: Person) -> None:
    await person.send("/link disktop")
    card = await person.until(lambda message: any(button.url for button in message.buttons), 60)
    async with Browser(person.id) as browser:
        payload = await browser.link(next(button.url for button in card.buttons if button.url) or "")
    await person.start(payload)
    await person.until(lambda message: message.id > card.id and message.text.startswith("✅"), 60)


async def peer(curl: Curl, orders: Sequence[Order]) -> Turn:
    """Let curl have a turn."""
    cost = await curl.all(orders)
    return Turn(sum(order.size for order in orders), cost.seconds, cost.cpu)


async def settled(out: Outside, orders: Sequence[Order]) -> None:
    """See that all bytes went over the wire and lie in the drive, then delete them."""
    async with Journal(out.url) as journal, aiohttp.ClientSession() as http:
        calls = await journal.calls("disktop-upload", "POST", "/u")
        sent = sum(call.size for call in calls if call.status == 200)
        if sent < sum(order.size for order in orders):
            raise RuntimeError(f"only {sent} bytes were sent: nothing was measured")
        for order in orders:
            await _delete(http, f"{out.url}/disktop/v1/files", order)
        async with http.delete(f"{out.url}/control/journal") as reply:
            reply.raise_for_status()


async def _delete(http: aiohttp.ClientSession, api: str, order: Order) -> None:
    headers = {"Authorization": f"Bearer {order.token}"}
    async with http.get(f"{api}/search", params={"q": order.name}, headers=headers) as reply:
        (file,) = (await reply.json())["data"]["files"]
    if file["size"] != order.size:
        raise RuntimeError(f"{order.name} is not whole")
    fields = {"action": "delete", "file_ids[]": str(file["id"])}
    async with http.post(f"{api}/manage", data=fields, headers=headers) as reply:
        reply.raise_for_status()


async def turns(out: Outside, bot: LinkHive, curl: Curl, number: int, size: int) -> None:
    """Let both have turns, and print how they did."""
    ours: list[Turn] = []
    theirs: list[Turn] = []
    sides: list[Side] = [(ours, bot.all), (theirs, partial(peer, curl))]
    for _ in range(1 + ROUNDS):
        for taken, work in sides:
            orders = [out.order(person, size) for person in list(out.tokens)[:number]]
            taken.append(await work(orders))
            await settled(out, orders)
        sides.reverse()
    most = max(turn.memory for turn in ours)
    del ours[0], theirs[0]
    _show(f"{number} × {size // MIB:,} MiB from a URL into the drive", ours, theirs, most)


def _show(what: str, ours: list[Turn], theirs: list[Turn], most: float) -> None:
    print(f"{what}, median of {ROUNDS} turns")
    print(f"{'':<46}{'MiB/s':>12}{'seconds':>12}{'CPU s':>10}")
    for name, measured in (("LinkHive, from message to card", ours), ("curl and md5sum", theirs)):
        figures = [median([getattr(turn, what) for turn in measured]) for what in ("speed", "seconds", "cpu")]
        print(f"{name:<46}{figures[0]:>12,.0f}{figures[1]:>12,.1f}{figures[2]:>10.1f}")
    # Of neighbours: what else the machine does is then the same for both, more or less.
    ratio = median([one.speed / other.speed for one, other in zip(ours, theirs, strict=True)])
    print(f"ratio: {ratio:.2f} (promised: at least {SPEED})")
    print(f"memory: {most:.0f} MiB above idle at the most (promised: under {MEMORY})")


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="linkhive-bench-") as name:
        folder = Path(name)
        async with outside(folder) as out, linkhive(out, folder) as bot:
            curl = Curl(out.url, folder)
            await turns(out, bot, curl, 1, ONE)
            await turns(out, bot, curl, SOME_AT_ONCE, SOME)
