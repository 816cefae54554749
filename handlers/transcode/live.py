"""Cards of transcoding kept up to date: asked of the site again and again, edited where something changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from telegram.error import TelegramError

from clients.errors import BadResponse, RateLimited, Unreachable, UpstreamBroken
from handlers import cards, problems
from handlers.application import LinkHiveApplication
from handlers.messages import display
from handlers.scenes import Scene
from handlers.transcode.state import LiveState
from handlers.views import View
from services.jobs import Lease, RetryLater
from services.recent import Recent
from storage.jobs import Job

log = structlog.get_logger(__name__)

EVERY, EVERY_IN_GROUPS = 2.0, 4.0
# What has not changed for so many looks is looked at more seldom.
PATIENT_LOOKS, SELDOM = 15, 6.0
# A card that was opened so long ago is read by nobody.
LONGEST = 6 * 3600.0
CARDS = 4096
_PASSING = (Unreachable, UpstreamBroken, BadResponse, RateLimited)


@dataclass(frozen=True)
class Drawn:
    """A card as it looks now, and whether something on it is under way."""

    view: View
    under_way: bool


Draw = Callable[[Scene[Any]], Awaitable[Drawn]]


@dataclass
class CardMemory:
    """What this process knows of a card it follows."""

    shown: View | None = None
    still: int = 0


class LiveTasks:
    """Follows cards, each by a job of its own."""

    def __init__(self, home: LinkHiveApplication, draws: Mapping[str, Draw]) -> None:
        self._home = home
        self._draws = draws
        self._known: Recent[str, CardMemory] = Recent(CARDS)
        # By chat: people who see several cards see one screen.
        self._edited: Recent[int, float] = Recent(CARDS)

    async def follow(self, job: Job, lease: Lease) -> None:
        """Do the job: show a card as it is now, and come back while something on it is under way."""
        card_id = str(job.payload["card_id"])
        scene = await self._scene(card_id)
        if scene is None:
            self._known.drop(card_id)
            return
        memory = self._memory(card_id)
        try:
            drawn = await self._draws[_route(scene)](scene)
        except problems.KNOWN as error:
            if isinstance(error, _PASSING):
                memory.still += 1
                raise RetryLater(max(SELDOM, getattr(error, "retry_after", 0.0))) from error
            # What stands there would never change again: say why.
            route = self._home.routes.cards[_route(scene)]
            drawn = Drawn(cards.trouble(route, scene, error), under_way=False)
        if drawn.under_way and drawn.view != memory.shown and (rest := self._rest(scene)) > 0:
            # Another card of this chat was edited a moment ago; the last state never waits.
            raise RetryLater(rest)
        there = await self._show(card_id, scene, drawn.view, memory)
        age = scene.services.clock.now() - float(job.payload.get("since", lease.began))
        if not there or not drawn.under_way or age > LONGEST:
            self._known.drop(card_id)
            return
        raise RetryLater(self._pause(scene, memory))

    def _memory(self, card_id: str) -> CardMemory:
        now = self._home.services.clock.now()
        memory = self._known.get(card_id, now) or CardMemory()
        self._known.put(card_id, memory, now + LONGEST)
        return memory

    def _pause(self, scene: Scene[Any], memory: CardMemory) -> float:
        return max(_every(scene), SELDOM) if memory.still >= PATIENT_LOOKS else _every(scene)

    def _rest(self, scene: Scene[Any]) -> float:
        """Return how long a chat is left in peace yet."""
        now = scene.services.clock.now()
        edited = self._edited.get(scene.chat_id, now)
        return 0.0 if edited is None else edited + _every(scene) - now

    async def _scene(self, card_id: str) -> Scene[Any] | None:
        """Return a card that wants to be followed; it may be on to something else."""
        scene = await cards.find(self._home, card_id)
        if scene is None or scene.card is None or _route(scene) not in self._draws:
            return None
        return scene if isinstance(scene.state, LiveState) and scene.state.live else None

    async def _show(self, card_id: str, scene: Scene[Any], view: View, memory: CardMemory) -> bool:
        """Edit the card where it looks different; False where it is gone."""
        if view == memory.shown:
            memory.still += 1
            return True
        current = await self._scene(card_id)
        if current is None or current.card is None or scene.card is None:
            return False
        if current.card.version != scene.card.version:
            # A press was faster, and showed what is.
            return True
        try:
            there = await display(self._home, current.card, view)
        except TelegramError as error:
            # The next one shows the same.
            log.info("transcode_progress_not_shown", error=type(error).__name__)
            return True
        now = scene.services.clock.now()
        self._edited.put(scene.chat_id, now, now + _every(scene))
        memory.shown, memory.still = view, 0
        return there


def _every(scene: Scene[Any]) -> float:
    return EVERY if scene.private else EVERY_IN_GROUPS


def _route(scene: Scene[Any]) -> str:
    return scene.card.route if scene.card is not None else ""


async def start(scene: Scene[Any], drawn: Drawn) -> View:
    """Return what was drawn; a card with something under way is followed from now on."""
    if drawn.under_way and scene.state.live and scene.card is not None:
        await scene.services.transcoding.follow(scene.user_id, scene.card.id)
    return drawn.view
