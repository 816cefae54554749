"""A3, A4: how often and how long the secrets of a link work, and the verifier that is each link's own."""

import asyncio
import base64
import hashlib
import random
import re

from sqlalchemy import text

from sandbox.server import Sandbox
from services import Services
from services.linking.tickets import Bound
from services.names import Service
from storage import attempts
from storage.crypto import digest
from storage.tx import Tx
from tests.guarantees.figures import exactly, size
from tests.guarantees.linking_parts import (
    SERVICES,
    STARTER,
    Exchanges,
    allow,
    bound_by,
    field as query_field,
    kind_of,
    replicas,
    watch,
)
from tests.guarantees.wire import Wire


async def test_a3_state_and_nonce_work_once_and_not_for_long(box: Sandbox, any_url: str) -> None:
    """Split 100 replays of each secret over two processes' worth of connections on one database."""
    kind = any_url.partition(":")[0]
    exchanges, rng = watch(box), random.Random(3)
    rounds = size(4, 750 if kind == "sqlite" else 250)
    secrets: list[str] = []
    winners = late = 0
    async with replicas(box, any_url) as houses, Wire(box.port) as sandbox:
        for number in range(rounds):
            service = SERVICES[number % 2]
            bound = await bound_by(houses[0], number + 1, service)
            callback = await allow(sandbox, bound.authorize_url, STARTER)
            state, code = query_field(callback, "state"), query_field(callback, "code")
            come = [h.linking.returned(service, state, code, None, bound.cookie_value) for h in houses * 50]
            back = [x for x in await asyncio.gather(*come, return_exceptions=True) if not _refused(x)]
            ends = [h.linking.finish(number + 1, back[0].payload) for h in houses * 50]
            linked = [x for x in await asyncio.gather(*ends, return_exceptions=True) if not _refused(x)]
            winners += len(back) == len(linked) == 1
            secrets += [state, bound.cookie_value, back[0].payload.removeprefix("l_")]
            if number % 10 == 0:
                late += await _late(box, houses, sandbox, rng)
        stored = repr(await houses[0].db.read(_everything))
        in_plain = [secret for secret in secrets if secret in stored]
    exactly("A3", f"100 replays of state and nonce: one winner, {kind}", winners, rounds)
    exactly("A3", f"token requests beside those of the winners, {kind}", exchanges.requests - rounds)
    exactly("A3", f"states and nonces that worked too late, {kind}", late)
    bad = _weak(secrets) + len(in_plain)
    exactly("A3", f"secrets repeated, under 256 bits or in plain, {kind}", bad)


def _refused(outcome: object) -> bool:
    if isinstance(outcome, BaseException):
        assert type(outcome).__name__ == "AttemptProblem", outcome
        return True
    return False


def _weak(secrets: list[str]) -> int:
    shaped = [s for s in secrets if re.fullmatch(r"[A-Za-z0-9_-]{43}", s)]
    return len(secrets) - len(set(shaped))


async def _late(box: Sandbox, houses: list[Services], sandbox: Wire, rng: random.Random) -> int:
    """Come back at or after the end of a ticket, a state and a nonce; count what still worked."""
    first, second = houses
    ticket = (await first.linking.start(1, Service.HDHIVE, "n", 1, None, None)).rpartition("/")[2]
    waiting, returning = [await bound_by(first, user + 1, Service.DISKTOP) for user in (1, 2)]
    states = [
        query_field(await allow(sandbox, b.authorize_url, STARTER), "state") for b in (waiting, returning)
    ]
    back = await second.linking.returned("disktop", states[1], "c", None, returning.cookie_value)
    box.world.clock.advance(300 + rng.choice([0, 0, 1, 299]))
    worked = await kind_of(second.linking.finish(3, back.payload)) != "expired"
    box.world.clock.advance(300 + rng.choice([0, 0, 1, 86_400]))
    worked += await kind_of(second.linking.look(ticket)) != "expired"
    worked += await kind_of(first.linking.bind(ticket)) != "expired"
    worked += (
        await kind_of(second.linking.returned("disktop", states[0], "c", None, waiting.cookie_value))
        != "expired"
    )
    return worked


async def _everything(tx: Tx) -> list[object]:
    rows = [(await tx.conn.execute(text(f"SELECT * FROM {table}"))).all() for table in ("attempts", "links")]
    return [bytes(v) if isinstance(v, memoryview) else v for table in rows for row in table for v in row]


async def test_a4_every_way_has_a_verifier_of_its_own(box: Sandbox, sqlite_url: str) -> None:
    exchanges, number = watch(box), size(200, 10_000)
    verifiers: set[str] = set()
    wrong = 0
    async with replicas(box, sqlite_url, 1) as (house,), Wire(box.port) as sandbox:
        url = await house.linking.start(1, Service.DISKTOP, "n", 1, None, None)
        ticket = url.rpartition("/")[2]
        for n in range(number):
            bound = await house.linking.bind(ticket)
            verifier = await _verifier(house, ticket)
            expected = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
            wrong += query_field(bound.authorize_url, "code_challenge") != expected.decode()
            wrong += query_field(bound.authorize_url, "code_challenge_method") != "S256"
            verifiers.add(verifier)
            if n % 20 == 0:
                wrong += await _finished(house, sandbox, exchanges, bound, verifier)
                url = await house.linking.start(n + 2, Service.DISKTOP, "n", n + 2, None, None)
                ticket = url.rpartition("/")[2]
        plain = await bound_by(house, 2, Service.HDHIVE)
    wrong += "challenge" in plain.authorize_url
    exactly("A4", "distinct verifiers", len(verifiers), number)
    exactly("A4", "challenges that are not S256 of the verifier sent", wrong)
    exactly("A4", "verifiers shorter than 256 bits", sum(len(v) < 43 for v in verifiers))


async def _verifier(house: Services, ticket: str) -> str:
    attempt = await house.db.read(lambda tx: attempts.by_ticket(tx, digest(ticket)))
    assert attempt is not None
    return attempt.verifier or ""


async def _finished(house: Services, sandbox: Wire, exchanges: Exchanges, bound: Bound, verifier: str) -> int:
    """Finish a link at the service, which checks the verifier itself; return 1 when it was another one."""
    callback = await allow(sandbox, bound.authorize_url, STARTER)
    state, code = query_field(callback, "state"), query_field(callback, "code")
    back = await house.linking.returned("disktop", state, code, None, bound.cookie_value)
    stored = await house.db.read(lambda tx: attempts.by_state(tx, "disktop", digest(state)))
    await house.linking.finish(stored.user_id, back.payload)
    return exchanges.verifiers[-1] != verifier
