"""What services do wrong, at every step a person sees: one sentence, a way on, and nothing is lost."""

import pytest

from bot.wiring import House
from tests.conftest import linked
from tests.driver import Browser, Control, Journal, Person
from tests.e2e import ways
from tests.e2e.faults.faulty import DISKTOP, FAULTS, HDHIVE, TMDB, Fault, Faulty, has, one_sentence, tells
from tests.e2e.words import Words


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
async def test_a_search_that_fails_is_tried_again_on_its_card(
    bot: House, person: Person, say: Words, faulty: Faulty, fault: Fault
) -> None:
    await faulty.begin(fault, "tmdb", "/3/search/multi")
    await person.send(ways.TITLE[say.language])
    card = await person.until(tells(say, fault, TMDB))
    one_sentence(card)
    assert has(card, say("button.retry"), say("button.close"))
    await faulty.end()
    await person.press(card, say("button.retry"))
    assert (await person.until(ways.YEAR)).id == card.id


async def test_a_title_that_fails_leads_back_to_the_list(
    bot: House, person: Person, say: Words, faulty: Faulty
) -> None:
    listed = await ways.titles(person, say)
    number = ways.number_of(listed, ways.YEAR)
    for fault in FAULTS:
        await faulty.begin(fault, "tmdb", "/3/movie/*")
        await person.press(None, number)
        card = await person.until(tells(say, fault, TMDB))
        one_sentence(card)
        assert has(card, say("button.retry"), say("button.back"))
        await person.press(card, say("button.back"))
        assert (await person.until(ways.YEAR)).id == listed.id
        await faulty.end()
    await person.press(None, number)
    await person.until(lambda message: message.find(say("button.back")) is not None)


async def test_a_title_is_shown_although_its_resources_fail(
    bot: House, person: Person, say: Words, faulty: Faulty
) -> None:
    await linked(person, "hdhive")
    for fault in FAULTS:
        await faulty.begin(fault, "hdhive", "/api/open/resources/*")
        card = await ways.title(person, say)
        assert tells(say, fault, HDHIVE) in card.text
        assert ways.YEAR in card.text
        await faulty.end()
        await person.press(card, say("button.retry"))
        again = await person.until(say("resource.points", points=3))
        assert again.id == card.id


async def test_a_price_that_cannot_be_asked_leads_back_to_the_title(
    bot: House, person: Person, say: Words, faulty: Faulty
) -> None:
    await linked(person, "hdhive")
    card = await ways.title(person, say)
    for fault in FAULTS:
        await faulty.begin(fault, "hdhive", "/api/open/shares/*")
        await person.press(None, say("resource.points", points=3))
        failed = await person.until(tells(say, fault, HDHIVE))
        one_sentence(failed)
        assert has(failed, say("button.retry"), say("button.back"))
        await faulty.end()
        await person.press(failed, say("button.back"))
        assert (await person.until(ways.YEAR)).id == card.id
    await person.press(None, say("resource.points", points=3))
    await person.until(lambda message: message.find(say("button.unlock")) is not None)


async def test_accounts_are_shown_although_their_services_fail(
    bot: House, person: Person, say: Words, faulty: Faulty, control: Control
) -> None:
    await linked(person, "hdhive", "disktop")
    for fault in FAULTS:
        await faulty.begin(fault, "hdhive", "*")
        await faulty.begin(fault, "disktop", "*")
        for command in ("/start", "/accounts"):
            await person.send(command)
            panel = await person.until(say("account.unavailable"), timeout=20)
            assert panel.text.count(say("account.unavailable")) == 2
            assert say.starts("account.lost") not in panel.text.replace("✅", "")
        await faulty.end()
    await person.send("/accounts")
    await person.until(say("account.points", points=120))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
async def test_a_check_that_cannot_begin_is_tried_again(
    bot: House, person: Person, say: Words, faulty: Faulty, fault: Fault
) -> None:
    await faulty.begin(fault, "linkcheck", "/jobs", "POST")
    await person.send("https://pan.quark.cn/s/alive0001")
    card = await person.until(say("check.reason.service_down"), timeout=20)
    assert has(card, say("button.retry"), say("button.close"))
    await faulty.end()
    await person.press(card, say("button.retry"))
    assert (await person.until("✅", timeout=20)).id == card.id


async def test_a_share_that_cannot_be_looked_at_is_tried_again(
    bot: House, person: Person, say: Words, faulty: Faulty
) -> None:
    await linked(person, "disktop")
    for path in ("/v1/share/*/info", "/v1/share/*/files"):
        for fault in FAULTS:
            await faulty.begin(fault, "disktop", path)
            await person.send("/save https://disk.top/s/8d2f3a")
            card = await person.until(tells(say, fault, DISKTOP))
            one_sentence(card)
            await faulty.end()
            await person.press(card, say("button.retry"))
            shown = await person.until(lambda message: message.find(say("button.save_all")) is not None)
            assert shown.id == card.id


async def test_a_share_with_a_code_asks_for_it_after_a_fault(
    bot: House, person: Person, say: Words, faulty: Faulty
) -> None:
    await linked(person, "disktop")
    await faulty.begin(FAULTS[0], "disktop", "/v1/share/*/info")
    await person.send("/save https://disk.top/s/c0de12")
    card = await person.until(tells(say, FAULTS[0], DISKTOP))
    await faulty.end()
    await person.press(card, say("button.retry"))
    await person.until(say.starts("save.ask_code"))
    await person.send("1234")
    await person.until(lambda message: message.find(say("button.save_all")) is not None)


async def test_a_transfer_that_fails_keeps_the_picks(
    bot: House, person: Person, say: Words, faulty: Faulty
) -> None:
    await linked(person, "disktop")
    await person.send("/save https://disk.top/s/8d2f3a")
    card = await person.until(lambda message: message.find("◻️") is not None)
    await person.press(card, "◻️")
    await person.until(lambda message: message.find("☑️") is not None)
    for fault in FAULTS:
        await faulty.begin(fault, "disktop", "/v1/share/*/transfer", "POST")
        await person.press(None, say("button.save_picked", n=1))
        failed = await person.until(tells(say, fault, DISKTOP))
        one_sentence(failed)
        assert has(failed, say("button.retry"), say("button.back"))
        await faulty.end()
        await person.press(failed, say("button.back"))
        kept = await person.until(lambda message: message.find("☑️") is not None)
        assert kept.id == card.id
    await person.press(None, say("button.save_picked", n=1))
    await person.until(say.starts("save.done"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
async def test_a_check_in_says_whether_trying_again_is_safe(
    bot: House, person: Person, say: Words, faulty: Faulty, fault: Fault, journal: Journal
) -> None:
    await linked(person, "hdhive")
    await faulty.begin(fault, "hdhive", "/api/open/checkin", "POST")
    await journal.forget()
    await person.send("/checkin")
    card = await person.until(tells(say, fault, HDHIVE))
    assert (say("checkin.doubtful") in card.text) == (fault.kind != "retry_after")
    assert len(await journal.calls("hdhive", "POST", "*/checkin")) == 1, "never repeated blindly"
    await faulty.end()
    await person.press(card, say("button.retry"))
    assert (await person.until(say("checkin.done"))).id == card.id


@pytest.mark.parametrize("service", ["hdhive", "disktop"])
async def test_a_token_exchange_that_fails_can_be_begun_again(
    bot: House, person: Person, say: Words, faulty: Faulty, service: str
) -> None:
    name = {"hdhive": HDHIVE, "disktop": DISKTOP}[service]
    for fault in FAULTS:
        await person.send(f"/link {service}")
        card = await person.until(lambda message: any(button.url for button in message.buttons))
        async with Browser(person.id) as browser:
            payload = await browser.link(next(button.url for button in card.buttons if button.url) or "")
        await faulty.begin(fault, service, "*/oauth/token", "POST")
        await person.start(payload)
        failed = await person.until(say("problem.attempt.failed", service=name), timeout=20)
        one_sentence(failed)
        assert failed.find(say("button.link", service=name)) is not None
        await faulty.end()
    await person.press(failed, say("button.link", service=name))
    ready = await person.until(lambda message: any(button.url for button in message.buttons))
    async with Browser(person.id) as browser:
        payload = await browser.link(next(button.url for button in ready.buttons if button.url) or "")
    await person.start(payload)
    await person.until(lambda message: message.id > ready.id and "✅" in message.text)
