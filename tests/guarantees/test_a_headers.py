"""A7: every response there is has its headers, those of errors and of the server itself included."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.routing import Route

from bot.wiring import House
from services.names import Service
from storage import pictures
from tests.conftest import WEBHOOK_SECRET, Start
from tests.guarantees.figures import at_least, exactly
from tests.guarantees.linking_parts import below, field as query_field, ticket_of
from tests.guarantees.wire import METHODS, Answer, Wire


@dataclass
class Shields:
    """Looks at the headers of every response it asks for."""

    wire: Wire
    https: bool = False
    seen: int = 0
    statuses: set[int] = field(default_factory=set)
    bare: list[str] = field(default_factory=list)
    shared: int = 0

    async def ask(self, method: str, target: str, *given: Any) -> Answer:
        answer = await self.wire.ask(method, target, *given)
        self.look(f"{method} {target[:80]}", answer)
        return answer

    def look(self, what: str, answer: Answer) -> None:
        self.seen += 1
        self.statuses.add(answer.status)
        policy = answer.all("content-security-policy")
        # A picture that was published is for everybody, and nothing else is: no page, and no error.
        shared = what.partition(" ")[2].startswith("/pictures/") and answer.status in (200, 304)
        self.shared += shared
        kept, origin = (
            ("public, max-age=86400, immutable", "cross-origin") if shared else ("no-store", "same-origin")
        )
        good = answer.all("cache-control") == [kept]
        good &= answer.all("cross-origin-resource-policy") == [origin]
        good &= answer.all("referrer-policy") == ["no-referrer"]
        good &= answer.all("x-content-type-options") == ["nosniff"]
        good &= len(policy) == 1 and policy[0].startswith("default-src 'none'; ")
        good &= len(policy) == 1 and "frame-ancestors 'none'" in policy[0] and "unsafe" not in policy[0]
        good &= not answer.all("server")
        if self.https and answer.status != 400:
            good &= bool(answer.all("strict-transport-security"))
        if not good:
            self.bare.append(f"{what}: {answer.status} {answer.headers}")


def _paths(house: House) -> Iterator[str]:
    """Return the address of every route there is, with good and bad parameters, and of none."""
    assert house.web is not None
    shield: Any = house.web._config.app
    routes = [route for route in shield._app.routes if isinstance(route, Route)]
    assert len(routes) >= 6
    for path in sorted({route.path for route in routes}):
        fitting = {"{ticket}": ("nobody-made-this", "x" * 4000), "{service}": ("hdhive", "disktop", "tmdb")}
        fitting["{name}"] = ("nobody-made-this", f"{'x' * 32}.jpg", "x" * 4000)
        name = next((name for name in fitting if name in path), "")
        for value in fitting.get(name, ("",)):
            place = path.replace(name, value) if name else path
            yield from (place, f"{place}/", f"{place}?state=x&code=y", f"/{place}")
    yield from ("/", "/nowhere", "/%00", "/link/", "/favicon.ico", "/robots.txt", "*")


async def _every_answer(house: House, shields: Shields, control: Callable[[], Awaitable[str]]) -> None:
    for path in _paths(house):
        for method in METHODS:
            await shields.ask(method, path)
    ticket = await control()
    for method in METHODS:
        await shields.ask(method, ticket)
    bound = await shields.ask("POST", ticket)
    callback = f"{below(query_field(bound.get('location'), 'redirect_uri'))}?code=c"
    callback += f"&state={query_field(bound.get('location'), 'state')}"
    worn = {"cookie": "; ".join(f"{name}={value}" for name, value in bound.cookies.items())}
    await shields.ask("POST", await control(), {"origin": "https://evil.example"})
    for cookie in (worn, worn, {}):
        await shields.ask("GET", callback, cookie)
    await shields.ask("GET", ticket)
    await _pictures(house, shields)


async def _pictures(house: House, shields: Shields) -> None:
    name = f"{'a' * 32}.jpg"
    await house.db.write(lambda tx: pictures.add(tx, 7, 1, name, b"\xff\xd8" * 90_000, 1.0))
    for method in METHODS:
        answer = await shields.ask(method, f"/pictures/{name}")
        await shields.ask(method, f"/pictures/{name}/")
        await shields.ask(method, f"/pictures/{name}?x=y", {"if-none-match": answer.get("etag")})


async def _webhook_answers(shields: Shields) -> None:
    address, secret = "/telegram/webhook", {"x-telegram-bot-api-secret-token": WEBHOOK_SECRET}
    await shields.ask("POST", address, {}, b"{}")
    await shields.ask("POST", address, secret, b"not json")
    await shields.ask("POST", address, secret, b'{"update_id": 1}')
    await shields.ask("POST", address, secret, b"x" * (1024 * 1024 + 1))


async def test_a7_every_response_has_its_headers(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, statuses, bare, shared = 0, set[int](), list[str](), 0
    modes = (
        {},
        {"telegram_updates": "webhook", "public_url": "https://bot.example.org"},
        {"hdhive_client_id": "", "hdhive_app_secret": ""},
    )
    tickets: list[str] = []
    for mode in modes:
        async with start(**mode) as house, Wire(house.web_port) as wire:
            shields = Shields(wire, https="public_url" in mode)
            service = Service.HDHIVE if house.services.hdhive else Service.DISKTOP

            async def ticket(house: House = house, service: Service = service) -> str:
                return await ticket_of(house.services, 7, service)

            await _every_answer(house, shields, ticket)
            if "telegram_updates" in mode:
                await _webhook_answers(shields)
            tickets.append(await ticket())
            # The service of the first mode's ticket is off in the third: 503.
            await shields.ask("POST", tickets[0])
            await _broken_answers(house, shields, monkeypatch, tickets[-1])
            seen, statuses = seen + shields.seen, statuses | shields.statuses
            bare, shared = bare + shields.bare, shared + shields.shared
    at_least("A7", f"responses of all routes × {len(METHODS)} methods", seen, 900)
    assert shared == len(modes) * 4, "pictures to GET and HEAD, whole and known already"
    assert statuses >= {200, 303, 304, 400, 401, 403, 404, 405, 410, 413, 500, 503}, statuses
    assert not bare, bare[:5]
    exactly("A7", "without one of the headers, or with two of one", len(bare))


async def _broken_answers(
    house: House, shields: Shields, monkeypatch: pytest.MonkeyPatch, ticket: str
) -> None:
    """Ask for what is no HTTP, and for everything again while the database is gone."""
    for nonsense in (
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nhost: x\r\n\r\n",
    ):
        async with Wire(house.web_port) as once:
            shields.look(repr(nonsense), await once.raw(nonsense))

    async def gone(_work: object) -> None:
        raise OSError("no database")

    with monkeypatch.context() as patch:
        patch.setattr(house.db, "read", gone)
        patch.setattr(house.db, "write", gone)
        for path in (ticket, "/oauth/hdhive/callback?state=x&code=y", "/readyz", "/healthz", "/metrics"):
            for method in ("GET", "HEAD", "POST"):
                await shields.ask(method, path)
