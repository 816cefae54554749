"""Check share links as live runs: one a card, resumed after a restart, each link judged once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from clients.disktop.client import DiskTop
from clients.linkcheck.client import LinkCheck
from services.clock import Clock
from services.errors import NoLinks
from services.jobs import JobHandler, Lease
from services.linkchecks.judge import ShareJudge
from services.linkchecks.run import FOLLOW, LinkCheckPace, LinkCheckRun, Tools
from services.linkchecks.verdicts import CheckedLink, Snapshot, VerdictMemory
from services.steps import nothing
from services.tokens import Tokens
from storage import jobs
from storage.database import Database
from storage.jobs import Job

__all__ = ["MAX_LINKS", "CheckRun", "CheckedLink", "LinkChecks", "Snapshot"]

MAX_LINKS = 200

OnChange = Callable[[str, Snapshot, bool], Awaitable[None]]


@dataclass(frozen=True)
class CheckRun:
    """Be a run that was begun; `dropped` links were more than one run takes."""

    card_id: str
    snapshot: Snapshot
    dropped: int = 0


class LinkChecks:
    """Run checks; `on_change(card_id, snapshot, final)` is called now and then, and always at the end."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        linkcheck: LinkCheck | None,
        disktop: DiskTop | None,
        tokens: Tokens,
        *,
        pace: LinkCheckPace | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._linkcheck = linkcheck
        self._judge = ShareJudge(clock, disktop, tokens)
        self._memory = VerdictMemory()
        self._pace = pace or LinkCheckPace()
        self._runs: dict[str, LinkCheckRun] = {}
        self.on_change: OnChange = nothing

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs."""
        return {FOLLOW: self.follow}

    async def start(
        self, user_id: int, card_id: str, items: Sequence[CheckedLink], *, again: bool = False
    ) -> CheckRun:
        """Begin a run; links that have a verdict keep it. A run of the same card is replaced.

        `again`: somebody asks to look once more, so neither doubt nor death is remembered.
        """
        if not items:
            raise NoLinks
        now, chosen = self._clock.now(), list(items[:MAX_LINKS])
        known = [self._memory.recall(item, now, anew=again) for item in chosen]
        await self._end(card_id, tell=False)
        payload = {
            "user_id": user_id,
            "card_id": card_id,
            "started_at": now,
            "items": [item.model_dump(mode="json") for item in known],
        }
        await self._db.write(
            lambda tx: jobs.enqueue(tx, FOLLOW, card_id, payload, now, dedup=card_id, owner=user_id)
        )
        return CheckRun(card_id, Snapshot(card_id, tuple(known)), len(items) - len(chosen))

    async def stop(self, card_id: str) -> None:
        """End a run early, wherever it is followed; what is known stays."""
        await self._end(card_id, tell=True)

    async def _end(self, card_id: str, *, tell: bool) -> None:
        run = self._runs.get(card_id)
        if run is not None:
            run.stop(tell=tell)
        await self._db.write(lambda tx: jobs.cancel(tx, FOLLOW, card_id))

    def known(self, item: CheckedLink) -> CheckedLink:
        """Return a link with its verdict where one is remembered; nobody is asked."""
        return self._memory.recall(item, self._clock.now())

    async def urgent(self, card_id: str) -> bool:
        """Have the links that still wait go first; False when nothing of the run waits in this process."""
        run = self._runs.get(card_id)
        return run is not None and await run.urgent()

    async def follow(self, job: Job, lease: Lease) -> None:
        """Do the job of one run."""
        card_id = str(job.payload["card_id"])

        async def changed(snapshot: Snapshot, final: bool) -> None:
            await self.on_change(card_id, snapshot, final)

        tools = Tools(self._clock, self._linkcheck, self._judge, self._memory, changed, self._pace)
        run = self._runs[card_id] = LinkCheckRun(job, lease, tools)
        try:
            await run.work()
        finally:
            if self._runs.get(card_id) is run:
                del self._runs[card_id]
