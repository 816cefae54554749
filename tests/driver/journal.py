"""What went over the wire to the stand-ins."""

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

import httpx


@dataclass(frozen=True)
class Call:
    """One request to a stand-in; `path` is below the service's mount."""

    seq: int
    service: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    status: int | None
    # Bytes of the body; of an upload's parts only this is kept, `body` is empty.
    size: int = 0
    # The word by which it was refused.
    errno: str | None = None

    @classmethod
    def of(cls, entry: dict[str, Any]) -> "Call":
        query = {name: values[0] for name, values in parse_qs(entry["query"], keep_blank_values=True).items()}
        return cls(
            entry["seq"],
            entry["service"],
            entry["method"],
            entry["path"],
            query,
            entry["headers"],
            entry["body"],
            entry["status"],
            entry["size"],
            entry["errno"],
        )

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return {name: values[0] for name, values in parse_qs(self.body, keep_blank_values=True).items()}

    @property
    def name(self) -> str:
        """The last part of the path: a Bot API method's name."""
        return self.path.rsplit("/", 1)[-1]


class Journal:
    """Read the sandbox's journal: `async with Journal(box.url) as journal`."""

    def __init__(self, box_url: str) -> None:
        self._http = httpx.AsyncClient(base_url=box_url, timeout=30, trust_env=False)
        self.mark = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def calls(
        self, service: str, method: str | None = None, path: str | None = None, *, since: int | None = None
    ) -> list[Call]:
        """Return the requests to a service in order; `path` is a pattern such as `*/sendMessage`."""
        found = await self._entries(self.mark if since is None else since)
        return [
            call
            for call in found
            if call.service == service
            and method in (None, call.method)
            and (path is None or fnmatchcase(call.path, path))
        ]

    async def forget(self) -> None:
        """Leave out of later answers what happened until now."""
        reply = await self._http.get("/control/journal", params={"since": 0})
        self.mark = int(reply.raise_for_status().json()["last"])

    async def _entries(self, since: int) -> list[Call]:
        reply = await self._http.get("/control/journal", params={"since": since})
        return [Call.of(entry) for entry in reply.raise_for_status().json()["entries"]]
