"""The user's own files and folders at Disk.Top."""

from collections.abc import Iterable

from clients.disktop import models
from clients.disktop.calls import Calls
from clients.encoding import given

# The most a listing gives in one page (files document).
MOST_LISTED = 200


class Files(Calls):
    """Calls of the files document; what does not exist is NotFound(file_not_found or path_not_found).

    What changes the drive is never repeated: `doubtful` errors leave open whether it was done.
    """

    async def files(self, token: str, path: str = "/", page: int = 1, limit: int = 50) -> models.Listing:
        """List one page of a folder of the user's drive (limit up to 200)."""
        return await self._get(
            models.Listing, "files", "/v1/files", token, given(path=path, page=page, limit=limit)
        )

    async def search(self, token: str, words: str, ext: str | None = None, limit: int = 50) -> models.Found:
        """Find files by name, and by extension when one is given, anywhere below the root."""
        params = given(q=words, ext=ext or None, limit=limit)
        return await self._get(models.Found, "search", "/v1/files/search", token, params)

    async def meta(self, token: str, file_id: int) -> models.FileMeta:
        """Get path, size, md5, mime and time of one file."""
        return await self._get(models.FileMeta, "meta", f"/v1/files/{file_id:d}", token)

    async def download(self, token: str, file_id: int) -> models.Download:
        """Get a direct address of a file, good for ten minutes; it serves ranges."""
        return await self._get(models.Download, "download", f"/v1/files/{file_id:d}/download", token)

    async def stream(self, token: str, file_id: int) -> models.VideoStream:
        """Get a play list of a video, good for ten minutes."""
        return await self._get(models.VideoStream, "stream", f"/v1/files/{file_id:d}/stream", token)

    async def make_folder(self, token: str, parent_path: str, name: str) -> models.MadeFolder:
        """Make a folder in the user's drive; one of that name is Rejected(name_conflict)."""
        pairs = given(parent_path=parent_path, name=name)
        data = await self._call("make_folder", "POST", "/v1/files/folder", token, data=pairs)
        return self._as(models.MadeFolder, data, "make_folder")

    async def rename(
        self, token: str, new_name: str, *, file_id: int | None = None, folder_id: int | None = None
    ) -> int:
        """Give one file or one folder another name; returns how many changed."""
        if (file_id is None) == (folder_id is None):
            raise ValueError("rename takes one file or one folder")
        files, folders = _listed(file_id), _listed(folder_id)
        return await self._manage(token, "rename", files, folders, new_name=new_name)

    async def move(
        self, token: str, dest_path: str, *, file_ids: Iterable[int] = (), folder_ids: Iterable[int] = ()
    ) -> int:
        """Move files and folders into a folder; returns how many were moved."""
        return await self._manage(token, "move", file_ids, folder_ids, dest_path=dest_path)

    async def copy(
        self, token: str, dest_path: str, *, file_ids: Iterable[int] = (), folder_ids: Iterable[int] = ()
    ) -> int:
        """Copy files and folders into a folder; returns how many. Full: Rejected(quota_exceeded)."""
        return await self._manage(token, "copy", file_ids, folder_ids, dest_path=dest_path)

    async def delete(
        self, token: str, *, file_ids: Iterable[int] = (), folder_ids: Iterable[int] = ()
    ) -> int:
        """Delete files, and folders with all that is in them; returns how many were named and deleted."""
        return await self._manage(token, "delete", file_ids, folder_ids)

    async def _manage(
        self, token: str, action: str, file_ids: Iterable[int], folder_ids: Iterable[int], **more: str
    ) -> int:
        pairs = [
            ("action", action),
            *(("file_ids[]", str(number)) for number in file_ids),
            *(("folder_ids[]", str(number)) for number in folder_ids),
            *given(**more),
        ]
        data = await self._call(action, "POST", "/v1/files/manage", token, data=pairs)
        return self._as(models.Managed, data or {}, action).affected


def _listed(number: int | None) -> tuple[int, ...]:
    return () if number is None else (number,)
