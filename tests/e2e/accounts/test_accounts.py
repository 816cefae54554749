"""/accounts in detail: ACGBT's profile, picture and keys, and Mika's points, VIP, name and picture."""

import json

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from storage import links
from storage.links import Link
from tests.driver import Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.linking.keyed import link_acgbt, link_mika
from tests.e2e.linking.test_keys import secrets_left
from tests.e2e.publish.publishing import pictures
from tests.e2e.words import Words

PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 400
MIB = 1024 * 1024


async def stored(house: House, person: Person, service: str) -> Link:
    link = await house.services.db.read(lambda tx: links.get(tx, person.id, service))
    assert link is not None
    return link


async def details(person: Person, say: Words, service: str) -> Message:
    await person.send("/accounts")
    listed = await person.until(say("accounts.title"))
    await person.press(listed, say("button.details", service=say(f"service.{service}")))
    return await person.until(say.starts("account.since"))


async def keys_card(person: Person, say: Words) -> Message:
    card = await details(person, say, "acgbt")
    await person.press(card, say("button.keys"))
    return await person.until(say("acgbt.keys"))


async def test_the_list_stays_short(bot: House, person: Person, say: Words) -> None:
    await person.send("/start")
    panel = await person.until(say("start.first_step"))
    assert [b.text for row in panel.rows for b in row if "🔑" in b.text] == [
        say("button.link", service="HDHive"),
        say("button.link", service="Disk.Top"),
    ]
    await person.press(panel, say("button.more_accounts"))
    listed = await person.until(say("accounts.title"))
    assert say("accounts.unlinked", services="ACGBT · Mika") in listed.text
    assert listed.button(say("button.link", service="Mika"))
    await link_acgbt(person)
    await person.send("/start")
    panel = await person.until(say("start.first_step"))
    assert say.starts("account.linked") in panel.text
    assert "Mika" not in panel.text


async def test_acgbt_profile(bot: House, box: Sandbox, person: Person, say: Words) -> None:
    await link_acgbt(person)
    account = box.world.acgbt.account_of(person.id)
    card = await details(person, say, "acgbt")
    assert account.username in card.text
    assert say(f"acgbt.role.{account.role}") in card.text
    await person.press(card, say("button.back"))
    await person.until(say("accounts.title"))


async def test_a_picture_by_its_address(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    await link_acgbt(person)
    await person.press(await details(person, say, "acgbt"), say("button.avatar"))
    await person.until(say("acgbt.ask_avatar", most="2.0 MB"))
    await journal.forget()
    await person.send("no address")
    await person.until(say("acgbt.no_address"))
    assert not await journal.calls("acgbt")
    (address,) = pictures(box, 1)
    await person.send(address)
    await person.until(say("acgbt.avatar_set"))
    (call,) = await journal.calls("acgbt", "POST", "*/user/avatar")
    assert call.json == {"avatar": address}
    assert box.world.acgbt.account_of(person.id).avatar == address


async def test_a_picture_that_is_sent(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    await link_acgbt(person)
    await person.press(await details(person, say, "acgbt"), say("button.avatar"))
    await person.until(say("acgbt.ask_avatar", most="2.0 MB"))
    await journal.forget()
    await person.send_file("big.png", 3 * MIB, mime="image/png")
    await person.until(say("acgbt.avatar_size", most="2.0 MB"))
    await person.send_file("me.pdf", b"%PDF-1.7" * 9, mime="application/pdf")
    await person.until(say("acgbt.avatar_type"))
    await person.send_file("me.png", b"no picture at all", mime="image/png")
    await person.until(say("acgbt.avatar_type"))
    assert not await journal.calls("acgbt"), "all that was seen before anything was sent"
    await person.send_file("me.png", PNG, mime="image/png")
    await person.until(say("acgbt.avatar_set"))
    assert len(await journal.calls("acgbt", "POST", "*/avatar/upload")) == 1
    path = box.world.acgbt.account_of(person.id).avatar
    assert box.world.acgbt.files[path][0] == PNG


async def test_a_new_key_is_shown_once_and_forgotten(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    await link_acgbt(person)
    card = await keys_card(person, say)
    assert say("acgbt.linked_key") in card.text
    await person.press(card, say("button.new_key"))
    draft = await person.until(say("acgbt.new_key"))
    await person.press(draft, say("acgbt.right.publish"))
    draft = await person.until(lambda m: f"☑️ {say('acgbt.right.publish')}" in str(m))
    await person.press(draft, say("acgbt.limit", n=120))
    draft = await person.until(say("acgbt.draft.limit", n=120))
    await person.press(draft, say("button.key_name"))
    await person.until(say("acgbt.ask_name"))
    await person.send("另一个 App")
    draft = await person.until(say("acgbt.draft.name", name="另一个 App"))
    await journal.forget()
    await person.press(draft, say("button.make_key"))
    shown = await person.until(say.starts("acgbt.made") or "另一个 App")
    (call,) = await journal.calls("acgbt", "POST", "*/user/keys")
    assert call.json == {"name": "另一个 App", "permissions": ["read", "publish"], "rate_limit": 120}
    made = list(box.world.acgbt.keys.values())[-1]
    assert shown.button(say("button.copy_secret")).copies == made.secret
    assert shown.button(say("button.copy_key")).copies == made.key
    assert made.secret not in shown.text
    assert not await secrets_left(bot, person, made.secret)
    await person.press(shown, say("button.copied"))
    listed = await person.until(say("acgbt.keys"))
    assert listed.id == shown.id
    assert made.secret not in str(listed.data)
    assert "另一个 App" in listed.text


async def test_a_secret_that_is_left_alone_goes_by_itself(
    bot: House, box: Sandbox, person: Person, say: Words, clock: Hurried
) -> None:
    await link_acgbt(person)
    await person.press(await keys_card(person, say), say("button.new_key"))
    await person.press(await person.until(say("acgbt.new_key")), say("button.make_key"))
    await person.until(lambda m: m.find(say("button.copy_secret")) is not None)
    await person.settled()
    clock.forward(601)
    await person.until(say("acgbt.keys"), timeout=40)


async def test_a_key_is_replaced_with_one_press(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    await link_acgbt(person)
    old = await stored(bot, person, "acgbt")
    card = await keys_card(person, say)
    await journal.forget()
    await person.press(card, say("button.rotate"))
    told = await person.until(say.starts("acgbt.rotated"))
    assert old.access_token[-4:] in told.text
    assert told.button(say("button.site", service="ACGBT")).url
    new, made = await stored(bot, person, "acgbt"), list(box.world.acgbt.keys.values())[-1]
    assert (new.access_token, new.secret) == (made.key, made.secret)
    assert new.access_token != old.access_token
    assert made.permissions == box.world.acgbt.main_key(person.id).permissions
    calls = await journal.calls("acgbt")
    assert [call.name for call in calls[:3]] == ["keys", "keys", "profile"]
    assert calls[2].headers["x-api-key"] == made.key, "tried before it is linked"
    assert not await secrets_left(bot, person, made.secret)


@pytest.mark.parametrize("press", ["make_key", "rotate"])
async def test_a_lost_answer_makes_no_second_key(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, press: str
) -> None:
    await link_acgbt(person)
    old = await stored(bot, person, "acgbt")
    card = await keys_card(person, say)
    if press == "make_key":
        await person.press(card, say("button.new_key"))
        card = await person.until(say("acgbt.new_key"))
    await journal.forget()
    await control.fault("acgbt", "*/user/keys", "reset_after", method="POST")
    await person.press(card, say(f"button.{press}"))
    await person.until(say("acgbt.doubt"), timeout=30)
    assert len(await journal.calls("acgbt", "POST", "*/user/keys")) == 1
    assert (await stored(bot, person, "acgbt")).access_token == old.access_token


async def test_what_acgbt_refuses_is_told_beside_the_field(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await link_acgbt(person)
    await person.press(await keys_card(person, say), say("button.new_key"))
    draft = await person.until(say("acgbt.new_key"))
    body = {"code": 400, "message": "名称无效", "errors": {"name": "密钥名称为 1 到 50 字"}, "data": None}
    await control.fault("acgbt", "*/user/keys", "status", status=400, body=json.dumps(body), method="POST")
    await person.press(draft, say("button.make_key"))
    await person.until(say("acgbt.fault.name", words="密钥名称为 1 到 50 字"))


@pytest.mark.parametrize("by_key", [False, True])
async def test_mika_profile_and_its_changes(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal, by_key: bool
) -> None:
    await link_mika(person, by_key=by_key)
    account = box.world.mika.account_of(person.id)
    account.vip_level, account.vip_expire = 2, "2027-12-31"
    card = await details(person, say, "mika")
    assert say("account.points", points=account.points) in card.text
    assert say("mika.vip_until", level=2, date="2027-12-31") in card.text
    assert (say.starts("account.expires") in card.text) is not by_key
    await person.press(card, say("button.nickname"))
    await person.until(say("mika.ask_nickname"))
    await journal.forget()
    await person.send("n" * 40)
    await person.until(say("mika.fault.nickname", words="昵称长度为 1 到 30 个字"))
    (call,) = await journal.calls("mika", "PUT")
    assert call.json == {"nickname": "n" * 40}
    assert ("x-sign" in call.headers) is by_key
    await person.press(None, say("button.nickname"))
    await person.until(say("mika.ask_nickname"))
    await person.send("小蜜蜂")
    card = await person.until(say("mika.changed"))
    assert "小蜜蜂" in card.text
    await person.press(card, say("button.avatar"))
    await person.until(say("mika.ask_avatar"))
    await person.send("/avatars/new.png")
    await person.until(say("mika.changed"))
    assert account.avatar == "/avatars/new.png"
