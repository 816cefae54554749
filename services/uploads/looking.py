"""One look at a video that is up: what is said of it is put right, and how far its transcoding is."""

from dataclasses import dataclass
from typing import Any

from clients.errors import Forbidden, NotFound, Rejected
from clients.mika.models import Task, TaskStatus, Video, VideoChanges, VideoOrder
from services.mika import Videos
from services.uploads.about import About
from services.uploads.model import Stored, Transcode
from services.uploads.record import Detail
from storage.uploads import Row

LATEST = 50
LOG_KEPT = 600


@dataclass(frozen=True)
class Looking:
    """Look at the video of one upload."""

    videos: Videos
    row: Row

    async def at(self, detail: Detail, before: Transcode) -> tuple[Stored | None, Transcode]:
        """Return the video, with its number where that became known, and how it stands now."""
        stored = detail.stored
        if stored is None or stored.file_id is None:
            video_id = await self._find(stored.path if stored is not None else "")
            if video_id is None:
                return stored, before
            stored = (stored or Stored()).model_copy(update={"file_id": video_id})
        try:
            return stored, await self._followed(stored.file_id or 0, before)
        except NotFound:
            return stored, before.model_copy(update={"state": "gone"})

    async def _find(self, title: str) -> int | None:
        """Look for a video whose number was not told: the latest of its title."""
        found = await self.videos.call(
            self.row.user_id,
            lambda client, who: client.videos(who, size=LATEST, keyword=title, order=VideoOrder.NEWEST),
        )
        return next((one.id for one in found.items if one.title == title), None)

    async def _followed(self, video_id: int, before: Transcode) -> Transcode:
        """Go by the task, or by the video itself where tasks are not shown to its person."""
        now = await self._described(video_id, before)
        if not now.blind:
            try:
                return await self._by_task(video_id, now)
            except Forbidden:
                now = now.model_copy(update={"blind": True})
        return await self._by_video(video_id, now)

    async def _described(self, video_id: int, before: Transcode) -> Transcode:
        """Have the site say of the video what its person wants said, once for each wish."""
        if self.row.folder == before.told:
            return before
        about, refused = About.read(self.row.folder), ""
        # Words that were there and were taken back are taken back there too.
        words = about.description or ("" if About.read(before.told).description else None)
        changes = VideoChanges(about.title or None, words, about.category_id)
        if changes.body():
            try:
                await self.videos.call(
                    self.row.user_id, lambda client, who: client.edit_video(who, video_id, changes)
                )
            except (Rejected, Forbidden) as error:
                fields = error.fields.values() if isinstance(error, Rejected) else ()
                refused = "\n".join(fields) or error.message or str(error.code)
        return before.model_copy(update={"told": self.row.folder, "refused": refused})

    async def _by_task(self, video_id: int, before: Transcode) -> Transcode:
        task = await self._task(video_id, before.task_id)
        if task is None:
            # It may not be in the list yet, or not any more.
            return await self._by_video(video_id, before)
        state = "pending" if task.status is TaskStatus.UNKNOWN else str(task.status)
        changes: dict[str, Any] = {"state": state, "task_id": task.id, "progress": min(100, task.progress)}
        if task.status is TaskStatus.FAILED:
            changes["log"] = (task.log or "")[-LOG_KEPT:]
        return before.model_copy(update=changes)

    async def _task(self, video_id: int, task_id: int | None) -> Task | None:
        user_id = self.row.user_id
        if task_id is None:
            page = await self.videos.manage(user_id, lambda client, who: client.tasks(who, size=LATEST))
            task_id = max((task.id for task in page.items if task.video_id == video_id), default=None)
        if task_id is None:
            return None
        known = task_id
        try:
            return await self.videos.manage(user_id, lambda client, who: client.task(who, known))
        except NotFound:
            return None

    async def _by_video(self, video_id: int, before: Transcode) -> Transcode:
        video: Video = await self.videos.call(
            self.row.user_id, lambda client, who: client.video(who, video_id)
        )
        state = "ready" if video.play_url else "failed" if video.status == "failed" else "pending"
        return before.model_copy(update={"state": state})
