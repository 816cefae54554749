"""kill -9 at every step of linking: who comes back is told plainly, and nobody is linked wrongly.

Each step has a person and a service of its own, so that what one leaves behind cannot help the next.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sandbox.server import Sandbox
from storage import links
from storage.crypto import KeyRing
from storage.database import Database
from tests.conftest import BEN, LAOCHEN, XIAOYU, environment
from tests.driver import Browser, Control, Message, Person
from tests.e2e.process import Bot, Shift
from tests.e2e.words import Words
from tests.fixtures.databases import KEY

LANGUAGE = {XIAOYU: "zh", BEN: "en", LAOCHEN: "zh"}
PAIRS = ((XIAOYU, "hdhive"), (BEN, "disktop"), (BEN, "hdhive"), (XIAOYU, "disktop"), (LAOCHEN, "hdhive"))
PATIENCE = 100.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass
class Way:
    """One person's way to one service, which is killed at a step."""

    box: Sandbox
    bot: Bot
    shift: Shift
    person: Person
    browser: Browser
    service: str

    @property
    def say(self) -> Words:
        """What this person reads."""
        return Words(LANGUAGE[self.person.id])

    @property
    def name(self) -> str:
        """The service as people read it."""
        return self.say(f"service.{self.service}")

    @property
    def exchanges(self) -> int:
        """How often this service was asked for tokens."""
        return self.box.world.journal.count(self.service, "POST", "/oauth/token")

    async def begin(self) -> str:
        """Ask for a link; returns the address of its page."""
        await self.person.send(f"/link {self.service}")
        return await self.offered()

    async def offered(self) -> str:
        """Wait for the card that leads to the page of the ticket."""
        card = await self.person.until(lambda m: any(b.url for b in m.buttons), PATIENCE)
        return next(button.url for button in card.buttons if button.url) or ""

    async def allowed(self) -> str:
        """Go up to the address by which the service leads back."""
        return await self.browser.consent(await self.browser.bind(await self.begin()))

    async def told(self, words: str) -> Message:
        """Wait for a message that says this."""
        return await self.person.until(words, PATIENCE)

    async def done(self) -> Message:
        """Wait until it is said that this account is linked: cards of another may change just now."""
        said = self.say("link.done", service=self.name).rstrip(".。")
        return await self.person.until(lambda message: message.text.startswith(said), PATIENCE)

    async def comes_back(self) -> None:
        """Wait for the end that the step brought, and for the next start."""
        await self.bot.dies(PATIENCE)
        await self.bot.start()
        await self.bot.ready(PATIENCE)

    async def arrives(self, ticket: str) -> None:
        """Go the whole way from a ticket, with no kill on it."""
        before = self.exchanges
        payload = await self.browser.link(ticket)
        assert payload.startswith("l_"), self.browser.page
        await self.person.start(payload)
        await self.done()
        assert self.exchanges == before + 1


@pytest.fixture
def env(box: Sandbox, tmp_path: Path, any_url: str) -> dict[str, str]:
    return environment(box, tmp_path, DATABASE_URL=any_url, SECRET_KEYS=b64encode(KEY).decode())


@pytest.fixture
async def ways(
    box: Sandbox, tmp_path: Path, env: dict[str, str], people: dict[int, Person], control: Control
) -> AsyncIterator[Iterator[Way]]:
    await control.telegram("options", limits=False)
    shift = Shift(tmp_path)
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(Bot(env, tmp_path, shift=shift))
        browsers = {who: await stack.enter_async_context(Browser(who)) for who in LANGUAGE}
        await bot.ready(PATIENCE)
        yield (Way(box, bot, shift, people[who], browsers[who], service) for who, service in PAIRS)


async def broken_off(way: Way, step: str, address: str, *, form: bool) -> None:
    """Have the process die under a browser's request."""
    way.shift.kill_at(step)
    with pytest.raises(httpx.HTTPError):
        await (way.browser.bind(address) if form else way.browser.get(address))
    await way.comes_back()


async def judged(box: Sandbox, url: str, expected: int) -> None:
    """See that each link's token belongs to the very person who has it."""
    db = await Database.open(url, KeyRing([KEY]))
    try:
        found = [link for who in LANGUAGE for link in await db.read(lambda tx, w=who: links.all_of(tx, w))]  # type: ignore[misc]
    finally:
        await db.close()
    of = {"hdhive": box.world.hdhive.grants, "disktop": box.world.disktop.grants}
    for link in found:
        grant = of[link.service].by_access(link.access_token)
        assert grant is not None
        assert (grant.person, grant.revoked) == (link.user_id, False)
    assert len(found) == expected


async def test_kills_while_the_browser_is_on_its_way(box: Sandbox, any_url: str, ways: Iterator[Way]) -> None:
    for step in ("link.binding", "link.bound"):
        way = next(ways)
        ticket = await way.begin()
        await broken_off(way, step, ticket, form=True)
        await way.arrives(ticket)

    way = next(ways)
    callback = await way.allowed()
    await broken_off(way, "link.returning", callback, form=False)
    payload = await way.browser.returned(callback)
    assert payload.startswith("l_"), way.browser.page
    await way.person.start(payload)
    await way.done()

    way = next(ways)
    callback, before = await way.allowed(), way.exchanges
    await broken_off(way, "link.returned", callback, form=False)
    # The state is spent, and what it was spent for never reached the browser.
    for _ in range(2):
        assert await way.browser.returned(callback) == ""
        assert way.browser.status == 410
        assert way.say("web.problem.interrupted.title") in way.browser.page
    assert f"start=link_{way.service}" in way.browser.page
    assert way.exchanges == before
    await way.person.start(f"link_{way.service}")
    await way.arrives(await way.offered())
    await judged(box, any_url, 4)


async def test_kills_after_start_was_pressed(box: Sandbox, any_url: str, ways: Iterator[Way]) -> None:
    # Before the nonce is spent, and once the link is kept, the update that comes again brings it to its end.
    for step in ("link.taking", "link.saved"):
        way = next(ways)
        before = way.exchanges
        await pressed(way, step)
        done = await way.done()
        assert done.text.count("✅") == 1
        assert way.exchanges == before + 1

    # In between it cannot be known whether the code was used, and it is gone: plain words, and a new start.
    for step, asked in (("link.taken", 0), ("link.granted", 1)):
        way = next(ways)
        before = way.exchanges
        payload = await pressed(way, step)
        card = await way.told(way.say("problem.attempt.interrupted", service=way.name))
        assert way.exchanges == before + asked
        await way.person.start(payload)
        again = await way.told(way.say("problem.attempt.interrupted", service=way.name))
        assert again.id != card.id
        assert way.exchanges == before + asked, "a code is never tried twice"
        await way.person.press(card, way.say("button.link", service=way.name))
        await way.arrives(await way.offered())
    # What was granted as the process died is nobody's: its tokens were never written.
    assert len(box.world.hdhive.grants.all) + len(box.world.disktop.grants.all) == 5
    await judged(box, any_url, 4)


async def pressed(way: Way, step: str) -> str:
    """Press START at the end of the way, and have the process die at a step of it."""
    payload = await way.browser.returned(await way.allowed())
    assert payload.startswith("l_"), way.browser.page
    way.shift.kill_at(step)
    await way.person.start(payload)
    await way.comes_back()
    return payload
