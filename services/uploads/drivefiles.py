"""A file of the person's own drive as a source: a fresh link for each fetch, since links end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clients.errors import (
    BadResponse,
    ClientError,
    Forbidden,
    Misconfigured,
    NotFound,
    Rejected,
    Unreachable,
    UpstreamBroken,
)
from clients.fetch.errors import OPERATION, SERVICE, SourceGone
from clients.fetch.fetcher import Fetcher
from services.drive import Drive
from services.uploads.model import Opened, Opener, Source


def opener(drive: Drive, fetcher: Fetcher) -> Opener:
    """Return what opens files of drives."""

    @asynccontextmanager
    async def open_(source: Source, offset: int, validator: str | None) -> AsyncIterator[Opened]:
        url = await _link(drive, source)
        async with fetcher.open(url, offset, validator) as opened:
            yield opened

    return open_


async def _link(drive: Drive, source: Source) -> str:
    """Ask for a link; what goes wrong there is the source's, not that of where the file goes."""
    failure: ClientError
    try:
        return (await drive.download(source.owner or 0, int(source.ref))).url
    except NotFound:
        failure = SourceGone(SERVICE, OPERATION, status=404)
    except (Forbidden, Rejected, Misconfigured):
        failure = SourceGone(SERVICE, OPERATION, status=403)
    except UpstreamBroken as error:
        failure = UpstreamBroken(SERVICE, OPERATION, error.status)
    except (Unreachable, BadResponse):
        failure = Unreachable(SERVICE, OPERATION, "other", sent=False)
    raise failure
