"""kill -9 of the real bot at any moment: no update lost, no button dead, nothing charged twice."""

import asyncio
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.conftest import BEN, LAOCHEN, XIAOYU, environment, linked
from tests.driver import Browser, Control, Journal, Message, Person
from tests.e2e.process import Bot, Shift, flying, running, until
from tests.e2e.words import Words

LIVES = 4
LINES = 3  # that each person writes in each life
ROUNDS = 4
LANDS = 0.02  # seconds in which a careless server would charge a second request too
LANGUAGE = {XIAOYU: "zh", BEN: "en", LAOCHEN: "zh"}

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
async def _open_roads(control: Control) -> None:
    """Kills are tried here, not limits."""
    await control.telegram("options", limits=False, webhook_backoff_most=0.3)


def count(box: Sandbox, service: str, ending: str) -> int:
    """How many requests with this end of their path a service has got."""
    return sum(e.service == service and e.path.endswith(ending) for e in box.world.journal.entries)


# No update lost


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("updates", "seed"), [("polling", 11), ("webhook", 12)])
async def test_every_command_is_answered_and_in_order(
    updates: str, seed: int, box: Sandbox, tmp_path: Path, people: dict[int, Person], control: Control
) -> None:
    chance = random.Random(seed)
    # A slow upstream keeps updates in work for long enough to be hit.
    await control.fault("tmdb", "*", "delay", seconds=0.15, times=0)
    bot = Bot(environment(box, tmp_path, TELEGRAM_UPDATES=updates), tmp_path)
    try:
        for life in range(LIVES):
            writing = [asyncio.create_task(write(person, life, chance)) for person in people.values()]
            await one_life(bot, box, chance)
            await asyncio.gather(*writing)
        await bot.start()
        await bot.ready()
        await asyncio.gather(*(all_answered(person) for person in people.values()))
        assert await bot.stop() == 0
    finally:
        await bot.kill()
    assert "set aside" not in bot.said, bot.said


async def write(person: Person, life: int, chance: random.Random) -> None:
    for number in range(life * LINES, (life + 1) * LINES):
        await person.send(f"/help q{number}q" if chance.random() < 0.4 else f"/search q{number}q")
        await asyncio.sleep(chance.uniform(0.0, 0.6))


async def one_life(bot: Bot, box: Sandbox, chance: random.Random) -> None:
    """Start it and kill it around its next few answers, or before there are any."""
    met, sent = count(box, "telegram", "/getMe"), count(box, "telegram", "/sendMessage")
    wanted = sent + chance.randrange(2 * LINES)
    await bot.start()
    await until(lambda: count(box, "telegram", "/getMe") > met, "it says hello")
    await until(lambda: count(box, "telegram", "/sendMessage") >= wanted, f"{wanted - sent} answers")
    await asyncio.sleep(chance.uniform(0.0, 0.2))
    await bot.kill()


async def all_answered(person: Person) -> None:
    await person.until(f"q{LIVES * LINES - 1}q", timeout=30, since=0)
    found = [re.search(r"q(\d+)q", m.text) for m in await person.messages() if m.author != person.id]
    answered = [int(match[1]) for match in found if match]
    first = list(dict.fromkeys(answered))
    assert first == list(range(LIVES * LINES)), f"{person.id} was answered {answered}"


# No button dead, no way interrupted


async def test_buttons_live_on(box: Sandbox, tmp_path: Path, xiaoyu: Person, ben: Person) -> None:
    zh, en = Words("zh"), Words("en")
    async with running(environment(box, tmp_path), tmp_path) as bot:
        await xiaoyu.send("沙丘")
        listed = await xiaoyu.until("2021")
        await ben.send("/help")
        topics = await ben.until(en("help.plain"))
        await bot.kill()
        # One is pressed while nobody is there, the other by somebody else's life.
        early = asyncio.create_task(xiaoyu.press(listed, listed.buttons[0].text, timeout=30))
        await bot.start()
        assert (await early).answered
        shown = await xiaoyu.until(lambda m: m.id == listed.id and m.text != listed.text)
        assert shown.find(zh("button.back"))
        await ben.press(topics, en("button.close"))
        await until(lambda: topics.id not in box.world.telegram.chats[BEN].messages, "the card is closed")


async def test_linking_goes_on(box: Sandbox, tmp_path: Path, xiaoyu: Person, journal: Journal) -> None:
    async with running(environment(box, tmp_path), tmp_path) as bot, Browser(xiaoyu.id) as browser:
        await xiaoyu.send("/link hdhive")
        card = await xiaoyu.until(lambda m: any(button.url for button in m.buttons))
        authorize = await browser.bind(next(button.url for button in card.buttons if button.url) or "")
        callback = await browser.consent(authorize)
        await bot.again()
        payload = await browser.returned(callback)
        assert payload.startswith("l_"), browser.page
        await bot.kill()
        assert not await journal.calls("hdhive", "POST", "*/oauth/token")
        await xiaoyu.start(payload)
        await bot.start()
        await xiaoyu.until(lambda m: m.id > card.id and "✅" in m.text, timeout=30)
        assert len(await journal.calls("hdhive", "POST", "*/oauth/token")) == 1


async def test_a_live_link_check_goes_on(
    box: Sandbox, tmp_path: Path, ben: Person, journal: Journal, control: Control
) -> None:
    links = [f"https://pan.quark.cn/s/alive000{number}" for number in range(8)]
    await control.options(linkcheck_seconds=0.3)
    async with running(environment(box, tmp_path), tmp_path) as bot:
        await ben.send("/check " + " ".join(links))
        card = await ben.until(Words("en").starts("check.running"))
        await until(lambda: box.world.linkcheck.checked >= 2, "two links are checked")
        await bot.kill()
        await bot.start()
        done = await ben.until(lambda m: m.id == card.id and "8 links checked" in m.text, timeout=20)
        assert done.text.count("✅") == 1 + len(links)
    assert len(await journal.calls("linkcheck", "POST", "/jobs")) == 1
    resumed = (await journal.calls("linkcheck", "GET", "/jobs/*/events"))[-1]
    assert resumed.status == 200


# No second charge


@pytest.fixture
async def shift(tmp_path: Path) -> Shift:
    return Shift(tmp_path)


class Buyer:
    """A person who unlocks one resource after another."""

    def __init__(self, person: Person, slugs: list[str]) -> None:
        self.person = person
        self.say = Words(LANGUAGE[person.id])
        self.slugs = slugs
        self.slug = ""
        self.card = 0

    async def ask(self) -> None:
        """Go up to the question whether to pay."""
        self.slug = self.slugs.pop()
        await self.person.send(f"/unlock {self.slug}")
        facts = await self.person.until(lambda m: m.find(self.say("button.unlock")) is not None)
        self.card = facts.id
        await self.pay(facts)

    async def pay(self, facts: Message) -> None:
        await self.person.press(facts, self.say("button.unlock"))
        await self.person.until(self._asks)

    async def confirm(self) -> None:
        await self.person.press(await self.seen(), self.say("button.confirm"), timeout=1)

    async def seen(self) -> Message:
        return next(m for m in await self.person.messages() if m.id == self.card)

    async def decided(self) -> Message:
        """Wait for the card to tell the outcome, or that it is not known yet."""
        return await self.person.until(
            lambda m: self.opened(m) or self.waits(m) or self._again(m), 30, since=0
        )

    async def settled(self) -> Message:
        return await self.person.until(lambda m: self.opened(m) or self._again(m), 30, since=0)

    def opened(self, card: Message) -> bool:
        return card.id == self.card and card.find(self.say("button.open")) is not None

    def waits(self, card: Message) -> bool:
        # While the unlock itself runs, the card has no buttons.
        waiting = card.text.startswith("⏳") and card.find(self.say("button.close")) is not None
        return card.id == self.card and waiting

    def _asks(self, card: Message) -> bool:
        return card.id == self.card and card.find(self.say("button.confirm")) is not None

    def _again(self, card: Message) -> bool:
        return card.id == self.card and card.find(self.say("button.unlock")) is not None


@pytest.fixture
async def buyers(box: Sandbox, people: dict[int, Person], control: Control) -> list[Buyer]:
    """Three people with points enough, each with resources of their own to buy."""
    stock = box.world.catalogue.resources.values()
    # Such as cost everybody something and have a link that opens.
    priced = [
        r.slug
        for r in stock
        if r.unlock_points and r.owner.person is None and not r.is_official and r.url.startswith("https://")
    ]
    for id_ in people:
        await control.person(id_, points=500)
    return [Buyer(person, priced[at :: len(people)][:ROUNDS]) for at, person in enumerate(people.values())]


async def test_nothing_is_charged_twice(
    box: Sandbox, tmp_path: Path, buyers: list[Buyer], control: Control, shift: Shift
) -> None:
    chance = random.Random(21)
    env = environment(box, tmp_path)
    await control.options(unlock_races=True, unlock_lands_after=LANDS)
    async with running(env, tmp_path, shift=shift) as bot:
        await asyncio.gather(*(linked(buyer.person, "hdhive") for buyer in buyers))
        for number in range(ROUNDS):
            await rest(shift, control)
            await asyncio.gather(*(buyer.ask() for buyer in buyers))
            await hinder(control, chance, late=number == ROUNDS - 1)
            presses = [asyncio.create_task(buyer.confirm()) for buyer in buyers]
            await asyncio.sleep(chance.uniform(0.0, 0.35))
            await bot.kill()
            await asyncio.gather(*presses)
            await control.mend()
            await bot.start()
            await asyncio.gather(*(buyer.decided() for buyer in buyers))
            async with flying(shift, control):
                cards = await asyncio.gather(*(buyer.settled() for buyer in buyers))
            await control.options(unlock_lands_after=LANDS)
            for buyer, card in zip(buyers, cards, strict=True):
                await bought(buyer, card)
        assert await bot.stop() == 0
    charged = Counter((charge.person, charge.slug) for charge in box.world.hdhive.charges)
    assert set(charged.values()) == {1}, charged
    assert len(charged) == len(buyers) * ROUNDS


async def rest(shift: Shift, control: Control) -> None:
    """Let each chat's limit grow back."""
    shift.advance(10.0)
    await control.advance(10.0)


async def hinder(control: Control, chance: random.Random, *, late: bool) -> None:
    """Slow the unlock down before or after its effect, or have the charge land long after its request."""
    if late:
        await control.options(unlock_lands_after=40.0)
        return
    after, seconds = chance.random() < 0.5, chance.uniform(0.05, 0.3)
    await control.fault("hdhive", "*/unlock", "delay", seconds=seconds, after=after, times=0)


async def bought(buyer: Buyer, card: Message) -> None:
    """See the link; where the unlock did not go through, the next try must bring it."""
    if not buyer.opened(card):
        assert buyer.say("unlock.released") in card.text, card.text
        await buyer.pay(card)
        await buyer.confirm()
        card = await buyer.settled()
    assert str(card.button(buyer.say("button.open")).url).startswith("https://")
