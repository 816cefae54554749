"""Disk.Top as the place that uploads go to."""

from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath
from typing import TypeVar

from clients.disktop.client import DiskTop
from clients.disktop.errors import Differing, Incomplete
from clients.disktop.models import DriveFile, Precreated
from clients.errors import BadResponse, NotFound
from services.clock import Clock
from services.errors import ServiceOff
from services.names import Service
from services.tokens import Tokens
from services.uploads.model import Stored
from services.uploads.targets import Body, Damaged, Facts, Missing, Session

T = TypeVar("T")

UNKNOWN_KIND = "application/octet-stream"
# A session that ends within a minute is not worth going on with.
MARGIN = 60.0


class DiskTopTarget:
    """Upload into a person's Disk.Top drive; only begin and read-back need the person's token."""

    tells = True
    follows = False

    def __init__(
        self, clock: Clock, disktop: DiskTop | None, tokens: Tokens, changed: Callable[[int], None]
    ) -> None:
        self._clock = clock
        self._disktop = disktop
        self._tokens = tokens
        # What was read of somebody's drive is to be forgotten.
        self._changed = changed

    @property
    def _client(self) -> DiskTop:
        if self._disktop is None:
            raise ServiceOff(Service.DISKTOP)
        return self._disktop

    async def _call(self, user_id: int, work: Callable[[str], Awaitable[T]]) -> T:
        return await self._tokens.call(user_id, Service.DISKTOP, work)

    async def ready(self, user_id: int) -> None:
        """Raise ServiceOff, NotLinked or LinkLost where the person cannot upload at all."""
        await self._tokens.link(user_id, Service.DISKTOP)

    async def begin(self, user_id: int, folder: str, facts: Facts) -> Session | Stored:
        """Begin an upload, or end it at once where Disk.Top knows the bytes."""
        client, mime = self._client, facts.mime or UNKNOWN_KIND
        made = await self._call(
            user_id, lambda token: client.precreate(token, folder, facts.name, facts.size, facts.md5, mime)
        )
        if made.instant_upload:
            self._changed(user_id)
            return Stored(
                file_id=made.file_id, path=made.path or "", size=facts.size, md5=facts.md5, instant=True
            )
        return self._session(made, folder, facts)

    def _session(self, made: Precreated, folder: str, facts: Facts) -> Session:
        needed = -(-facts.size // made.chunk_size)
        if made.total_parts not in (0, needed):
            raise BadResponse(Service.DISKTOP, "precreate", "parts and sizes do not fit")
        return Session(
            ref=made.upload_id,
            endpoint=made.endpoint,
            chunk_size=made.chunk_size,
            total_parts=needed,
            expires_at=self._clock.now() + made.expires_in - MARGIN,
            folder=folder,
            name=facts.name,
            size=facts.size,
            md5=facts.md5,
        )

    async def parts(self, user_id: int, session: Session) -> frozenset[int]:
        """Return which parts have arrived; one that is there with another size counts as missing."""
        del user_id
        got = await self._client.parts(session.endpoint, session.ref)
        short = {
            number for number, part in got.parts.items() if part.size not in (None, session.length(number))
        }
        return frozenset(got.received_parts) - short

    async def send(self, user_id: int, session: Session, part: int, body: Body) -> None:
        """Send one part."""
        del user_id
        await self._client.send_chunk(session.endpoint, session.ref, part, body, session.length(part))

    async def complete(self, user_id: int, session: Session) -> Stored:
        """Make the parts a file, or raise Missing or Damaged."""
        try:
            made = await self._client.complete(session.endpoint, session.ref)
        except Incomplete as error:
            raise Missing from error
        except Differing as error:
            raise Damaged from error
        self._changed(user_id)
        return Stored(file_id=made.file_id, path=made.path or "", size=made.size, md5=made.md5 or "")

    async def abort(self, session: Session) -> None:
        """Have Disk.Top drop what it got."""
        await self._client.abort(session.endpoint, session.ref)

    async def find(self, user_id: int, folder: str, facts: Facts) -> Stored | None:
        """Look for these bytes in the folder, by the name's stem: a taken name gets a number."""
        client, inside = self._client, folder.rstrip("/")
        stem = PurePosixPath(facts.name).stem
        found = await self._call(user_id, lambda token: client.search(token, stem))
        same = [file for file in found.files if _same(file, facts)]
        for file in sorted(same, key=lambda file: file.name != facts.name):
            meta = await self._call(user_id, lambda token, it=file: client.meta(token, it.id))  # type: ignore[misc]
            if meta.path.rpartition("/")[0].endswith(inside):
                self._changed(user_id)
                return Stored(file_id=file.id, path=meta.path, size=facts.size, md5=facts.md5)
        return None

    async def discard(self, user_id: int, stored: Stored) -> None:
        """Delete a file that arrived damaged."""
        if stored.file_id is None:
            return
        ids = (stored.file_id,)
        try:
            await self._call(user_id, lambda token: self._client.delete(token, file_ids=ids))
        except NotFound:
            return
        self._changed(user_id)


def _same(file: DriveFile, facts: Facts) -> bool:
    return (file.size, (file.md5 or "").lower()) == (facts.size, facts.md5)
