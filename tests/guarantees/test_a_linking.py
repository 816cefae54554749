"""A1, A2: who can finish a link, and in which browser."""

import asyncio
import random
from dataclasses import dataclass, field

from sqlalchemy import select, text

from bot.wiring import House
from sandbox.server import Sandbox
from services.names import Service
from storage.crypto import digest
from storage.schema import links
from storage.tx import Tx
from tests.conftest import Start
from tests.guarantees.figures import at_least, exactly, size
from tests.guarantees.linking_parts import (
    OTHER,
    SERVICES,
    STARTER,
    Exchanges,
    allow,
    below,
    bound_by,
    field as query_field,
    kind_of,
    watch,
)
from tests.guarantees.wire import Answer, Wire

WAYS = (("starter",), ("other",), ("starter", "other"), ("other", "starter"))


@dataclass
class Someone:
    """A Telegram user with a browser that is signed in at the services."""

    name: str
    id: int
    account: int
    cookies: dict[str, str] = field(default_factory=dict)

    async def open(self, web: Wire, target: str, method: str = "GET") -> Answer:
        worn = {"cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} if self.cookies else {}
        answer = await web.ask(method, target, worn)
        self.cookies.update(answer.cookies)
        return answer


@dataclass
class Run:
    """One link from the button on, each of whose four addresses anybody of the two may open, in any order."""

    house: House
    exchanges: Exchanges
    web: Wire
    sandbox: Wire
    rng: random.Random
    number: int
    early: int = 0
    codes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        first = 10_000_000 + 2 * self.number
        self.starter = Someone("starter", first, STARTER)
        self.other = Someone("other", first + 1, OTHER)
        self.service = self.rng.choice(SERVICES)

    def openers(self) -> list[Someone]:
        return [getattr(self, name) for name in self.rng.choice(WAYS)]

    def note_early(self) -> None:
        self.early += len(self.exchanges.codes.intersection(self.codes))

    async def go(self) -> bool:
        """Go the whole way; tell whether by the rules a link must have come of it."""
        bound, authorize = await self.button()
        callbacks = [await allow(self.sandbox, authorize, who.account) for who in self.openers()]
        self.codes = [query_field(callback, "code") for callback in callbacks]
        payload, proven = await self.callback(self.rng.choice(callbacks), bound)
        self.note_early()
        return await self.press_start(payload, proven)

    async def button(self) -> tuple[Someone, str]:
        linking = self.house.services.linking
        ticket = await linking.start(self.starter.id, self.service, "小雨", self.starter.id, None, "zh")
        for who in self.openers():
            answer = await who.open(self.web, below(ticket), "POST")
            assert answer.status == 303, answer
        return who, answer.get("location")

    async def callback(self, address: str, bound: Someone) -> tuple[str, bool]:
        """Open the way back; only the first opener can be the one, and only in the browser bound last."""
        payload, openers = "", self.openers()
        for who in openers:
            answer = await who.open(self.web, below(address))
            self.note_early()
            if answer.status == 303:
                payload = query_field(answer.get("location"), "start")
        assert bool(payload) == (openers[0] is bound), (openers, bound)
        return payload, bool(payload)

    async def press_start(self, payload: str, proven: bool) -> bool:
        openers = self.openers()
        for who in openers:
            if who is self.other:
                before = self.exchanges.codes.intersection(self.codes)
            kind = await kind_of(self.house.services.linking.finish(who.id, payload or "l_guessed"))
            if who is self.other:
                assert kind
                # Whatever the starter did before, this press asks for no tokens.
                self.early += len(self.exchanges.codes.intersection(self.codes) - before)
        return proven and openers[0] is self.starter


async def test_a1_only_who_started_a_link_can_finish_it(start: Start, box: Sandbox) -> None:
    exchanges, runs, rng = watch(box), size(120, 10_000), random.Random(1)
    expected: set[int] = set()
    early = 0
    async with start() as house:

        async def work(numbers: range) -> None:
            nonlocal early
            async with Wire(house.web_port) as web, Wire(box.port) as sandbox:
                for number in numbers:
                    run = Run(house, exchanges, web, sandbox, rng, number)
                    if await run.go():
                        expected.add(run.starter.id)
                    early += run.early

        await asyncio.gather(*(work(range(first, runs, 4)) for first in range(4)))
        stored = set(await house.db.read(_linked_users))
    at_least("A1", "runs with the four links in random hands and order", runs, size(120, 10_000))
    assert expected
    assert len(expected) < runs
    exactly("A1", "links of anybody who did not start them", len([u for u in stored if u % 2]))
    exactly("A1", "links made or failed against the rules", len(stored ^ expected))
    exactly("A1", "token requests before the starter came back", early)
    exactly("A1", "token requests beside one for each link", exchanges.requests - len(expected))


async def _linked_users(tx: Tx) -> list[int]:
    return list(await tx.conn.scalars(select(links.c.user_id)))


def _cookies_of_another_browser(rng: random.Random, name: str, own: str, foreign: str) -> dict[str, str]:
    """Return what a browser may send that was not bound to this attempt."""
    plain = name.removeprefix("__Host-")
    stem, _, service = name.rpartition("-")
    sister = f"{stem}-{'disktop' if service == 'hdhive' else 'hdhive'}"
    wrong_names = (plain.upper(), f"__Secure-{plain}", plain if name != plain else f"__Host-{plain}")
    sent = rng.choice(
        [
            None,
            f"{name}={foreign}",
            f"{name}=",
            f"{name}={own[:-1]}",
            f"{name}={own}x",
            f"{name}={own.swapcase()}",
            f"{name}={digest(own)}",
            f"{name}={rng.randbytes(32).hex()}",
            # A sister host or plain http can set these, but never a name that begins with __Host-.
            *(f"{wrong}={own}" for wrong in wrong_names),
            f"{sister}={own}",
        ]
    )
    return {} if sent is None else {"cookie": sent}


async def test_a2_a_callback_in_another_browser_is_refused(start: Start, box: Sandbox) -> None:
    exchanges, tries, rng = watch(box), size(200, 10_000), random.Random(2)
    went_on = tried = controls = 0
    for public_url in ("http://127.0.0.1:8080", "https://bot.example.org"):
        prefix = "__Host-" if public_url.startswith("https") else ""
        async with start(public_url=public_url) as house, Wire(house.web_port) as web:
            foreign = ""
            for number in range(tries // 2):
                service = rng.choice(SERVICES)
                bound = await bound_by(house.services, number + 1, service)
                target = f"/oauth/{service}/callback?state={query_field(bound.authorize_url, 'state')}&code=c"
                worn = _cookies_of_another_browser(
                    rng, f"{prefix}linkhive-{service}", bound.cookie_value, foreign
                )
                answer = await web.ask("GET", target, worn)
                went_on += answer.status != 403 or "location" in dict(answer.headers)
                tried += 1
                if number % 10 == 0:
                    # The attempt is burned: the right browser comes too late as well.
                    right = {"cookie": f"{prefix}linkhive-{service}={bound.cookie_value}"}
                    went_on += (await web.ask("GET", target, right)).status != 410
                foreign = bound.cookie_value
            await _right_browser(house, web, prefix)
            controls += 1
            went_on += await house.db.read(_with_nonce) - controls
    at_least("A2", "callbacks in other browsers, half with https names", tried, tries)
    exactly("A2", "that went on", went_on)
    exactly("A2", "token requests", exchanges.requests)


async def _right_browser(house: House, web: Wire, prefix: str) -> None:
    """See that the very same request is taken from the browser that was bound, among other cookies."""
    url = await house.services.linking.start(1, Service.HDHIVE, "n", 1, None, None)
    answer = await web.ask("POST", below(url))
    set_cookie = answer.get("set-cookie")
    assert set_cookie.startswith(f"{prefix}linkhive-hdhive=")
    assert ("Secure" in set_cookie) == bool(prefix)
    assert "Path=/" in set_cookie
    assert "HttpOnly" in set_cookie
    assert "omain" not in set_cookie
    state = query_field(answer.get("location"), "state")
    worn = "; ".join(["a=b", *(f"{name}={value}" for name, value in answer.cookies.items())])
    back = await web.ask("GET", f"/oauth/hdhive/callback?state={state}&code=c", {"cookie": worn})
    assert back.status == 303


async def _with_nonce(tx: Tx) -> int:
    return int((await tx.conn.execute(text("SELECT count(nonce_hash) FROM attempts"))).scalar_one())
