"""Who may not use the bot any more is served, told and charged no more, and can have all of it taken away."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from services.subscriptions import telling
from storage import jobs, links, users
from tests.conftest import BEN, GROUP, XIAOYU, Start, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.groups.test_life import handled
from tests.e2e.hurried import Hurried
from tests.e2e.members import ALLOWED, EN, answer, back_in, out_of_it, some_time
from tests.e2e.settings.test_privacy import forgotten, nothing_left
from tests.e2e.subscribe.following import LOOKS, appear, begun, later, quiet_rounds
from tests.e2e.subscribe.test_groups import group_follows
from tests.e2e.subscribe.test_receipts import UNLOCK, unlocking
from tests.e2e.words import Words

ZH = Words("zh")
# What was put off is looked at again by then.
AGAIN_SECONDS = 3600.0


@pytest.fixture
async def rich(ben: Person, control: Control) -> Person:
    """Ben, whose points are worth something."""
    await control.telegram("options", limits=False)
    await control.person(BEN, points=120, premium=True)
    return ben


async def told(person: Person) -> list[Message]:
    """What the bot said in private."""
    return [message for message in await person.messages() if message.author != person.id]


async def jobs_done(house: House) -> None:
    for runner in house.runners:
        await runner.idle()


async def test_nothing_is_unlocked_or_told_until_they_are_let_in_again(
    start: Start, rich: Person, box: Sandbox, control: Control, journal: Journal
) -> None:
    clock = Hurried()
    async with start(clock=clock, **ALLOWED) as bot:
        await unlocking(bot, rich, EN)
        out_of_it(box, BEN)
        some_time(clock)
        heard = len(await told(rich))
        await appear(control, unlock_points=4)
        await later(bot, clock)
        await jobs_done(bot)
        assert not await journal.calls("hdhive", "POST", UNLOCK)
        assert len(await told(rich)) == heard
        back_in(box, BEN)
        await later(bot, clock, AGAIN_SECONDS)
        await rich.until(EN("receipt.spent", points=4), timeout=20)
        assert len(await journal.calls("hdhive", "POST", UNLOCK)) == 1


async def test_what_was_found_while_they_were_in_is_not_done_when_they_are_out(
    start: Start, rich: Person, box: Sandbox, control: Control, journal: Journal
) -> None:
    """Another one's look finds it: the job is there, and is put off."""
    clock = Hurried()
    async with start(clock=clock, allowed_ids=f"{GROUP} {XIAOYU}") as bot:
        async with Person(box.url, XIAOYU) as other:
            await linked(other, "hdhive")
            await begun(other, ZH)
            await unlocking(bot, rich, EN)
            out_of_it(box, BEN)
            some_time(clock)
            await journal.forget()
            await appear(control, unlock_points=4)
            await later(bot, clock)
            await other.until("🆕", timeout=20)
        await jobs_done(bot)
        waiting = await bot.db.read(lambda tx: jobs.asked_by(tx, telling.AUTO, BEN))
        assert len(waiting) == 1
        assert not await journal.calls("hdhive", "POST", UNLOCK)
        link = await bot.db.read(lambda tx: links.get(tx, BEN, "hdhive"))
        assert link is not None
        looks = await journal.calls("hdhive", "GET", LOOKS)
        assert looks
        assert not [call for call in looks if link.access_token in str(call.headers)]


async def test_a_group_is_asked_where_who_lent_is_outside(
    start: Start, rich: Person, people: dict[int, Person], box: Sandbox, journal: Journal
) -> None:
    clock = Hurried()
    async with start(clock=clock, **ALLOWED) as bot:
        await linked(rich, "hdhive")
        await group_follows(rich, people, EN)
        await quiet_rounds(bot)
        out_of_it(box, BEN)
        some_time(clock)
        await journal.forget()
        for _ in range(2):
            await later(bot, clock)
            await quiet_rounds(bot)
        asked = await people[XIAOYU].until(EN.starts("grouplend.heading"), chat=GROUP, since=0, timeout=20)
        assert not await journal.calls("hdhive"), "with the account of who is out nothing is done"
        # An admin who is in lends theirs, and it goes on.
        await linked(people[XIAOYU], "hdhive")
        await people[XIAOYU].press(asked, EN("subscribe.button.lend"), chat=GROUP)
        await later(bot, clock)
        await quiet_rounds(bot)
        assert await journal.calls("hdhive", "GET", LOOKS)


async def test_they_may_be_forgotten(start: Start, rich: Person, box: Sandbox) -> None:
    clock = Hurried()
    async with start(clock=clock, **ALLOWED) as bot:
        await linked(rich, "hdhive")
        out_of_it(box, BEN)
        some_time(clock)
        assert await answer(rich, "/settings") == EN("arrival.refused_known")
        await forgotten(rich, EN)
        await nothing_left(bot, rich)
        # Of whom nothing is kept any more is one like all others.
        assert await answer(rich, "/forget") == EN("arrival.refused")
        assert await bot.db.read(lambda tx: users.get(tx, BEN)) is None


async def test_they_may_see_what_is_kept_and_go_on_to_be_forgotten(
    start: Start, rich: Person, box: Sandbox
) -> None:
    clock = Hurried()
    async with start(clock=clock, **ALLOWED):
        await answer(rich, "/help")
        out_of_it(box, BEN)
        some_time(clock)
        await rich.send("/privacy")
        await rich.press(await rich.until(EN("privacy.title")), EN("button.export"))
        await rich.until(lambda message: "document" in message.data)
        await rich.press(None, EN("button.forget"))
        await rich.press(await rich.until(EN("forget.title")), EN("button.confirm"))
        await rich.until(EN("forget.done"), timeout=20, since=0)


async def test_they_may_unlink_and_nothing_else(
    start: Start, rich: Person, box: Sandbox, journal: Journal
) -> None:
    clock = Hurried()
    async with start(clock=clock, **ALLOWED) as bot:
        await linked(rich, "hdhive")
        card = await begun(rich, EN)
        out_of_it(box, BEN)
        some_time(clock)
        await journal.forget()
        pressed = await rich.press(card, EN("subscribe.button.auto_on"))
        assert pressed.text == EN("arrival.refused_known")
        for words in ("Dune", "/forgetful", "/forget@another_bot", "/start go_accounts"):
            assert await answer(rich, words) == EN("arrival.refused_known"), words
        await rich.send("/unlink hdhive")
        question = await rich.until(EN.starts("unlink.ask"))
        # What the card does not offer, and what every card does, is not done either.
        for action in ("relink", "go_link", "back"):
            data = f"{str(question.button(EN('button.confirm')).data).partition(':')[0]}:{action}:hdhive"
            assert (await rich.press_data(question, data)).text == EN("arrival.refused_known"), action
        await rich.press(question, EN("button.confirm"))
        ended = await rich.until(lambda m: m.find(EN("button.relink", service="HDHive")) is not None)
        assert (await rich.press(ended, EN("button.relink", service="HDHive"))).text == EN(
            "arrival.refused_known"
        )
        assert await bot.db.read(lambda tx: links.get(tx, BEN, "hdhive")) is None
        await bot.jobs.idle()
        assert not [c for c in await journal.calls("hdhive") if "oauth" not in c.path], "but for revoking"


async def test_in_groups_nothing_is_said_of_it(
    start: Start, rich: Person, box: Sandbox, clock: Hurried
) -> None:
    async with start(clock=clock, allowed_ids=str(BEN)):
        await answer(rich, "/help")
    async with start(clock=clock, allowed_ids=str(XIAOYU)) as bot:
        before = len(await rich.messages(GROUP))
        for words in ("/forget@linkhive_bot", "/help@linkhive_bot"):
            await rich.send(words, GROUP)
        await handled(bot, box)
        assert len(await rich.messages(GROUP)) == before + 2
