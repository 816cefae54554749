"""Uploads: a small video in one form, a large one in chunks (section 视频接口, 上传视频 and 分片上传)."""

from clients.credentials import Credential
from clients.encoding import given
from clients.errors import NotFound
from clients.mika import models
from clients.mika.calls import Calls
from clients.multipart import Body, Multipart


class Uploads(Calls):
    """Calls of an upload; a session that is unknown or too old is NotFound(upload_not_found)."""

    async def upload(
        self,
        who: Credential,
        name: str,
        body: Body,
        size: int,
        *,
        title: str,
        description: str = "",
        category_id: int | None = None,
    ) -> models.Uploaded:
        """Send a whole video of `size` bytes as `body` yields them; never repeated once it was let in."""
        fields = dict(given(title=title, description=description or None, category_id=category_id))
        form = Multipart(fields, file_field="file", name=name, body=body, size=size)
        data = await self._send("upload", "/videos/upload", who, form)
        return self._as(models.Uploaded, data or {}, "upload")

    async def begin_upload(
        self, who: Credential, filename: str, filesize: int, title: str, category_id: int | None = None
    ) -> models.UploadSession:
        """Begin an upload in chunks; a description is not taken here (edit_video takes it afterwards)."""
        body: dict[str, object] = {"filename": filename, "filesize": filesize, "title": title}
        if category_id is not None:
            body["category_id"] = category_id
        data = await self._call("begin_upload", "POST", "/videos/upload/init", who, json=body)
        return self._as(models.UploadSession, data, "begin_upload")

    async def send_chunk(self, who: Credential, upload_id: str, index: int, body: Body, size: int) -> None:
        """Send one chunk (from 0) of `size` bytes as `body` yields them.

        One POST, or two where the first was refused for our clock. A chunk may be sent again, so any error
        can be met by one more call. What `body` raises comes through.
        """
        fields = {"upload_id": upload_id, "chunk_index": str(index)}
        form = Multipart(fields, file_field="chunk", name="chunk", body=body, size=size)
        try:
            await self._send("send_chunk", "/videos/upload/chunk", who, form)
        except NotFound as error:
            lost = _lost(error)
        else:
            return
        raise lost

    async def complete(self, who: Credential, upload_id: str) -> models.Uploaded:
        """Make the chunks a video; never repeated. While some are missing it is Rejected."""
        try:
            data = await self._call(
                "complete",
                "POST",
                "/videos/upload/complete",
                who,
                json={"upload_id": upload_id},
                patient=True,
            )
        except NotFound as error:
            lost = _lost(error)
        else:
            return self._as(models.Uploaded, data or {}, "complete")
        raise lost


def _lost(error: NotFound) -> NotFound:
    return NotFound(error.service, error.operation, "upload_not_found", error.message)
