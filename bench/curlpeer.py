"""curl and md5sum doing what an upload from a URL is: the peer of bench/upload.py."""

import asyncio
import json
import resource
import shutil
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

QUIET = ("curl", "--silent", "--show-error", "--fail")
# For split: numbered, with room for every number, so that the names sort.
CUT = ("--numeric-suffixes", "--suffix-length=5", "--bytes")
WHOLE = "whole"


@dataclass(frozen=True)
class Cost:
    """What something took: seconds on the wall, and of the processor."""

    seconds: float
    cpu: float


@dataclass(frozen=True)
class Order:
    """One file to bring into a drive."""

    source: str
    name: str
    size: int
    token: str


async def run(*command: str) -> str:
    """Run a command to its end and return what it said."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return said.decode()


class Curl:
    """Upload several files side by side, one after another within each."""

    def __init__(self, url: str, folder: Path) -> None:
        self._api = f"{url}/disktop/v1/files/upload/precreate"
        self._folder = folder

    async def all(self, orders: Sequence[Order]) -> Cost:
        """Upload them all; return what it took, without cutting the files into parts.

        curl cannot send a piece out of the middle of a file, so the pieces are laid out for nothing.
        """
        places = [self._folder / order.name for order in orders]
        try:
            begun, first = await _counted(map(self._begin, orders, places))
            for place, session in zip(places, begun, strict=True):
                await run("split", *CUT, str(session["chunk_size"]), str(place / WHOLE), str(place / "part-"))
            _, second = await _counted(map(self._send, begun, places))
        finally:
            for place in places:
                shutil.rmtree(place, ignore_errors=True)
        return Cost(first.seconds + second.seconds, first.cpu + second.cpu)

    async def _begin(self, order: Order, place: Path) -> dict[str, object]:
        """Download into a file, hash it, and open a session for it."""
        file = place / WHOLE
        await run(*QUIET, "--create-dirs", "--output", str(file), order.source)
        md5 = (await run("md5sum", str(file))).split()[0]
        facts = {"parent_path": "/", "name": order.name, "size": order.size, "md5": md5}
        fields = [word for name, value in facts.items() for word in ("--data-urlencode", f"{name}={value}")]
        said = await run(*QUIET, "--header", f"Authorization: Bearer {order.token}", *fields, self._api)
        session: dict[str, object] = json.loads(said)["data"]
        if session["instant_upload"]:
            raise RuntimeError("the drive knew these bytes: nothing was measured")
        return session

    async def _send(self, session: dict[str, object], place: Path) -> None:
        """Send all parts with one curl on one connection, and complete."""
        endpoint, upload_id = session["endpoint"], session["upload_id"]
        await run(*QUIET, "--config", _plan(f"{endpoint}/u?upload_id={upload_id}", place))
        await run(*QUIET, "--request", "POST", f"{endpoint}/u/{upload_id}/complete")


def _plan(url: str, place: Path) -> str:
    """Write down the transfers of all parts for one curl, and return where."""
    files = enumerate(sorted(place.glob("part-*")), start=1)
    plan = place / "plan"
    plan.write_text("next\n".join(_part(f"{url}&part_seq={number}", file) for number, file in files))
    return str(plan)


def _part(url: str, file: Path) -> str:
    """Return one transfer of curl's configuration: streamed, and without waiting for a 100."""
    lines = {
        "url": url,
        "request": "POST",
        "upload-file": str(file),
        "header": "Expect:",
        "output": "/dev/null",
    }
    plain = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
    return f'{plain}header = "Content-Type: application/octet-stream"\nsilent\nshow-error\nfail\n'


async def _counted(work: Iterable[Coroutine[Any, Any, T]]) -> tuple[list[T], Cost]:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    made = await asyncio.gather(*work)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return made, Cost(seconds, cpu)
