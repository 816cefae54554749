"""The cards of uploads under way: edited while bytes flow, not too often, and always at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog
from telegram.error import TelegramError

from handlers import cards
from handlers.application import LinkHiveApplication
from handlers.messages import display
from handlers.scenes import Scene
from handlers.upload import goal
from handlers.upload.mikaviews import draw
from handlers.upload.views import UploadState
from services.clock import Steady
from services.jobs import Lease
from services.uploads import Stage, UploadView
from storage import jobs
from storage.jobs import Job
from storage.tx import Tx

log = structlog.get_logger(__name__)

EDIT_EVERY = 2.0
CHATS = 1024
# How long those who wait go without hearing that they moved up: many small files end in little time.
QUEUE_EVERY = 5.0
END, QUEUE = "upload.ended", "upload.queue"
ROUTE = goal.ROUTE


class LiveUploads:
    """Shows what the uploads tell of themselves."""

    def __init__(self, home: LinkHiveApplication) -> None:
        self._home = home
        self._steady = Steady(home.services.clock)
        # By chat: the people who see several cards see one screen.
        self._edited: dict[int, float] = {}

    async def changed(self, upload_id: int, view: UploadView, final: bool) -> None:
        """Show how far an upload is; the end is told by a job, so that it arrives whatever happens."""
        chat_id = view.upload.chat_id
        # What waits says nothing more for a while: that must be seen.
        must = final or view.stage is Stage.WAITING
        if not must and view.stage.over:
            # Transcoding changes rarely: nothing may come for long that would show the same.
            while (left := self._left(chat_id)) > 0:
                await self._steady.sleep(left)
        elif not must and self._left(chat_id) > 0:
            return
        now = self._home.services.clock.now()
        self._note(chat_id, self._steady.now())
        if final:
            user_id = view.upload.user_id
            await self._home.services.db.write(lambda tx: _tell_end(tx, user_id, upload_id, now))
            return
        try:
            await self._show(view)
        except TelegramError as error:
            # The next one, or the last, will show the same.
            log.info("upload_progress_not_shown", error=type(error).__name__)

    def _left(self, chat_id: int) -> float:
        """Return how long a chat is not edited yet."""
        return self._edited.get(chat_id, 0.0) + EDIT_EVERY - self._steady.now()

    def _note(self, chat_id: int, now: float) -> None:
        if len(self._edited) >= CHATS:
            self._edited = {chat: at for chat, at in self._edited.items() if now - at < EDIT_EVERY}
        self._edited[chat_id] = now

    async def _show(self, view: UploadView) -> None:
        known = await self._home.services.uploads.get(view.upload.id)
        scene = await self._card_of(view.upload.id, known.card_id)
        if scene is not None and scene.card is not None:
            # A run knows what was said of a video when it began.
            view = replace(view, upload=replace(view.upload, about=known.about))
            other = await goal.choices(scene, view.upload)
            await display(self._home, scene.card, draw(scene, view, other))
            if await self._card_of(view.upload.id, known.card_id) is None:
                # It went on to something else meanwhile, a question say, and this came over it.
                await cards.refresh(self._home, scene.card.id)

    async def _card_of(self, upload_id: int, card_id: str | None) -> Scene[Any] | None:
        """Return the card that shows an upload; its run may have begun before there was one."""
        scene = None if card_id is None else await cards.find(self._home, card_id)
        # It may be picking a folder just now, or be on to the drive; back here it shows what is.
        return scene if scene is not None and shows(scene, upload_id) else None

    async def ended(self, job: Job, _lease: Lease) -> None:
        """Do the job: show how an upload ended; where the message was deleted it is sent anew."""
        upload = await self._home.services.uploads.get(int(job.payload["upload_id"]))
        scene = await self._card_of(upload.id, upload.card_id)
        if scene is not None and scene.card is not None:
            await cards.refresh(self._home, scene.card.id)

    async def move_up(self, job: Job, _lease: Lease) -> None:
        """Do the job: tell those who still wait how many go first by now."""
        for view in await self._home.services.uploads.of(int(job.payload["user_id"])):
            if view.stage is Stage.WAITING:
                await self._show(view)


async def _tell_end(tx: Tx, user_id: int, upload_id: int, now: float) -> None:
    user = str(user_id)
    await jobs.enqueue(tx, END, user, {"upload_id": upload_id}, now, owner=user_id)
    later, payload = now + QUEUE_EVERY, {"user_id": user_id}
    await jobs.enqueue(tx, QUEUE, user, payload, later, dedup=user, owner=user_id)


def shows(scene: Scene[Any], upload_id: int) -> bool:
    """Tell whether a card is about an upload just now."""
    return isinstance(scene.state, UploadState) and scene.state.upload_id == upload_id
