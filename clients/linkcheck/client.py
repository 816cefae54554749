"""The link check service: jobs, their result stream, the public pool (its document 完整使用文档)."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, TypeVar

from clients.encoding import path_part
from clients.errors import BadResponse
from clients.linkcheck import models
from clients.linkcheck.errors import error_for
from clients.linkcheck.events import event_for
from clients.linkcheck.following import Following, Patience
from clients.linkcheck.pools import pool_entry, pool_of
from clients.models import read
from clients.reply import Reply, object_of
from clients.sse import EventTooLargeError, SSEDecoder
from clients.transport import Transport

M = TypeVar("M")


class LinkCheck:
    """Calls with the application's key. Every call may raise any ClientError."""

    def __init__(self, transport: Transport, api_key: str) -> None:
        self._transport = transport
        self._key = {"x-api-key": api_key}

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def create(self, items: Sequence[models.CheckItem]) -> models.CheckJob:
        """Begin a job for links of any drives; never repeated."""
        body = {"items": [{"url": item.url, **_meta(item.meta)} for item in items]}
        answer = await self._call("create", "POST", "/jobs", body=body)
        return self._as(models.CheckJob, answer, "create")

    async def job(self, job_id: str) -> models.JobState:
        """Ask how far a job is; an unknown one is NotFound."""
        answer = await self._call("job", "GET", self._path("job", job_id))
        return self._as(models.JobState, answer or None, "job")

    async def urgent(self, job_id: str, urls: Sequence[str]) -> models.Urgent:
        """Move links to the front; doing it twice is harmless."""
        path = self._path("urgent", job_id, "/urgent")
        answer = await self._call("urgent", "POST", path, body={"urls": list(urls)}, repeat=True)
        return self._as(models.Urgent, answer, "urgent")

    async def cancel(self, job_id: str) -> None:
        """Stop a job; doing it twice is harmless."""
        await self._call("cancel", "DELETE", self._path("cancel", job_id), repeat=True)

    async def events(
        self, job_id: str, last_event_id: str | None = None, *, silence: float = 30.0
    ) -> AsyncGenerator[models.CheckEvent]:
        """Read one connection to the result stream until it closes.

        `silence` seconds without a byte, or a cut, raise Unreachable; `follow` goes on from there.
        """
        headers = dict(self._key)
        # An id that fits no header cannot be given back; the stream then begins anew.
        if last_event_id and last_event_id.isascii() and last_event_id.isprintable():
            headers["last-event-id"] = last_event_id
        decoder = SSEDecoder()
        service = self._transport.service
        stream = self._transport.stream(
            "events",
            self._path("events", job_id, "/events"),
            headers=headers,
            silence=silence,
            check=self._check,
        )
        async with stream as chunks:
            async for chunk in chunks:
                try:
                    found = decoder.feed(chunk)
                except EventTooLargeError:
                    found = None
                if found is None:
                    raise BadResponse(service, "events", "event too large")
                for event in found:
                    yield event_for(event, service=service, operation="events")

    def follow(
        self, job_id: str, last_event_id: str | None = None, *, patience: Patience | None = None
    ) -> AsyncGenerator[models.CheckEvent]:
        """Read the results of a job, complete and single, over as many connections as it takes.

        Ends with a `done` event. Raises the last ClientError once nothing has come for as many
        tries as `patience` allows, and NotFound or Misconfigured at once.
        """
        return Following(self, job_id, patience or Patience()).events(last_event_id)

    async def pool(self) -> models.Pool:
        """Ask for the load of all providers (public)."""
        return self._as(models.Pool, pool_of(await self._call("pool", "GET", "/pool")), "pool")

    async def provider_pool(self, name: str) -> models.PoolEntry:
        """Ask for the load of one provider (public); an unknown one is NotFound."""
        part = path_part(name, service=self._transport.service, operation="provider_pool")
        answer = await self._call("provider_pool", "GET", f"/pool/{part}")
        return self._as(models.PoolEntry, pool_entry(name, answer), "provider_pool")

    async def health(self) -> models.Pool:
        """Check that the service answers (public; same fields as `pool`)."""
        return self._as(models.Pool, pool_of(await self._call("health", "GET", "/health")), "health")

    def _path(self, operation: str, job_id: str, rest: str = "") -> str:
        return f"/jobs/{path_part(job_id, service=self._transport.service, operation=operation)}{rest}"

    async def _call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        repeat: bool = False,
    ) -> Mapping[str, Any]:
        reply = await self._transport.request(
            operation,
            method,
            path,
            json=body,
            headers=self._key,
            idempotent=repeat or method == "GET",
            check=self._check,
        )
        return object_of(reply, service=self._transport.service, operation=operation)

    def _check(self, operation: str, reply: Reply) -> None:
        error = error_for(self._transport.service, operation, reply)
        if error is not None:
            raise error

    def _as(self, kind: type[M], value: object, operation: str) -> M:
        return read(kind, value, service=self._transport.service, operation=operation)


def _meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {"meta": dict(meta)} if meta else {}
