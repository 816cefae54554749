"""/usage: quota, calls, free unlocks and space, as a picture with the numbers below."""

from datetime import timedelta

import pytest

from bot.wiring import House
from handlers.usage.report import DAYS
from sandbox.people import GIB
from sandbox.server import Sandbox
from services.beijing import day_of
from tests.conftest import GROUP, Start, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

OPEN = "/api/open"
PARTS = {
    "account": f"{OPEN}/me",
    "quota": f"{OPEN}/quota",
    "today": f"{OPEN}/usage/today",
    "month": f"{OPEN}/usage",
    "weekly": f"{OPEN}/vip/weekly-free-quota",
}


def words_of(card: Message) -> str:
    return card.text.replace("\u2060", "")


def space_in(card: Message) -> bool:
    return "B / " in card.text or "B of " in card.text


async def shown(person: Person, say: Words, *, ask: bool = True) -> Message:
    if ask:
        await person.send("/usage")
    return await person.until(lambda m: m.find(say("button.refresh")) is not None)


async def test_a_picture_and_the_numbers_below_it(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal, control: Control, clock: Hurried
) -> None:
    box.world.people[person.id].forever_premium = True
    await control.person(person.id, disk_used=0)
    await control.options(hdhive_endpoint_limit=1000)
    box.world.hdhive.live(box.world.now(), box.world.rng)
    await linked(person, "hdhive", "disktop")
    await journal.forget()
    card = await shown(person, say)
    assert card.has_photo
    assert (await person.file(card)).startswith(b"\x89PNG")
    text = words_of(card)
    month = sum(box.world.hdhive.calls.values())
    for words in (
        say("account.points", points=120),
        say("account.premium"),
        say("usage.weekly", remaining=3, limit=3),
        say("usage.bonus", bonus=0, most=10),
        say("usage.calls_of").replace("<i>", "").replace("</i>", ""),
        say.starts("usage.today"),
        say("usage.month", days=DAYS, calls="§").partition("§")[0],
        "GET /resources/:type/:tmdb_id",
        say.starts("usage.quota"),
        say.starts("usage.reset"),
        say.starts("usage.busiest"),
    ):
        assert words in text, words
    assert month > 1000
    assert "⚠️" not in text
    assert len(text) <= 1024
    today = day_of(clock.now())
    for path in PARTS.values():
        (call,) = await journal.calls("hdhive", "GET", path)
        assert call.status == 200
        assert call.headers["x-api-key"]
        assert call.headers["authorization"].startswith("Bearer ")
    (usage,) = await journal.calls("hdhive", "GET", PARTS["month"])
    start = today - timedelta(days=DAYS - 1)
    assert usage.query == {"start_date": start.isoformat(), "end_date": today.isoformat()}
    assert len(await journal.calls("disktop", "GET", "/v1/user/quota")) == 1
    assert len(await journal.calls("telegram", path="*/sendPhoto")) == 1


async def test_looking_again_edits_the_card(
    bot: House, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await linked(person, "hdhive", "disktop")
    first = await shown(person, say)
    await control.person(person.id, points=77)
    await journal.forget()
    await person.press(first, say("button.refresh"))
    again = await person.until(say("account.points", points=77))
    assert again.id == first.id
    assert await journal.calls("telegram", path="*/editMessageMedia")
    assert not await journal.calls("telegram", path="*/sendPhoto")


async def test_no_limits_are_said_so(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    await linked(person, "hdhive")
    box.world.people[person.id].forever_premium = False
    text = words_of(await shown(person, say))
    assert say("usage.no_quota") in text
    assert say("usage.weekly_none") in text


async def test_what_is_not_linked_is_said_and_hides_nothing_else(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    neither = await shown(person, say)
    for name in ("HDHive", "Disk.Top"):
        assert say("problem.not_linked", service=name) in words_of(neither)
        assert neither.find(say("button.link", service=name))
    assert not neither.has_photo
    assert not await journal.calls("hdhive")
    await linked(person, "disktop")
    half = await shown(person, say)
    assert say("problem.not_linked", service="HDHive") in words_of(half)
    assert half.find(say("button.link", service="Disk.Top")) is None
    assert space_in(half)
    await linked(person, "hdhive")
    whole = await shown(person, say)
    assert whole.has_photo


async def test_a_service_that_is_off_hides_nothing_else(
    start: Start, person: Person, say: Words, control: Control
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=Hurried(), hdhive_client_id="", hdhive_app_secret=""):
        await linked(person, "disktop")
        card = await shown(person, say)
        assert say("problem.service_off", service="HDHive") in words_of(card)
        assert space_in(card)
    async with start(clock=Hurried(), disktop_client_id="", disktop_client_secret=""):
        await linked(person, "hdhive")
        card = await shown(person, say)
        assert say("problem.service_off", service="Disk.Top") in words_of(card)
        assert card.has_photo


@pytest.mark.parametrize("part", list(PARTS))
async def test_one_part_that_fails_leaves_the_others(
    bot: House, person: Person, say: Words, control: Control, part: str
) -> None:
    await linked(person, "hdhive", "disktop")
    await control.fault("hdhive", PARTS[part], "html", method="GET", times=0)
    card = await shown(person, say)
    text = words_of(card)
    sentence = say("problem.broken", service="HDHive")
    assert say("usage.failure", parts=say(f"usage.part.{part}"), words=sentence) in text
    assert text.count("⚠️") == 1
    assert space_in(card)
    present = {
        "account": say("account.points", points=120),
        "quota": say("usage.no_quota"),
        "today": say.starts("usage.today"),
        "month": say.starts("usage.busiest"),
        "weekly": say("usage.part.weekly"),
    }
    for other, words in present.items():
        told = [line for line in text.splitlines() if "⚠️" not in line and words in line]
        assert bool(told) is (other != part), other
    assert card.has_photo is (part != "month")
    await control.mend()
    await person.press(card, say("button.refresh"))
    whole = await person.until(lambda m: "⚠️" not in m.text)
    assert whole.has_photo


async def test_everything_that_fails_alike_is_told_once(
    bot: House, person: Person, say: Words, control: Control, box: Sandbox
) -> None:
    await linked(person, "hdhive", "disktop")
    await control.fault("hdhive", f"{OPEN}/*", "html", times=0)
    await control.fault("disktop", "/v1/user/quota", "html", times=0)
    text = words_of(await shown(person, say))
    assert text.count(say("problem.broken", service="HDHive")) == 1
    assert text.count(say("problem.broken", service="Disk.Top")) == 1


async def test_without_premium_the_rest_is_shown(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await linked(person, "hdhive")
    await control.person(person.id, premium=False)
    card = await shown(person, say)
    text = words_of(card)
    both = say("list.and").join(say(f"usage.part.{part}") for part in ("account", "weekly"))
    assert f"{both}" in text
    assert say("problem.forbidden.premium", service="HDHive") in text
    assert say.starts("usage.today") in text
    assert card.has_photo


async def test_a_lost_authorization_leads_to_a_new_link(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await linked(person, "hdhive", "disktop")
    await control.expire("hdhive", person.id, "grant")
    card = await shown(person, say)
    assert words_of(card).count(say("problem.link_lost", service="HDHive")) == 1
    assert card.find(say("button.link", service="HDHive"))
    assert space_in(card)


async def test_a_drive_nearly_full_is_shown_as_it_is(
    bot: House, person: Person, say: Words, control: Control, box: Sandbox
) -> None:
    total = box.world.people[person.id].disk_total
    await control.person(person.id, disk_used=total - GIB // 2)
    await linked(person, "disktop")
    text = words_of(await shown(person, say))
    assert "512 MB" in text


async def test_groups_get_a_button_into_the_private_chat(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "hdhive")
    await journal.forget()
    await person.send("/usage", GROUP)
    card = await person.until(lambda m: bool(m.buttons), chat=GROUP)
    assert not card.has_photo
    assert not await journal.calls("hdhive")
    url = card.button(say("button.private")).url or ""
    await person.start(url.partition("start=")[2])
    assert (await shown(person, say, ask=False)).has_photo


async def test_the_card_lives_on_after_a_restart(
    start: Start, person: Person, say: Words, control: Control
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=Hurried()):
        await linked(person, "hdhive", "disktop")
        card = await shown(person, say)
    await control.person(person.id, points=33)
    async with start(clock=Hurried()):
        await person.press(card, say("button.refresh"))
        assert (await person.until(say("account.points", points=33))).id == card.id
