"""Linking that goes wrong: wrong, used and expired links, a No, somebody else, a lost or a narrow grant."""

import pytest

from bot.wiring import House
from tests.conftest import BEN, GROUP, LAOCHEN, Start, free_port, linked
from tests.driver import Browser, Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

NAMES = {"hdhive": "HDHive", "disktop": "Disk.Top"}


async def ticket(person: Person, service: str = "hdhive") -> str:
    await person.send(f"/link {service}")
    card = await person.until(lambda message: any(button.url for button in message.buttons))
    return next(button.url for button in card.buttons if button.url) or ""


async def way_back(person: Person, service: str = "hdhive") -> str:
    address = await ticket(person, service)
    async with Browser(person.id) as browser:
        return await browser.link(address)


def offers(say: Words, message: Message, service: str = "hdhive") -> bool:
    return message.find(say("button.link", service=NAMES[service])) is not None


async def test_a_used_deep_link_of_a_linked_account_says_that_it_is_linked(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    payload = await way_back(person)
    await person.start(payload)
    first = await person.until(lambda message: "✅" in message.text)
    await journal.forget()
    await person.start(payload)
    await person.until(lambda message: message.id > first.id + 1 and "✅ HDHive" in message.text)
    assert not await journal.calls("hdhive", "POST", "*/oauth/token")


async def test_wrong_and_expired_deep_links_offer_a_new_one(
    bot: House, person: Person, say: Words, clock: Hurried, journal: Journal
) -> None:
    await person.start("l_" + "A" * 43)
    unknown = await person.until(say("problem.attempt.unknown"))
    assert offers(say, unknown)
    payload = await way_back(person)
    clock.forward(301)
    await person.start(payload)
    late = await person.until(say("problem.attempt.expired"))
    assert offers(say, late)
    assert not await journal.calls("hdhive", "POST", "*/oauth/token")
    await person.press(late, say("button.link", service="HDHive"))
    await person.until(say.starts("link.ready"))


async def test_wrong_used_and_expired_pages_say_so_in_a_browser(
    bot: House, person: Person, say: Words, clock: Hurried
) -> None:
    address = await ticket(person)
    async with Browser(person.id) as browser:
        await browser.get(address[:-5] + "XXXXX")
        assert browser.status == 404
        payload = await browser.link(address)
        await person.start(payload)
        await person.until(lambda message: "✅" in message.text)
        await browser.get(address)
        assert browser.status == 410
        assert say("web.problem.used.title") in browser.page
        late = await ticket(person, "disktop")
        clock.forward(700)
        await browser.get(late)
        assert browser.status == 410
        assert say("web.problem.expired.title") in browser.page


async def test_a_no_at_the_service_links_nothing_and_can_be_taken_back(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    address = await ticket(person, "disktop")
    async with Browser(person.id) as browser:
        assert await browser.link(address, allow=False) == ""
        assert say("web.problem.denied.title") in browser.page
    assert not await journal.calls("disktop", "POST", "*/oauth/token")
    await linked(person, "disktop")


async def test_somebody_elses_deep_link_is_burned_and_both_are_told(
    bot: House, people: dict[int, Person], journal: Journal
) -> None:
    owner, thief, en, zh = people[BEN], people[LAOCHEN], Words("en"), Words("zh")
    payload = await way_back(owner)
    since = await owner.revision()
    await thief.start(payload)
    told = await thief.until(zh("problem.attempt.foreign"))
    assert offers(zh, told)
    notice = await owner.until(en.starts("link.burned"), since=since)
    assert offers(en, notice)
    assert "HDHive" in notice.text
    await owner.start(payload)
    await owner.until(en("problem.attempt.used"))
    assert not await journal.calls("hdhive", "POST", "*/oauth/token")
    await owner.press(notice, en("button.link", service="HDHive"))
    await owner.until(en.starts("link.ready"))


async def test_an_expired_access_token_is_renewed_without_a_word(
    bot: House, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await linked(person, "hdhive")
    await control.expire("hdhive", person.id, "access")
    await journal.forget()
    await person.send("/checkin")
    await person.until(say("checkin.done"))
    (refresh,) = await journal.calls("hdhive", "POST", "*/oauth/token")
    assert refresh.json["grant_type"] == "refresh_token"


async def test_a_revoked_grant_is_told_once_and_linked_again(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await linked(person, "hdhive")
    await control.expire("hdhive", person.id, "grant")
    await person.send("/checkin")
    card = await person.until(lambda m: say("problem.link_lost", service="HDHive") == m.text)
    assert offers(say, card)
    await person.send("/unlock 0123456789abcdef0123456789abcdef")
    await person.until(lambda m: m.id > card.id + 1 and say("problem.link_lost", service="HDHive") == m.text)
    notices = [m for m in await person.settled(1.0) if m.text == say("link.lost", service="HDHive")]
    assert len(notices) == 1
    await person.press(card, say("button.link", service="HDHive"))
    ready = await person.until(say.starts("link.ready"))
    assert ready.id > card.id, "the card that failed is kept"
    async with Browser(person.id) as browser:
        payload = await browser.link(next(button.url for button in ready.buttons if button.url) or "")
    await person.start(payload)
    await person.until(lambda message: message.id > ready.id and "✅" in message.text)
    await person.press(card, say("button.retry"))
    assert (await person.until(say("checkin.done"))).id == card.id


async def test_a_missing_scope_leads_to_linking_again(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await control.person(person.id, scopes=["meta", "query"])
    await linked(person, "hdhive")
    await person.send("/accounts")
    await person.until(say("account.missing", scopes=say("list.and").join(("unlock", "write", "vip"))))
    await person.send("/checkin")
    card = await person.until(say("problem.forbidden.user_scope", service="HDHive"))
    assert offers(say, card)
    await control.person(person.id, scopes=None)
    await linked(person, "hdhive")
    await person.press(card, say("button.retry"))
    await person.until(say("checkin.done"))


async def test_without_an_account_every_command_says_what_to_do(
    bot: House, person: Person, say: Words
) -> None:
    for command, service in (
        ("/checkin", "hdhive"),
        ("/unlock 0123456789abcdef0123456789abcdef", "hdhive"),
        ("/save https://disk.top/s/8d2f3a", "disktop"),
        ("https://disk.top/s/8d2f3a", "disktop"),
    ):
        await person.send(command)
        card = await person.until(say("problem.not_linked", service=NAMES[service]))
        assert offers(say, card, service)
        assert card.find(say("button.retry")) is not None
    for command, words in (
        ("/start", "start.first_step"),
        ("/accounts", "accounts.title"),
        ("/unlink", "unlink.none"),
    ):
        await person.send(command)
        await person.until(say(words))
    await person.send("/check https://disk.top/s/8d2f3a")
    card = await person.until(say("check.reason.not_linked"))
    assert offers(say, card, "disktop")


async def test_a_service_nobody_links_is_explained(bot: House, person: Person, say: Words) -> None:
    await person.send("/link dropbox")
    card = await person.until(say("link.unknown", service="dropbox"))
    assert offers(say, card)
    assert offers(say, card, "disktop")


async def test_unlinking_asks_revokes_and_offers_the_way_back(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "hdhive")
    await person.send("/unlink hdhive")
    card = await person.until(say("unlink.ask", service="HDHive"))
    await person.press(card, say("button.confirm"))
    done = await person.until(say("unlink.done", service="HDHive"))
    assert say("forget.still", service="HDHive") not in done.text
    await person.press(done, say("button.relink", service="HDHive"))
    await person.until(say.starts("link.ready"))
    for _ in range(20):
        if await journal.calls("hdhive", "POST", "*revoke*"):
            return
        await person.settled(0.2)
    raise AssertionError("the grant was not revoked at HDHive")


@pytest.mark.parametrize("service", ["hdhive", "disktop"])
async def test_a_service_that_is_down_still_gives_the_page_and_says_so_afterwards(
    start: Start, person: Person, say: Words, control: Control, service: str
) -> None:
    closed = f"http://127.0.0.1:{free_port()}"
    await control.telegram("options", limits=False)
    async with start(clock=Hurried(), **{f"{service}_url": closed}):
        address = await ticket(person, service)
        async with Browser(person.id) as browser:
            page = await browser.get(address)
        assert page.status_code == 200


async def test_unlinking_tells_of_what_only_its_owner_can_take_back(
    bot: House, person: Person, say: Words
) -> None:
    await linked(person, "disktop")
    await person.send("/unlink disktop")
    asked = await person.until(say("unlink.ask_by_hand", service="Disk.Top"))
    await person.press(asked, say("button.confirm"))
    done = await person.until(say("unlink.done", service="Disk.Top"))
    assert say("forget.still", service="Disk.Top") in done.text
    assert done.button(say("button.take_back", service="Disk.Top")).url == "https://disk.top/user/apps"
    assert done.find(say("button.relink", service="Disk.Top")) is not None


async def test_cancel_ends_a_linking_under_way(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send("/link hdhive")
    card = await person.until(lambda message: any(button.url for button in message.buttons))
    address = next(button.url for button in card.buttons if button.url) or ""
    await person.send("/cancel")
    await person.until(say("cancel.done"))
    assert card.id not in [message.id for message in await person.settled()], "it goes as with its button"
    async with Browser(person.id) as browser:
        assert not await browser.link(address)
    await person.send("/cancel")
    await person.until(say("cancel.nothing"))
    assert not await journal.calls("hdhive", "POST", "*/token")


async def test_cancel_before_start_is_pressed_links_nothing(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send("/link hdhive")
    card = await person.until(lambda message: any(button.url for button in message.buttons))
    async with Browser(person.id) as browser:
        payload = await browser.link(next(button.url for button in card.buttons if button.url) or "")
    await person.send("/cancel")
    await person.until(say("cancel.done"))
    await person.start(payload or "")
    await person.until(say("problem.attempt.denied"))
    await person.send("/accounts")
    await person.until(lambda message: message.find(say("button.link", service="HDHive")) is not None)


async def test_the_button_ends_the_ticket_too(bot: House, person: Person, say: Words) -> None:
    await person.send("/link hdhive")
    card = await person.until(lambda message: any(button.url for button in message.buttons))
    await person.press(card, say("button.cancel"))
    await person.send("/cancel")
    await person.until(say("cancel.nothing"))
    async with Browser(person.id) as browser:
        assert not await browser.link(next(button.url for button in card.buttons if button.url) or "")


async def test_cancel_leaves_the_choice_of_ways(bot: House, person: Person, say: Words) -> None:
    await person.send("/link mika")
    card = await person.until(say("linkkey.ways", service="Mika"))
    await person.send("/cancel")
    await person.until(say("cancel.done"))
    assert card.id not in [message.id for message in await person.settled()]


async def test_cancel_in_a_group_names_the_way_to_search_there(
    bot: House, person: Person, say: Words
) -> None:
    await person.send("/link hdhive")
    card = await person.until(lambda message: any(button.url for button in message.buttons))
    await person.send("/cancel", GROUP)
    told = await person.until(say("cancel.nothing_group"), chat=GROUP)
    assert "/search" in told.text
    assert card.id in [message.id for message in await person.settled()], "what is private goes on"
