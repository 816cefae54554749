"""Comments of a resource: read as threads, written once, deleted by who may."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clients.acgbt.models import PAGE_SIZE, Comment
from clients.errors import ClientError, NotFound
from services.acgbt.catalogue import Catalogue
from services.clock import Clock
from services.credentials import UserCredentials
from services.errors import ServiceError
from services.names import Service
from services.recent import Recent
from services.steps import Reached, nothing
from storage import links
from storage.database import Database

# More comments than so many pages of the site hold are left to its own page.
MOST_PAGES = 4
SIZE = 50
SECONDS = 30.0
# Who looks after the site may delete what others wrote; whether somebody does changes seldom.
ADMIN, ROLES, ROLE_SECONDS = "admin", 2_000, 600.0


@dataclass(frozen=True)
class Placed:
    """Be a comment at its place: how deep it answers, and whom."""

    comment: Comment
    depth: int = 0
    answers: str = ""


@dataclass(frozen=True)
class Thread:
    """Hold the comments of one resource in the order they are read."""

    comments: tuple[Placed, ...] = ()
    total: int = 0

    def find(self, comment_id: int) -> Placed | None:
        """Return one comment, None where it is gone."""
        return next((one for one in self.comments if one.comment.id == comment_id), None)


class Comments:
    """Read and write comments."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        catalogue: Catalogue,
        credentials: UserCredentials,
        *,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._catalogue = catalogue
        self._credentials = credentials
        self._reached = reached
        self._threads: Recent[int, Thread] = Recent(SIZE)
        self._roles: Recent[tuple[int, str], str] = Recent(ROLES)

    async def thread(self, user_id: int, resource_id: int) -> Thread:
        """Return the comments of a resource, each behind what it answers."""
        now = self._clock.now()
        known = self._threads.get(resource_id, now)
        if known is None:
            known = await self._read(user_id, resource_id)
            self._threads.put(resource_id, known, now + SECONDS)
        return known

    async def _read(self, user_id: int, resource_id: int) -> Thread:
        found: dict[int, Comment] = {}
        total = 0
        for page in range(1, MOST_PAGES + 1):
            told = await self._catalogue.open(
                user_id,
                lambda who, page=page: self._catalogue.client.comments(  # type: ignore[misc]
                    who, resource_id, page=page, page_size=PAGE_SIZE
                ),
            )
            found |= {one.id: one for one in told.items}
            total = max(told.total, len(found))
            if page >= told.total_pages or not told.items:
                break
        return Thread(tuple(threaded(found.values())), total)

    async def own_id(self, user_id: int) -> str | None:
        """Return the number of the person's account there, None without a link."""
        link = await self._db.read(lambda tx: links.get(tx, user_id, Service.ACGBT))
        return None if link is None or link.state != "active" else link.account_id

    async def may_delete(self, user_id: int, comment: Comment) -> bool:
        """Tell whether a person may delete a comment: it is theirs, or they look after the site."""
        own = await self.own_id(user_id)
        if own is None:
            return False
        return str(comment.user_id) == own or await self._is_admin(user_id, own)

    async def _is_admin(self, user_id: int, own: str) -> bool:
        now = self._clock.now()
        role = self._roles.get((user_id, own), now)
        if role is None:
            try:
                profile = await self._credentials.call(user_id, Service.ACGBT, self._catalogue.client.profile)
            except (ClientError, ServiceError):
                return False
            role = profile.role
            self._roles.put((user_id, own), role, now + ROLE_SECONDS)
        return role == ADMIN

    async def write(self, user_id: int, resource_id: int, content: str, parent: int | None) -> Comment:
        """Write a comment, once; raises NotLinked before anything is sent."""
        client = self._catalogue.client
        try:
            made = await self._credentials.call(
                user_id, Service.ACGBT, lambda who: client.comment(who, resource_id, content, parent)
            )
        finally:
            # Where the end is in doubt the site is asked again as well.
            self._threads.drop(resource_id)
        await self._reached("comment.written")
        return made

    async def delete(self, user_id: int, resource_id: int, comment_id: int) -> None:
        """Delete a comment; one that is gone already is no error."""
        client = self._catalogue.client
        try:
            await self._credentials.call(
                user_id, Service.ACGBT, lambda who: client.delete_comment(who, comment_id)
            )
        except NotFound:
            pass
        finally:
            self._threads.drop(resource_id)

    def forget(self, resource_id: int) -> None:
        """Read the comments of a resource anew next time."""
        self._threads.drop(resource_id)


def threaded(comments: Iterable[Comment]) -> Sequence[Placed]:
    """Return comments with every answer behind what it answers, oldest answer first."""
    listed = list(comments)
    known = {one.id: one for one in listed}
    answers: dict[int, list[Comment]] = {}
    for one in listed:
        if one.parent_id is not None:
            answers.setdefault(one.parent_id, []).append(one)
    placed: list[Placed] = []
    seen: set[int] = set()

    def walk(one: Comment, depth: int) -> None:
        if one.id in seen:
            return
        seen.add(one.id)
        above = known.get(one.parent_id) if one.parent_id is not None else None
        placed.append(Placed(one, depth, above.username if above else ""))
        for answer in sorted(answers.get(one.id, ()), key=lambda c: (c.created_at or 0.0, c.id)):
            walk(answer, depth + 1)

    # An answer to what is gone stands where it was told.
    for one in listed:
        if one.parent_id is None or one.parent_id not in known:
            walk(one, 0)
    # Whoever answers in a circle is not lost.
    for one in listed:
        walk(one, 0)
    return placed
