"""Check and Save on the notice of a followed title: at once within the limit, else after a question."""

from urllib.parse import parse_qs

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.settings.limits import allowed
from tests.e2e.shares.sharecard import in_drive, with_label
from tests.e2e.subscribe.following import appear, begun, later
from tests.e2e.words import Words

PRICE = 4
UNLOCKS = ("hdhive", "POST", "*/resources/unlock")
LOOKS = ("disktop", "GET", "/v1/share/*/info")
TRANSFERS = ("disktop", "POST", "/v1/share/*/transfer")


async def notice_of_a_share(
    bot: House, person: Person, say: Words, control: Control, clock: Hurried
) -> tuple[Message, str]:
    """Follow a film, let a share on Disk.Top appear, and return its notice and its id."""
    await begun(person, say)
    slug = await appear(control, drive="disktop", unlock_points=PRICE, verdict="alive")
    await later(bot, clock)
    return await person.until("🆕"), slug


async def test_within_the_limit_both_act_at_once(
    bot: House,
    box: Sandbox,
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    await linked(person, "hdhive", "disktop")
    await allowed(person, say, 5)
    notice, slug = await notice_of_a_share(bot, person, say, control, clock)
    await journal.forget()
    await person.press(notice, say("button.check"))
    checked = await person.until(say("check.word.alive"))
    assert checked.id != notice.id
    link = await person.until(lambda m: m.id == notice.id and m.find(say("button.open")) is not None)
    assert say("unlock.spent", points=PRICE) in link.text
    assert [call.json["slug"] for call in await journal.calls(*UNLOCKS)] == [slug]
    share = box.world.catalogue.resources[slug]
    surl = share.url.rpartition("/")[2]
    assert {call.path for call in await journal.calls(*LOOKS)} == {f"/v1/share/{surl}/info"}
    await person.press(link, say("button.back"))
    again = await person.until(lambda m: m.id == notice.id and "🆕" in m.text)
    await journal.forget()
    await saved_from(person, say, again)
    assert await journal.calls(*UNLOCKS) == [], "it is theirs already"
    assert {call.path for call in await journal.calls(*TRANSFERS)} == {f"/v1/share/{surl}/transfer"}
    assert in_drive(box, person)


async def saved_from(person: Person, say: Words, notice: Message) -> None:
    """Press Save on the notice, and save all there is in the share."""
    await person.press(notice, say("button.save"))
    share = await person.until(with_label(say("button.save_to")))
    assert share.id != notice.id
    every = say("button.save_all")
    await person.press(share, every if share.find(every) else say("button.save"))
    await person.until(say.starts("save.done"), timeout=15)


async def test_save_unlocks_and_saves_to_the_own_drive(
    bot: House,
    box: Sandbox,
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    await linked(person, "hdhive", "disktop")
    await allowed(person, say, 5)
    notice, slug = await notice_of_a_share(bot, person, say, control, clock)
    await journal.forget()
    await saved_from(person, say, notice)
    assert [call.json["slug"] for call in await journal.calls(*UNLOCKS)] == [slug]
    sent = await journal.calls(*TRANSFERS)
    assert {parse_qs(call.body)["dest_path"][0] for call in sent} == {"/"}
    assert in_drive(box, person)


async def test_above_the_limit_both_ask_first(
    bot: House,
    box: Sandbox,
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    await linked(person, "hdhive", "disktop")
    await allowed(person, say, 2)
    notice, slug = await notice_of_a_share(bot, person, say, control, clock)
    await journal.forget()
    for label in ("button.check", "button.save"):
        await person.press(notice, say(label))
        asked = await person.until(with_label(say("button.confirm_points", points=PRICE)))
        assert asked.id == notice.id
        await person.press(asked, say("button.cancel"))
        facts = await person.until(with_label(say("button.unlock_for", points=PRICE)))
        await person.press(facts, say("button.back"))
        notice = await person.until("🆕")
    for wire in (UNLOCKS, LOOKS, TRANSFERS):
        assert await journal.calls(*wire) == []
    await person.press(notice, say("button.save"))
    asked = await person.until(with_label(say("button.confirm_points", points=PRICE)))
    await person.press(asked, say("button.confirm_points", points=PRICE))
    link = await person.until(with_label(say("button.open")))
    assert [call.json["slug"] for call in await journal.calls(*UNLOCKS)] == [slug]
    await saved_from(person, say, link)
    assert in_drive(box, person)
