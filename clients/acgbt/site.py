"""Files of the site: torrent files and pictures, whose paths stand in answers."""

from urllib.parse import quote, urljoin, urlsplit

from clients.acgbt.errors import error_for
from clients.errors import BadResponse, ClientError, NotFound, UpstreamBroken
from clients.fetch.fetcher import Fetcher
from clients.reply import Reply
from clients.transport import Timeouts, Transport

FILE_BYTES = 5 * 1024 * 1024
_API = "/api/v1"


class Site:
    """Where the API's paths (`/uploads/…`) lie, and the way to files there and elsewhere."""

    def __init__(self, transport: Transport, fetcher: Fetcher | None) -> None:
        self.service = transport.service
        self.root = transport.base_url.removesuffix(_API)
        self._fetcher = fetcher
        self._transport = transport.sibling(self.root, timeout=Timeouts())

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def link(self, place: str) -> str | None:
        """Return the absolute address of a path or an address; None for what is neither."""
        word = place.strip()
        if word.startswith("//"):
            word = f"{urlsplit(self.root).scheme}:{word}"
        elif "://" not in word:
            word = f"{self.root}/{word.lstrip('/')}" if word.strip("/") else ""
        try:
            parts = urlsplit(word)
            known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        except ValueError:
            return None
        return quote(word, safe="%/:=&?~#+!$,;'@()*[]") if known else None

    async def file(self, place: str) -> bytes:
        """Return the bytes behind a path or an address, 5 MB at the most.

        Raises NotFound, BadResponse (too large), and for other hosts what `clients.fetch` raises.
        """
        address = self.link(place)
        if address is None:
            raise NotFound(self.service, "file", "no_address")
        if not address.startswith(f"{self.root}/"):
            return await self._elsewhere(address)
        # urljoin folds `..`, which would climb out of what was just compared.
        path = urljoin(address, urlsplit(address).path).removeprefix(self.root)
        query = urlsplit(address).query
        try:
            return await self._here(f"{path}?{query}" if query else path)
        except UpstreamBroken as error:
            if not 300 <= error.status < 400 or self._fetcher is None:
                raise
        # Sites keep their files elsewhere; redirects are followed only by the one that looks where they lead.
        return await self._elsewhere(address)

    async def _here(self, path: str) -> bytes:
        reply = await self._transport.request("file", "GET", path, idempotent=True, check=self._check)
        return self._bounded(reply.body)

    async def _elsewhere(self, address: str) -> bytes:
        if self._fetcher is None:
            raise NotFound(self.service, "file", "elsewhere")
        parts, size = [], 0
        async with self._fetcher.open(address) as found:
            async for block in found.blocks():
                size += len(block)
                if size > FILE_BYTES:
                    break
                parts.append(block)
        return self._bounded(b"".join(parts), size)

    def _bounded(self, body: bytes, size: int | None = None) -> bytes:
        if (len(body) if size is None else size) > FILE_BYTES:
            raise BadResponse(self.service, "file", "too large")
        return body

    def _check(self, operation: str, reply: Reply) -> None:
        error: ClientError | None = None
        if reply.status == 429:
            error = error_for(self.service, operation, reply)
        elif reply.status in (401, 403, 404, 410):
            error = NotFound(self.service, operation, str(reply.status))
        elif reply.status != 200 or reply.is_html:
            error = UpstreamBroken(self.service, operation, reply.status, html=reply.is_html)
        if error is not None:
            raise error
