"""kill -9 around a message with a secret: it comes again, is linked once, and never becomes a search."""

from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.conftest import environment
from tests.driver import Control, Journal, Message, Person
from tests.e2e.linking.keyed import acgbt_of, mika_of
from tests.e2e.process import Bot, Shift
from tests.e2e.words import Words

ZH = Words("zh")


def own_words(messages: list[Message], person: Person) -> list[str]:
    return [m.text for m in messages if m.author == person.id]


def kept(folder: Path) -> bytes:
    """The log, and the database with all its files."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


@pytest.mark.parametrize("step", ["inbox.written", "key.proven", "key.kept", "secret.answered"])
@pytest.mark.parametrize("service", ["acgbt", "mika"])
async def test_a_kill_while_a_secret_is_taken(
    box: Sandbox,
    tmp_path: Path,
    xiaoyu: Person,
    control: Control,
    journal: Journal,
    service: str,
    step: str,
) -> None:
    await control.telegram("options", limits=False)
    shift = Shift(tmp_path)
    env = environment(box, tmp_path, LOG_LEVEL="DEBUG", LOG_FORMAT="json")
    key, login = acgbt_of(box, xiaoyu.id), mika_of(xiaoyu.id)
    async with Bot(env, tmp_path, shift=shift) as bot:
        await bot.ready()
        if service == "acgbt":
            words, secret = f"{key.key} {key.secret}", key.secret
            await xiaoyu.send("/link acgbt")
        else:
            words, secret = login.password, login.password
            await xiaoyu.send(f"/link mika {login.name}")
        asked = await xiaoyu.until(lambda m: "🔒" in m.text)
        await xiaoyu.settled()
        shift.kill_at(step)
        await xiaoyu.send(words)
        await bot.comes_back()
        await xiaoyu.until(lambda m: m.id == asked.id and m.text.startswith("✅"), since=0, timeout=30)
        left = await xiaoyu.settled()
        await bot.kill()
    assert [w for w in own_words(left, xiaoyu) if secret in w] == []
    assert not await journal.calls("tmdb", path="*/search/*"), "a secret is no title"
    assert len([m for m in left if m.text.startswith("✅")]) == 1
    assert secret.encode() not in kept(tmp_path), "neither in the log nor in the database"


async def to_register(person: Person) -> None:
    """Go to where a new account at Mika is asked for, name first."""
    await person.send("/link mika")
    ways = await person.until(ZH("linkkey.ways", service="Mika"))
    await person.press(ways, ZH("button.way_register"))
    await person.until(ZH("linkkey.next.username"))


async def test_a_name_that_comes_again_is_not_taken_for_the_next_answer(
    box: Sandbox, tmp_path: Path, xiaoyu: Person, control: Control
) -> None:
    await control.telegram("options", limits=False)
    shift = Shift(tmp_path)
    async with Bot(environment(box, tmp_path), tmp_path, shift=shift) as bot:
        await bot.ready()
        await to_register(xiaoyu)
        await xiaoyu.settled()
        shift.kill_at("secret.answered")
        await xiaoyu.send("hive_new")
        await bot.comes_back()
        asked = await xiaoyu.until(ZH("linkkey.next.email"), since=0, timeout=30)
        assert ZH("linkkey.given.username", value="hive_new") in asked.text
        await xiaoyu.send("hive@example.com")
        asked = await xiaoyu.until(ZH("linkkey.next.invite_code"))
        assert ZH("linkkey.given.email", value="hive@example.com") in asked.text


async def test_a_kill_after_an_account_was_opened_opens_no_second_one(
    box: Sandbox, tmp_path: Path, xiaoyu: Person, control: Control, journal: Journal
) -> None:
    await control.telegram("options", limits=False)
    shift = Shift(tmp_path)
    async with Bot(environment(box, tmp_path), tmp_path, shift=shift) as bot:
        await bot.ready()
        await to_register(xiaoyu)
        await xiaoyu.send("hive_new")
        await xiaoyu.until(ZH("linkkey.next.email"))
        await xiaoyu.send("hive@example.com")
        await xiaoyu.until(ZH("linkkey.next.invite_code"))
        await xiaoyu.press(None, ZH("button.no_invite"))
        await xiaoyu.until(ZH("linkkey.next.password"))
        await xiaoyu.settled()
        shift.kill_at("account.opened")
        await xiaoyu.send("long-enough-1")
        await bot.comes_back()
        await xiaoyu.until(ZH("link.done_as", service="Mika", name="hive_new"), since=0, timeout=30)
    assert len(await journal.calls("mika", path="*/register")) == 1
