"""Public shares at Disk.Top."""

from collections.abc import Sequence

from clients.disktop import models
from clients.disktop.calls import Calls
from clients.encoding import given, path_part


class Shares(Calls):
    """Calls of the share document; a wrong or missing code is Rejected(code="pwd_required_or_wrong")."""

    async def share_verify(self, token: str, surl: str, pwd: str) -> bool:
        """Try an access code; a wrong one is Rejected."""
        path = self._share("share_verify", surl, "verify-pwd")
        data = await self._call("share_verify", "POST", path, token, data=given(pwd=pwd), repeat=True)
        return self._as(models.Verified, data or {}, "share_verify").verified

    async def share_info(self, token: str, surl: str) -> models.ShareInfo:
        """Ask for type, need of a code, expiry and file count of a share."""
        return await self._get(models.ShareInfo, "share_info", self._share("share_info", surl, "info"), token)

    async def share_files(
        self, token: str, surl: str, path: str = "/", pwd: str | None = None
    ) -> tuple[models.SharedFile, ...]:
        """List one folder of a share."""
        where = self._share("share_files", surl, "files")
        found = await self._get(
            models.SharedFiles, "share_files", where, token, given(path=path, pwd=pwd or None)
        )
        return found.files

    async def share_transfer(
        self, token: str, surl: str, file_ids: Sequence[int], dest_path: str = "/", pwd: str | None = None
    ) -> models.Transferred:
        """Copy files of a share into the user's drive; never repeated."""
        chosen = [("file_ids[]", str(number)) for number in file_ids]
        pairs = [*chosen, *given(dest_path=dest_path, pwd=pwd or None)]
        path = self._share("share_transfer", surl, "transfer")
        data = await self._call("share_transfer", "POST", path, token, data=pairs)
        return self._as(models.Transferred, data, "share_transfer")

    async def share_stream(
        self, token: str, surl: str, fid: int, pwd: str | None = None
    ) -> models.VideoStream:
        """Get a play list of a shared video, good for ten minutes."""
        path = self._share("share_stream", surl, "stream")
        return await self._get(
            models.VideoStream, "share_stream", path, token, given(fid=fid, pwd=pwd or None)
        )

    async def share_video_meta(self, token: str, surl: str, fid: int) -> models.VideoMeta:
        """Get duration, size and cover of a shared video."""
        path = self._share("share_video_meta", surl, "video-meta")
        return await self._get(models.VideoMeta, "share_video_meta", path, token, given(fid=fid))

    async def share_download(
        self, token: str, surl: str, fid: int | None = None, pwd: str | None = None
    ) -> models.Download:
        """Get a direct address of a shared file, good for ten minutes; no `fid` for a one-file share."""
        path = self._share("share_download", surl, "download")
        return await self._get(
            models.Download, "share_download", path, token, given(fid=fid, pwd=pwd or None)
        )

    def _share(self, operation: str, surl: str, action: str) -> str:
        return f"/v1/share/{path_part(surl, service=self._transport.service, operation=operation)}/{action}"
