"""What ACGBT lists, kept for moments: open to everybody, signed for who has a key."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from clients.acgbt.client import ACGBT
from clients.acgbt.models import Category, Resource, ResourcePage
from clients.credentials import Credential
from clients.errors import Forbidden
from services.clock import Clock
from services.credentials import UserCredentials
from services.errors import LinkLost, NotLinked, ServiceOff
from services.names import Service
from services.recent import Recent

T = TypeVar("T")
Order = Literal["created_at", "downloads", "seeders", "title"]

A_PAGE = 8
SIZE = 500
LIST_SECONDS = 30.0
DETAIL_SECONDS = 60.0
CATEGORY_SECONDS = 600.0
# A tree whose parents go round in a circle ends here.
DEEPEST = 10


@dataclass(frozen=True)
class Wanted:
    """Be what is listed: what words find, or what there is, of one category or of all, in an order."""

    words: str = ""
    category: int | None = None
    order: Order = "created_at"
    descending: bool = True


NEWEST = Wanted()


@dataclass(frozen=True)
class Categories:
    """Hold all categories, each behind its parent."""

    all: tuple[Category, ...] = ()

    def find(self, category_id: int | None) -> Category | None:
        """Return one category, None where there is none (any more)."""
        return next((one for one in self.all if one.id == category_id), None)

    def depth(self, category: Category) -> int:
        """Return how many categories lie above one."""
        return len(self.line(category.id)) - 1

    def line(self, category_id: int | None) -> Sequence[int]:
        """Return a category with those above it, itself first; of an unknown one only itself."""
        found: list[int] = []
        while category_id is not None and category_id not in found and len(found) < DEEPEST:
            found.append(category_id)
            category = self.find(category_id)
            category_id = None if category is None else category.parent_id
        return found


class Catalogue:
    """Read what is open to everybody."""

    def __init__(self, clock: Clock, acgbt: ACGBT | None, credentials: UserCredentials) -> None:
        self._clock = clock
        self._acgbt = acgbt
        self._credentials = credentials
        self._pages: Recent[tuple[Wanted, int], ResourcePage] = Recent(SIZE)
        self._details: Recent[int, Resource] = Recent(SIZE)
        self._categories: Recent[str, Categories] = Recent(1)

    @property
    def client(self) -> ACGBT:
        """Return the client or raise ServiceOff."""
        if self._acgbt is None:
            raise ServiceOff(Service.ACGBT)
        return self._acgbt

    async def open(self, user_id: int | None, work: Callable[[Credential | None], Awaitable[T]]) -> T:
        """Make a call that is open to everybody: with the person's key where there is one that serves."""
        client_is_on = self.client is not None
        if client_is_on and user_id is not None:
            try:
                return await self._credentials.call(user_id, Service.ACGBT, work)
            except (NotLinked, LinkLost, Forbidden):
                # A key that may not read is worth as much as none.
                pass
        return await work(None)

    async def listed(self, user_id: int | None, wanted: Wanted, page: int = 0) -> ResourcePage:
        """Return one page of a list; page 0 is the first. What lies past the end is an empty page."""
        now = self._clock.now()
        known = self._pages.get((wanted, page), now)
        if known is None:
            known = await self.open(user_id, lambda who: self._ask(who, wanted, page))
            self._pages.put((wanted, page), known, now + LIST_SECONDS)
        return known

    async def _ask(self, who: Credential | None, wanted: Wanted, page: int) -> ResourcePage:
        if wanted.words:
            return await self.client.search(who, wanted.words, page=page + 1, page_size=A_PAGE)
        return await self.client.resources(
            who,
            page=page + 1,
            page_size=A_PAGE,
            category_id=wanted.category,
            order_by=wanted.order,
            order_dir="desc" if wanted.descending else "asc",
        )

    async def resource(self, user_id: int, resource_id: int) -> Resource:
        """Return one resource with its links; raises NotFound."""
        now = self._clock.now()
        known = self._details.get(resource_id, now)
        if known is None:
            known = await self.open(user_id, lambda who: self.client.resource(who, resource_id))
            self._details.put(resource_id, known, now + DETAIL_SECONDS)
        return known

    async def categories(self, user_id: int | None) -> Categories:
        """Return all categories."""
        now = self._clock.now()
        known = self._categories.get("all", now)
        if known is None:
            known = Categories(await self.open(user_id, self.client.categories))
            self._categories.put("all", known, now + CATEGORY_SECONDS)
        return known

    def forget(self) -> None:
        """Forget the lists: something was published."""
        self._pages.clear()
