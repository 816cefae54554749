"""While Telegram does not say who belongs to an allowed group nobody is out for it, or asked about twice."""

import asyncio

from handlers.groups.admins import ANONYMOUS_ADMIN
from handlers.groups.members import GONE_SECONDS, GRACE_SECONDS, MEMBER_SECONDS, UNKNOWN_SECONDS
from sandbox.server import Sandbox
from storage import users
from tests.conftest import BEN, GROUP, XIAOYU, Start
from tests.driver import Browser, Control, Journal, Person
from tests.e2e.admin.test_broadcasts import arrived, asked
from tests.e2e.groups.test_life import handled
from tests.e2e.hurried import Hurried
from tests.e2e.members import ALLOWED, ASKED, EN, answer, out_of_it
from tests.e2e.words import Words

QUERIES = 15
GONE = -1009999999999


def busy(seconds: int) -> dict[str, object]:
    return {
        "status": 429,
        "body": {
            "ok": False,
            "error_code": 429,
            "description": f"Too Many Requests: retry after {seconds}",
            "parameters": {"retry_after": seconds},
        },
    }


async def asked_times(journal: Journal) -> int:
    return len(await journal.calls("telegram", path=ASKED))


async def test_who_is_not_known_is_asked_for_patience_and_keeps_nothing(
    start: Start, ben: Person, control: Control, clock: Hurried
) -> None:
    async with start(clock=clock, **ALLOWED) as bot:
        await control.fault("telegram", ASKED, "status", status=502, times=0)
        assert await answer(ben, "/help") == EN("arrival.unsure")
        answered = await ben.inline("Dune")
        assert answered.data["button"]["text"] == EN("arrival.unsure")
        assert await bot.db.read(lambda tx: users.get(tx, BEN)) is None
        await control.mend()
        clock.forward(UNKNOWN_SECONDS)
        assert (await ben.inline("Dune 2021")).results


async def test_a_member_stays_in_for_an_hour(start: Start, ben: Person, control: Control) -> None:
    clock = Hurried()
    async with start(clock=clock, **ALLOWED):
        await ben.send("/link hdhive")
        card = await ben.until(lambda message: any(button.url for button in message.buttons))
        clock.forward(MEMBER_SECONDS - 60)
        async with Browser(ben.id) as browser:
            payload = await browser.link(next(one.url for one in card.buttons if one.url) or "")
        await control.fault("telegram", ASKED, "status", times=0, **busy(30))
        clock.forward(61)
        await ben.start(payload)
        await ben.until(lambda message: message.id > card.id and "✅" in message.text)
        clock.forward(GRACE_SECONDS)
        assert await answer(ben, "/help") == EN("arrival.unsure")


async def test_a_link_is_not_spent_on_a_moment_of_silence(
    start: Start, ben: Person, control: Control
) -> None:
    clock = Hurried()
    async with start(clock=clock, **ALLOWED):
        await ben.send("/link hdhive")
        card = await ben.until(lambda message: any(button.url for button in message.buttons))
        async with Browser(ben.id) as browser:
            payload = await browser.link(next(one.url for one in card.buttons if one.url) or "")
    # The next process knows nobody yet.
    async with start(clock=clock, **ALLOWED):
        await control.fault("telegram", ASKED, "status", times=1, **busy(1))
        await ben.start(payload)
        await ben.until(EN("arrival.unsure"))
        clock.forward(UNKNOWN_SECONDS)
        await ben.start(payload)
        await ben.until(lambda message: message.id > card.id and "✅" in message.text)


async def test_telegram_is_left_alone_for_as_long_as_it_wants(
    start: Start, ben: Person, laochen: Person, control: Control, journal: Journal
) -> None:
    clock = Hurried()
    async with start(clock=clock, allowed_ids=f"{GROUP} {GONE}"):
        await control.fault("telegram", ASKED, "status", times=0, **busy(300))
        for number in range(QUERIES):
            await ben.inline(f"q{number}")
            clock.forward(UNKNOWN_SECONDS)
        await laochen.inline("q")
        assert await asked_times(journal) == 1
        await control.mend()
        clock.forward(300)
        assert (await ben.inline("Dune")).results


async def test_a_group_that_is_gone_is_not_asked_for_each_stranger(
    start: Start, people: dict[int, Person], box: Sandbox, journal: Journal
) -> None:
    for user_id in people:
        out_of_it(box, user_id)
    clock = Hurried()
    async with start(clock=clock, allowed_ids=f"{GROUP} {GONE}"):
        for person in people.values():
            for number in range(QUERIES):
                await person.inline(f"q{number}")
        assert await asked_times(journal) == len(people) + 1, "once for each, and once for the group"
        clock.forward(GONE_SECONDS)
        await people[BEN].inline("q")
        assert await asked_times(journal) == len(people) + 3


async def test_who_asks_much_at_once_is_asked_about_once(
    start: Start, ben: Person, box: Sandbox, control: Control, journal: Journal
) -> None:
    out_of_it(box, BEN)
    async with start(**ALLOWED) as bot:
        await control.fault("telegram", ASKED, "delay", seconds=0.3, times=0)
        stands = await asyncio.gather(*(bot.services.admission.ask(BEN) for _ in range(20)))
        assert set(stands) == {"out"}
        assert await asked_times(journal) == 1


async def test_a_group_that_takes_us_in_again_is_asked_at_once(
    start: Start, ben: Person, xiaoyu: Person, box: Sandbox, journal: Journal
) -> None:
    clock = Hurried()
    group = box.world.telegram.chats[GROUP]
    us = next(member for member in group.members if member > 7_000_000_000)
    async with start(clock=clock, **ALLOWED) as bot:
        status, group.members[us] = group.members[us], "kicked"
        assert await answer(ben, "/help") == EN("arrival.refused")
        group.members[us] = status
        await xiaoyu.send("/help@linkhive_bot", GROUP)
        await handled(bot, box)
        assert (await ben.inline("Dune")).results


async def test_who_writes_as_a_group_is_not_asked_about(
    start: Start, xiaoyu: Person, box: Sandbox, journal: Journal
) -> None:
    async with start(allowed_ids="-1001000000002") as bot:
        await xiaoyu.send("/help@linkhive_bot", GROUP, anonymous=True)
        await handled(bot, box)
        about = [call.form.get("user_id") for call in await journal.calls("telegram", path=ASKED)]
        assert str(ANONYMOUS_ADMIN) not in about


async def test_a_broadcast_asks_again(start: Start, ben: Person, xiaoyu: Person, control: Control) -> None:
    say, clock = Words("zh"), Hurried()
    await control.telegram("options", limits=False)
    async with start(clock=clock, admin_ids=str(XIAOYU), **ALLOWED):
        await answer(ben, "/help")
    async with start(clock=clock, admin_ids=str(XIAOYU), **ALLOWED):
        preview = await asked(xiaoyu, say)
        await control.fault("telegram", ASKED, "status", times=1, **busy(1))
        await xiaoyu.press(preview, say("button.confirm"))
        told = await xiaoyu.until(say("broadcast.done"), timeout=30, since=0)
        assert say("broadcast.sent", sent=2, total=2) in told.text
        assert await arrived(ben)


async def test_a_broadcast_tells_of_whom_it_does_not_know(
    start: Start, ben: Person, xiaoyu: Person, control: Control
) -> None:
    say, clock = Words("zh"), Hurried()
    await control.telegram("options", limits=False)
    async with start(clock=clock, admin_ids=str(XIAOYU), **ALLOWED):
        await answer(ben, "/help")
    async with start(clock=clock, admin_ids=str(XIAOYU), **ALLOWED):
        preview = await asked(xiaoyu, say)
        await control.fault("telegram", ASKED, "status", status=502, times=0)
        await xiaoyu.press(preview, say("button.confirm"))
        told = await xiaoyu.until(say("broadcast.done"), timeout=30, since=0)
        assert say("broadcast.unasked", n=1) in told.text
        assert not await arrived(ben)
