"""Telegram's limits are kept on a virtual clock: replies first, and a 429 stops its own chat only."""

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import count, pairwise
from typing import Any

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TimedOut

from bot.metrics import Metrics
from bot.sending.pacer import Pacer, chat_of
from bot.sending.turns import Turns
from bot.settings import prepare_libraries
from services.chatstatus import ChatStatuses
from storage.database import Database
from storage.supervisor import Supervisor

prepare_libraries()


class VirtualClock:
    """Time moves on only when everybody waits."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + seconds, next(self._order), future))
        await future

    async def run_until(self, done: Callable[[], object], limit: float = 1e6) -> None:
        end = self.time + limit
        while not done():
            for _ in range(8):
                await asyncio.sleep(0)
            if done():
                return
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if not self._sleepers or self._sleepers[0][0] > end:
                raise TimeoutError
            at, _, future = heapq.heappop(self._sleepers)
            self.time = max(self.time, at)
            future.set_result(None)


class Telegram:
    """Refuses what Telegram would refuse, and keeps when each call came."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.calls: list[tuple[float, Any]] = []
        self._all: deque[float] = deque()
        self._groups: dict[int, deque[float]] = {}
        self.refused = 0

    async def send(self, chat: int) -> bool:
        now = self._clock.now()
        group = self._groups.setdefault(chat, deque())
        for window, seconds in ((self._all, 1.0), (group, 60.0)):
            while window and window[0] <= now - seconds:
                window.popleft()
        if len(self._all) >= 30 or (chat < 0 and len(group) >= 20):
            self.refused += 1
            raise RetryAfter(5)
        self._all.append(now)
        group.append(now)
        self.calls.append((now, chat))
        return True


class Setup:
    def __init__(self, db: Database | None = None) -> None:
        self.clock = VirtualClock()
        self.telegram = Telegram(self.clock)
        self.metrics = Metrics()
        self.pacer = Pacer(self.clock, self.metrics, ChatStatuses(db, self.clock) if db else None)
        self.tasks: list[asyncio.Task[Any]] = []

    def send(
        self,
        chat: int,
        priority: Any = None,
        *,
        endpoint: str = "sendMessage",
        call: Callable[[int], Awaitable[bool]] | None = None,
    ) -> asyncio.Task[Any]:
        request = self.pacer.process_request(
            call or self.telegram.send,
            (chat,),
            {},
            endpoint,
            {"chat_id": chat},
            priority,  # type: ignore[arg-type]
        )
        task = asyncio.ensure_future(request)
        self.tasks.append(task)
        return task

    async def finish(self, limit: float = 1e6) -> None:
        await self.clock.run_until(lambda: all(task.done() for task in self.tasks), limit)
        await asyncio.gather(*self.tasks)


@pytest.fixture
async def setup() -> Any:
    made = Setup()
    await made.pacer.initialize()
    yield made
    await made.pacer.shutdown()


async def test_thirty_a_second_in_all_are_never_exceeded(setup: Setup) -> None:
    for chat in range(1, 601):
        setup.send(chat)
    await setup.finish()
    assert setup.telegram.refused == 0
    assert len(setup.telegram.calls) == 600
    assert setup.clock.time - 1000 < 23


async def test_a_chat_gets_a_small_burst_then_one_a_second(setup: Setup) -> None:
    for _ in range(10):
        setup.send(1)
    await setup.finish()
    times = [time - 1000 for time, _ in setup.telegram.calls]
    assert times[:4] == [0, 0, 0, 0]
    assert all(later - earlier >= 0.99 for earlier, later in pairwise(times[3:]))
    assert times[-1] < 6.2


async def test_a_group_gets_twenty_a_minute(setup: Setup) -> None:
    for _ in range(50):
        setup.send(-100)
    await setup.finish()
    assert setup.telegram.refused == 0
    assert setup.clock.time - 1000 > 120


async def test_replies_overtake_a_broadcast(setup: Setup) -> None:
    for chat in range(1, 2001):
        setup.send(chat, "broadcast")
    await setup.clock.run_until(lambda: len(setup.telegram.calls) > 200)
    waits = []
    for chat in range(5001, 5051):
        began = setup.clock.time
        reply = setup.send(chat)
        await setup.clock.run_until(reply.done)
        waits.append(setup.clock.time - began)
        await setup.clock.run_until(lambda b=began: setup.clock.time > b + 0.3)
    assert sorted(waits)[47] < 1.0
    await setup.finish()
    assert setup.telegram.refused == 0


async def test_a_reply_goes_before_the_broadcast_to_the_same_chat(setup: Setup) -> None:
    order: list[str] = []

    def noting(name: str) -> Callable[[int], Awaitable[bool]]:
        async def call(chat: int) -> bool:
            order.append(name)
            return True

        return call

    for _ in range(4):
        setup.send(1, call=noting("first"))
    setup.send(1, "broadcast", call=noting("broadcast"))
    setup.send(1, call=noting("reply"))
    await setup.finish()
    assert order == ["first"] * 4 + ["reply", "broadcast"]


async def test_a_429_pauses_its_own_chat_only(setup: Setup) -> None:
    answers = iter([RetryAfter(30)])

    async def once_too_many(chat: int) -> bool:
        for error in answers:
            raise error
        return await setup.telegram.send(chat)

    setup.send(1, call=once_too_many)
    await asyncio.sleep(0)
    setup.send(1)
    for chat in range(2, 12):
        setup.send(chat)
    await setup.finish()
    by_chat = {chat: time - 1000 for time, chat in reversed(setup.telegram.calls)}
    assert by_chat[1] >= 30
    assert all(by_chat[chat] < 1 for chat in range(2, 12))


async def test_a_429_is_raised_when_it_goes_on(setup: Setup) -> None:
    async def always(chat: int) -> bool:
        raise RetryAfter(3)

    task = setup.send(1, call=always)
    await setup.clock.run_until(task.done)
    assert isinstance(task.exception(), RetryAfter)
    assert setup.clock.time - 1000 < 15


async def test_a_429_of_an_hour_is_not_waited_for(setup: Setup) -> None:
    async def long(chat: int) -> bool:
        raise RetryAfter(3600)

    task = setup.send(1, call=long)
    await setup.clock.run_until(task.done, limit=1)
    assert isinstance(task.exception(), RetryAfter)


@pytest.mark.parametrize("error", [TimedOut(), BadRequest("message is not modified")])
async def test_what_may_have_been_sent_is_not_repeated(setup: Setup, error: Exception) -> None:
    calls = 0

    async def failing(chat: int) -> bool:
        nonlocal calls
        calls += 1
        raise error

    task = setup.send(1, call=failing)
    await setup.clock.run_until(task.done)
    assert task.exception() is error
    assert calls == 1


@pytest.mark.parametrize(
    "error", [Forbidden("Forbidden: bot was kicked from the group chat"), ChatMigrated(-1009)]
)
async def test_what_telegram_says_is_told_though_it_cannot_be_noted(
    sqlite_db: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    async def refusing(chat: int) -> bool:
        raise error

    async def full(work: object) -> None:
        raise OSError("disk full")

    setup = Setup(sqlite_db)
    await setup.pacer.initialize()
    monkeypatch.setattr(sqlite_db, "write", full)
    sending = setup.send(-100, call=refusing)
    await setup.clock.run_until(sending.done)
    assert sending.exception() is error
    assert "disk full" in caplog.text
    await setup.pacer.shutdown()


async def test_answers_and_lookups_wait_for_nothing(setup: Setup) -> None:
    async def call(_: object) -> bool:
        return True

    for endpoint in ("answerCallbackQuery", "answerInlineQuery", "getMe", "deleteMessage", "sendChatAction"):
        for _ in range(100):
            data = {"chat_id": 1} if endpoint in ("deleteMessage", "sendChatAction") else {}
            assert await setup.pacer.process_request(call, (1,), {}, endpoint, data, None) is True  # type: ignore[arg-type]
    assert setup.clock.time == 1000.0


async def test_a_turn_nobody_waits_for_is_not_used_up(setup: Setup) -> None:
    for _ in range(4):
        setup.send(1)
    await setup.finish()
    left = setup.send(1)
    await asyncio.sleep(0)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    setup.tasks.remove(left)
    setup.send(1)
    await setup.finish()
    assert setup.clock.time - 1000 < 1.1


async def test_silent_chats_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sending.turns.REMEMBERED", 50)
    clock = VirtualClock()
    turns = Turns(clock)
    turns.start()
    turns.start()
    for chat in range(-200, 200):
        taking = asyncio.ensure_future(turns.take(chat, broadcast=False))
        await clock.run_until(taking.done)
        clock.time += 70.0
    assert len(turns._chats) <= 51
    await turns.stop()
    await turns.stop()


async def test_who_waited_when_the_pump_failed_gets_their_turn() -> None:
    clock, failures = VirtualClock(), [KeyError("odd")]

    def share(number: int) -> int:
        if clock.time > 1000.0 and failures:
            raise failures.pop()
        return number

    turns = Turns(clock, share, Supervisor(clock.now, clock.sleep))
    turns.start()
    takes = [asyncio.ensure_future(turns.take(chat, broadcast=False)) for chat in [*[1] * 6, *range(2, 50)]]
    await clock.run_until(lambda: all(take.done() for take in takes), limit=60)
    assert not failures
    await turns.stop()


async def test_shutdown_tells_those_who_wait() -> None:
    setup = Setup()
    await setup.pacer.initialize()
    tasks = [setup.send(1) for _ in range(6)]
    for _ in range(5):
        await asyncio.sleep(0)
    await setup.pacer.shutdown()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in results] == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    ("endpoint", "data", "chat"),
    [
        ("sendMessage", {"chat_id": "5"}, 5),
        ("editMessageText", {"chat_id": 5}, 5),
        ("editMessageText", {"inline_message_id": "x"}, "inline x"),
        ("editMessageText", {}, None),
        ("copyMessage", {"chat_id": "@channel"}, "@channel"),
        ("sendChatAction", {"chat_id": 5}, None),
        ("getChat", {"chat_id": 5}, None),
    ],
)
def test_whose_limit_a_call_counts_against(endpoint: str, data: dict[str, Any], chat: object) -> None:
    assert chat_of(endpoint, data) == chat
