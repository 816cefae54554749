"""What jobs tell people: notices in their private chat, and cards shown anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from telegram.error import Forbidden

from handlers import cards
from handlers.application import LinkHiveApplication
from handlers.notes import NoticeState
from handlers.scenes import Scene
from services.jobs import Lease
from storage.jobs import Job

log = structlog.get_logger(__name__)


async def deliver(home: LinkHiveApplication, job: Job) -> None:
    """Send a notice to its person; one who blocked the bot is left in peace."""
    kind = str(job.payload.get("kind"))
    draw = home.routes.notices.get(kind)
    if draw is None:
        log.warning("notice_unknown", kind=kind)
        return
    scene = await _private_scene(home, job.payload)
    letter = await draw(scene, job.payload)
    if letter is None:
        return
    try:
        await cards.post(scene.at(letter.state), letter.route, letter.view)
    except Forbidden:
        log.info("notice_not_wanted", kind=kind)


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

    async def notice(job: Job, _lease: Lease) -> None:
        await deliver(home, job)

    async def changed(job: Job, _lease: Lease) -> None:
        await cards.refresh(home, str(job.payload["card_id"]))

    home.job("notice", notice)
    home.job("card.refresh", changed)
