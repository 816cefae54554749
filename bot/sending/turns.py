"""Whose turn it is: one pump gives turns to chats that may send, replies first."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from bot.sending.windows import ALL, ALL_SECONDS, KEPT_FOR_REPLIES, ChatLimit, Share, Window
from services.clock import Clock, Steady
from storage.supervisor import Supervisor

ChatKey = int | str
Ticket = asyncio.Future[None]

# Limits of chats that have been silent are forgotten when there are this many.
REMEMBERED = 10_000


@dataclass
class Waiting:
    """Hold what a chat waits to send, and its own limit."""

    key: ChatKey
    limit: ChatLimit
    replies: deque[Ticket] = field(default_factory=deque)
    broadcasts: deque[Ticket] = field(default_factory=deque)

    def queue(self, *, broadcast: bool) -> deque[Ticket]:
        """Return one of the queues without those at its head that nobody waits for any more."""
        queue = self.broadcasts if broadcast else self.replies
        while queue and queue[0].done():
            queue.popleft()
        return queue

    @property
    def next_is_broadcast(self) -> bool | None:
        """Return what goes out next: a reply (False), a broadcast (True), nothing (None)."""
        if self.queue(broadcast=False):
            return False
        return True if self.queue(broadcast=True) else None


class Turns:
    """Give turns in order within the limits; a chat that must wait holds up nobody else."""

    def __init__(self, clock: Clock, share: Share = int, supervisor: Supervisor | None = None) -> None:
        self._clock = Steady(clock)
        self._supervisor = supervisor or Supervisor()
        self._share = share
        self._all = Window(ALL, ALL_SECONDS, share)
        self._chats: dict[ChatKey, Waiting] = {}
        self._ready: tuple[list[tuple[int, Waiting]], list[tuple[int, Waiting]]] = ([], [])
        self._later: list[tuple[float, int, Waiting]] = []
        self._order = count()
        self._stir = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._forget_at = REMEMBERED

    def start(self) -> None:
        """Begin to give turns."""
        if self._pump is None:
            self._pump = self._supervisor.start("sends", self._run)

    async def stop(self) -> None:
        """Give no more turns; those who wait are told by cancellation."""
        if self._pump is None:
            return
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        self._pump = None
        for chat in self._chats.values():
            for ticket in (*chat.replies, *chat.broadcasts):
                ticket.cancel()
        self._chats.clear()

    async def take(self, key: ChatKey, *, broadcast: bool) -> None:
        """Return when it is this chat's turn; a turn that is not waited for any more is not used up."""
        chat = self._chat(key)
        ticket: Ticket = asyncio.get_running_loop().create_future()
        (chat.broadcasts if broadcast else chat.replies).append(ticket)
        self._place(chat, self._clock.now())
        self._stir.set()
        await ticket

    def pause(self, key: ChatKey, seconds: float) -> None:
        """Give a chat no turn for so long."""
        self._chat(key).limit.pause(self._clock.now() + seconds)

    def _chat(self, key: ChatKey) -> Waiting:
        chat = self._chats.get(key)
        if chat is None:
            self._forget()
            group = isinstance(key, int) and key < 0
            channel = isinstance(key, str) and key.startswith("@")
            chat = self._chats[key] = Waiting(key, ChatLimit(group=group or channel, share=self._share))
        return chat

    def _forget(self) -> None:
        if len(self._chats) < self._forget_at:
            return
        now = self._clock.now()
        for key, chat in list(self._chats.items()):
            if chat.next_is_broadcast is None and chat.limit.unused(now):
                del self._chats[key]
        # Where most of them wait for a turn, the next look must not come with the very next chat.
        self._forget_at = max(REMEMBERED, 2 * len(self._chats))

    def _place(self, chat: Waiting, now: float) -> None:
        """Put a chat where the pump finds it; one that is found twice does no harm."""
        broadcast = chat.next_is_broadcast
        if broadcast is None:
            return
        at = chat.limit.free_at(now)
        if at <= now:
            heapq.heappush(self._ready[broadcast], (next(self._order), chat))
        else:
            heapq.heappush(self._later, (at, next(self._order), chat))

    async def _run(self) -> None:
        # Where it failed, it may have lost sight of a chat.
        for chat in self._chats.values():
            self._place(chat, self._clock.now())
        while True:
            self._stir.clear()
            wait = self._give(self._clock.now())
            await self._rest(wait)

    def _give(self, now: float) -> float | None:
        """Give every turn that may be given now; return the seconds until there may be another."""
        while self._later and self._later[0][0] <= now:
            self._place(heapq.heappop(self._later)[2], now)
        waits = []
        for broadcast, spare in ((False, 0), (True, self._share(KEPT_FOR_REPLIES))):
            ready = self._ready[broadcast]
            while ready and (at := self._all.free_at(now, spare=spare)) <= now:
                self._turn(heapq.heappop(ready)[1], now, broadcast=broadcast)
            if ready:
                waits.append(at - now)
        if self._later:
            waits.append(self._later[0][0] - now)
        return min(waits) if waits else None

    def _turn(self, chat: Waiting, now: float, *, broadcast: bool) -> None:
        queue = chat.queue(broadcast=broadcast)
        if chat.next_is_broadcast is not broadcast or chat.limit.free_at(now) > now:
            self._place(chat, now)
            return
        queue.popleft().set_result(None)
        self._all.count(now)
        chat.limit.count(now)
        self._place(chat, now)

    async def _rest(self, seconds: float | None) -> None:
        if seconds is None:
            await self._stir.wait()
            return
        sleep = asyncio.ensure_future(self._clock.sleep(max(seconds, 0.001)))
        stir = asyncio.ensure_future(self._stir.wait())
        try:
            await asyncio.wait((sleep, stir), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            stir.cancel()
