"""What the promises about linking stand on: replicas on one database, and who asked for tokens when."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from clients.disktop.client import DiskTop
from clients.hdhive.client import HDHive
from clients.transport import Transport
from sandbox.journal import Entry, Journal
from sandbox.server import Sandbox
from services import Services, building
from services.errors import AttemptProblem
from services.linking.tickets import Bound
from services.names import Service
from services.steps import Reached, nothing
from storage.crypto import KeyRing
from storage.database import Database
from tests.fixtures.databases import KEY
from tests.guarantees.wire import Wire

SERVICES = (Service.HDHIVE, Service.DISKTOP)
# Whom the people of these tests are at the services.
STARTER, OTHER = 1001, 1002


class Exchanges(Journal):
    """The sandbox's journal, which also knows every code and verifier that was ever given for tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: set[str] = set()
        self.verifiers: list[str] = []

    def add(self, *given: Any) -> Entry:
        entry = super().add(*given)
        if entry.path.endswith("/oauth/token"):
            # HDHive is asked in JSON, Disk.Top by a form; codes are letters and digits in both.
            words = entry.body.replace('"', "&").replace(":", "=").replace("=&", "=")
            fields = dict(parse_qsl(words))
            self.codes.add(fields.get("code", ""))
            if "code_verifier" in fields:
                self.verifiers.append(fields["code_verifier"])
        return entry

    @property
    def requests(self) -> int:
        """How often anybody asked for tokens, at either service."""
        return sum(self.count(service, "POST", "/oauth/token") for service in SERVICES)


def watch(box: Sandbox) -> Exchanges:
    """Put the watching journal into a sandbox."""
    journal = Exchanges()
    box.world.journal = journal
    return journal


@asynccontextmanager
async def replica(
    box: Sandbox, db: Database, public_url: str = "http://127.0.0.1:8080", *, reached: Reached = nothing
) -> AsyncIterator[Services]:
    """The use cases of one process on a database, with real clients and the clock of the sandbox."""
    own = box.world.credentials
    async with AsyncExitStack() as stack:
        to = {name: Transport(name, f"{box.url}/{name}", backoff=0.0) for name in SERVICES}
        for transport in to.values():
            stack.push_async_callback(transport.aclose)
        services = building.build(
            db,
            box.world.clock,
            public_url=public_url,
            hdhive=HDHive(to[Service.HDHIVE], own.hdhive_client_id, own.hdhive_app_secret),
            disktop=DiskTop(to[Service.DISKTOP], own.disktop_client_id, own.disktop_client_secret),
            reached=reached,
        )
        yield services
        await services.close()


@asynccontextmanager
async def replicas(box: Sandbox, url: str, number: int = 2) -> AsyncIterator[list[Services]]:
    """Several of them, each with connections of its own."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(number):
            db = await Database.open(url, KeyRing([KEY]))
            stack.push_async_callback(db.close)
            made.append(await stack.enter_async_context(replica(box, db)))
        yield made


async def allow(sandbox: Wire, authorize_url: str, person: int) -> str:
    """Press Allow in the browser of a person; returns the address of the callback."""
    parts = urlsplit(authorize_url)
    fields = dict(parse_qsl(parts.query)) | {"decision": "allow"}
    headers = {"cookie": f"sandbox_person={person}", "content-type": "application/x-www-form-urlencoded"}
    answer = await sandbox.ask("POST", parts.path, headers, urlencode(fields).encode())
    assert answer.status == 303, answer
    return answer.get("location")


def field(address: str, name: str) -> str:
    """Return a field of an address's query."""
    return parse_qs(urlsplit(address).query)[name][0]


def below(address: str) -> str:
    """Return an address without its host."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


async def kind_of(attempt: Awaitable[Any]) -> str:
    """Return what became of an attempt: "" when it went on, else why not."""
    try:
        await attempt
    except AttemptProblem as problem:
        return problem.kind
    return ""


async def bound_by(services: Services, user_id: int, service: Service) -> Bound:
    """Start a link for a user and press the ticket page's button."""
    url = await services.linking.start(user_id, service, "n", user_id, None, None)
    return await services.linking.bind(url.rpartition("/")[2])


async def ticket_of(services: Services, user_id: int, service: Service) -> str:
    """Start a link for a user; returns the path of its ticket page."""
    url = await services.linking.start(user_id, service, "<小雨>", user_id, None, "zh")
    return below(url)
