"""An upload of 1 GiB from a URL to Mika, in chunks: what it costs, and how much memory it takes.

The bot runs as `linkhive run` starts it, the sandbox in a process of its own. Somebody writes `/upload URL`,
and the clock stops when the card says that the video is at Mika. The digest of what the stand-in kept is
compared: nothing is measured that did not arrive whole.

Memory is the bot's highest resident memory during an upload, less what it held before the first.
"""

import tempfile
from pathlib import Path

import aiohttp

from bench.curlpeer import Order
from bench.upload import MEMORY, MIB, ONE, ROUNDS, LinkHive, Outside, Turn, linkhive, outside
from bench.webhook import median
from tests.driver import Journal, Source
from tests.e2e.linking.keyed import link_mika, mika_of


def video(order: Order) -> Order:
    """Call an order a video: the site takes nothing else."""
    name = order.name.replace(".bin", ".mp4")
    return Order(order.source.replace(order.name, name), name, order.size, order.token)


async def settled(out: Outside, person: int, order: Order) -> None:
    """See that all bytes went over the wire and are whole at Mika, then delete the video."""
    async with Journal(out.url) as journal, aiohttp.ClientSession() as http:
        calls = await journal.calls("mika", "POST", "*/upload/chunk")
        sent = sum(call.size for call in calls if call.status == 200)
        if not order.size <= sent <= order.size + len(calls) * 2048:
            raise RuntimeError(f"{sent} bytes were sent")
        async with http.get(f"{out.url}/control/mika") as reply:
            (kept,) = (await reply.json())["videos"]
        seed = order.source.rpartition("seed=")[2]
        if (kept["size"], kept["md5"]) != (order.size, Source.md5(order.size, seed)):
            raise RuntimeError("what is there is not what was sent")
        await _delete(http, out.url, person, kept["id"])
        async with http.delete(f"{out.url}/control/journal") as reply:
            reply.raise_for_status()


async def _delete(http: aiohttp.ClientSession, url: str, person: int, video_id: int) -> None:
    own = mika_of(person)
    who = {"username": own.name, "password": own.password}
    async with http.post(f"{url}/mika/api/auth/login", json=who) as reply:
        token = (await reply.json())["data"]["token"]
    headers = {"Authorization": f"Bearer {token}"}
    async with http.delete(f"{url}/mika/api/videos/{video_id}", headers=headers) as reply:
        reply.raise_for_status()


async def turns(out: Outside, bot: LinkHive) -> list[Turn]:
    """Upload so often."""
    person, done = next(iter(out.tokens)), []
    for _ in range(ROUNDS):
        order = video(out.order(person, ONE))
        done.append(await bot.all([order]))
        await settled(out, person, order)
    return done


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="linkhive-bench-") as name:
        folder = Path(name)
        async with outside(folder) as out, linkhive(out, folder, link_mika, 1) as bot:
            done = await turns(out, bot)
    print(f"1 × {ONE // MIB:,} MiB from a URL to Mika in chunks, median of {ROUNDS} turns")
    speed, seconds, cpu = (median([getattr(t, what) for t in done]) for what in ("speed", "seconds", "cpu"))
    print(f"LinkHive, from message to card: {speed:,.0f} MiB/s, {seconds:,.1f} s, {cpu:.1f} s of CPU")
    most = max(turn.memory for turn in done)
    print(f"memory: {most:.0f} MiB above idle at the most (promised: under {MEMORY})")
