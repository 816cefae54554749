"""Jobs that tell a group something of what it follows: one message for all that is due in the same topic."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from handlers import posting
from handlers.application import LinkHiveApplication
from handlers.groups.admins import ANONYMOUS_ADMIN
from handlers.notes import NoticeState
from handlers.scenes import OutgoingCard, Scene
from services.jobs import Lease
from services.people import Person
from storage import leases
from storage.jobs import Job
from storage.subscriptions import Subscription
from storage.tx import Tx
from storage.users import User

# Words what some jobs have to tell; None where there is nothing to tell by now.
Words = Callable[[Scene[Any], Sequence[Job]], Awaitable[OutgoingCard | None]]
# Notes in the commit of a message what it told.
Noted = Callable[[Tx, Sequence[Job]], Awaitable[None]]


async def unnoted(_tx: Tx, _jobs: Sequence[Job]) -> None:
    """Note nothing: what was told is over."""


async def deliver(
    home: LinkHiveApplication, job: Job, lease: Lease, words: Words, noted: Noted = unnoted
) -> None:
    """Tell a group what a job of it says, with what else is due in the same topic."""
    now = home.services.clock.now()
    due = await home.services.db.read(lambda tx: leases.beside(tx, job, now))
    if await posting.arrived(home.services, job):
        told = posting.told(job, due)
        await posting.done(lease, told, lambda tx: noted(tx, [job, *told]))
        return
    subscription = await _followed(home, job)
    if subscription is None:
        await posting.done(lease, [one for one in due if _of(one) == _of(job)])
        return
    beside = [one for one in due if await _is_told_there(home, one, subscription)]
    scene = await _scene(home, subscription)
    outgoing = await words(scene, [job, *beside])
    if outgoing is None:
        await posting.done(lease, beside)
        return
    await posting.post(
        scene.at(outgoing.state), job, lease, outgoing, beside, lambda tx: noted(tx, [job, *beside])
    )


def _of(job: Job) -> int:
    return int(job.payload["subscription"])


async def _followed(home: LinkHiveApplication, job: Job) -> Subscription | None:
    """Return the subscription a job is about; None where nobody wants to hear of it by now."""
    following = await home.services.subscriptions.follows.get(_of(job))
    return None if following is None or following.subscription.muted else following.subscription


async def _is_told_there(home: LinkHiveApplication, job: Job, beside: Subscription) -> bool:
    """Tell whether what a job says goes where another's goes."""
    following = await _followed(home, job)
    return following is not None and following.topic == beside.topic


async def _scene(home: LinkHiveApplication, subscription: Subscription) -> Scene[Any]:
    """Return a group's scene: in the language of who subscribed, on a card for any of its admins."""
    services, now = home.services, home.services.clock.now()
    maker = await services.people.known(subscription.user_id)
    # Who made it may be gone; the language of the group stays.
    language = subscription.detail.get("language") or maker.language
    anybody = Person(User(ANONYMOUS_ADMIN, None, "", now, now), maker.preferences, language)
    return Scene(
        home=home,
        person=anybody,
        chat_id=services.chat_statuses.address(subscription.chat_id),
        private=False,
        state=NoticeState(),
        received_at=now,
        topic=subscription.topic,
    )
