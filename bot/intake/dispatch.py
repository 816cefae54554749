"""Work on stored updates: each chat in its order, chats beside one another, a poisoned update set aside."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from bot.intake.lines import Failure, Line, Lines, Outcomes
from bot.metrics import Metrics
from services.activity import Activity
from services.clock import Clock
from storage.inbox import Entry

log = logging.getLogger(__name__)

TRIES = 3
# A death counts against what was in work, mostly without its fault: only after so many is it to blame.
DEATHS = 10
BACKOFF_SECONDS = (1.0, 4.0)
# Longer than any handler has reason to take; without an end one of them could close its chat for good.
PATIENCE_SECONDS = 300.0
BESIDE = 256

Hand = Callable[[Entry, bool], Awaitable[None]]


class Unreadable(Exception):
    """Say that an update cannot even be read, so that a repeat is useless."""


class Dispatch:
    """Hand each update to `hand(entry, last_attempt)`; what became of it waits in `take_outcomes`.

    A failed one is only tried again, or set aside, once its failure is written: a database that is away
    lets handlers fail as often as they are called.
    """

    def __init__(
        self,
        hand: Hand,
        clock: Clock,
        metrics: Metrics,
        *,
        lines: Lines | None = None,
        activity: Activity | None = None,
        beside: int = BESIDE,
        backoff: tuple[float, ...] = BACKOFF_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.lines = Lines() if lines is None else lines  # an empty one is false
        self._activity = activity or Activity()
        self.changed: Callable[[], None] = lambda: None
        self._hand = hand
        self._clock = clock
        self._metrics = metrics
        metrics.in_memory.set_function(lambda: self.lines.updates)
        self._beside = beside
        self._backoff = backoff
        self._patience = patience
        self._turns: deque[Line] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._called = 0
        self._repeats: set[asyncio.Task[None]] = set()
        self._outcomes = Outcomes()
        self._stopping = False

    def take_outcomes(self) -> Outcomes:
        """Hand over what became of updates since the last call."""
        taken, self._outcomes = self._outcomes, Outcomes()
        return taken

    def return_outcomes(self, outcomes: Outcomes) -> None:
        """Take back what could not be written.

        A last try that fell while nothing could be written is not the last: nobody was told of it either.
        """
        failed = [failure.unheard() for failure in outcomes.failed]
        self._outcomes = Outcomes(outcomes.done, failed, outcomes.buried).before(self._outcomes)

    def written(self, outcomes: Outcomes) -> None:
        """Go on with the lines whose failures are written now."""
        for failure in outcomes.failed:
            if failure.last:
                self._set_aside(failure.line, failure.update_id, failure.error)
            elif not failure.line.lost:
                self.lines.count_failure(failure.line, failure.counts)
                self._try_again(failure.line)

    def offer(self, line: Line) -> None:
        """Give a line its turn, unless it has one, there is nothing to do, or we are stopping."""
        if line.queue and not line.busy and not self._stopping:
            line.busy = True
            self._turns.append(line)
            self._start()

    async def stop(self, patience: float) -> None:
        """Let what is in work come to its end; whatever does not in time is replayed at the next start."""
        self._stopping = True
        self._turns.clear()
        for repeat in self._repeats:
            repeat.cancel()
        pending = self._tasks | self._repeats
        if pending:
            _, late = await asyncio.wait(pending, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    def _start(self) -> None:
        # Those who were called and have not come yet take a turn each.
        room = min(len(self._turns) - self._called, self._beside - len(self._tasks))
        for _ in range(room):
            self._called += 1
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # A turn given between a worker's last look and its end would wait for the next one.
        self._start()

    async def _work(self) -> None:
        """Take turns until there are none left; a line with more to do goes to the end."""
        self._called -= 1
        while self._turns:
            line = self._turns.popleft()
            if line.lost:
                continue
            await self._first_of(line)

    async def _first_of(self, line: Line) -> None:
        entry = line.queue[0]
        if entry.unreadable is not None:
            # Kept as it is: with its key back it can be handled after all.
            self._bury(line, entry, entry.unreadable)
            return
        if entry.attempts >= DEATHS:
            self._bury(line, entry, "its process died with it")
            return
        try:
            async with asyncio.timeout(self._patience):
                with self._activity.answering():
                    await self._hand(entry, entry.attempts + 1 >= TRIES)
        except Unreadable as error:
            self._bury(line, entry, repr(error))
        except Exception as error:  # noqa: BLE001 - whatever a handler does, its chat goes on
            self._failed(line, entry, error)
        else:
            self._metrics.updates.labels("done").inc()
            self._metrics.latency.observe(max(0.0, self._clock.now() - entry.received_at))
            self._outcomes.done.append(entry.update_id)
            self._next(line)

    def _failed(self, line: Line, entry: Entry, error: Exception) -> None:
        log.warning(
            "an update failed",
            exc_info=error,
            extra={"update_id": entry.update_id, "attempt": entry.attempts + 1},
        )
        last = entry.attempts + 1 >= TRIES
        if not last:
            self._metrics.updates.labels("failed").inc()
        self._outcomes.failed.append(Failure(line, entry.update_id, repr(error), last=last))
        self.changed()

    def _try_again(self, line: Line) -> None:
        if line.lost or self._stopping:
            return
        pause = self._backoff[min(line.queue[0].attempts - 1, len(self._backoff) - 1)]
        task = asyncio.create_task(self._repeat(line, pause))
        self._repeats.add(task)
        task.add_done_callback(self._repeats.discard)

    async def _repeat(self, line: Line, seconds: float) -> None:
        """Wait outside the workers, so that failing chats take no turn from others."""
        await self._clock.sleep(seconds)
        self._turns.append(line)
        self._start()

    def _bury(self, line: Line, entry: Entry, error: str) -> None:
        self._outcomes.buried.append((entry.update_id, error))
        self._set_aside(line, entry.update_id, error)

    def _set_aside(self, line: Line, update_id: int, error: str) -> None:
        log.error("an update was set aside", extra={"update_id": update_id, "error": error})
        self._metrics.updates.labels("buried").inc()
        self._next(line)

    def _next(self, line: Line) -> None:
        self.lines.finish(line)
        line.busy = False
        self.offer(line)
        self.changed()
