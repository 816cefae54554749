"""The door before Disk.Top's business API: access token and scopes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.disktop.envelope import Refusal
from sandbox.people import Person
from sandbox.states.drive import Drive
from sandbox.world import World


@dataclass(frozen=True)
class Caller:
    """Who calls: the world, the person behind the token, and what was granted."""

    world: World
    person: Person
    scopes: frozenset[str]

    @property
    def drive(self) -> Drive:
        """Return the person's drive."""
        return self.world.disktop.drive(self.person.id, self.world.now())

    @property
    def root(self) -> int:
        """Return the folder `/` means: the app's own one unless the whole disk was granted."""
        whole = self.scopes & {"files.read_all", "files.write_all"}
        return 0 if whole else self.drive.app_root

    def need(self, *scopes: str) -> None:
        """Demand that one of some scopes was granted."""
        if not self.scopes.intersection(scopes):
            raise Refusal("insufficient_scope", f"需要 {' 或 '.join(scopes)}")


Work = Callable[[Caller, Request], Awaitable[Response]]


def admit(world: World, request: Request) -> Caller:
    """Return the caller; raises invalid_token."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    grant = world.disktop.grants.by_access(token) if kind.lower() == "bearer" else None
    if grant is None or grant.revoked or grant.access[token] <= world.now():
        raise Refusal("invalid_token")
    person = world.people[grant.person]
    scopes = frozenset(s for s in grant.scopes if person.scopes is None or s in person.scopes)
    return Caller(world, person, scopes)


def route(world: World, path: str, method: str, work: Work) -> Route:
    """Return a route whose refusals become answers."""

    async def handle(request: Request) -> Response:
        try:
            return await work(admit(world, request), request)
        except Refusal as refusal:
            plain = bool(world.options.extra.get("disktop_errors_as_200"))
            return refusal.answer(plain=plain)

    return Route(path, handle, methods=[method])
