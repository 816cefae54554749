"""What the tests of D8 upload: files of every manner, the faults they meet, and how they are judged."""

import random
from dataclasses import dataclass, replace
from hashlib import md5
from typing import Any
from urllib.parse import urlencode

from sandbox.contents import Kept
from sandbox.disktop.oauth import open_grant
from sandbox.server import Sandbox
from sandbox.source import content
from services.clock import SystemClock
from services.uploads import Source
from services.uploads.record import Detail, kept
from services.uploads.running import begin
from storage import links, uploads
from storage.database import Database
from storage.tx import Tx
from storage.uploads import Row

PEOPLE = 8
CUTS: list[dict[str, Any]] = [
    {"kind": "drop"},
    {"kind": "reset"},
    {"kind": "reset_after", "seconds": 0.2},
    {"kind": "truncate", "after": True},
    {"kind": "status", "status": 500},
    {"kind": "html", "status": 502},
    {"kind": "lose"},
]
ENDS: list[dict[str, Any]] = [
    {"kind": "reset"},
    {"kind": "reset_after", "seconds": 0.2},
    {"kind": "truncate", "after": True},
    {"kind": "html", "status": 502, "after": True},
]


@dataclass
class Wanted:
    """One file to upload."""

    user: int
    name: str
    size: int
    seed: str
    query: dict[str, Any]
    upload_id: int = 0

    @property
    def md5(self) -> str:
        changed = "!" if self.query.get("mode") == "changed" else ""
        return content(self.size, self.seed + changed).true_md5()


async def link(box: Sandbox, db: Database) -> list[int]:
    """Link some drives with room for everything."""
    box.world.options.disktop_access_seconds = box.world.options.disktop_refresh_seconds = 1e8
    scopes, now = ("user.read", "files.app_data"), SystemClock().now()
    first = box.world.people[1001]
    users = list(range(2001, 2001 + PEOPLE))
    for user in users:
        box.world.people[user] = replace(first, id=user, disktop_uid=user, disk_total=1 << 50)
        grant = open_grant(box.world, user, scopes)
        new = links.NewLink(user, "disktop", grant["access_token"], grant["refresh_token"], scopes=scopes)
        await db.write(lambda tx, new=new: links.save(tx, new, now))  # type: ignore[misc]
    return users


def wish(rng: random.Random, user: int, number: int) -> Wanted:
    """Make up a file and how its source serves it."""
    length = rng.randrange(1, 1_200_000)
    mode = rng.choice(["ranges", "ranges", "noranges", "nolength", "cut", "cut", "changed", "redirect"])
    query: dict[str, Any] = {"mode": mode}
    if mode in ("cut", "changed"):
        query["at"] = rng.randrange(1, length + 1)
    if mode == "cut":
        query["times"] = rng.randrange(1, 4)
    return Wanted(user, f"file {number}.bin", length, f"{number}", query)


def url(box: Sandbox, wanted: Wanted) -> str:
    query = {"size": wanted.size, "seed": wanted.seed, **wanted.query}
    return f"{box.url}/files/{wanted.name.replace(' ', '%20')}?{urlencode(query)}"


async def queue(db: Database, box: Sandbox, wanted: Wanted) -> None:
    """Have a file wait, as `Uploads.add` leaves it."""
    detail = kept(Detail(source=Source(kind="url", ref=url(box, wanted))))
    now = SystemClock().now()

    async def work(tx: Tx) -> Row:
        row = await uploads.add(
            tx,
            user_id=wanted.user,
            chat_id=wanted.user,
            card_id=None,
            service="disktop",
            folder="/",
            detail=detail,
            now=now,
        )
        await begin(tx, row.id, wanted.user, now)
        return row

    wanted.upload_id = (await db.write(work)).id


def spoil(box: Sandbox, rng: random.Random) -> None:
    """Spoil some chunks and some ends of the files to come."""
    for _ in range(rng.randrange(0, 8)):
        part = rng.randrange(1, 7)
        fault = {**rng.choice(CUTS), "service": "disktop-upload", "path": f"/u?*part_seq={part}"}
        if fault["kind"] == "drop":
            fault["bytes"] = rng.randrange(1, 150_000)
        box.world.faults.add(fault)
    if rng.random() < 0.4:
        box.world.faults.add({**rng.choice(ENDS), "service": "disktop-upload", "path": "*/complete"})
    if rng.random() < 0.2:
        box.world.faults.add({**rng.choice(ENDS), "service": "disktop", "path": "*/precreate"})
    if rng.random() < 0.2:
        gone = {"kind": "status", "status": 404, "body": {"errno": "upload_expired"}}
        box.world.faults.add({**gone, "service": "disktop-upload", "path": "/u?*part_seq=2"})


def whole(box: Sandbox, wanted: Wanted) -> bool:
    """Tell whether the drive holds the file, once, with the right bytes."""
    drive = box.world.disktop.drive(wanted.user, box.world.now())
    stem = wanted.name.removesuffix(".bin")
    found = [item for item in drive.items.values() if item.name.startswith((f"{stem}.", f"{stem}("))]
    if len(found) != 1:
        return False
    held = found[0].content
    digest = (
        md5(held.path.read_bytes(), usedforsecurity=False).hexdigest()
        if isinstance(held, Kept)
        else content(wanted.size, wanted.seed).true_md5()
    )
    return digest == wanted.md5
