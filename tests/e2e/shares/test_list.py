"""/shares: the list of own shares, who may see it, and presses that nobody offered."""

import pytest

from bot.wiring import House
from sandbox.catalogue import Verdict
from sandbox.server import Sandbox
from tests.conftest import GROUP, linked
from tests.driver import Control, Journal, Person
from tests.e2e.faults.faulty import FAULTS, HDHIVE, Fault, Faulty, tells
from tests.e2e.shares.sharing import (
    LINK,
    SHARES,
    listed,
    nothing_shared,
    stock,
    words_of,
)
from tests.e2e.words import Words


async def test_own_shares_come_in_pages_of_eight(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    stock(box, person, 19)
    first = await listed(person, say)
    assert "19" in first.text.splitlines()[0]
    assert [n for n in range(1, 20) if f"Share {n}\n" in first.text] == list(range(1, 9))
    assert first.find(say("button.prev")) is None
    await person.press(first, say("button.next"))
    second = await person.until("Share 9\n")
    await person.press(second, say("button.next"))
    third = await person.until("Share 17\n")
    assert third.id == first.id, "one card"
    assert third.find(say("button.next")) is None
    asked = await journal.calls("hdhive", "GET", SHARES)
    assert [call.query for call in asked] == [{"page": str(n), "page_size": "8"} for n in (1, 2, 3)]


async def test_price_and_state_are_seen_at_a_glance(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    made = stock(box, person, 3)
    made[1].verdict, made[2].verdict, made[0].unlocked_users_count = Verdict.DEAD, Verdict.UNCERTAIN, 7
    card = await listed(person, say)
    rows = [line for line in words_of(card).splitlines() if "Quark" in line or "夸克" in line]
    assert say("share.free") in rows[0]
    assert say("share.valid.valid") in rows[0]
    assert say("share.unlocked_short", n=7) in rows[0]
    assert say("share.points", points=1) in rows[1]
    assert say("share.valid.invalid") in rows[1]
    assert say("share.valid.error") in rows[2]
    assert card.find(f"1 · {say('share.free')}")
    assert card.find(f"2 · {say('share.points', points=1)}")


async def test_a_share_without_a_title_goes_by_its_film(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    stock(box, person, 1, title=None)
    assert "2021" in (await listed(person, say)).text


async def test_who_shares_nothing_is_told_so(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    nothing_shared(box, person)
    card = await listed(person, say)
    assert say("shares.none") in words_of(card)


async def test_a_page_that_is_gone_leads_to_the_last_one(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    made = stock(box, person, 17)
    card = await listed(person, say)
    await person.press(card, say("button.next"))
    card = await person.until("Share 9\n")
    for share in made[5:]:
        del box.world.catalogue.resources[share.slug]
    await person.press(card, say("button.next"))
    assert "Share 5\n" in (await person.until("Share 1\n")).text


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}")
async def test_a_list_that_fails_can_be_tried_again(
    bot: House, person: Person, say: Words, box: Sandbox, faulty: Faulty, fault: Fault
) -> None:
    stock(box, person)
    await linked(person, "hdhive")
    await faulty.begin(fault, "hdhive", SHARES)
    await person.send("/shares")
    card = await person.until(tells(say, fault, HDHIVE))
    await faulty.end()
    await person.press(card, say("button.retry"))
    await person.until("Share 1")


async def test_without_an_account_there_is_the_way_to_link(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send("/shares")
    card = await person.until(say("problem.not_linked", service=HDHIVE))
    assert card.find(say("button.link", service=HDHIVE))
    await person.send(f"/shares {LINK}")
    await person.until(say("problem.not_linked", service=HDHIVE))
    assert not await journal.calls("hdhive")


async def test_a_missing_right_says_so(
    bot: House, person: Person, say: Words, control: Control, box: Sandbox
) -> None:
    stock(box, person)
    await linked(person, "hdhive")
    await control.person(person.id, scopes=["meta", "query"])
    await person.send("/shares")
    card = await person.until(say("problem.forbidden.user_scope", service=HDHIVE))
    assert card.find(say("button.link", service=HDHIVE))


async def test_groups_get_a_button_into_the_private_chat(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    stock(box, person)
    await linked(person, "hdhive")
    await journal.forget()
    await person.send("/shares", GROUP)
    card = await person.until(lambda m: bool(m.buttons), chat=GROUP)
    assert "Share 1" not in card.text
    url = card.button(say("button.private")).url or ""
    assert not await journal.calls("hdhive")
    await person.start(url.partition("start=")[2])
    await person.until("Share 1")


async def test_forged_presses_do_nothing(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    stock(box, person)
    card = await listed(person, say)
    card_id = str(card.button(say("button.close")).data).partition(":")[0]
    await journal.forget()
    for data in ("page:-1", "page:x", "open:a/../b", "open:", "sure:", "publish:"):
        assert (await person.press_data(card, f"{card_id}:{data}")).text == say("card.old"), data
    await person.press(card, say("button.new_share"))
    card = await person.until(say("share.ask.link"))
    for data in (
        "publish:",
        "look:",
        "sure:",
        "delete:",
        "check:",
        "skip:",
        "pick:x",
        "price:-1",
        "price:x",
        "go:all",
        "turn:url",
        "typed:",
    ):
        assert (await person.press_data(card, f"{card_id}:{data}")).text == say("card.old"), data
    for method in ("POST", "PATCH", "DELETE"):
        assert not await journal.calls("hdhive", method)
