"""C6: a moved group takes everything along, once; chats that refuse us are paused and come back."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from telegram.error import BadRequest, Forbidden

from bot.sending.pacer import Paused
from bot.wiring import House, linkhive
from services.chatstatus import MUTED_SECONDS
from storage import cards, chats, dialogs, users
from storage.tx import Tx
from tests.bot.intake_parts import until, update
from tests.bot.scripted import refusal
from tests.conftest import settings_of
from tests.guarantees import c_delivery as delivery
from tests.guarantees.c_telegram import Moody
from tests.guarantees.figures import at_least, exactly, size

# Telegram's texts, what they mean for the chat, and whether it is a private one.
REFUSALS = (
    (403, "Forbidden: bot was blocked by the user", "blocked", True),
    (403, "Forbidden: user is deactivated", "deleted", True),
    (403, "Forbidden: bot can't initiate conversation with a user", "blocked", True),
    (403, "Forbidden: bot can't send messages to the user", "deleted", True),
    (403, "Forbidden: bot can't send messages to bots", "deleted", True),
    (400, "Bad Request: chat not found", "deleted", True),
    (400, "Bad Request: PEER_ID_INVALID", "deleted", True),
    (403, "Forbidden: bot was kicked from the group chat", "kicked", False),
    (403, "Forbidden: bot was kicked from the supergroup chat", "kicked", False),
    (403, "Forbidden: bot was kicked from the channel chat", "kicked", False),
    (403, "Forbidden: bot is not a member of the supergroup chat", "kicked", False),
    (403, "Forbidden: bot is not a member of the channel chat", "kicked", False),
    (400, "Bad Request: CHANNEL_PRIVATE", "kicked", False),
    (403, "Forbidden: the group chat was deleted", "deleted", False),
    (400, "Bad Request: group chat was deactivated", "deleted", False),
    (400, "Bad Request: chat not found", "deleted", False),
    (400, "Bad Request: not enough rights to send text messages to the chat", "muted", False),
    (400, "Bad Request: have no rights to send a message", "muted", False),
    (400, "Bad Request: need administrator rights in the channel chat", "muted", False),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", "muted", False),
    (400, "Bad Request: CHAT_RESTRICTED", "muted", False),
    (403, "Forbidden: something nobody has seen yet", "muted", False),
)
TRIES = 5
Open = Callable[[], AbstractAsyncContextManager[House]]


class Ahead:
    """The machine's clock, some time ahead."""

    def __init__(self) -> None:
        import time

        self._time = time.time
        self.seconds = 0.0

    def now(self) -> float:
        return self._time() + self.seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@pytest.fixture
def clock() -> Ahead:
    return Ahead()


@pytest.fixture
async def telegram(tmp_path: Path, clock: Ahead) -> AsyncIterator[tuple[Moody, Open]]:
    async with delivery.recording(Moody()) as (moody, env):
        env["DATABASE_URL"] = f"sqlite:///{tmp_path / 'linkhive.db'}"

        @asynccontextmanager
        async def opened() -> AsyncIterator[House]:
            async with linkhive(settings_of(env), clock=clock) as house:
                yield house

        yield moody, opened


async def test_c6_chats_that_refuse_are_paused_and_come_back(
    telegram: tuple[Moody, Open], clock: Ahead
) -> None:
    moody, opened = telegram
    rounds = size(1, 40)
    cases = [
        ((10_000 + n) * (1 if refused[3] else -1), *refused)
        for n, refused in enumerate(refused for refused in REFUSALS for _ in range(rounds))
    ]
    async with opened() as house:
        await all_of(cases, lambda chat, *_: known(house, chat))
        await all_of(cases, lambda chat, *case: refuse(house, moody, chat, *case))
        states = [await state(house, chat) == wanted for chat, _, _, wanted, _ in cases]
        exactly("C6", f"of {len(REFUSALS)} texts of Telegram × {rounds}: not understood", states.count(False))
    asked = moody.asked.total()
    async with opened() as house:  # the table is behind the memory: a restart forgets nothing
        await all_of(cases, lambda chat, *_: paused(house, chat))
        exactly(
            "C6",
            f"of {TRIES * len(cases):,} sends to paused chats that went out",
            moody.asked.total() - asked,
        )
        moody.words.clear()
        numbers = itertools.count(1)
        for chat, _, _, wanted, private in cases:
            # Who muted us says nothing when that ends: another try does.
            if wanted != "muted":
                await house.store.accept(
                    [update(next(numbers), chat) if private else added(next(numbers), chat)]
                )
        await until(lambda: house.store.quiet, 60)
        clock.seconds += MUTED_SECONDS
        await all_of(cases, lambda chat, *_: house.application.bot.send_message(chat, "x"))
        back = [await state(house, chat) for chat, *_ in cases]
    exactly("C6", "chats that did not come back", sum(moody.taken[chat] < 1 for chat, *_ in cases))
    exactly("C6", "of them not noted as active", len(back) - back.count("active"))


async def all_of(cases: list[Any], work: Callable[..., Awaitable[Any]]) -> None:
    await asyncio.gather(*(work(*case) for case in cases))


async def known(house: House, chat: int) -> None:
    """Let a person be one we know: of others nothing is kept, not even that they blocked us."""
    if chat > 0:
        await house.db.write(lambda tx: users.remember(tx, chat, language_code="en", first_name="N", now=1.0))


async def refuse(house: House, moody: Moody, chat: int, code: int, words: str, *_: Any) -> None:
    moody.words[chat] = refusal(code, words)
    with pytest.raises((Forbidden, BadRequest)):
        await house.application.bot.send_message(chat, "x")


async def paused(house: House, chat: int) -> None:
    for _ in range(TRIES):
        with pytest.raises(Paused):
            await house.application.bot.send_message(chat, "x")


async def state(house: House, chat: int) -> str | None:
    found = await house.db.read(lambda tx: chats.get(tx, chat))
    return None if found is None else found.state


def added(number: int, chat: int) -> dict[str, Any]:
    """The bot is let into a group again."""
    person = {"id": 5, "is_bot": False, "first_name": "N"}
    bot = {"id": 1, "is_bot": True, "first_name": "B", "username": "b"}
    old, new = ({"user": bot, "status": status} for status in ("left", "member"))
    place = {"id": chat, "type": "supergroup", "title": "G"}
    change = {"chat": place, "from": person, "date": 1, "old_chat_member": old, "new_chat_member": new}
    return {"update_id": number, "my_chat_member": change}


async def test_c6_a_moved_group_takes_everything_along_once(telegram: tuple[Moody, Open]) -> None:
    moody, opened = telegram
    groups = size(20, 1000)
    moves = [(-1000 - n, -1_000_000_001_000 - n) for n in range(groups)]
    told = itertools.count(1)
    async with opened() as house:
        now = house.services.clock.now()
        for old, new in moves:
            await house.db.write(lambda tx, old=old: furnish(tx, old, now))  # type: ignore[misc]
            moody.words[old] = refusal(
                400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=new
            )
        # A third learns it from a refused message, the others from Telegram's two messages, many times.
        await asyncio.gather(*(house.application.bot.send_message(old, "x") for old, _ in moves[::3]))
        for _ in range(3):
            for old, new in moves:
                await house.store.accept([moved(next(told), old, new), came(next(told), old, new)])
        await until(lambda: house.store.quiet, 120)
        await asyncio.gather(*(house.application.bot.send_message(old, "x") for old, _ in moves))
        whole = [await house.db.read(lambda tx, m=m: moved_whole(tx, *m)) for m in moves]  # type: ignore[misc]
    at_least("C6", "groups moved, told seven times each", len(moves), groups)
    exactly("C6", "groups whose card, dialog and chat are not over there just once", whole.count(False))
    exactly("C6", "messages that did not follow their group", sum(moody.taken[new] < 1 for _, new in moves))
    again = sum(moody.asked[old] for old, _ in moves) - len(moves[::3])
    exactly("C6", "messages to the old number once it is known", again)


async def furnish(tx: Tx, chat: int, now: float) -> None:
    await chats.remember(tx, chat, kind="group", title="G", now=now)
    await cards.open(tx, 5, chat, "notice", {}, now)
    await dialogs.ask(tx, 5, chat, "search", {}, now + 1e6)


async def moved_whole(tx: Tx, old: int, new: int) -> bool:
    """Tell whether everything is at the new number and nothing at the old one."""
    there, here = (await cards.latest(tx, 5, chat, "notice") for chat in (new, old)), await chats.get(tx, old)
    card_new, card_old = [card async for card in there]
    asked = [await dialogs.current(tx, 5, chat, 0.0) for chat in (new, old)]
    now = await chats.get(tx, new)
    return (
        (card_new is not None and card_old is None)
        and (asked[0] is not None and asked[1] is None)
        and (here is not None and here.migrated_to == new)
        and (now is not None and (now.kind, now.title, now.state) == ("supergroup", "G", "active"))
    )


def moved(number: int, old: int, new: int) -> dict[str, Any]:
    told = update(number, old)
    told["message"] |= {"chat": {"id": old, "type": "group", "title": "G"}, "migrate_to_chat_id": new}
    del told["message"]["text"]
    return told


def came(number: int, old: int, new: int) -> dict[str, Any]:
    told = moved(number, new, old)
    told["message"]["chat"]["type"] = "supergroup"
    told["message"]["migrate_from_chat_id"] = told["message"].pop("migrate_to_chat_id")
    return told
