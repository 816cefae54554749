"""What landed late at ACGBT or HDHive, or is looked for from another account: nothing goes out twice."""

import asyncio

from bot.wiring import House
from clients.credentials import ApiKey
from sandbox.server import Sandbox
from services.names import Service
from tests.conftest import LAOCHEN, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.process import until
from tests.e2e.publish.publishing import PUBLISH, made, sent, to_preview, with_key
from tests.e2e.shares.sharing import SHARES, mine, nothing_shared, to_preview as to_share
from tests.e2e.words import Words


async def slow_look(
    person: Person, say: Words, box: Sandbox, clock: Hurried, card: Message, path: str
) -> None:
    """Press Look, and let more than a minute go by while the site takes its time to answer."""
    before = len(box.world.journal.entries)
    look = asyncio.ensure_future(person.press(card, say("button.look"), timeout=30))
    asked = box.world.journal.entries
    await until(lambda: any(e.path == path and e.method == "GET" for e in [*asked][before:]), "it is asked")
    clock.forward(61)
    await look


async def test_what_lands_during_a_slow_look_is_not_called_lost(
    bot: House,
    person: Person,
    say: Words,
    box: Sandbox,
    control: Control,
    clock: Hurried,
    journal: Journal,
) -> None:
    await with_key(bot, box, person)
    preview = await to_preview(person, say)
    await control.fault("acgbt", PUBLISH, "reset")
    await person.press(preview, say("button.publish"))
    card = await person.until(say("publish.not_yet"))
    await control.fault("acgbt", "/api/v1/search", "delay", method="GET", seconds=2.0)
    await slow_look(person, say, box, clock, card, "/api/v1/search")
    # The next press waits for its turn behind the look that is still under way.
    await person.press(card, say("button.look"), timeout=30)
    await person.until(say("publish.not_published"), 20)
    looks = await journal.calls("acgbt", "GET", "/api/v1/search")
    assert len(looks) == 3, "the slow one began too early to prove anything"
    assert len(await sent(journal)) == 1


async def test_a_share_that_lands_during_a_slow_look_is_not_called_lost(
    bot: House,
    person: Person,
    say: Words,
    box: Sandbox,
    control: Control,
    clock: Hurried,
    journal: Journal,
) -> None:
    nothing_shared(box, person)
    preview = await to_share(person, say)
    await control.fault("hdhive", SHARES, "reset", method="POST")
    await person.press(preview, say("button.publish"))
    card = await person.until(say("share.not_yet"))
    await journal.forget()
    await control.fault("hdhive", SHARES, "delay", method="GET", seconds=2.0)
    await slow_look(person, say, box, clock, card, SHARES)
    await person.press(card, say("button.look"), timeout=30)
    await person.until(say("share.not_published"), 20)
    assert len(await journal.calls("hdhive", "GET", SHARES)) == 2, "the slow one proved nothing"
    assert not mine(box, person)


async def test_another_account_finds_what_the_last_one_published(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, clock: Hurried, journal: Journal
) -> None:
    await with_key(bot, box, person)
    preview = await to_preview(person, say)
    await control.fault("acgbt", PUBLISH, "reset_after")
    await control.fault("acgbt", "*", "status", method="GET", status=503, times=0)
    await person.press(preview, say("button.publish"))
    card = await person.until(lambda m: m.find(say("button.look")) is not None, 30)
    await control.mend()
    other, key = box.world.acgbt.account_of(LAOCHEN), box.world.acgbt.main_key(LAOCHEN)
    await bot.services.credentials.connect(
        person.id,
        Service.ACGBT,
        ApiKey(key.key, key.secret),
        account_id=str(other.id),
        account_name=other.username,
    )
    clock.forward(61)
    await person.press(card, say("button.look"))
    await person.until(say.starts("publish.done_number"))
    assert len(await sent(journal)) == 1
    assert len(made(box)) == 1


async def test_a_share_is_not_looked_for_with_another_account(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, clock: Hurried, journal: Journal
) -> None:
    nothing_shared(box, person)
    preview = await to_share(person, say)
    await control.fault("hdhive", SHARES, "reset_after", method="POST")
    await control.fault("hdhive", SHARES, "html", method="GET", times=0)
    await person.press(preview, say("button.publish"))
    card = await person.until(lambda m: m.find(say("button.look")) is not None, 30)
    await control.mend()
    # HDHive tells Premium users alone which account they have.
    await control.person(LAOCHEN, premium=True)
    await linked(person, "hdhive", account=LAOCHEN)
    clock.forward(61)
    await person.press(card, say("button.look"))
    told = await person.until(say("share.other_account"))
    assert told.find(say("button.publish")) is None
    await linked(person, "hdhive")
    await person.press(told, say("button.look"))
    await person.until(say("share.published"))
    assert len(await journal.calls("hdhive", "POST", SHARES)) == 1
    assert len(mine(box, person)) == 1
