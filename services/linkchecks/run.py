"""One run of link checks: what is asked of whom, what came of it, and where a restart goes on."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from clients.errors import ClientError, NotFound, Unreachable
from clients.linkcheck.client import LinkCheck
from clients.linkcheck.following import Patience
from clients.linkcheck.models import CheckEvent, CheckItem, Verdict
from services.clock import Clock
from services.jobs import Lease, LeaseLost
from services.linkchecks.judge import ShareJudge
from services.linkchecks.verdicts import CheckedLink, Snapshot, VerdictMemory
from services.sharelinks.drives import Drive
from storage.jobs import Job

log = logging.getLogger(__name__)

FOLLOW = "linkcheck.follow"


@dataclass(frozen=True)
class LinkCheckPace:
    """Seconds between two notes of progress, seconds for a whole run, and tries to make a job upstream.

    A service that hangs lets every try take its longest: after `asking` seconds no other is begun.
    """

    every: float = 2.0
    longest: float = 600.0
    tries: int = 3
    asking: float = 20.0
    at_once: int = 4
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class Tools:
    """Be what a run works with."""

    clock: Clock
    linkcheck: LinkCheck | None
    judge: ShareJudge
    memory: VerdictMemory
    changed: Callable[[Snapshot, bool], Awaitable[None]]
    pace: LinkCheckPace


class LinkCheckRun:
    """Follow one run to its end."""

    def __init__(self, job: Job, lease: Lease, tools: Tools) -> None:
        payload = job.payload
        self._payload = payload
        self._lease = lease
        self._tools = tools
        self._user_id = int(payload["user_id"])
        self._card_id = str(payload["card_id"])
        self._items = [CheckedLink.model_validate(item) for item in payload["items"]]
        self._job_id: str | None = payload.get("job_id")
        self._last_event_id: str | None = payload.get("last_event_id")
        self._urgent = bool(payload.get("urgent"))
        self._dirty = False
        self._stopped = asyncio.Event()
        self._lost = False
        self._tell = True

    @property
    def snapshot(self) -> Snapshot:
        """Return the run as it is now."""
        return Snapshot(self._card_id, tuple(self._items), stopped=self._stopped.is_set())

    async def work(self) -> None:
        """Judge every link, then tell the end; what could not be judged says why."""
        judging = asyncio.create_task(self._judge_all())
        noting = asyncio.create_task(self._note_progress())
        stopping = asyncio.create_task(self._stopped.wait())
        tasks = (judging, noting, stopping)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if self._lost:
            # Stopped or taken over elsewhere: others tell the end, perhaps following the same job upstream.
            self._lease.ended = True
            return
        if self._stopped.is_set():
            await self._end_early()
            return
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                raise result
        await self._end()

    def stop(self, *, tell: bool) -> None:
        """Go no further; a run that is replaced must not tell the card that it is over."""
        self._tell = tell
        self._stopped.set()

    async def urgent(self) -> bool:
        """Have what still waits go first, now or once the job is made."""
        self._urgent = True
        return await self._hurry() if self._job_id is not None else bool(self._waiting())

    async def _end(self) -> None:
        self._rest("no_result")
        await self._keep()
        if self._lost:
            self._lease.ended = True
            return
        final = Snapshot(self._card_id, tuple(self._items), finished=True)
        # Told before the job is finished: after a crash in between it is told again, which harms nobody.
        await self._tools.changed(final, True)
        await self._lease.finish()

    async def _end_early(self) -> None:
        """Leave a run that was stopped: its job is off the table already."""
        self._lease.ended = True
        await self._cancel_upstream()
        if self._tell:
            final = Snapshot(self._card_id, tuple(self._items), finished=True, stopped=True)
            await self._tools.changed(final, True)

    async def _judge_all(self) -> None:
        try:
            async with asyncio.timeout(self._left()):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._judge_shares())
                    group.create_task(self._judge_links())
        except TimeoutError:
            self._rest("timeout")

    def _left(self) -> float:
        age = max(0.0, self._tools.clock.now() - float(self._payload["started_at"]))
        return max(1.0, self._tools.pace.longest - age)

    async def _judge_shares(self) -> None:
        """Judge Disk.Top's shares, a few at a time."""
        gate = asyncio.Semaphore(self._tools.pace.at_once)

        async def one(index: int) -> None:
            async with gate:
                self._settle(index, await self._tools.judge.judge(self._user_id, self._items[index]))

        async with asyncio.TaskGroup() as group:
            for index in self._waiting(disktop=True):
                group.create_task(one(index))

    async def _judge_links(self) -> None:
        """Have the link check judge all others."""
        linkcheck = self._tools.linkcheck
        if not self._waiting(disktop=False):
            return
        if linkcheck is None:
            self._rest("service_off", disktop=False)
            return
        began = self._tools.clock.now()
        for attempt in range(self._tools.pace.tries):
            try:
                await self._checked(linkcheck)
            except NotFound:
                # The service has forgotten the job: ask anew for what is missing.
                self._job_id = self._last_event_id = None
            except ClientError as error:
                if not isinstance(error, Unreachable) or not self._may_ask_again(attempt, began):
                    break
                await self._tools.clock.sleep(self._tools.pace.patience.pause * 2**attempt)
            else:
                self._rest("no_result", disktop=False)
                return
        self._rest("service_down", disktop=False)

    def _may_ask_again(self, attempt: int, began: float) -> bool:
        pace = self._tools.pace
        # A job that is made is worth following for longer than one that is not.
        patient = self._job_id is not None or self._tools.clock.now() - began < pace.asking
        return patient and attempt + 1 < pace.tries

    async def _checked(self, linkcheck: LinkCheck) -> None:
        if self._job_id is None:
            waiting = self._waiting(disktop=False)
            made = await linkcheck.create(
                [CheckItem(self._items[index].text, {"n": index}) for index in waiting]
            )
            self._job_id = made.job_id
            await self._keep()
        if self._urgent:
            await self._hurry()
        events = linkcheck.follow(self._job_id, self._last_event_id, patience=self._tools.pace.patience)
        async with aclosing(events):
            async for event in events:
                self._take(event)
                if not self._waiting(disktop=False):
                    return

    def _take(self, event: CheckEvent) -> None:
        self._last_event_id = event.id or self._last_event_id
        if event.result is None:
            return
        number = event.result.meta.get("n")
        for index in self._waiting(disktop=False):
            item = self._items[index]
            if index == number or (number is None and event.result.url in (item.text, item.url)):
                self._settle(index, item.found(event.result))
                return

    def _settle(self, index: int, item: CheckedLink) -> None:
        self._items[index] = item
        self._dirty = True
        if item.reason not in ("service_off", "service_down", "not_linked"):
            self._tools.memory.learn(item, self._tools.clock.now())

    def _rest(self, reason: str, *, disktop: bool | None = None) -> None:
        for index in self._waiting(disktop=disktop):
            self._items[index] = self._items[index].judged(Verdict.UNCERTAIN, reason)
            self._dirty = True

    def _waiting(self, *, disktop: bool | None = None) -> list[int]:
        return [
            index
            for index, item in enumerate(self._items)
            if item.verdict is None and (disktop is None or disktop is (item.drive is Drive.DISKTOP))
        ]

    async def _hurry(self) -> bool:
        waiting = [self._items[index].text for index in self._waiting(disktop=False)]
        if self._tools.linkcheck is None or self._job_id is None or not waiting:
            return False
        try:
            await self._tools.linkcheck.urgent(self._job_id, waiting)
        except ClientError:
            return False
        return True

    async def _cancel_upstream(self) -> None:
        if self._tools.linkcheck is not None and self._job_id is not None:
            with contextlib.suppress(ClientError):
                await self._tools.linkcheck.cancel(self._job_id)

    async def _note_progress(self) -> None:
        """Keep and tell what is new, now and then."""
        while True:
            await self._tools.clock.sleep(self._tools.pace.every)
            await self._keep()
            if self._dirty and not self._stopped.is_set():
                self._dirty = False
                await self._tell_progress()

    async def _tell_progress(self) -> None:
        try:
            await self._tools.changed(self.snapshot, False)
        except Exception:
            # The next one, or the last, will show the same.
            log.exception("progress of a check could not be shown")

    async def _keep(self) -> None:
        state: dict[str, Any] = {
            "items": [item.model_dump(mode="json") for item in self._items],
            "job_id": self._job_id,
            "last_event_id": self._last_event_id,
            "urgent": self._urgent,
        }
        try:
            await self._lease.keep({**self._payload, **state})
        except LeaseLost:
            self._lost = True
            self._stopped.set()
