"""Send the card that a job tells something on: once, as far as Telegram lets us know.

The card's id is kept in the job before anything is sent, and its message's number as soon as Telegram tells
it, even where the job is lost or stopped meanwhile. So a kill leaves one doubt only: a message on its way
just then. Whether Telegram took it cannot be asked; it is sent again, on the same card, rather than never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any

import structlog
from telegram.error import BadRequest, Forbidden, TelegramError

from handlers.messages import send_in_topic
from handlers.scenes import InvalidPress, OutgoingCard, Scene
from services import Services
from services.chatstatus import MUTED_SECONDS, is_of_topic, meaning
from services.jobs import Lease, LeaseLost, RetryLater
from services.steps import nothing
from storage import cards, leases
from storage.cards import Card
from storage.jobs import Job
from storage.tx import Tx

log = structlog.get_logger(__name__)

# Who is stopped waits so long for the answer to a message.
PATIENCE_SECONDS = 5.0
# A chat that muted us is tried again after as long as it has been so, within these; then it is given up.
LONGEST_WAIT = 3600.0
GIVEN_UP_SECONDS = 3 * 86_400.0
# Does something more in the commit that ends a job.
Then = Callable[[Tx], Awaitable[None]]
LOST = frozenset({"blocked", "kicked", "deleted"})
CARD, WITH, REFUSED = "posted_card", "posted_with", "posted_refused"


async def arrived(services: Services, job: Job) -> bool:
    """Tell whether a job's card is at its person: its message was noted, or one of its buttons pressed."""
    card = await _kept(services, job)
    return card is not None and card.message_id is not None


async def post(
    scene: Scene[Any],
    job: Job,
    lease: Lease,
    outgoing: OutgoingCard,
    beside: Collection[Job] = (),
    then: Then = nothing,
) -> None:
    """Send a job's card and end the job, and those beside it that the card tells of as well.

    `then` is done in the commit that notes the message.

    A chat that lets nobody in is left in peace, and one that muted us told later: then RetryLater is raised.
    Raises InvalidPress for a private card in a group.
    """
    if not scene.home.routes.cards[outgoing.route].fits(scene):
        raise InvalidPress(outgoing.route)
    card = await _opened(scene, job, lease, outgoing, beside)
    await scene.home.reached("notice.kept")
    try:
        await _to_the_end(_send(scene, outgoing, card, lease, beside, then))
    except (Forbidden, BadRequest) as error:
        await _refused(scene, job, lease, error, beside)
    await scene.home.reached("notice.placed")


async def _refused(
    scene: Scene[Any], job: Job, lease: Lease, error: TelegramError, beside: Collection[Job]
) -> None:
    """End a job whose chat is lost to us; where it may be let in again, put it off or give it up at last."""
    chats, now = scene.services.chat_statuses, scene.services.clock.now()
    if isinstance(error, Forbidden):
        # The sending has noted by now what this means.
        standing = chats.noted(chats.address(scene.chat_id))
    else:
        standing = meaning(error.message, forbidden=False)
    if standing in LOST:
        log.info("notice_not_wanted", kind=told_of(job), standing=standing)
        await done(lease, beside)
        return
    if standing != "muted" and not is_of_topic(error.message):
        raise error
    since = float(job.payload.get(REFUSED, now))
    if now - since >= GIVEN_UP_SECONDS:
        log.warning("notice_given_up", kind=told_of(job), standing=standing or "topic")
        await done(lease)
        return
    if REFUSED not in job.payload:
        await lease.keep({**job.payload, REFUSED: since})
    raise RetryLater(min(max(MUTED_SECONDS, now - since), LONGEST_WAIT)) from error


def told_of(job: Job) -> str:
    """Name what a job's card is about, for the log."""
    return str(job.payload.get("kind", job.kind))


async def done(lease: Lease, beside: Collection[Job] = (), then: Then = nothing) -> None:
    """End a job, and those beside it, of which there is nothing to tell."""

    async def work(tx: Tx) -> None:
        await _ended(tx, beside)
        await then(tx)

    await lease.finish(work)


async def _ended(tx: Tx, beside: Collection[Job]) -> None:
    for one in beside:
        await leases.finish(tx, one)


def told(job: Job, due: Collection[Job]) -> list[Job]:
    """Return those of the due jobs that a job's card tells of."""
    known = {int(one) for one in job.payload.get(WITH, ())}
    return [one for one in due if one.id in known]


async def _kept(services: Services, job: Job) -> Card | None:
    card_id = job.payload.get(CARD)
    return None if card_id is None else await services.db.read(lambda tx: cards.get(tx, str(card_id)))


async def _opened(
    scene: Scene[Any], job: Job, lease: Lease, outgoing: OutgoingCard, beside: Collection[Job]
) -> Card:
    """Open the card and keep its id in the job; the one of an earlier try tells what is to be told by now."""
    now, state = scene.services.clock.now(), outgoing.state.model_dump(mode="json")
    old = await _kept(scene.services, job)
    found: list[Card] = []

    async def work(tx: Tx) -> None:
        card = None
        if old is not None:
            card = await cards.update(tx, old.id, old.version, route=outgoing.route, state=state, now=now)
        if card is None:
            card = await cards.open(
                tx, scene.user_id, scene.chat_id, outgoing.route, state, now, topic=scene.topic
            )
        job.payload.update({CARD: card.id, WITH: [one.id for one in beside]})
        await leases.keep(tx, job, job.payload)
        found.append(card)

    await lease.write(work)
    return found[-1]


async def _send(
    scene: Scene[Any], outgoing: OutgoingCard, card: Card, lease: Lease, beside: Collection[Job], then: Then
) -> None:
    """Send a card; note which message it is, and that its job is done, in one commit."""
    services = scene.services
    message = await send_in_topic(scene.home, scene.chat_id, outgoing.view, card.id, scene.topic)

    async def placed(tx: Tx) -> None:
        await cards.move(tx, card.id, message.message_id, services.clock.now())

    async def noted(tx: Tx) -> None:
        await placed(tx)
        await _ended(tx, beside)
        await then(tx)

    try:
        await lease.finish(noted)
    except LeaseLost:
        # Whoever has the job now finds that it is told.
        await services.db.write(placed)
        raise


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Let a message that is on its way arrive and be noted, also where who sends it is stopped."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        _, late = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        for one in late:
            one.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
