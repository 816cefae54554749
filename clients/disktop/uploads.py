"""Uploads to Disk.Top: a session at the API, then parts straight to the endpoint it names."""

from collections.abc import AsyncIterator, Callable

from clients.disktop import models
from clients.disktop.calls import Calls
from clients.disktop.errors import upload_error_for
from clients.encoding import Pairs, given, path_part
from clients.reply import Reply

# A part that makes no headway for this long is given up; a slow line that still moves is not.
SILENCE_SECONDS = 50.0

Body = Callable[[], AsyncIterator[bytes]]


class Uploads(Calls):
    """Calls of the files document's upload part; all after precreate need no token, the id is the key.

    A session that is unknown or too old is NotFound(upload_not_found or upload_expired).
    """

    async def precreate(
        self,
        token: str,
        parent_path: str,
        name: str,
        size: int,
        md5: str,
        content_type: str = "application/octet-stream",
    ) -> models.Precreated:
        """Begin an upload, or end it at once when the bytes are known; never repeated.

        `md5` is of the whole file, 32 lower-case hex digits. A full drive is Rejected(quota_exceeded).
        """
        pairs = given(parent_path=parent_path, name=name, size=size, md5=md5, content_type=content_type)
        data = await self._call("precreate", "POST", "/v1/files/upload/precreate", token, data=pairs)
        return self._as(models.Precreated, data, "precreate")

    async def send_chunk(
        self, endpoint: str, upload_id: str, part: int, body: Body, size: int
    ) -> models.ReceivedChunk:
        """Send one part (from 1) of `size` bytes as `body` yields them; one POST.

        A part may be sent again, so any error can be met by one more call. What `body` raises comes through.
        """
        async with self._endpoints.lend("send_chunk", endpoint) as (transport, path):
            reply = await transport.send(
                "send_chunk",
                f"{path}/u",
                body(),
                size,
                params=given(upload_id=upload_id, part_seq=part),
                silence=SILENCE_SECONDS,
                check=self._check_upload,
            )
        return self._as(models.ReceivedChunk, self._data("send_chunk", reply) or {}, "send_chunk")

    async def parts(self, endpoint: str, upload_id: str) -> models.Parts:
        """Ask which parts have arrived."""
        reply = await self._at("parts", "GET", endpoint, upload_id, repeat=True)
        return self._as(models.Parts, self._data("parts", reply), "parts")

    async def complete(self, endpoint: str, upload_id: str) -> models.Completed:
        """Make the parts a file; raises Incomplete while some are missing. Never repeated."""
        reply = await self._at("complete", "POST", endpoint, upload_id, data=())
        return self._as(models.Completed, self._data("complete", reply), "complete")

    async def abort(self, endpoint: str, upload_id: str) -> None:
        """Give up an upload and let the server drop its parts."""
        await self._at("abort", "POST", endpoint, upload_id, data=(), repeat=True)

    async def _at(
        self,
        operation: str,
        method: str,
        endpoint: str,
        upload_id: str,
        *,
        data: Pairs | None = None,
        repeat: bool = False,
    ) -> Reply:
        which = path_part(upload_id, service=self._transport.service, operation=operation)
        async with self._endpoints.lend(operation, endpoint) as (transport, path):
            return await transport.request(
                operation,
                method,
                f"{path}/u/{which}/{operation}",
                data=data,
                idempotent=repeat,
                check=self._check_upload,
            )

    def _check_upload(self, operation: str, reply: Reply) -> None:
        error = upload_error_for(self._transport.service, operation, reply)
        if error is not None:
            raise error
