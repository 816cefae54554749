"""Somebody of whom every table tells, by what people do; and the database as it is then, put aside."""

import asyncio
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
from sqlalchemy import select, update

from sandbox.server import Sandbox
from sandbox.states import acgbt, mika
from sandbox.telegram.chats import Chat, User
from services.subscriptions.rounds import ROUND
from services.watch.watching import LOOK, SWEEP
from storage import census, erasure, leases
from storage.crypto import KeyRing
from storage.database import Database
from storage.marks import rows_of
from storage.schema import chat_claims, metadata
from storage.tx import Tx
from tests.conftest import GROUP, linked
from tests.driver import Control, Message, Person
from tests.e2e import ways
from tests.e2e.linking.keyed import link_acgbt, link_mika, mika_of
from tests.e2e.process import Bot, Shift
from tests.e2e.publish.picturing import SITE, photo
from tests.e2e.upload.uploading import source
from tests.e2e.words import Words
from tests.fixtures.databases import KEY

WHO = 7_391_846_205
SAY = Words("en")
# Words that are this person's alone: names, what they asked for, where they keep what.
NAME, NICK, CLOUD, FOLDER = "Canaryfirst", "canarynick", "canarycloud", "canaryfolder"
FILE, SOUGHT = "canaryfile", "canarysought"
WORDS = (NAME, NICK, CLOUD, FOLDER, FILE, SOUGHT)
HOUR = 3600.0
PATIENCE = 240.0
# Rows that pass by themselves within moments need not be there when one looks.
TABLES = {t.name for t in metadata.sorted_tables if rows_of(t).owner and not rows_of(t).passing}
MENTIONS = [(t, name) for t in metadata.sorted_tables for name in rows_of(t).mentions]


def move_in(box: Sandbox) -> None:
    """Let the person live in the sandbox, with accounts of their own."""
    sample, telegram = box.world.people[1001], box.world.telegram
    box.world.people[WHO] = replace(
        sample,
        id=WHO,
        first_name=NAME,
        username="canaryuser",
        language_code="en",
        hdhive_id=77_001,
        hdhive_username=f"{NICK}_user",
        hdhive_nickname=NICK,
        points=500,
        forever_premium=False,
        disktop_uid=77_002,
        disktop_username=f"{CLOUD}_user",
        disktop_nickname=CLOUD,
    )
    box.world.acgbt.accounts[WHO] = acgbt.Account(WHO, WHO, f"{NICK}_acg", "user", "", 1.0)
    box.world.acgbt.new_key(WHO, FILE, ["read", "publish"], 60, 1.0)
    at_mika = mika_of(WHO)
    names = {"username": at_mika.name, "password": at_mika.password, "nickname": f"{CLOUD}_mika"}
    keys = {"key": at_mika.key, "secret": at_mika.secret}
    box.world.mika.accounts[99] = mika.Account(
        99, WHO, **names, email="canary@example.com", rights="member", **keys, created_at=1.0
    )
    telegram.people[WHO] = user = User(WHO, NAME, "canaryuser", "en")
    telegram.chats[WHO] = Chat(WHO, "private", person=user)
    telegram.chats[GROUP].members[WHO] = "member"


@dataclass
class Life:
    """The bot, its clock, and what one person does with it."""

    bot: Bot
    shift: Shift
    box: Sandbox
    control: Control
    person: Person
    url: str
    db: Database

    async def reopen(self) -> None:
        """Look at the database anew, after it was exchanged."""
        self.db = await Database.open(self.url, KeyRing([KEY]))

    async def later(self, seconds: float) -> None:
        """Let time pass for everybody; the clock of PostgreSQL nobody moves: what ends by it is moved."""
        self.shift.advance(seconds)
        await self.control.advance(seconds)
        if self.db.dialect == "postgresql":
            sooner = update(chat_claims).values(until=chat_claims.c.until - seconds)
            await self.db.write(lambda tx: tx.conn.execute(sooner))

    async def rows(self) -> dict[str, int]:
        """How many rows there are of the person, by table."""
        return await self.db.read(lambda tx: erasure.count(tx, WHO))

    async def mentions(self) -> int:
        """In how many rows of others the person is named."""
        return await self.db.read(_mentions)

    async def wait_for(self, table: str, *, there: bool = True) -> None:
        """Wait for a row, or until there is none."""
        deadline = time.monotonic() + PATIENCE
        while bool((await self.rows())[table]) is not there:
            assert time.monotonic() < deadline, f"rows in {table}: {not there}"
            await asyncio.sleep(0.2)

    async def let_fall_due(self, kind: str) -> None:
        """Let time pass up to the next job of this kind, and wait for its end."""
        due = await self._planned(kind)
        await self.later(due - self.now + 1)
        await self._planned(kind)

    @property
    def now(self) -> float:
        """The time as the bot has it."""
        return time.time() + self.shift.seconds

    async def _planned(self, kind: str) -> float:
        """Wait until no job of this kind is due or runs, and return when the next one is."""
        deadline = time.monotonic() + PATIENCE
        while True:
            due = await self.db.read(lambda tx: leases.next_due(tx, [kind]))
            found = (await self.db.read(census.kinds)).get(kind)
            if due is not None and due > self.now and found is not None and not found.running:
                return due
            assert time.monotonic() < deadline, kind
            await asyncio.sleep(0.2)

    async def live(self) -> None:
        """Do all that leaves rows behind."""
        person = self.person
        await person.send("/start")
        await person.until(lambda m: bool(m.buttons))
        await linked(person, "hdhive", "disktop")
        await link_acgbt(person)
        await self._choose_folder()
        await self._buy()
        await person.send("/checkin")
        await self.wait_for("checkins")
        card = await ways.title(person, SAY)
        await person.press(card, SAY("button.subscribe"))
        await self.wait_for("subscriptions")
        await self.control.fault("disktop", "*/upload/precreate", "status", status=503, times=0)
        await person.send(f"/upload {source(self.box, f'{FILE}.mkv', size=4096, seed='c')}")
        await self.wait_for("uploads")
        # Not before: who has two places to upload to is asked for one.
        await link_mika(person)
        # The next round of looks at what is followed, and the first look at the accounts.
        for kind in (SWEEP, LOOK, LOOK, ROUND):
            await self.let_fall_due(kind)
        await person.block()
        await self.wait_for("chats")
        await person.unblock()
        await person.send("/link hdhive")
        await self.wait_for("attempts")
        await self._be_told_to_wait()
        await self._send_picture()
        # A question that nobody answers.
        await person.send("/link")
        await self._ask()

    async def linger(self) -> None:
        """Ask for something in the group whose answer is long in coming, once all else is answered."""
        await self.wait_for("inbox", there=False)
        await self.control.fault("tmdb", "*", "delay", seconds=20.0, times=0)
        await self.person.send(f"/search {SOUGHT}", GROUP)
        await self.wait_for("inbox")

    async def _choose_folder(self) -> None:
        person = self.person
        await person.send("/settings")
        card = await person.until(SAY.starts("settings.title"))
        await person.press(card, SAY("settings.button.folder"))
        card = await person.until(lambda m: m.find(SAY("button.choose_folder")) is not None)
        await person.press(card, SAY("button.new_folder"))
        await person.until(lambda m: m.id == card.id and len(m.buttons) == 1)
        await person.send(FOLDER)
        card = await person.until(lambda m: m.find(SAY("button.up")) is not None)
        await person.press(card, SAY("button.choose_folder"))
        await person.until(SAY.starts("settings.title"))
        await self.wait_for("preferences")

    async def _send_picture(self) -> None:
        """Send one for what is to be published: a bot that everybody can reach takes it."""
        assert await self.bot.stop() == 0
        self.bot.env["PUBLIC_URL"] = SITE
        await self.bot.start()
        await self.bot.ready(60)
        await self.person.send_photo(photo(), caption="/publish")
        await self.wait_for("pictures")

    async def _ask(self) -> None:
        person = self.person
        await person.send("/settings")
        card = await person.until(SAY.starts("settings.title"))
        await person.press(card, SAY("settings.button.zone"))
        card = await person.until(lambda m: m.find(SAY("settings.zone.name_button")) is not None)
        await person.press(card, SAY("settings.zone.name_button"))
        await self.wait_for("dialogs")

    async def _buy(self) -> None:
        card = await ways.asked(self.person, SAY, ways.resource(self.box, "quark", 5).slug)
        await self.person.press(card, SAY("button.confirm"))
        await self.person.until(lambda m: m.find(SAY("button.open")) is not None)

    async def _be_told_to_wait(self) -> None:
        body = {
            "success": False,
            "code": "USER_RATE_LIMIT_EXCEEDED",
            "message": "slow",
            "limit_scope": "user",
        }
        body |= {"retry_after_seconds": 90_000}
        await self.control.fault("hdhive", "*", "status", status=429, body=body, times=0)
        await self.person.send("/usage")
        await self.wait_for("cooldowns")
        await self.control.mend()

    async def question(self) -> Message:
        """Ask to be forgotten, up to the last button."""
        await self.person.send("/forget")
        return await self.person.until(SAY("forget.title"), timeout=30)

    async def confirm(self, question: Message) -> None:
        """Press it; the process may die of that."""
        with suppress(AssertionError):
            await self.person.press(question, SAY("button.confirm"), timeout=0.5)


async def _mentions(tx: Tx) -> int:
    found = 0
    for table, name in MENTIONS:
        found += len((await tx.conn.execute(select(table.c[name]).where(table.c[name] == WHO))).all())
    return found


class Shelf:
    """A database as it once was, to be taken from there again."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._kept = folder / "shelf"
        self._file = Path(url.removeprefix("sqlite:///"))

    async def keep(self) -> None:
        """Put the database aside; nobody may have it open."""
        if self._url.startswith("sqlite"):
            await asyncio.to_thread(self._copy, self._file.parent, self._kept)
        else:
            await self._made(self._name(), self._name("_kept"))

    async def take(self) -> None:
        """Bring it back as it was."""
        if self._url.startswith("sqlite"):
            await asyncio.to_thread(self._copy, self._kept, self._file.parent)
        else:
            await self._made(self._name("_kept"), self._name())

    def _copy(self, source: Path, target: Path) -> None:
        target.mkdir(exist_ok=True)
        for end in ("", "-wal", "-shm", ".keys"):
            path = target / f"{self._file.name}{end}"
            path.unlink(missing_ok=True)
            if (source / path.name).exists():
                shutil.copyfile(source / path.name, path)

    def _name(self, more: str = "") -> str:
        return self._url.partition("@/")[2].partition("?")[0] + more

    async def _made(self, source: str, target: str) -> None:
        connection = await asyncpg.connect(self._url.replace(self._name(), "postgres", 1))
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
            await connection.execute(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY wal_log")
        finally:
            await connection.close()
