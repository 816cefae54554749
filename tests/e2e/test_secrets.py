"""No secret is found in plain where it does not belong: log, metrics, database, backup, group."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest

from sandbox.catalogue import Node, Share
from sandbox.server import Sandbox
from tests.conftest import GROUP, WEBHOOK_SECRET, environment
from tests.driver import Browser, Control, Journal, Person
from tests.e2e.linking.keyed import acgbt_of, mika_of
from tests.e2e.process import Bot, Shift, flying, run
from tests.e2e.secretways import (
    ADDRESS_KEY,
    FILM,
    KEYED,
    SENT,
    by_device,
    through_the_drive,
    up_it_goes,
)
from tests.e2e.words import Words
from tests.leaks import secrets_of

ZH = Words("zh")
# What a share opens with, and what lies in it.
SURL, CODE, FILE = "canary5hare", "cAnaryC0", "canary film 7Zq"
WRONG_SECRET, WRONG_PASSWORD = "c0ffee" * 10 + "0bad", "canary-wrong-password"
FORGED, ODD = "forged-canary-secret", "canary-of-an-odd-answer"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Canaries:
    """Every secret that was met on the way, by what it is."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def add(self, name: str, *values: str | None) -> None:
        for value in values:
            if value and len(value) >= 8:
                self.found[value] = name

    def in_(self, text: bytes) -> Iterator[str]:
        """Name those that a text holds, as they are or as an address writes them."""
        for value, name in self.found.items():
            if any(form.encode() in text for form in {value, quote(value, safe="")}):
                yield name


async def test_no_secret_is_left_lying_about(
    box: Sandbox, tmp_path: Path, xiaoyu: Person, ben: Person, journal: Journal, control: Control
) -> None:
    canaries, slug = Canaries(), a_resource(box)
    env = environment(box, tmp_path, LOG_LEVEL="DEBUG", LOG_FORMAT="json")
    shift = Shift(tmp_path)
    async with Bot(env, tmp_path, shift=shift) as bot:
        await bot.ready(120)
        await bring_keys(xiaoyu, box, canaries)
        async with flying(shift, control):
            await stumble_while_linking(xiaoyu, control, canaries)
            for service in ("hdhive", "disktop"):
                await link(xiaoyu, service, canaries)
        # Buttons that cost points are not pressed while time flies: a slow machine would press too late.
        await go_the_way(xiaoyu, slug)
        await in_the_group(xiaoyu, slug)
        canaries.add("signed address", *await through_the_drive(xiaoyu, box))
        await by_device(xiaoyu, control)
        async with flying(shift, control):
            await up_it_goes(xiaoyu, box, control)
            await meet_faults(xiaoyu, control)
            await bot.kill()
            bot.env["TELEGRAM_UPDATES"] = "webhook"
            await bot.start()
            await bot.ready(120)
            await ben.send("/start")
            await ben.until(lambda message: bool(message.buttons))
            await knock_at_the_web(env)
            metrics = await fetch(f"{env['PUBLIC_URL']}/metrics")
            health = await fetch(f"{env['PUBLIC_URL']}/readyz")
            code, out, err = await run("db", "backup", str(tmp_path / "saved.db"), env=env, folder=tmp_path)
            assert code == 0, err
            # Killed, so that the log of the last writes is still beside the file.
            await bot.kill()
    await met_by_the_services(box, journal, canaries)
    met = set(canaries.found.values())
    assert len(met) >= 30, "the way was not gone to its end"
    assert {"disktop: device_code", "user code", "disktop-upload: upload_id", "signed address"} <= met
    places = kept(tmp_path) | {
        "metrics": metrics,
        "health": health,
        "words of the backup": (out + err).encode(),
        "group": await group(xiaoyu),
    }
    assert len(places["linkhive.db-wal"]) > 10_000
    assert {b'"level": "%s"' % level in places["said.txt"] for level in (b"info", b"warning", b"error")} == {
        True
    }
    leaks = {(place, name) for place, text in places.items() for name in canaries.in_(text)}
    assert not leaks


def kept(folder: Path) -> dict[str, bytes]:
    """The log, the database with all its files, and the backup; the keys lie where they belong."""
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".keys"
    }


def a_resource(box: Sandbox) -> str:
    """Put a share with telling words into the stock, for points."""
    catalogue = box.world.catalogue
    catalogue.shares[SURL] = share = Share(SURL, "canary share", [Node(990_001, FILE, 1024)], code=CODE)
    resource = next(r for r in catalogue.resources.values() if r.pan_type == "disktop" and r.unlock_points)
    resource.url, resource.access_code, resource.unlocked_by = share.url, CODE, set()
    resource.is_official = False
    return resource.slug


async def link(person: Person, service: str, canaries: Canaries, *, works: bool = True) -> None:
    await person.send(f"/link {service}")
    card = await person.until(lambda message: any(button.url for button in message.buttons))
    ticket = next(button.url for button in card.buttons if button.url) or ""
    async with Browser(person.id) as browser:
        authorize = await browser.bind(ticket)
        canaries.add("cookie", *browser.cookies.values())
        callback = await browser.consent(authorize)
        payload = await browser.returned(callback)
    canaries.add("ticket", ticket.rpartition("/")[2])
    canaries.add("state", *parse_qs(urlsplit(authorize).query)["state"])
    canaries.add("code", *parse_qs(urlsplit(callback).query).get("code", []))
    canaries.add("nonce", payload, payload.removeprefix("l_"))
    await person.start(payload)
    answer = await person.until(lambda message: message.id > card.id)
    assert ("✅" in answer.text) is works, answer.text


async def stumble_while_linking(person: Person, control: Control, canaries: Canaries) -> None:
    """Fail in all the ways that could write secrets into an error."""
    for kind in ("wrong_types", "bad_json", "html", "reset_after"):
        await control.fault("hdhive", "*/oauth/token", kind)
        await link(person, "hdhive", canaries, works=False)


async def bring_keys(person: Person, box: Sandbox, canaries: Canaries) -> None:
    """Link by key and by login, wrong ones first; make a key, replace one, and be careless in the group."""
    canaries.add("wrong secret", WRONG_SECRET)
    canaries.add("wrong password", WRONG_PASSWORD)
    own, at_mika = acgbt_of(box, person.id), mika_of(person.id)
    await person.send("/link acgbt")
    await person.until(ZH("linkkey.next.key"))
    await person.send(f"{own.key} {WRONG_SECRET}")
    await person.until(ZH.starts("linkkey.fault.api_key"))
    await person.send(f"{own.key} {own.secret}")
    await person.until(ZH.starts("link.done_as"))
    await person.send(f"/link mika {at_mika.name} {WRONG_PASSWORD}")
    await person.until(ZH.starts("linkkey.fault.other"))
    await person.send(at_mika.name)
    await person.until(ZH("linkkey.next.password"))
    await person.send(at_mika.password)
    await person.until(ZH.starts("link.done_as"))
    sent = await person.send(f"/link acgbt {own.key} {own.secret}", GROUP)
    await person.until(lambda m: m.id > sent.id, chat=GROUP)
    await person.send("/accounts")
    await person.press(await person.until(ZH("accounts.title")), ZH("button.details", service="ACGBT"))
    await person.press(await person.until(ZH.starts("account.since")), ZH("button.keys"))
    await person.press(await person.until(ZH("acgbt.keys")), ZH("button.new_key"))
    await person.press(await person.until(ZH("acgbt.new_key")), ZH("button.make_key"))
    shown = await person.until(lambda m: m.find(ZH("button.copy_secret")) is not None)
    await person.press(shown, ZH("button.copied"))
    await person.press(await person.until(ZH("acgbt.keys")), ZH("button.rotate"))
    await person.until(ZH.starts("acgbt.rotated"))


async def go_the_way(person: Person, slug: str) -> None:
    await person.send(f"/unlock {slug}")
    facts = await person.until(lambda m: m.find(ZH("button.unlock")) is not None)
    await person.press(facts, ZH("button.unlock"))
    await person.until(lambda m: m.id == facts.id and m.find(ZH("button.confirm")) is not None)
    await person.press(None, ZH("button.confirm"))
    opened = await person.until(lambda m: m.id == facts.id and m.find(ZH("button.open")) is not None)
    assert CODE in opened.text
    await person.press(opened, ZH("button.check"))
    await person.until(lambda m: m.id > opened.id and "✅" in m.text, timeout=15)
    await person.press(opened, ZH("button.save"))
    listed = await person.until(lambda m: m.find(ZH("button.download_shared")) is not None)
    assert FILE in listed.text
    await person.press(listed, ZH("button.download_shared"))
    listed = await person.until(lambda m: m.find(ZH("button.download_shared_now")) is not None)
    await person.press(listed, ZH("button.save"))
    await person.until(ZH.starts("save.done"), timeout=15)
    await person.send("/checkin")
    await person.until(lambda m: m.id > listed.id)


async def in_the_group(person: Person, slug: str) -> None:
    """Ask in the group for all that is private."""
    for words in (
        f"/unlock {slug}",
        f"/save https://disk.top/s/{SURL} {CODE}",
        "/accounts",
        "/link disktop",
        "/start",
    ):
        sent = await person.send(words, GROUP)
        await person.until(lambda m, after=sent.id: m.id > after, chat=GROUP)
    sent = await person.send(f"/check https://disk.top/s/{SURL}?pwd={CODE}", GROUP)
    await person.until(lambda m: m.id > sent.id and "✅" in m.text, chat=GROUP, timeout=15)


async def meet_faults(person: Person, control: Control) -> None:
    """Let every kind of call go wrong once, refreshes included."""
    odd = {"body": f"<p>{ODD}</p>"}
    for service, path, kind, words, more in (
        ("hdhive", "*/oauth/token", "reset", "/checkin", {}),
        ("hdhive", "*/oauth/token", "wrong_types", "/checkin", {}),
        ("hdhive", "*/checkin", "truncate", "/checkin", {}),
        ("disktop", "*/oauth/token", "html", "/accounts", odd),
        ("telegram", "*/sendMessage", "reset", "/help", {}),
        ("telegram", "*/sendMessage", "html", "/help", odd),
        ("telegram", "*/getUpdates", "reset", "/help", {}),
        ("tmdb", "*", "html", "沙丘", odd),
        ("acgbt", "*/profile", "wrong_types", "/accounts", {}),
        ("mika", "*/profile", "truncate", "/accounts", {}),
    ):
        if "token" in path:
            await control.expire(service, person.id)
        await control.fault(service, path, kind, **more)
        sent = await person.send(words)
        await person.until(lambda m, after=sent.id: m.id > after, timeout=20)
        await control.mend()


async def knock_at_the_web(env: dict[str, str]) -> None:
    """Come with secrets nobody gave out."""
    url, header = env["PUBLIC_URL"], "X-Telegram-Bot-Api-Secret-Token"
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{url}/telegram/webhook", headers={header: FORGED}, json={}) as reply:
            assert reply.status == 401
        async with http.post(f"{url}/telegram/webhook", headers={header: WEBHOOK_SECRET}, data=b"{") as reply:
            assert reply.status == 400
        query = {"state": FORGED, "code": FORGED, "error": FORGED}
        async with http.get(f"{url}/oauth/hdhive/callback", params=query) as reply:
            assert reply.status == 404
            assert FORGED not in await reply.text()
        async with http.get(f"{url}/link/{FORGED}") as reply:
            assert reply.status == 404


async def met_by_the_services(box: Sandbox, journal: Journal, canaries: Canaries) -> None:
    """Collect what the sandbox gave out and what went over the wire."""
    for value, name in secrets_of(box).items():
        canaries.add(name, value)
    canaries.add("webhook secret", WEBHOOK_SECRET)
    canaries.add("key in an address", ADDRESS_KEY)
    canaries.add("name of an own file", FILM, SENT, KEYED)
    canaries.add("forged", FORGED)
    canaries.add("odd answer", ODD)
    canaries.add("access code", CODE)
    canaries.add("share link", f"disk.top/s/{SURL}")
    canaries.add("file name", FILE)
    for service in ("hdhive", "disktop"):
        for call in await journal.calls(service, since=0):
            canaries.add(f"{service}: bearer", call.headers.get("authorization", "").removeprefix("Bearer "))


async def group(person: Person) -> bytes:
    """All that the bot showed in the group."""
    return "\n".join(str(m.data) for m in await person.messages(GROUP) if m.data["from"]["is_bot"]).encode()


async def fetch(url: str) -> bytes:
    async with aiohttp.ClientSession() as http, http.get(url) as reply:
        assert reply.status == 200
        return await reply.read()
