"""Videos: list, detail, edit, delete (section 视频接口)."""

from clients.credentials import Credential
from clients.encoding import given
from clients.mika import models
from clients.mika.calls import Calls


class Videos(Calls):
    """Calls about videos that are there."""

    async def videos(
        self,
        who: Credential,
        *,
        page: int = 1,
        size: int = 20,
        category_id: int | None = None,
        keyword: str | None = None,
        status: int | None = None,
        order: models.VideoOrder | None = None,
    ) -> models.VideoPage:
        """List videos; status 1 is published, without it the site decides."""
        params = given(
            page=page, size=size, category_id=category_id, keyword=keyword or None, status=status, order=order
        )
        return await self._get(models.VideoPage, "videos", "/videos", who, params)

    async def video(self, who: Credential, video_id: int) -> models.Video:
        """Ask for one video; `play_url` is there once it is transcoded."""
        return await self._get(models.Video, "video", f"/videos/{video_id:d}", who)

    async def edit_video(self, who: Credential, video_id: int, changes: models.VideoChanges) -> None:
        """Change what `changes` names."""
        path = f"/videos/{video_id:d}"
        await self._call("edit_video", "PUT", path, who, json=changes.body(), repeat=True)

    async def delete_video(self, who: Credential, video_id: int) -> None:
        """Delete a video for good; never repeated, so NotFound means it was gone before."""
        await self._call("delete_video", "DELETE", f"/videos/{video_id:d}", who)
