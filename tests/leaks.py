"""A9 over the whole suite: what a test's sandbox gave out is found in no log and in no group afterwards."""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import structlog

from bot.logs import configure
from sandbox.server import Sandbox

OURS = ("bot", "handlers", "services", "clients", "storage")
# Access codes of shares, numbers and names are left out: four letters or a word stand in any text by chance.
# What remains was drawn at random, or is written like nothing else. A user code has eight characters of
# thirty-two, with a dash inside.
SHORTEST = 8
# Not the sandbox's but the bot's: whoever has them can finish a link, or get a file.
OWN = re.compile(r"[?&]sig=[0-9a-f]{32}|[?=]l_[A-Za-z0-9_-]{30,}|/link/[A-Za-z0-9_-]{30,}")
# State, verifier and the like are known only from what went over the wire.
CARRIED = re.compile(
    r"(?:^|[?&\"{ ])(code|code_verifier|refresh_token|access_token|state|client_secret|device_code|upload_id)"
    r"\"?[=:]\s*\"?([A-Za-z0-9_.~-]{16,})"
)
TO_GROUP = re.compile(r"chat_id(?:\"?[:=]\s*\"?|%22%3A\+?|\"\r\n\r\n)-\d")


def secrets_of(box: Sandbox) -> dict[str, str]:
    """What opens something at the services, by what it is: all that was given out so far."""
    world, found = box.world, dict[str, str]()

    def add(name: str, *values: str | None) -> None:
        found.update({value: name for value in values if value and len(value) >= SHORTEST})

    own = world.credentials
    add("bot token", world.bot_token, world.bot_token.partition(":")[2])
    add("an application's secret", own.hdhive_app_secret, own.disktop_client_secret)
    add("an application's key", own.linkcheck_api_key, own.tmdb_token)
    for service, state in (("HDHive", world.hdhive), ("Disk.Top", world.disktop)):
        add(f"{service}'s code", *state.codes)
        for grant in state.grants.all:
            add(f"{service}'s refresh token", grant.refresh_token, *grant.spent)
            add(f"{service}'s access token", *grant.access)
    for device in world.disktop.devices.values():
        add("device code", device.device_code)
        add("user code", device.user_code)
    add("Disk.Top's upload", *world.disktop.uploads)
    add("Mika's upload", *world.mika.uploads)
    for key in world.acgbt.keys.values():
        add("ACGBT's key", key.key)
        add("ACGBT's secret", key.secret)
    for account in world.mika.accounts.values():
        add("Mika's key", account.key)
        add("Mika's secret", account.secret)
        add("Mika's password", account.password)
    add("Mika's token", *world.mika.tokens)
    for entry in world.journal.entries:
        if entry.service in ("hdhive", "disktop", "disktop-upload"):
            for name, value in CARRIED.findall(f"{entry.body}&{entry.query}"):
                add(f"{entry.service}: {name}", value)
    return found


def leaks_in(text: str, secrets: dict[str, str]) -> set[str]:
    """Name what a text holds, as it is or as an address writes it."""
    found = {name for value, name in secrets.items() if value in text or quote(value, safe="") in text}
    return found | {f"signed or one-time address: {own[0][:12]}…" for own in OWN.finditer(text)}


def in_groups(box: Sandbox) -> str:
    """What the bot shows in groups now, and what it sent there as far as the journal remembers."""
    chats = [chat for chat in box.world.telegram.chats.values() if chat.id < 0]
    shown = [m.data for chat in chats for m in chat.messages.values() if m.data.get("from", {}).get("is_bot")]
    calls = [entry.body for entry in box.world.journal.entries if entry.service == "telegram"]
    return "\n".join([*map(str, shown), *(body for body in calls if TO_GROUP.search(body))])


@contextmanager
def log_of(box: Sandbox) -> Iterator[io.StringIO]:
    """Write the log as the bot would at DEBUG, beside what pytest keeps of it."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    levels = {name: logging.getLogger(name).level for name in OURS}
    settings = box.settings(0)
    known = [value for name, value in settings.items() if name.endswith(("TOKEN", "SECRET", "KEY"))]
    configure("json", "DEBUG", known, written)
    # Libraries say nothing at DEBUG that the bot's log would show; to make it up would take time.
    ours, root.handlers = root.handlers[0], [*handlers, root.handlers[0]]
    root.setLevel(level)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        if ours in root.handlers:
            root.removeHandler(ours)
        for name, old in levels.items():
            logging.getLogger(name).setLevel(old)
        structlog.configure(**before)


@contextmanager
def watched(box: Sandbox, folder: Path) -> Iterator[None]:
    """Fail the test at its end when one of its secrets got into the log or into a group.

    Processes of their own write their log into `folder`.
    """
    with log_of(box) as written:
        yield
    secrets = secrets_of(box)
    said = [path.read_text(errors="replace") for path in folder.glob("**/said.txt")]
    places = {"log": "\n".join([written.getvalue(), *said]), "group": in_groups(box)}
    leaks = {(place, name) for place, text in places.items() for name in leaks_in(text, secrets)}
    assert not leaks, f"secrets where they do not belong: {sorted(leaks)}"
