"""A5, A6: crawlers change nothing, and hostile requests lead nowhere."""

import asyncio
import random
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from bot.wiring import House
from sandbox.server import Sandbox
from storage import attempts
from storage.crypto import digest
from tests.conftest import Start
from tests.guarantees.figures import at_least, exactly, size
from tests.guarantees.linking_parts import SERVICES, allow, below, field as query_field, ticket_of
from tests.guarantees.wire import METHODS, Answer, Wire

CRAWLERS = (
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "facebookexternalhit/1.1",
    "",
)
HITS, AT_THE_CALLBACK = 50, 10


async def _row(house: House, ticket: str) -> attempts.Attempt | None:
    hashed = digest(ticket.rpartition("/")[2])
    return await house.db.read(lambda tx: attempts.by_ticket(tx, hashed))


async def _crawl(wire: Wire, target: str, rng: random.Random, *, heads_only: bool = False) -> int:
    """Come by as a crawler does; return 1 when it was given a cookie or led somewhere."""
    headers = {"user-agent": rng.choice(CRAWLERS), "accept": "*/*", "purpose": "prefetch"}
    method = "HEAD" if heads_only else rng.choice(("GET", "HEAD"))
    answer = await wire.ask(method, target, headers)
    return bool(answer.cookies) or answer.status != 200 or bool(answer.get("location"))


async def test_a5_crawlers_come_first_and_the_human_still_succeeds(start: Start, box: Sandbox) -> None:
    humans, rng = size(20, 1_000), random.Random(5)
    succeeded = changed = 0
    async with (
        start() as house,
        Wire(house.web_port) as crawler,
        Wire(house.web_port) as web,
        Wire(box.port) as sandbox,
    ):
        for number in range(humans):
            service = rng.choice(SERVICES)
            ticket = await ticket_of(house.services, 5000 + number, service)
            before = await _row(house, ticket)
            changed += sum([await _crawl(crawler, ticket, rng) for _ in range(HITS - AT_THE_CALLBACK)])
            changed += await _row(house, ticket) != before
            bound = await web.ask("POST", ticket)
            callback = below(await allow(sandbox, bound.get("location"), 1001))
            before = await _row(house, ticket)
            heads = [await _crawl(crawler, callback, rng, heads_only=True) for _ in range(AT_THE_CALLBACK)]
            changed += sum(heads) + (await _row(house, ticket) != before)
            worn = {"cookie": "; ".join(f"{name}={value}" for name, value in bound.cookies.items())}
            back = await web.ask("GET", callback, worn)
            payload = query_field(back.get("location"), "start")
            succeeded += (await house.services.linking.finish(5000 + number, payload)).link.state == "active"
    exactly("A5", f"humans who succeeded after {HITS} crawler hits each", succeeded, humans)
    exactly("A5", "crawler hits that changed something", changed)


EVIL = "evil.example"
# {t}: a ticket, {s}: a service, {q}: a good state and code.
TARGETS = (
    *("/link/{t}", "/link/{t}?next=https://evil.example", "/link/{t}/", "//evil.example/link/{t}"),
    *("http://evil.example/link/{t}", "https://evil.example", "/link/{t}%0d%0aLocation:%20//evil.example"),
    *(
        "/\\evil.example",
        "/%5cevil.example/..",
        "//evil.example",
        "///evil.example/%2f..",
        "/%2f%2fevil.example",
    ),
    *("/link/..%2f..%2fevil.example", "/link/https:%2f%2fevil.example", "/link/%00", "/link/%ff%fe"),
    *("/oauth/{s}/callback?{q}", "/oauth/{s}/callback?{q}&redirect_uri=https://evil.example"),
    *("/oauth/{s}/callback?{q}&state=evil.example", "/oauth/evil.example/callback?{q}"),
    *(
        "/oauth/{s}/callback?error=https://evil.example&{q}",
        "/oauth/{s}/callback/?{q}",
        "/healthz//evil.example",
    ),
    *("/.well-known/evil.example", "*", "/?url=https://evil.example", "/link/{t};evil.example"),
)
HOSTILE = {
    "host": ("evil.example", "evil.example:443", "127.0.0.1@evil.example", "[::1]", "", "a.b/evil.example"),
    "x-forwarded-host": ("evil.example", "evil.example, 127.0.0.1"),
    "x-forwarded-proto": ("https", "javascript", "evil.example"),
    "x-forwarded-for": ("127.0.0.1", "evil.example"),
    "x-forwarded-prefix": ("//evil.example", "/evil.example"),
    "x-forwarded-port": ("443", "evil.example"),
    "x-forwarded-server": ("evil.example",),
    "forwarded": ("host=evil.example;proto=https", 'for="[::1]";host="evil.example"'),
    "x-original-url": ("https://evil.example/", "//evil.example"),
    "x-rewrite-url": ("https://evil.example/", "/link/evil.example"),
    "x-host": ("evil.example",),
    "x-real-ip": ("evil.example",),
    "x-http-method-override": ("POST", "DELETE"),
    "front-end-https": ("on",),
    "referer": ("https://evil.example/",),
    "origin": ("https://evil.example", "null"),
    "sec-fetch-site": ("cross-site", "same-origin"),
    "accept-language": ("zh", "evil.example", "en;q=evil.example"),
    "cookie": ("linkhive-hdhive=evil.example", "a=evil.example; ;;=", "\xff=\xfe"),
    "via": ("1.1 evil.example",),
    "destination": ("https://evil.example/",),
}


@dataclass
class Fuzz:
    """One attacker with a connection: now and then with good tickets and states, of which nothing comes."""

    house: House
    wire: Wire
    rng: random.Random
    sent: int = 0
    redirects: int = 0
    unexpected: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    cookie: str = ""

    async def refresh(self) -> None:
        """Get a new ticket, and a state with the cookie of its browser."""
        service = self.rng.choice(SERVICES)
        ticket = await ticket_of(self.house.services, self.rng.getrandbits(40), service)
        other = await ticket_of(self.house.services, self.rng.getrandbits(40), service)
        bound = await self.house.services.linking.bind(other.rpartition("/")[2])
        state = query_field(bound.authorize_url, "state")
        self.cookie = f"linkhive-{service}={bound.cookie_value}"
        self.fields = {"t": ticket.rpartition("/")[2], "s": service, "q": f"state={state}&code=c0de"}

    async def request(self) -> None:
        rng = self.rng
        target = re.sub(r"\{(\w)\}", lambda found: self.fields[found[1]], rng.choice(TARGETS))
        if rng.random() < 0.1:
            target += "".join(rng.choices("/%?&=#;.@:\\evil\t", k=rng.randrange(1, 12))).strip()
        names = rng.sample(sorted(HOSTILE), rng.randrange(7))
        headers = {name: rng.choice(HOSTILE[name]) for name in names}
        if rng.random() < 0.5:
            headers["cookie"] = self.cookie
        method = rng.choice(("GET", "GET", "POST", "HEAD", rng.choice(METHODS)))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        lines += [] if "host" in headers else ["host: 127.0.0.1"]
        lines += [*(["content-length: 0"] if method == "POST" else []), "", ""]
        answer = await self.wire.raw("\r\n".join(lines).encode("latin-1"), head=method == "HEAD")
        self.sent += 1
        self.judge(answer, lines)

    def judge(self, answer: Answer, lines: list[str]) -> None:
        said = repr(answer.headers) + answer.body.decode("utf-8", "replace")
        places = answer.all("location")
        self.redirects += len(places)
        good = EVIL not in said and answer.status != 500 and all(map(self._ours, places))
        good &= bool(places) == (300 <= answer.status < 400)
        good &= not any("domain" in cookie.lower() for cookie in answer.all("set-cookie"))
        if not good:
            self.unexpected.append(f"{lines} → {answer}")

    def _ours(self, place: str) -> bool:
        """Tell whether a redirect goes to the service, with our own callback, or to the deep link."""
        settings, bot = self.house.settings, self.house.application.bot.username
        if place.startswith(f"{settings.telegram_me_url}/{bot}?start=l_"):
            return re.fullmatch(r"l_[A-Za-z0-9_-]{43}", place.rpartition("=")[2]) is not None
        services = {"hdhive": settings.hdhive_url, "disktop": settings.disktop_url}
        for name, url in services.items():
            if place.startswith(f"{url}/"):
                back = parse_qs(urlsplit(place).query)["redirect_uri"]
                return back == [f"{settings.public_url}/oauth/{name}/callback"]
        return False


async def test_a6_hostile_requests_lead_only_to_the_service_and_the_deep_link(start: Start) -> None:
    total, lines = size(3_000, 100_000), 4
    async with start() as house:

        async def attack(number: int) -> Fuzz:
            async with Wire(house.web_port) as wire:
                fuzz = Fuzz(house, wire, random.Random(number))
                while fuzz.sent < total // lines:
                    if fuzz.sent % 8 == 0:
                        await fuzz.refresh()
                    await fuzz.request()
            return fuzz

        done = await asyncio.gather(*(attack(number) for number in range(lines)))
    at_least("A6", "fuzzed requests over a socket", sum(fuzz.sent for fuzz in done), total)
    at_least("A6", "redirects among them", sum(fuzz.redirects for fuzz in done), total / 50)
    for fuzz in done:
        assert not fuzz.unexpected, fuzz.unexpected[:3]
    exactly("A6", "that led elsewhere, or showed what was sent", sum(len(f.unexpected) for f in done))
