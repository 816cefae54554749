"""The sandbox's controls: faults, people, tokens, clock, options, and Telegram's own."""

from types import TracebackType
from typing import Any, Self

import httpx


class Control:
    """Turn the sandbox's switches: `async with Control(box.url) as control`."""

    def __init__(self, box_url: str) -> None:
        self._http = httpx.AsyncClient(base_url=box_url, timeout=30, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def fault(self, service: str, path: str, kind: str, **more: Any) -> dict[str, Any]:
        """Let calls whose path fits fail; `times=0` until `mend`."""
        return await self._post("/control/faults", service=service, path=path, kind=kind, **more)

    async def door(self, kind: str) -> str:
        """Return an address that cannot be used: refuse, tls, certificate, silent."""
        return str((await self._post("/control/doors", kind=kind))["url"])

    async def fill_disk(self, person_id: int, free: int = 0) -> None:
        """Leave somebody so many free bytes at Disk.Top."""
        body = (await self._http.get("/control/people")).raise_for_status().json()
        total = next(one["disk_total"] for one in body["people"] if one["id"] == person_id)
        await self.person(person_id, disk_used=total - free)

    async def big_folder(self, person_id: int, number: int = 10_000) -> None:
        """Give somebody a folder of many files in the app's own folder."""
        await self.person(person_id, big_folder=number)

    async def drive(self, person_id: int) -> dict[str, dict[str, Any]]:
        """Return what lies in somebody's drive, by path: id, is_dir, of files size and md5."""
        body = (await self._http.get(f"/control/drives/{person_id}")).raise_for_status().json()
        return {item["path"]: item for item in body["items"]}

    async def stored(self, person_id: int, path: str) -> bytes:
        """Return the bytes of a file in somebody's drive."""
        item = (await self.drive(person_id))[path]
        return (await self._http.get(f"/control/drives/{person_id}/files/{item['id']}")).content

    async def expire_uploads(self) -> int:
        """Let every upload under way expire at Disk.Top; return how many that were."""
        return int((await self._post("/control/uploads/expire"))["expired"])

    async def mika(self, **wish: Any) -> dict[str, Any]:
        """Turn Mika's switches, or only look: person with facts, expire, fail with at, settings."""
        if wish:
            return await self._post("/control/mika", **wish)
        body: dict[str, Any] = (await self._http.get("/control/mika")).raise_for_status().json()
        return body

    async def appear(self, media_type: str, tmdb_id: int, count: int = 1, **facts: Any) -> list[str]:
        """Let new resources of a title appear on HDHive; returns their slugs."""
        made = await self._post(
            "/control/resources", media_type=media_type, tmdb_id=tmdb_id, count=count, **facts
        )
        return [str(slug) for slug in made["slugs"]]

    async def share_dies(self, person_id: int, verdict: str = "dead") -> str:
        """Let the link of one of somebody's own shares die, or be anything else; returns its slug."""
        return str((await self._post("/control/shares", person=person_id, verdict=verdict))["slug"])

    async def acgbt(self, person_id: int, **changes: Any) -> dict[str, Any]:
        """Return somebody's ACGBT account (key, secret, rights); change rights, limit, role, revoked."""
        if changes:
            await self._post("/control/acgbt", person=person_id, **changes)
        body = (await self._http.get("/control/acgbt")).raise_for_status().json()
        return next(dict(one) for one in body["accounts"] if one["person"] == person_id)

    async def acgbt_resources(self) -> list[dict[str, Any]]:
        """Return everything that lies on ACGBT."""
        return list((await self._http.get("/control/acgbt/resources")).raise_for_status().json()["resources"])

    async def acgbt_appear(self, title: str, category_id: int = 2) -> int:
        """Let a new resource appear on ACGBT; returns its id."""
        made = await self._post("/control/acgbt/resources", title=title, category_id=category_id)
        return int(made["id"])

    async def acgbt_message(
        self, title: str, content: str = "内容", *, kind: str = "system", person_id: int | None = None
    ) -> int:
        """Send a message on ACGBT, to everybody or to one person; returns its id."""
        told = {"title": title, "content": content, "type": kind, "person": person_id}
        return int((await self._post("/control/acgbt/messages", **told))["id"])

    async def mend(self) -> None:
        """Take all faults away."""
        (await self._http.delete("/control/faults")).raise_for_status()

    async def person(self, person_id: int, **changes: Any) -> dict[str, Any]:
        """Change points, premium, scopes or disk space of somebody."""
        return await self._post(f"/control/people/{person_id}", **changes)

    async def expire(self, service: str, person_id: int, which: str = "access") -> dict[str, Any]:
        """Let somebody's token expire: access, refresh, or the whole grant."""
        return await self._post("/control/tokens/expire", service=service, person=person_id, which=which)

    async def advance(self, seconds: float) -> None:
        """Move the sandbox's clock."""
        await self._post("/control/clock", advance=seconds)

    async def options(self, **options: Any) -> None:
        """Switch the services' options."""
        await self._post("/control/options", **options)

    async def telegram(self, what: str, **fields: Any) -> dict[str, Any]:
        """Use one of Telegram's controls: redeliver, push, hold, release, drop, options, deactivate."""
        return await self._post(f"/app/control/{what}", **fields)

    async def updates(self) -> dict[str, Any]:
        """Return the latest updates made and which still wait."""
        body: dict[str, Any] = (await self._http.get("/app/control/updates")).raise_for_status().json()
        return body

    async def reset(self) -> None:
        """Put everything back to the start."""
        await self._post("/control/reset")

    async def _post(self, address: str, /, **fields: Any) -> dict[str, Any]:
        reply = await self._http.post(address, json=fields)
        assert reply.status_code == 200, f"{address}: {reply.text}"
        body: dict[str, Any] = reply.json()
        return body
