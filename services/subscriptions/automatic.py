"""Unlock what is new by itself, within the person's limit and the day's points, and save it: on one receipt.

The ledger decides what was bought, as it does for presses; the job keeps how far each resource is and goes on
from there after a restart.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from clients.errors import ClientError, RateLimited
from clients.hdhive.errors import POOR
from clients.hdhive.models import Resource, Validity
from services import zones
from services.clock import Clock
from services.errors import LinkLost, NotLinked, Relinked, ServiceError, ServiceOff, TransferProblem
from services.jobs import JobHandler, Lease, RetryLater
from services.notices import notice
from services.saving.transfers import Transfers
from services.saving.trees import Pick
from services.sharelinks.codes import as_text
from services.sharelinks.finding import Drive, ShareLink, extract
from services.steps import Reached, nothing
from services.subscriptions.receipts import Receipt, Step, receipt_of
from services.subscriptions.telling import AUTO
from services.unlocking.ledger import reason_of
from services.unlocking.unlocking import Budget, Outcome, OutcomeState, Unlocking
from storage import leases, preferences
from storage.database import Database
from storage.jobs import Job
from storage.preferences import Preferences
from storage.tx import Tx
from storage.unlocks import Unlock

log = logging.getLogger(__name__)

RECEIPT = "title_receipt"
# So many of one notice are unlocked by itself; the others are there to be pressed.
MOST_UNLOCKS = 5
# How often an unlock is looked at whose end is not known, and a fault is tried again.
LOOK_SECONDS = 10.0
MOST_TRIES = 3
TRY_SECONDS = 60.0

Begin = Callable[[int, Receipt], Awaitable[str]]
OnChange = Callable[[str, Receipt], Awaitable[None]]


async def _no_card(user_id: int, receipt: Receipt) -> str:
    raise LookupError(f"nobody shows receipts: {user_id} {receipt.subscription}")


@dataclass
class _AutomaticRun:
    """One receipt under way."""

    user_id: int
    card_id: str
    receipt: Receipt
    job: Job
    lease: Lease
    wait: float | None = None

    def again(self, seconds: float) -> None:
        """Ask to be run again, no later than another wish."""
        self.wait = seconds if self.wait is None else min(self.wait, seconds)


class Automatic:
    """Do by itself what people would press; `begin` opens the card, `on_change` shows each step on it."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        unlocking: Unlocking,
        transfers: Transfers,
        *,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._unlocking = unlocking
        self._transfers = transfers
        self._reached = reached
        self.begin: Begin = _no_card
        self.on_change: OnChange = nothing

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs; one person's go one by one, so that the day's points are kept."""
        return {AUTO: self._work}

    async def _work(self, job: Job, lease: Lease) -> None:
        run = await self._begun(job, lease)
        for number, resource in enumerate(run.receipt.resources):
            step = run.receipt.step(resource.slug)
            if step.state == "waiting" and number >= MOST_UNLOCKS:
                await self._note(run, resource, step.to("left"))
                continue
            if step.state in ("waiting", "unlocking"):
                step = await self._unlock(run, resource, step)
            if step.state == "saving":
                await self._save(run, resource, step)
        if run.wait is not None:
            raise RetryLater(run.wait)

    async def _begun(self, job: Job, lease: Lease) -> _AutomaticRun:
        """Open the card and ask for it to be sent, or go on with the one there is."""
        user, receipt = int(job.payload["user_id"]), receipt_of(job.payload)
        card_id = job.payload.get("card_id")
        if card_id is None:
            card_id = await self.begin(user, receipt)
            job.payload["card_id"] = card_id

            async def work(tx: Tx) -> None:
                await leases.keep(tx, job, job.payload)
                await notice(tx, user, RECEIPT, now=self._clock.now(), card_id=card_id)

            await lease.write(work)
            await self._reached("auto.begun")
        else:
            # The last step may not have been shown.
            await self.on_change(str(card_id), receipt)
        return _AutomaticRun(user, str(card_id), receipt, job, lease)

    async def _note(self, run: _AutomaticRun, resource: Resource, step: Step) -> Step:
        """Keep how far a resource is, and show it."""
        if step == run.receipt.step(resource.slug):
            return step
        run.receipt = run.receipt.at(resource.slug, step)
        run.job.payload["steps"] = {s: one.model_dump(mode="json") for s, one in run.receipt.steps.items()}
        await run.lease.keep(run.job.payload)
        await self._reached(f"auto.{step.state}")
        await self.on_change(run.card_id, run.receipt)
        return step

    async def _unlock(self, run: _AutomaticRun, resource: Resource, step: Step) -> Step:
        known = await self._unlocking.known(run.user_id, resource.slug)
        if step.state == "unlocking" or (known is not None and known.held):
            return await self._note(run, resource, self._settled(run, step, known))
        chosen = await self._db.read(lambda tx: preferences.get(tx, run.user_id))
        refusal = self._refusal(run, resource, chosen)
        if refusal is not None:
            return await self._note(run, resource, refusal)
        midnight = zones.midnight(self._clock.now(), chosen.timezone)
        try:
            outcome = await self._unlocking.unlock(
                run.user_id,
                resource.slug,
                price_shown=resource.unlock_points,
                card_id=run.card_id,
                pressed_at=self._clock.now(),
                budget=Budget(chosen.auto_unlock_budget, midnight),
            )
        except (ClientError, ServiceError) as error:
            outcome = Outcome(OutcomeState.REFUSED, error=error)
        await self._reached("auto.answered")
        return await self._note(run, resource, self._after(run, step, outcome))

    def _refusal(self, run: _AutomaticRun, resource: Resource, chosen: Preferences) -> Step | None:
        """Return why a resource is not to be unlocked by itself, None where it may be."""
        price = resource.unlock_points
        if resource.validate_status is Validity.INVALID:
            return Step(state="dead", points=price)
        if price > chosen.unlock_limit:
            return Step(state="above", points=price)
        poor = any(one.state == "refused" and one.reason == POOR for one in run.receipt.steps.values())
        return Step(state="refused", points=price, reason=POOR) if poor and price else None

    def _after(self, run: _AutomaticRun, step: Step, outcome: Outcome) -> Step:
        """Return the step that an outcome leads to."""
        match outcome.state:
            case OutcomeState.DONE:
                return self._settled(run, step, outcome.unlock)
            case OutcomeState.DOUBTFUL | OutcomeState.BUSY:
                run.again(LOOK_SECONDS)
                return step.model_copy(update={"state": "unlocking"})
            case OutcomeState.REPRICED:
                return step.to("above", points=outcome.price or 0)
            case OutcomeState.CAPPED:
                return step.to("budget", points=outcome.price or 0)
            case OutcomeState.STALE:
                run.again(0.0)
                return step
        return self._tried(run, step, outcome.error) or step.to("refused", reason=_code(outcome.error))

    def _settled(self, run: _AutomaticRun, step: Step, known: Unlock | None) -> Step:
        """Return the step after what the ledger says."""
        if known is not None and known.unsettled:
            run.again(LOOK_SECONDS)
            return step.model_copy(update={"state": "unlocking"})
        if known is not None and known.state == "released" and step.tries + 1 < MOST_TRIES:
            # Nothing was sent: a process died before it.
            run.again(0.0)
            return step.model_copy(update={"state": "waiting", "tries": step.tries + 1})
        if known is None or known.state != "done":
            return step.to("refused", reason="" if known is None else known.error or known.state)
        # What was bought before by a press is no part of this bill.
        ours = known.card_id == run.card_id and not known.already_owned
        spent = known.price if ours else 0
        return step.to("saving" if _share(known) is not None else "unlocked", points=spent)

    def _tried(self, run: _AutomaticRun, step: Step, error: Exception | None) -> Step | None:
        """Return the same step, to be tried again after a fault; None where that is of no use."""
        if isinstance(error, RateLimited):
            run.again(max(error.retry_after, LOOK_SECONDS))
            return step
        fault = isinstance(error, Relinked) or (isinstance(error, ClientError) and error.doubtful)
        if not fault or step.tries + 1 >= MOST_TRIES:
            return None
        run.again(TRY_SECONDS * 2**step.tries)
        return step.model_copy(update={"tries": step.tries + 1})

    async def _save(self, run: _AutomaticRun, resource: Resource, step: Step) -> None:
        known = await self._unlocking.known(run.user_id, resource.slug)
        share = None if known is None else _share(known)
        if share is None or share.surl is None:
            await self._note(run, resource, step.to("unlocked"))
            return
        try:
            saved = await self._saved(run, share, step)
        except RetryLater as later:
            # Something else is being saved: what comes after this need not wait for that.
            run.again(later.delay)
            return
        except (NotLinked, LinkLost, ServiceOff):
            # The link is there; who never linked Disk.Top wants no more.
            saved = step.to("unlocked")
        except TransferProblem as problem:
            saved = step.to("unsaved", reason=problem.kind)
        except (ClientError, ServiceError) as error:
            saved = self._tried(run, step, error) or step.to("unsaved", reason=_code(error))
        await self._note(run, resource, saved)

    async def _saved(self, run: _AutomaticRun, share: ShareLink, step: Step) -> Step:
        """Save all of a share to the default folder; what a restart left is not copied again."""
        chosen = await self._db.read(lambda tx: preferences.get(tx, run.user_id))
        user, surl, code = run.user_id, share.surl or "", share.code
        view = await self._transfers.open(user, surl, code)
        if view.needs_code:
            return step.to("unsaved", reason="wrong_code" if view.wrong_code else "code_needed")
        files = await self._transfers.listing(user, surl, "/", code)
        picks = [Pick(folder="/", file=file) for file in files]
        await self._reached("auto.copying")
        dest, lease = chosen.default_folder, run.lease
        result = await self._transfers.save(user, surl, picks, dest, code, lease=lease)
        return step.to("saved", files=result.saved + result.already, dest=result.dest)


def _share(known: Unlock) -> ShareLink | None:
    """Return the Disk.Top share that an unlocked link is."""
    words = as_text(known.address, known.access_code)
    return next((one for one in extract(words) if one.drive is Drive.DISKTOP and one.surl), None)


def _code(error: Exception | None) -> str:
    return reason_of(error) if isinstance(error, (ClientError, ServiceError)) else ""
