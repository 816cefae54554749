"""B3 and B4: no fault of a service unlinks anybody, no odd token answer is an exception."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from clients.disktop.client import DiskTop
from clients.errors import BadResponse, ClientError
from clients.hdhive.client import HDHive
from clients.oauth import TokenGrant, read_grant
from clients.transport import Timeouts, Transport
from sandbox.faults import Fault
from sandbox.server import Sandbox
from services.errors import LinkLost
from services.names import Service
from services.providers import DiskTopProvider, HDHiveProvider, Provider
from services.refreshing import Refreshing
from services.tokens import Tokens
from storage.database import Database
from tests.guarantees.figures import at_least, exactly, size
from tests.guarantees.workers_house import LINKED, application, forgiving, link_users, links_of, notices

# For each of the services, so in all twice as many.
FAULTS = size(150, 5_000)
USERS = list(range(8000, 8000 + size(4, 20)))
ANSWERS = size(2_500, 50_000)
SENT = size(50, 1_000)

pytestmark = [pytest.mark.timeout(1500), pytest.mark.parametrize("service", LINKED)]
Client = HDHive | DiskTop


@pytest.fixture
async def transports(box: Sandbox, service: str) -> AsyncIterator[dict[str, Transport]]:
    """Ways to the service: the real one, and those that end before it."""
    short: dict[str, Any] = {"timeout": Timeouts(2, 0.25, 1), "backoff": 0.001, "max_bytes": 200_000}
    tls = box.url.replace("http:", "https:")
    made = {
        "open": Transport(service, f"{box.url}/{service}", **short),
        "refused": Transport(service, f"http://127.0.0.1:9/{service}", **short),
        "no name": Transport(service, f"http://nowhere.invalid/{service}", **short),
        "no tls": Transport(service, f"{tls}/{service}", **short),
    }
    yield made
    for transport in made.values():
        await transport.aclose()


def tokens(box: Sandbox, db: Database, transport: Transport) -> tuple[Tokens, Client, Refreshing]:
    client: Client
    provider: Provider
    if transport.service == "hdhive":
        client = HDHive(transport, *application(box, "hdhive"))
        provider = HDHiveProvider(client, ("meta",))
    else:
        client = DiskTop(transport, *application(box, "disktop"))
        provider = DiskTopProvider(client, ("user.read",))
    refreshing = Refreshing(db, box.world.clock, {provider.service: provider})
    return Tokens(db, box.world.clock, refreshing), client, refreshing


SPOILED: list[dict[str, Any]] = [
    *({"kind": "status", "status": status} for status in (400, 401, 403, 404, 409, 418, 500, 502, 503, 504)),
    *({"kind": "status", "status": status, "after": True} for status in (500, 502)),
    *({"kind": "html", "status": status} for status in (200, 401, 403, 502)),
    *(
        {"kind": "retry_after", "retry_after": 30, "style": s}
        for s in ("header", "date", "top", "data", "none")
    ),
    {"kind": "status", "status": 200, "body": {"success": False, "code": "SOMETHING_NEW", "message": "?"}},
    {"kind": "status", "status": 401, "body": {"success": False, "code": "INVALID_API_KEY"}},
    {"kind": "status", "status": 400, "body": {"error": "temporarily_unavailable"}},
    *({"kind": kind} for kind in ("reset", "reset_after", "bad_json", "redirect", "wrong_types", "truncate")),
    *({"kind": kind} for kind in ("hang", "huge")),
    {"kind": "drip", "seconds": 0.0},
    {"kind": "drip", "seconds": 0.05},
    {"kind": "delay", "seconds": 0.4},
    {"kind": "delay", "seconds": 0.4, "after": True},
    {"kind": "status", "status": 200, "body": []},
    {"kind": "status", "status": 200, "body": ""},
]
PLACES = ("*/oauth/*", "*/quota", "*")


async def everybody(lent: Tokens, client: Client) -> list[Any]:
    service = Service.HDHIVE if isinstance(client, HDHive) else Service.DISKTOP
    work: Callable[[str], Awaitable[object]] = client.quota
    calls = (lent.call(user, service, work) for user in USERS)
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_b3_faults_never_unlink(
    box: Sandbox, sqlite_db: Database, transports: dict[str, Transport], service: str
) -> None:
    # An answer that was spoiled may have rotated the token; that a service forgives such is B2's matter.
    forgiving(box, service, 1e9)
    box.world.options.change({f"{service}_refresh_seconds": 1e10})
    await link_users(box, sqlite_db, USERS, service)
    hits, odd = 0, Counter[str]()
    for way in ("refused", "no name", "no tls"):
        lent, client, _ = tokens(box, sqlite_db, transports[way])
        box.world.clock.advance(7300)
        hits += unhandled(await everybody(lent, client), odd)
    lent, client, refreshing = tokens(box, sqlite_db, transports["open"])
    number = 0
    while hits < FAULTS:
        spoiled, place = SPOILED[number % len(SPOILED)], PLACES[number // len(SPOILED) % len(PLACES)]
        number += 1
        fault: Fault = box.world.faults.add({"service": service, "path": place, "times": 0, **spoiled})
        box.world.clock.advance(7300)
        unhandled(await everybody(lent, client), odd)
        hits += fault.hits
        box.world.faults.clear()
        box.world.journal.clear()
    box.world.clock.advance(7300)
    good = sum(not isinstance(end, BaseException) for end in await everybody(lent, client))
    await refreshing.close()
    lost = sum(link.state != "active" for link in await links_of(sqlite_db, USERS, service))
    at_least("B3", f"spoiled calls, every kind, over sockets, {service}", hits, FAULTS)
    exactly("B3", f"links dropped, {service}", lost)
    exactly("B3", f"of {len(USERS)} links that work afterwards, {service}", good, len(USERS))
    exactly("B3", f"notices of a loss, {service}", await notices(sqlite_db, "link_lost"))
    exactly("B3", f"errors that are none of ours, {service} {dict(odd) or ''}".strip(), odd.total())


def unhandled(ends: list[Any], odd: Counter[str]) -> int:
    """Count the failed calls, and note what is neither an answer nor a clear error."""
    failed = [end for end in ends if isinstance(end, BaseException)]
    odd.update(repr(end) for end in failed if not isinstance(end, ClientError) or isinstance(end, LinkLost))
    return len(failed)


class Odd:
    """Makes token answers nobody would expect."""

    LEAVES = (
        *(None, True, False, 0, -1, 1, 7200, 7200.5, -7200, 1e308, -1e308, 10**400, 2**63, "", " ", "7200"),
        *(
            "soon",
            "1e999",
            "NaN",
            "abc.def",
            "\x00",
            "\ud800",
            "令牌",
            "a b",
            "x" * 9000,
            "\u202e",
            "Bearer x",
        ),
        *([], {}, ["a"], [None], [[]], {"a": 1}, "meta query", "meta,query", ["meta", 3, None]),
    )
    NAMES = ("access_token", "refresh_token", "expires_in", "refresh_expires_in", "scope", "scopes")

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def leaf(self) -> Any:
        return self.chance.choice(self.LEAVES)

    def grant(self) -> Any:
        if self.chance.random() < 0.03:
            return self.leaf()
        asked = {name: self.leaf() for name in self.NAMES if self.chance.random() < 0.75}
        if self.chance.random() < 0.6:
            asked["access_token"] = f"a{self.chance.getrandbits(60):x}"
        if self.chance.random() < 0.2:
            asked[self.chance.choice(("token_type", "extra", "error"))] = self.leaf()
        return asked

    def answer(self) -> str:
        grant = self.grant()
        whole = self.chance.choice(
            (
                grant,
                {"success": True, "data": grant},
                {"data": grant},
                {"success": self.leaf(), "data": grant},
            )
        )
        text = json.dumps(whole)
        return text[: self.chance.randrange(len(text))] if self.chance.random() < 0.03 else text


def test_b4_odd_answers_are_parsed_or_refused(service: str) -> None:
    odd, wrong, good = Odd(4 + LINKED.index(service)), Counter[str](), 0
    for _ in range(ANSWERS):
        asked = odd.grant()
        try:
            grant = read_grant(asked, service=service, operation="refresh")
        except BadResponse:
            continue
        except Exception as error:  # noqa: BLE001 - this is what must not be
            wrong[repr(error)[:80]] += 1
            continue
        good += 1
        wrong["not usable"] += not usable(grant)
    at_least("B4", f"fuzzed answers through the parser, {service}", ANSWERS, ANSWERS)
    at_least("B4", f"of them with a token in them, {service}", good, ANSWERS // 2)
    exactly("B4", f"exceptions, {service} {dict(+wrong) or ''}".strip(), wrong.total())


def usable(grant: TokenGrant) -> bool:
    times = [time for time in (grant.expires_in, grant.refresh_expires_in) if time is not None]
    return bool(grant.access_token.isascii()) and all(0 <= time < float("inf") for time in times)


async def test_b4_odd_answers_over_sockets_leave_a_link_that_works(
    box: Sandbox, sqlite_db: Database, transports: dict[str, Transport], service: str
) -> None:
    users, odd, wrong, bad = list(range(9000, 9020)), Odd(6 + LINKED.index(service)), Counter[str](), 0
    box.world.options.change({f"{service}_refresh_seconds": 1e10})
    lent, _, _ = tokens(box, sqlite_db, transports["open"])
    for number in range(SENT):
        user = users[number % len(users)]
        await link_users(box, sqlite_db, [user], service)
        box.world.clock.advance(7300)
        odd_answer = {"kind": "status", "status": 200, "body": odd.answer()}
        box.world.faults.add({"service": service, "path": "*/oauth/*", **odd_answer})
        try:
            await lent.call(user, Service(service), echo)
        except ClientError:
            pass
        except Exception as error:  # noqa: BLE001 - this is what must not be
            wrong[f"{error!r} for {odd_answer['body'][:80]}"] += 1
        box.world.faults.clear()
        box.world.journal.clear()
        (link,) = await links_of(sqlite_db, [user], service)
        bad += link.state != "active" or not link.access_token or not link.refresh_token
    at_least("B4", f"odd answers to a real refresh, over sockets, {service}", SENT, SENT)
    exactly("B4", f"links that do not work afterwards, {service}", bad)
    exactly("B4", f"exceptions in them, {service} {dict(wrong) or ''}".strip(), wrong.total())


async def echo(token: str) -> str:
    return token
