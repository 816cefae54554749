"""Pictures people send to the chat for what they publish: made plain, and shown from our own site.

ACGBT takes links only, and a link to a file at Telegram would hold the bot's key. So they lie here, each
under a name nobody can guess, of a draft until it is published and for good from then on.
"""

import asyncio
import re
import secrets
from collections.abc import Iterable, Sequence

from services import stills
from services.clock import Clock
from services.steps import Reached, nothing
from services.stills import BadPicture
from storage import pictures
from storage.database import Database
from storage.pictures import Picture
from storage.tx import Tx

PATH = "/pictures/"
# What is looked at before it is made smaller: as much as Telegram hands to bots.
MOST_BYTES = 20 * 1024**2
# Of one person, drafts and all.
MOST_PICTURES, MOST_KEPT = 500, 128 * 1024**2
NAME_BYTES = 24
_NAME = re.compile(r"[A-Za-z0-9_-]{32}\.jpg")
# So few look into the database at once that everything else finds its way there as well.
LOOKS_AT_ONCE = 2
# So many are taken side by side, from wherever they come: each may be 20 MB on the way.
TAKEN_AT_ONCE = 4


class SentPictures:
    """Keep pictures under `site`, our own public address; without one it is off."""

    def __init__(self, db: Database, clock: Clock, site: str | None, *, reached: Reached = nothing) -> None:
        self._db = db
        self._clock = clock
        self._site = site
        self._reached = reached
        self._turns = asyncio.Semaphore(LOOKS_AT_ONCE)
        # Held by who takes a picture, from its first byte on.
        self.taking = asyncio.Semaphore(TAKEN_AT_ONCE)

    @property
    def on(self) -> bool:
        """Tell whether everybody can reach us."""
        return self._site is not None

    async def known(self, user_id: int, message_id: int) -> str | None:
        """Return the address of the picture that a message brought before, as after a crash."""
        name = await self._db.read(lambda tx: pictures.brought(tx, user_id, message_id))
        return None if name is None else self._address(name)

    async def keep(self, user_id: int, message_id: int, data: bytes) -> str:
        """Keep the picture that a message brings and return its address.

        Raises BadPicture for what is no picture, and where a person has as many as anybody may have ("full").
        """
        if len(data) > MOST_BYTES:
            raise BadPicture("big")
        made = await stills.jpeg(data)
        name, now = f"{secrets.token_urlsafe(NAME_BYTES)}.jpg", self._clock.now()

        async def work(tx: Tx) -> str:
            kept = await pictures.kept(tx, user_id)
            if kept.number >= MOST_PICTURES or kept.size + len(made) > MOST_KEPT:
                raise BadPicture("full")
            return await pictures.add(tx, user_id, message_id, name, made, now)

        address = self._address(await self._db.write(work))
        await self._reached("picture.kept")
        return address

    async def lost(self, user_id: int, addresses: Sequence[str]) -> frozenset[str]:
        """Return those of a draft's addresses at which there is nothing any more."""
        if not addresses:
            return frozenset()
        names = {_name(address): address for address in addresses}
        there = await self._db.read(lambda tx: pictures.known(tx, user_id, names))
        return frozenset(names[name] for name in names.keys() - there)

    async def published(self, tx: Tx, user_id: int, addresses: Iterable[str]) -> None:
        """Note, in the commit that publishes, that pictures stay."""
        await pictures.turn(tx, user_id, map(_name, addresses), "published")

    async def withdrawn(self, user_id: int, addresses: Sequence[str]) -> None:
        """Note that what was to be published was refused: its pictures are a draft's again."""
        if addresses:
            await self._db.write(lambda tx: pictures.turn(tx, user_id, map(_name, addresses), "draft"))

    async def drop(self, user_id: int, addresses: Sequence[str]) -> None:
        """Delete pictures of a draft; what was published stays."""
        if addresses:
            await self._db.write(lambda tx: pictures.drop(tx, user_id, map(_name, addresses)))

    async def show(self, name: str) -> Picture | None:
        """Return the picture of a name; what cannot be a name is not looked for."""
        if _NAME.fullmatch(name) is None:
            return None
        async with self._turns:
            return await self._db.read(lambda tx: pictures.get(tx, name))

    def _address(self, name: str) -> str:
        return f"{self._site or ''}{PATH}{name}"


def _name(address: str) -> str:
    return address.rpartition("/")[2]
