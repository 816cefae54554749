"""What jobs tell people: notices in their private chat, and cards shown anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from telegram.error import Forbidden

from handlers import cards
from handlers.application import LinkHiveApplication, Notice
from handlers.context import Policy
from handlers.notes import NOTICE, NoticeState
from handlers.problems import service_name
from handlers.scenes import Scene
from handlers.texts import Speaker
from handlers.views import Press, View
from services.jobs import Lease
from storage.jobs import Job

log = structlog.get_logger(__name__)


def about_link(key: str) -> Notice:
    """Return a notice about one service, with the button that links it again."""

    def draw(say: Speaker, payload: Mapping[str, Any], _policy: Policy) -> View:
        service = str(payload.get("service", ""))
        name = service_name(say, service)
        return View(say(key, service=name), ([Press(say.label("button.link", service=name), "go", service)],))

    return draw


async def deliver(home: LinkHiveApplication, job: Job) -> None:
    """Send a notice to its person; one who blocked the bot is left in peace."""
    draw = home.routes.notices.get(str(job.payload.get("kind")))
    if draw is None:
        return
    person = await home.services.people.known(int(job.payload["user_id"]))
    now = home.services.clock.now()
    scene: Scene[NoticeState] = Scene(
        home=home, person=person, chat_id=person.user.id, private=True, state=NoticeState(), received_at=now
    )
    route = "link" if str(job.payload["kind"]).startswith("link_") else NOTICE.name
    try:
        await cards.post(scene, route, draw(scene.say, job.payload, home.policy))
    except Forbidden:
        log.info("notice_not_wanted", kind=str(job.payload["kind"]))


def register(home: LinkHiveApplication) -> None:
    """Work off notices and changed cards."""

    async def notice(job: Job, _lease: Lease) -> None:
        await deliver(home, job)

    async def changed(job: Job, _lease: Lease) -> None:
        await cards.refresh(home, str(job.payload["card_id"]))

    home.job("notice", notice)
    home.job("card.refresh", changed)
