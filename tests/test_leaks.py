"""The look for leaks after every test finds what it is there for, and nothing else."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from bot.logs import HIDDEN
from sandbox.server import Sandbox
from sandbox.states.disktop import Device
from sandbox.telegram.chats import Message
from tests.conftest import GROUP
from tests.leaks import log_of, watched

USER_CODE = "8KXH-Y8R"


def shown_in_group(text: str) -> Callable[[Sandbox], None]:
    """Let the bot have said something in the group."""

    def show(box: Sandbox) -> None:
        data = {"message_id": 7, "from": {"id": 1, "is_bot": True}, "text": text}
        box.world.telegram.chats[GROUP].messages[7] = Message(data)

    return show


def sent_to_group(text: str) -> Callable[[Sandbox], None]:
    """Let the bot have sent something to the group that is no longer there."""

    def send(box: Sandbox) -> None:
        body = f"chat_id={GROUP}&text={text}".encode()
        box.world.journal.add(1.0, "telegram", "POST", "/bot/sendMessage", "", {}, body)

    return send


def logged(level: int, text: str, name: str = "services.x") -> Callable[[Sandbox], None]:
    return lambda _: logging.getLogger(name).log(level, "seen: %s", text)


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    return tmp_path / "own"


async def look(quiet: Path, act: Callable[[Sandbox], None]) -> None:
    async with Sandbox() as box:
        device = Device("d" * 48, USER_CODE, ("user.read",), 1e9, 5.0)
        box.world.disktop.devices[device.device_code] = device
        grant = box.world.hdhive.grants.open(1001, ("meta",), "r" * 40, 1e9)
        box.world.hdhive.grants.give(grant, "a" * 40, 1e9)
        box.world.disktop.uploads["0123456789abcdef" * 2] = None  # type: ignore[assignment]
        with watched(box, quiet):
            act(box)


LEAKS = {
    "debug": logged(logging.DEBUG, "a" * 40),
    "warning": logged(logging.WARNING, "r" * 40),
    "user code": logged(logging.INFO, USER_CODE),
    "upload": logged(logging.INFO, "0123456789abcdef" * 2),
    "structlog": lambda _: structlog.get_logger("handlers.x").info("saw", what="a" * 40),
    "exception": lambda _: logging.getLogger("bot.x").error("no", exc_info=ValueError("a" * 40)),
    "library": logged(logging.WARNING, "a" * 40, "httpx"),
    "signed": logged(logging.INFO, f"http://disk/dl/7?name=x&sig={'0f' * 16}"),
    "in group": shown_in_group("here: " + "a" * 40),
    "ticket in group": shown_in_group("https://bot.example/link/" + "T" * 43),
    "sent to group": sent_to_group("r" * 40),
}
NONE = {
    "own words": logged(logging.INFO, "1 of 8 files, 40 MB"),
    "as a parameter": logged(logging.INFO, f"https://x/cb?code={'a' * 40}"),
    "bearer": logged(logging.INFO, f"Authorization: Bearer {'a' * 40}"),
    "in private": lambda box: box.world.telegram.chats[1001].messages.update(
        {7: Message({"message_id": 7, "from": {"is_bot": True}, "text": USER_CODE})}
    ),
    "words of the group": shown_in_group("checked: 3 good, 1 gone. /link in private"),
}


@pytest.mark.parametrize("act", LEAKS.values(), ids=LEAKS)
async def test_a_leak_fails_its_test(quiet: Path, act: Callable[[Sandbox], None]) -> None:
    with pytest.raises(AssertionError, match="secrets where they do not belong"):
        await look(quiet, act)


@pytest.mark.parametrize("act", NONE.values(), ids=NONE)
async def test_what_is_struck_out_or_private_is_none(quiet: Path, act: Callable[[Sandbox], None]) -> None:
    await look(quiet, act)


async def test_processes_are_read_too(quiet: Path) -> None:
    (quiet / "bot").mkdir(parents=True)
    (quiet / "bot" / "said.txt").write_text(f"token {'a' * 40}")
    with pytest.raises(AssertionError):
        await look(quiet, lambda _: None)


async def test_the_log_is_left_as_it_was() -> None:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, structlog.get_config(), logging.getLogger("bot").level)
    async with Sandbox() as box:
        with log_of(box) as written:
            logging.getLogger("bot.x").debug("token=%s", "a" * 40)
        assert HIDDEN in written.getvalue()
    assert before == (root.handlers, root.level, structlog.get_config(), logging.getLogger("bot").level)
