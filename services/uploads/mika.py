"""Mika as the place that uploads go to: small videos in one form, large ones in chunks."""

import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from clients.credentials import Credential
from clients.errors import BadResponse, NotFound, Rejected
from clients.mika.client import Mika
from clients.mika.models import Category, Uploaded, Video, VideoOrder
from services.clock import Clock
from services.credentials import UserCredentials
from services.mika import Videos
from services.names import Service
from services.uploads.about import About
from services.uploads.model import Stored
from services.uploads.pace import MIB
from services.uploads.targets import Body, Facts, Missing, Session

T = TypeVar("T")

# Up to this size a video goes up in one form: what is cut off is then sent again as a whole.
SIMPLE = MIB
# The site does not tell how long a session lasts: it says so when one is gone.
LASTS = 7 * 86_400.0
# Looked through for a video whose upload was answered by nothing.
LATEST = 20


class MikaTarget:
    """Upload as a person; the site does not tell which chunks it has."""

    tells = False
    follows = True

    def __init__(self, clock: Clock, credentials: UserCredentials, videos: Videos) -> None:
        self._clock = clock
        self._credentials = credentials
        self._videos = videos
        # Of uploads in one form, between their answer and the end of the run.
        self._made: dict[str, Stored] = {}

    async def _call(self, user_id: int, work: Callable[[Mika, Credential], Awaitable[T]]) -> T:
        return await self._videos.call(user_id, work)

    async def ready(self, user_id: int) -> None:
        """Raise ServiceOff, NotLinked or LinkLost where the person cannot upload at all."""
        self._videos.client()
        await self._credentials.call(user_id, Service.MIKA, _nothing)

    async def begin(self, user_id: int, folder: str, facts: Facts) -> Session:
        """Begin an upload; a small one begins when its bytes are sent."""
        about = About.read(folder)
        title, category = about.titled(facts.name), about.category_id
        if category is None:
            category = first_of(await self._videos.categories(user_id))
        ref, chunk, parts = secrets.token_hex(8), max(1, facts.size), 1
        if facts.size > SIMPLE:
            made = await self._call(
                user_id, lambda client, who: client.begin_upload(who, facts.name, facts.size, title, category)
            )
            ref, chunk, parts = made.upload_id, made.chunk_size, -(-facts.size // made.chunk_size)
            if made.total_chunks != parts:
                raise BadResponse(Service.MIKA, "begin_upload", "chunks and sizes do not fit")
        return Session(
            ref=ref,
            chunk_size=chunk,
            total_parts=parts,
            expires_at=self._clock.now() + LASTS,
            # Title and category can be changed later: it serves for any.
            folder=None,
            name=facts.name,
            size=facts.size,
            md5=facts.md5,
            whole=facts.size <= SIMPLE,
            title=title,
            category_id=category,
        )

    async def parts(self, user_id: int, session: Session) -> frozenset[int] | None:
        """Return None: the site does not tell; a video that went up in one form is there or is not."""
        if not session.whole:
            return None
        found = self._made.get(session.ref) or await self._look(user_id, session.title, session.size)
        if found is None:
            return frozenset()
        self._made[session.ref] = found
        return frozenset({1})

    async def send(self, user_id: int, session: Session, part: int, body: Body) -> None:
        """Send one chunk, or all of a small video."""
        if session.whole:
            await self._send_whole(user_id, session, body)
            return
        size = session.length(part)
        await self._call(
            user_id, lambda client, who: client.send_chunk(who, session.ref, part - 1, body, size)
        )

    async def _send_whole(self, user_id: int, session: Session, body: Body) -> None:
        done = await self._call(
            user_id,
            lambda client, who: client.upload(
                who,
                session.name,
                body,
                session.size,
                title=session.title,
                category_id=session.category_id,
            ),
        )
        self._made[session.ref] = await self._stored(user_id, session, done)

    async def complete(self, user_id: int, session: Session) -> Stored:
        """Make the chunks a video; raise Missing where the site lacks some."""
        if session.whole:
            found = self._made.pop(session.ref, None) or await self._look(
                user_id, session.title, session.size
            )
            if found is None:
                raise Missing
            return found
        try:
            done = await self._call(user_id, lambda client, who: client.complete(who, session.ref))
        except Rejected as error:
            # What it lacks, or what else it does not like, it says in words.
            raise Missing from error
        return await self._stored(user_id, session, done)

    async def _stored(self, user_id: int, session: Session, done: Uploaded) -> Stored:
        if done.id is not None:
            return _stored(done.id, session.title, session.size)
        found = await self._look(user_id, session.title, session.size)
        return found or Stored(path=session.title, size=session.size)

    async def abort(self, session: Session) -> None:
        """Leave the chunks to their age: the site has no call for it."""

    async def find(self, user_id: int, folder: str, facts: Facts) -> Stored | None:
        """Look for a video of this title and size among the latest."""
        return await self._look(user_id, About.read(folder).titled(facts.name), facts.size)

    async def _look(self, user_id: int, title: str, size: int) -> Stored | None:
        found = await self._call(
            user_id,
            lambda client, who: client.videos(who, size=LATEST, keyword=title, order=VideoOrder.NEWEST),
        )
        for one in found.items:
            if one.title == title and await self._has(user_id, one.id, size):
                return _stored(one.id, title, size)
        return None

    async def _has(self, user_id: int, video_id: int, size: int) -> bool:
        try:
            video: Video = await self._call(user_id, lambda client, who: client.video(who, video_id))
        except NotFound:
            return False
        return video.file_size == size

    async def discard(self, user_id: int, stored: Stored) -> None:
        """Delete a video that arrived damaged."""
        if (video_id := stored.file_id) is None:
            return
        try:
            await self._call(user_id, lambda client, who: client.delete_video(who, video_id))
        except NotFound:
            return


def _stored(video_id: int, title: str, size: int) -> Stored:
    return Stored(file_id=video_id, path=title, size=size)


def first_of(tree: Iterable[Category]) -> int | None:
    """Return the first category without any below it: what is filed there is filed somewhere."""
    for one in tree:
        return first_of(one.children) or one.id
    return None


async def _nothing(_who: Credential) -> None:
    """Ask for nothing but the account."""
