"""What jobs tell people: notices in their private chat, and cards shown anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from handlers import cards, posting
from handlers.application import LinkHiveApplication
from handlers.notes import NoticeState
from handlers.scenes import OutgoingCard, Scene
from services import quiet
from services.jobs import Lease, RetryLater
from services.notices import CARD, NOTICE
from storage import leases
from storage.jobs import Job

log = structlog.get_logger(__name__)


async def deliver(home: LinkHiveApplication, job: Job, lease: Lease) -> None:
    """Send a notice to its person, after their quiet hours; one who blocked the bot is left in peace."""
    kind = str(job.payload.get("kind"))
    if kind not in home.routes.notices:
        log.warning("notice_unknown", kind=kind)
        return
    if await home.services.people.is_stranger(int(job.payload["user_id"])):
        # Forgotten in the moment in which it was found out.
        return
    scene = await _private_scene(home, job.payload)
    if await posting.arrived(scene.services, job):
        await posting.done(lease, posting.told(job, await _beside(home, kind, job)))
        return
    await _keep_quiet(scene, kind, job)
    beside = await _beside(home, kind, job)
    outgoing = await _drawn(home, scene, kind, [job.payload, *(one.payload for one in beside)])
    if outgoing is None:
        await posting.done(lease, beside)
    else:
        await posting.post(scene.at(outgoing.state), job, lease, outgoing, beside)


async def _keep_quiet(scene: Scene[Any], kind: str, job: Job) -> None:
    """Put off what can wait until the person's quiet hours are over."""
    now = scene.services.clock.now()
    at = quiet.when(scene.person, kind, now, by_job=bool(job.payload.get("by_job")))
    if at > now:
        raise RetryLater(at=at)


async def _beside(home: LinkHiveApplication, kind: str, job: Job) -> list[Job]:
    """Return the person's other notices of a kind that are due as well, where they go into one message."""
    if kind not in home.routes.folds:
        return []
    now = home.services.clock.now()
    due = await home.services.db.read(lambda tx: leases.beside(tx, job, now))
    return [one for one in due if one.payload.get("kind") == kind]


async def _drawn(
    home: LinkHiveApplication, scene: Scene[Any], kind: str, payloads: Sequence[Mapping[str, Any]]
) -> OutgoingCard | None:
    if len(payloads) > 1:
        return await home.routes.folds[kind](scene, payloads)
    return await home.routes.notices[kind](scene, payloads[0])


async def _private_scene(home: LinkHiveApplication, payload: Mapping[str, Any]) -> Scene[Any]:
    person = await home.services.people.known(int(payload["user_id"]))
    return Scene(
        home=home,
        person=person,
        chat_id=person.user.id,
        private=True,
        state=NoticeState(),
        received_at=home.services.clock.now(),
    )


def register(home: LinkHiveApplication) -> None:
    """Work off notices and changed cards."""

    async def notice(job: Job, lease: Lease) -> None:
        await deliver(home, job, lease)

    async def changed(job: Job, _lease: Lease) -> None:
        await cards.refresh(home, str(job.payload["card_id"]))

    home.job(NOTICE, notice)
    home.job(CARD, changed)
