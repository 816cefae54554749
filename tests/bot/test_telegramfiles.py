"""Files that people send are opened over the Bot API, or on the disk of a server of one's own."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from telegram.ext import ExtBot

from bot import telegram
from bot.metrics import Metrics
from bot.settings import Settings
from bot.telegramfiles import LIMIT, TelegramFiles, serve
from clients.errors import ClientError, Unreachable, UpstreamBroken
from clients.fetch.errors import SourceGone
from sandbox.server import Sandbox
from services.clock import SystemClock
from services.errors import UploadProblem
from services.uploads import Opened, Source, Uploads
from tests.conftest import environment, settings_of
from tests.driver import Control, Message, Person

DATA = bytes(range(256)) * 1000


@pytest.fixture
def settings(box: Sandbox, tmp_path: Path) -> Settings:
    return settings_of(environment(box, tmp_path))


@pytest.fixture
async def bot(settings: Settings) -> AsyncIterator[ExtBot[None]]:
    made = telegram.connect(settings, SystemClock(), Metrics()).bot
    await made.initialize()
    yield made
    await made.shutdown()


@pytest.fixture
def files(bot: ExtBot[None], settings: Settings) -> TelegramFiles:
    return TelegramFiles(bot, settings)


def source(message: Message) -> Source:
    document = message.data["document"]
    return Source(kind="telegram", ref=document["file_id"], name=document["file_name"])


async def read(opened: Opened) -> bytes:
    return b"".join([block async for block in opened.blocks()])


async def test_a_file_is_read_whole_and_from_the_middle(files: TelegramFiles, xiaoyu: Person) -> None:
    sent = source(await xiaoyu.send_file("笔记.txt", DATA))
    async with files.open(sent, 0, None) as opened:
        assert (opened.size, opened.offset) == (len(DATA), 0)
        assert await read(opened) == DATA
        validator = opened.validator if opened.resumable else None
    assert validator
    async with files.open(sent, 1001, validator) as opened:
        assert (opened.size, opened.offset) == (len(DATA), 1001)
        assert await read(opened) == DATA[1001:]
    async with files.open(sent, len(DATA), validator) as opened:
        assert (opened.size, opened.offset) == (len(DATA), len(DATA))
        assert await read(opened) == b""
    async with files.open(sent, 1001, "another") as opened:
        assert opened.offset == 0
        assert await read(opened) == DATA


async def test_a_large_file_needs_a_server_of_one_s_own(
    files: TelegramFiles, xiaoyu: Person, control: Control
) -> None:
    sent = source(await xiaoyu.send_file("film.mkv", LIMIT + 1))
    with pytest.raises(UploadProblem) as raised:
        async with files.open(sent, 0, None):
            pass
    assert (raised.value.kind, raised.value.limit) == ("too_big_for_bot", LIMIT)
    for server in ("http", "path"):
        await control.telegram("options", local_server=server)
        async with files.open(sent, 0, None) as opened:
            digest, length = hashlib.sha256(), 0
            async for block in opened.blocks():
                digest.update(block)
                length += len(block)
        assert length == LIMIT + 1


async def test_a_file_on_the_own_server_s_disk_is_gone_on_with_while_it_is_the_same(
    files: TelegramFiles, xiaoyu: Person, control: Control
) -> None:
    sent = source(await xiaoyu.send_file("a.bin", DATA))
    await control.telegram("options", local_server="path")
    async with files.open(sent, 0, None) as opened:
        validator, name = opened.validator, opened.name
    assert name == "a.bin"
    async with files.open(sent, 77, validator) as opened:
        assert opened.offset == 77
        assert await read(opened) == DATA[77:]
    async with files.open(sent, 77, "another") as opened:
        assert await read(opened) == DATA


async def test_telegram_s_own_server_names_no_files_of_this_machine(
    files: TelegramFiles, xiaoyu: Person, control: Control
) -> None:
    sent = source(await xiaoyu.send_file("a.bin", DATA))
    await control.telegram("options", local_server="path")
    files.limited = True
    with pytest.raises(ClientError):
        async with files.open(sent, 0, None):
            pass


async def test_unknown_files_and_a_silent_telegram_are_told_apart(
    files: TelegramFiles, xiaoyu: Person, control: Control
) -> None:
    sent = source(await xiaoyu.send_file("a.bin", DATA))
    with pytest.raises(SourceGone):
        async with files.open(Source(kind="telegram", ref="BQACAgUAAxnothing"), 0, None):
            pass
    await control.fault("telegram", "*/getFile", "status", status=502, body={"ok": False})
    with pytest.raises(Unreachable):
        async with files.open(sent, 0, None):
            pass
    for status, kind in ((500, UpstreamBroken), (404, SourceGone)):
        await control.fault("telegram", "/file/*", "status", status=status)
        with pytest.raises(kind):
            async with files.open(sent, 0, None):
                pass


async def test_a_download_that_breaks_off_is_an_error(
    files: TelegramFiles, xiaoyu: Person, control: Control
) -> None:
    sent = source(await xiaoyu.send_file("a.bin", DATA))
    await control.fault("telegram", "/file/*", "truncate")
    with pytest.raises(ClientError):
        async with files.open(sent, 0, None) as opened:
            await read(opened)


async def test_the_limit_is_known_before_where_the_server_is_telegram_s(
    bot: ExtBot[None], settings: Settings
) -> None:
    known: Uploads = SimpleNamespace(sources={}, limits={})  # type: ignore[assignment]
    serve(known, bot, settings)
    assert (list(known.sources), known.limits) == (["telegram"], {})
    serve(known, bot, settings.model_copy(update={"telegram_api_url": "https://api.telegram.org"}))
    assert known.limits == {"telegram": LIMIT}
