"""E2: whoever asks to be forgotten is, through kills at every step, and nothing of them comes back.

The person has rows in every table there is, left there by what people do. Each round takes the database from
before, asks the real bot to forget, kills it again and again, and then looks into tables, files and logs.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sandbox.server import Sandbox
from services.forgetting import FAREWELL, FORGET
from services.linking.unlinking import REVOKE
from storage import inbox, leases
from storage.crypto import KeyRing
from storage.database import Database
from storage.schema import chat_claims
from storage.tx import Tx
from tests.conftest import environment
from tests.driver import Control, Journal, Person
from tests.e2e.process import Bot, Shift, run, until
from tests.fixtures import canary
from tests.fixtures.databases import KEY
from tests.guarantees.canary_life import (
    CLOUD,
    FOLDER,
    HOUR,
    NAME,
    NICK,
    PATIENCE,
    SAY,
    TABLES,
    WHO,
    WORDS,
    Life,
    Shelf,
    move_in,
)
from tests.guarantees.figures import FULL, at_least, exactly, size
from tests.guarantees.traces import as_setting, database_files, files, number_in, secrets_of, words_in

pytestmark = [pytest.mark.timeout(3600), pytest.mark.slow]

RESTARTS = size(3, 50)
# Where the process dies, in the order in which it gets there: erasing first, then the last word or revoking.
ERASING = ("forget.asked", "forget.erasing", "forget.erased")
ENDS = (("forget.clearing", "forget.cleared", "send.turn", "send.sent"), ("revoke.asking", "revoke.answered"))
FEW = ("forget.asked", "forget.erased", "send.sent")
# Longer than a dead process can hold on to anything.
LEASE = 40.0
LAST_JOBS = [FORGET, FAREWELL, REVOKE]


def plans() -> list[tuple[str, ...]]:
    """Return where to kill in each round, so many times in all."""
    if not FULL:
        return [FEW]
    rng, made, left = random.Random(22), list[tuple[str, ...]](), RESTARTS
    while left > 0:
        steps = (*ERASING, *ENDS[len(made) % 2])
        # Every step in the first two rounds, any of them after that.
        some = steps if len(made) < 2 else tuple(step for step in steps if rng.random() < 0.7) or steps
        made.append(some[:left])
        left -= len(made[-1])
    return made


@pytest.fixture
async def life(box: Sandbox, any_url: str, tmp_path: Path, control: Control) -> AsyncIterator[Life]:
    move_in(box)
    await control.telegram("options", limits=False)
    folder, shift = tmp_path / "bot", Shift(tmp_path)
    folder.mkdir()
    more = {"DATABASE_URL": any_url, "SECRET_KEYS": as_setting(KEY), "LOG_LEVEL": "DEBUG"}
    bot = Bot(environment(box, folder, **more), folder, shift=shift)
    async with Person(box.url, WHO) as person, bot:
        made = Life(bot, shift, box, control, person, any_url, await Database.open(any_url, KeyRing([KEY])))
        yield made
        await made.db.close()


async def test_e2_nothing_is_left_and_nothing_comes_back(
    life: Life, any_url: str, tmp_path: Path, journal: Journal
) -> None:
    await life.bot.ready(60)
    await life.live()
    await life.linger()
    await _is_everywhere(life)
    await _is_told_everything(life)
    shelf, restarts, left, alive = Shelf(any_url, tmp_path), 0, set[str](), 0
    for number, plan in enumerate(rounds := plans()):
        if len(rounds) > 1:
            await _begin_anew(life, shelf, first=number == 0)
        restarts += await _forgotten(life, plan, journal)
        await life.bot.kill()
        left |= await _traces(life, tmp_path)
        alive += sum(not grant.revoked for grant in life.box.world.hdhive.grants.all)
    dialect = life.db.dialect
    exactly("E2", f"kill -9 and restarts while forgetting, {dialect}", restarts, RESTARTS)
    exactly("E2", f"traces after the last word, killed at once, {dialect}", len(left))
    exactly("E2", f"grants still alive at the service, {dialect}", alive)
    await _nothing_comes_back(life, tmp_path, journal)


async def _begin_anew(life: Life, shelf: Shelf, *, first: bool) -> None:
    """Put the database aside in the first round, take it from there in the others."""
    await life.bot.kill()
    await life.db.close()
    await (shelf.keep() if first else shelf.take())
    await life.reopen()
    await life.bot.start()
    await life.bot.ready(60)


async def _is_everywhere(life: Life) -> None:
    """A new table of people's needs a way in canary_life.py, or it would not be looked at here."""
    rows = await life.rows()
    missing = sorted(table for table in TABLES if not rows[table])
    assert not missing, f"let the person of canary_life.py leave rows there: {missing}"
    assert await life.mentions()
    if life.db.dialect == "sqlite":
        # Else not to find them later would show nothing.
        kept = database_files(life.bot.folder.parent)
        assert {place.partition(": ")[2] for place in words_in(kept, WORDS)} >= {NAME, NICK, CLOUD, FOLDER}
        assert number_in(kept, WHO)
    what = f"tables with rows of the person, by user actions, {life.db.dialect}"
    exactly("E2", what, len(TABLES), len(TABLES))


async def _is_told_everything(life: Life) -> None:
    person = life.person
    await person.send("/privacy")
    await person.press(await person.until(SAY("privacy.title"), timeout=30), SAY("button.export"))
    sent = await person.until(lambda message: "document" in message.data, timeout=30)
    content = (await person.file(sent)).decode()
    document = json.loads(content)
    told = {table for table, rows in document["tables"].items() if rows}
    exactly("E2", f"tables missing in the export of /privacy, {life.db.dialect}", len(TABLES - told))
    secrets = secrets_of(life.box)
    assert len(secrets) >= 6
    exactly("E2", f"secrets in it, {life.db.dialect}", sum(secret in content for secret in secrets))
    assert all(word in content for word in WORDS), "what is theirs is told"


async def _forgotten(life: Life, plan: tuple[str, ...], journal: Journal) -> int:
    """Ask, kill at each step of the plan, and wait for the end; return how often it was started anew."""
    for grant in life.box.world.hdhive.grants.all:
        grant.revoked = False
    question = await life.question()
    await journal.forget()
    life.shift.kill_at(plan[0])
    await life.confirm(question)
    for step in (*plan[1:], ""):
        await life.bot.dies(180)
        await life.later(LEASE)
        if step:
            life.shift.kill_at(step)
        await life.bot.start()
    told = await life.person.until(SAY("forget.done"), timeout=60)
    assert told.id == question.id
    await _all_done(life)
    assert await journal.calls("hdhive", "POST", "*/revoke")
    return len(plan)


async def _all_done(life: Life) -> None:
    deadline = time.monotonic() + PATIENCE
    while await life.db.read(lambda tx: leases.next_due(tx, LAST_JOBS)) is not None:
        assert time.monotonic() < deadline, "forgetting does not come to its end"
        # On a busy machine the last word may need another try, which comes later.
        await life.later(1.0)
        await asyncio.sleep(0.3)


async def _traces(life: Life, folder: Path) -> set[str]:
    """Look into every table, sealed columns opened, and every file: database, WAL, spool, log."""
    found = set(await life.db.read(lambda tx: canary.traces(tx, str(WHO), *WORDS)))
    # The claim of a chat that was worked on by who was killed goes by itself within the hour.
    found = {place for place in found if not place.startswith("chat_claims.chat_key")}
    kept = [*database_files(folder), *files(folder / "bot")]
    found |= await asyncio.to_thread(words_in, kept, WORDS)
    return found


async def _nothing_comes_back(life: Life, folder: Path, journal: Journal) -> None:
    """Repeat what Telegram once delivered, restart, let hours pass, and look everywhere, at numbers too."""
    control, dialect = life.control, life.db.dialect
    await control.mend()
    await journal.forget()
    mine = [u for u in (await control.updates())["updates"] if str(WHO) in json.dumps(u)]
    for update in mine:
        await control.telegram("redeliver", update_id=update["update_id"])
    for _ in range(size(1, 2)):
        await life.bot.start()
        await life.bot.ready(60)
        await until(lambda: not life.box.world.telegram.queue.pending, "all are taken", 60)
        await life.later(2 * HOUR)
        await _rested(life)
        assert await life.bot.stop() == 0
    at_least("E2", f"old updates delivered once more, {dialect}", len(mine), 30)
    said = [call for call in await journal.calls("telegram") if str(WHO) in call.body]
    exactly("E2", f"answers to them, {dialect}", len(said))
    rows = await life.rows()
    left = {table for table, number in rows.items() if number} | await _traces(life, folder)
    await life.db.close()
    saved = folder / "saved"
    code, _, error = await run("db", "backup", str(saved), env=life.bot.env, folder=folder)
    assert code == 0, error
    kept = [*database_files(folder), saved, life.bot.log]
    left |= await asyncio.to_thread(words_in, kept, WORDS)
    if dialect == "sqlite":
        left |= await asyncio.to_thread(number_in, kept, WHO)
    await life.reopen()
    assert not left, left
    exactly("E2", f"traces after hours, repeats and restarts, backup too, {dialect}", len(left))


async def _rested(life: Life) -> None:
    """Wait until every update is settled, and every chat let go of."""
    deadline = time.monotonic() + PATIENCE
    while await life.db.read(_under_way):
        assert time.monotonic() < deadline, "old updates are not settled"
        await asyncio.sleep(0.3)


async def _under_way(tx: Tx) -> int:
    claims = (await tx.conn.execute(select(func.count()).select_from(chat_claims))).scalar_one()
    return int(claims) + (await inbox.counts(tx))["pending"]
