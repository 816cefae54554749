"""From a fresh chat to a saved share, over real sockets, in both languages, polling and webhook."""

from base64 import b64encode
from secrets import token_bytes
from urllib.parse import parse_qsl

import pytest

from sandbox.server import Sandbox
from tests.conftest import BEN, XIAOYU, Start
from tests.driver import Browser, Control, Journal, Message, Person
from tests.e2e.words import Words
from tests.fixtures.databases import why_no_postgres

TITLE = {"zh": "沙丘", "en": "Dune"}
YEAR = "2021"
PRICE = 3


@pytest.mark.parametrize("updates", ["polling", "webhook"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_whole_way(
    language: str,
    updates: str,
    start: Start,
    box: Sandbox,
    people: dict[int, Person],
    journal: Journal,
    control: Control,
) -> None:
    person = people[XIAOYU if language == "zh" else BEN]
    await control.person(person.id, points=120, premium=True, disk_used=0)
    async with start(telegram_updates=updates):
        await go(person, Words(language), journal, box)
    await telegram_was_spoken_to(journal, updates)


@pytest.mark.postgres
@pytest.mark.skipif(why_no_postgres() is not None, reason=why_no_postgres() or "")
async def test_the_whole_way_on_postgresql(
    start: Start, box: Sandbox, xiaoyu: Person, journal: Journal, postgres_url: str
) -> None:
    keys = b64encode(token_bytes(32)).decode()
    async with start(telegram_updates="webhook", database_url=postgres_url, secret_keys=keys):
        await go(xiaoyu, Words("zh"), journal, box)


async def go(person: Person, say: Words, journal: Journal, box: Sandbox) -> None:
    await greet(person, say)
    await link(person, say, journal, "hdhive")
    await link(person, say, journal, "disktop")
    card = await find(person, say, journal, TITLE[say.language])
    card = await unlock(person, say, journal, card, box)
    await check(person, say, journal, card)
    await save(person, say, journal, card, box)
    await check_in(person, say, journal)


async def greet(person: Person, say: Words) -> None:
    await person.send("/start")
    panel = await person.until(say.starts("start.first_step"))
    assert panel.button(say("button.link", service="HDHive"))
    assert panel.button(say("button.link", service="Disk.Top"))


async def link(person: Person, say: Words, journal: Journal, service: str) -> None:
    await person.press(None, {"hdhive": "HDHive", "disktop": "Disk.Top"}[service])
    card = await person.until(lambda message: any(button.url for button in message.buttons))
    ticket = next(button.url for button in card.buttons if button.url)
    await journal.forget()
    async with Browser(person.id) as browser:
        payload = await browser.link(ticket or "")
    assert payload.startswith("l_"), browser.page
    # Until the same person presses Start, no token request exists.
    assert not await journal.calls(service, "POST", "*/oauth/token")
    await person.start(payload)
    await person.until(lambda message: message.id > card.id and "✅" in message.text)
    (exchange,) = await journal.calls(service, "POST", "*/oauth/token")
    body = exchange.json if service == "hdhive" else exchange.form
    assert body["grant_type"] == "authorization_code"
    assert body["redirect_uri"].endswith(f"/oauth/{service}/callback")
    if service == "hdhive":
        assert exchange.headers["x-api-key"] == "hds-sandbox-app-secret"
    else:
        assert len(body["code_verifier"]) >= 43


async def find(person: Person, say: Words, journal: Journal, title: str) -> Message:
    await journal.forget()
    await person.send(title)
    listed = await person.until(YEAR)
    row = next(line for line in listed.text.splitlines() if YEAR in line)
    await person.press(listed, row.partition(".")[0])
    card = await person.until(lambda message: message.find(" · ") is not None)
    assert card.id == listed.id, "one card per task: it is edited, not sent again"
    assert card.data["link_preview_options"]["url"].endswith((".jpg", ".png"))
    (search,) = await journal.calls("tmdb", "GET", "/3/search/multi")
    assert search.query["query"] == title
    assert search.query["language"] == ("zh-CN" if say.language == "zh" else "en-US")
    assert search.headers["authorization"].startswith("Bearer ")
    (resources,) = await journal.calls("hdhive", "GET", "/api/open/resources/*")
    assert resources.headers["authorization"].startswith("Bearer ")
    assert resources.headers["x-api-key"]
    return card


async def unlock(person: Person, say: Words, journal: Journal, card: Message, box: Sandbox) -> Message:
    await journal.forget()
    before = box.world.people[person.id].points
    card = await on_page(person, say, card, say("resource.points", points=PRICE))
    line = next(x for x in card.text.splitlines() if "Disk.Top" in x)
    number = card.text[: card.text.index(line)].rstrip().splitlines()[-1].partition(".")[0].strip()
    await person.press(card, f"{number} · ")
    facts = await person.until(lambda message: message.find(say("button.unlock")) is not None)
    assert f"{PRICE}" in facts.button(say("button.unlock")).text, "the price is on the button"
    await person.press(facts, say("button.unlock"))
    asked = await person.until(lambda message: message.find(say("button.confirm")) is not None)
    assert not await journal.calls("hdhive", "POST", "/api/open/resources/unlock"), "nothing before the yes"
    pressed = await person.press(asked, say("button.confirm"))
    assert pressed.answered
    assert pressed.seconds < 1.5
    opened = await person.until(lambda message: message.find(say("button.open")) is not None)
    (call,) = await journal.calls("hdhive", "POST", "/api/open/resources/unlock")
    assert set(call.json) == {"slug"}
    assert box.world.people[person.id].points == before - PRICE
    assert opened.id == card.id
    assert str(opened.button(say("button.open")).url).startswith("https://disk.top/s/")
    code = opened.find("📋")
    assert code is not None
    assert code.copies in opened.text
    return opened


async def on_page(person: Person, say: Words, card: Message, words: str) -> Message:
    """Turn pages until one shows the Disk.Top resource for these points."""
    while not (words in card.text and "Disk.Top" in card.text):
        await person.press(card, say("button.next"))
        card = await person.until(lambda message: message.find(say("button.prev")) is not None)
    return card


async def check(person: Person, say: Words, journal: Journal, card: Message) -> None:
    await journal.forget()
    await person.press(card, say("button.check"))
    done = await person.until(lambda message: "✅" in message.text, timeout=15)
    assert done.id != card.id, "the card with the link stays as it is"
    assert await journal.calls("disktop", "GET", "/v1/share/*/info"), (
        "a Disk.Top share is judged by the own account"
    )
    # A link of another drive goes to the link check, as pasted text with its code.
    await person.send(
        "看看这个 https://pan.quark.cn/s/alive0001 提取码：ab12，还有 https://pan.baidu.com/s/dead0002"
    )
    await person.until(
        lambda m: "✅" in m.text and "❌" in m.text and m.find(say("button.close")) is not None, timeout=15
    )
    (created,) = await journal.calls("linkcheck", "POST", "/jobs")
    assert [item["url"].partition("?")[0] for item in created.json["items"]] == [
        "https://pan.quark.cn/s/alive0001",
        "https://pan.baidu.com/s/dead0002",
    ]
    assert created.headers["x-api-key"] == "lck-sandbox-api-key"
    assert await journal.calls("linkcheck", "GET", "/jobs/*/events")


async def save(person: Person, say: Words, journal: Journal, card: Message, box: Sandbox) -> None:
    await journal.forget()
    await person.press(card, say("button.save"))
    # A share of one file shows that file at once; else there is all of it to save.
    listed = await person.until(lambda message: message.find(say("button.save_to")) is not None)
    all_ = say("button.save_all")
    await person.press(listed, all_ if listed.find(all_) else say("button.save"))
    await person.until(say.starts("save.done"), timeout=15)
    transfers = await journal.calls("disktop", "POST", "/v1/share/*/transfer")
    assert transfers
    for call in transfers:
        names = [name for name, _ in parse_qsl(call.body)]
        assert "file_ids[]" in names
        assert {"dest_path", "pwd"} <= set(names)
    drive = box.world.disktop.drive(person.id, 0.0)
    assert any(item.size > 0 for item in drive.below(drive.app_root)), "the share lies in the own drive"


async def check_in(person: Person, say: Words, journal: Journal) -> None:
    await journal.forget()
    await person.send("/checkin")
    await person.until(say("checkin.done"))
    (call,) = await journal.calls("hdhive", "POST", "/api/open/checkin")
    assert call.json == {"is_gambler": False}
    await person.send("/checkin")
    await person.until(say.starts("checkin.already"))


async def telegram_was_spoken_to(journal: Journal, updates: str) -> None:
    methods = {call.name for call in await journal.calls("telegram", since=0)}
    assert {"getMe", "setMyCommands", "sendMessage", "editMessageText", "answerCallbackQuery"} <= methods
    assert ("getUpdates" in methods) == (updates == "polling")
    assert ("setWebhook" in methods) == (updates == "webhook")
