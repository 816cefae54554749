"""E3: what `linkhive db backup` saves while others write, `linkhive db restore` brings back, whole.

Each drill runs the real commands against a database that a process of its own writes to all the time, and
tries one more thing that goes wrong in real life: a missing key, a kill, a database that is not empty.
"""

import asyncio
import random
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.conftest import environment, linked
from tests.driver import Person
from tests.e2e import ways
from tests.e2e.process import Bot, run, running
from tests.e2e.words import Words
from tests.guarantees.drills import TROUBLES, Drill, Writer, emptied
from tests.guarantees.figures import at_least, exactly, size

pytestmark = [pytest.mark.timeout(3600), pytest.mark.slow]

DRILLS = size(4, 50)


async def test_e3_a_backup_under_load_restores(any_url: str, tmp_path: Path) -> None:
    rng, good, lost, late = random.Random(3), 0, 0, 0
    async with Writer().at_work(any_url) as writer:
        for number in range(DRILLS):
            async with emptied(any_url, tmp_path / str(number)) as (target, folder):
                drill = Drill(any_url, target, folder, writer, rng)
                before = writer.said
                await TROUBLES[number % len(TROUBLES)](drill)
                found = await drill.known()
                good += found is not None
                lost += max(0, before - (found or 0))
                late += (found or 0) > writer.said + 1
                assert drill.file.stat().st_mode & 0o777 == 0o600
        written = writer.said
    dialect = "sqlite" if any_url.startswith("sqlite") else "postgresql"
    at_least("E3", f"facts written meanwhile, {dialect}", written, 10 * DRILLS)
    exactly("E3", f"drills that brought one moment back, readable, {dialect}", good, DRILLS)
    exactly("E3", f"facts kept before a backup and not in it, {dialect}", lost)
    exactly("E3", f"backups that hold what was not written yet, {dialect}", late)


async def test_e3_the_bot_goes_on_from_a_backup(box: Sandbox, tmp_path: Path, xiaoyu: Person) -> None:
    """Database and keys are lost; with the backup and the keys, cards and authorizations work as before."""
    say, folder, saved = Words("zh"), tmp_path / "bot", tmp_path / "saved"
    folder.mkdir()
    env = environment(box, folder)
    keys = folder / "linkhive.db.keys"
    async with running(env, tmp_path) as bot:
        await linked(xiaoyu, "hdhive")
        listed = await ways.titles(xiaoyu, say)
        code, out, error = await run("db", "backup", str(saved), env=env, folder=tmp_path)
        assert code == 0, error
        assert str(keys) in out, "it says what else must be kept"
        await bot.kill()
        kept = await asyncio.to_thread(keys.read_bytes)
        for path in [*folder.glob("linkhive.db*")]:
            path.unlink() if path.is_file() else None
        code, _, error = await run("db", "restore", str(saved), env=env, folder=tmp_path)
        assert (code, str(keys) in error) == (1, True), error
        assert not keys.exists(), "no new key is made: it would open nothing"
        await asyncio.to_thread(keys.write_bytes, kept)
        code, _, error = await run("db", "restore", str(saved), env=env, folder=tmp_path)
        assert code == 0, error
        await _goes_on(bot, xiaoyu, say, listed.id)
    exactly("E3", "bots that went on from a backup", 1, 1)


async def _goes_on(bot: Bot, person: Person, say: Words, card: int) -> None:
    await bot.start()
    await bot.ready(60)
    listed = next(message for message in await person.messages() if message.id == card)
    await person.press(listed, ways.number_of(listed, ways.YEAR))
    await person.until(
        lambda message: message.id == card and message.find(say("button.back")) is not None, 30
    )
    await person.send("/accounts")
    await person.until(lambda message: "雨夜放映员" in message.text and bool(message.buttons), 30)
