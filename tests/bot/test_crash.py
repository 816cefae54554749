"""kill -9 of the real bot, a process on a real file: what was acknowledged is answered after a restart."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest

from sandbox.server import Sandbox
from storage import inbox
from storage.crypto import KeyRing
from storage.database import Database
from tests.bot.intake_parts import until, update
from tests.conftest import WEBHOOK_SECRET, environment, free_port

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def bot_process(env: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "run"),
        env={"PATH": os.environ["PATH"], **env},
        cwd=ROOT,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await ready(env["PUBLIC_URL"])
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def ready(url: str) -> None:
    async with asyncio.timeout(30), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"{url}/readyz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


async def deliver(http: aiohttp.ClientSession, url: str, number: int, chat: int) -> bool:
    headers = {"X-Telegram-Bot-Api-Secret-Token": WEBHOOK_SECRET}
    try:
        async with http.post(
            f"{url}/telegram/webhook", json=update(number, chat, "/help"), headers=headers
        ) as r:
            return r.status == 200
    except aiohttp.ClientError:
        return False


async def counts(folder: Path) -> dict[str, int]:
    db = await Database.open(
        f"sqlite:///{folder / 'linkhive.db'}", KeyRing.from_file(folder / "linkhive.db.keys")
    )
    try:
        return await db.read(inbox.counts)
    finally:
        await db.close()


@pytest.mark.slow
async def test_no_acknowledged_update_is_lost_by_kill_9(tmp_path: Path) -> None:
    acknowledged: set[int] = set()
    number = 0
    async with Sandbox() as box:
        env = environment(box, tmp_path, TELEGRAM_UPDATES="webhook")
        for pause in (0.02, 0.08, 0.2):
            async with bot_process(env) as process, aiohttp.ClientSession() as http:

                async def one(n: int, http: aiohttp.ClientSession = http) -> None:
                    if await deliver(http, env["PUBLIC_URL"], n, 1000 + n % 20):
                        acknowledged.add(n)

                tasks = [asyncio.create_task(one(n)) for n in range(number + 1, number + 201)]
                number += 200
                await asyncio.sleep(pause)
                process.send_signal(signal.SIGKILL)
                await process.wait()
                await asyncio.gather(*tasks)
        left = await counts(tmp_path)
        assert sum(left.values()) >= len(acknowledged)
        async with bot_process(env):
            async with asyncio.timeout(60):
                while (await counts(tmp_path))["pending"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        after = await counts(tmp_path)
    assert after["pending"] == 0
    assert after["done"] + after["dead"] >= len(acknowledged)
    assert after["dead"] == 0


async def test_sigterm_ends_it_in_order_and_two_never_share_a_file(tmp_path: Path) -> None:
    async with Sandbox() as box:
        env = environment(box, tmp_path)
        async with bot_process(env) as process:
            second = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "bot", "run"),
                env={"PATH": os.environ["PATH"], **env},
                cwd=ROOT,
                stderr=asyncio.subprocess.PIPE,
            )
            _, words = await second.communicate()
            assert second.returncode == 1
            assert b"another LinkHive is running" in words
            process.terminate()
            async with asyncio.timeout(10):
                assert await process.wait() == 0


async def test_the_sandbox_command_survives_a_dead_bot_and_keeps_its_data(tmp_path: Path) -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "sandbox", "--port", str(port), "--data", str(tmp_path)),
        env={"PATH": os.environ["PATH"]},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    assert f"http://127.0.0.1:{port}" in line
    (child,) = psutil.Process(process.pid).children()
    child.kill()
    assert b"starting it again" in await process.stdout.readline()
    await until(lambda: psutil.Process(process.pid).children())
    process.send_signal(signal.SIGINT)
    rest = await process.stdout.read()
    assert b"Good-bye" in rest
    assert await process.wait() == 0
    assert (tmp_path / "linkhive.db").exists()
