"""TMDB API v3 with a Bearer token: titles, pictures, languages."""

import re
from typing import Any, TypeVar

from clients.encoding import Pairs, given, path_part
from clients.models import read
from clients.reply import Reply, json_of
from clients.tmdb import models
from clients.tmdb.errors import error_for
from clients.tmdb.titles import details_of, page_of
from clients.transport import Transport

M = TypeVar("M")
_PICTURE = re.compile(r"/[A-Za-z0-9._-]+")
_SIZE = re.compile(r"(?:[wh][0-9]{1,4}|original)")


class TMDB:
    """Read-only calls; `language` is like zh-CN or en-US. Every call may raise any ClientError."""

    def __init__(self, transport: Transport, token: str, image_url: str) -> None:
        self._transport = transport
        self._headers = {"authorization": f"Bearer {token}"}
        self._image_url = image_url.rstrip("/")

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def search(self, query: str, language: str, page: int = 1) -> models.TitlePage:
        """Search films and series together; persons and collections are left out."""
        params = given(query=query, language=language, page=page, include_adult="false")
        answer = await self._get("search", "/3/search/multi", params)
        return self._as(models.TitlePage, page_of(answer), "search")

    async def details(self, media_type: str, tmdb_id: int, language: str) -> models.TitleDetails:
        """Ask for one title; an unknown one is NotFound."""
        answer = await self._get(
            "details", self._title("details", media_type, tmdb_id), given(language=language)
        )
        return self._as(models.TitleDetails, details_of(media_type, answer), "details")

    async def images(self, media_type: str, tmdb_id: int) -> models.Pictures:
        """Ask for all posters and backdrops of a title."""
        answer = await self._get("images", self._title("images", media_type, tmdb_id) + "/images")
        return self._as(models.Pictures, answer, "images")

    async def languages(self) -> tuple[models.Language, ...]:
        """List the languages TMDB knows."""
        answer = await self._get("languages", "/3/configuration/languages")
        return self._as(tuple[models.Language, ...], answer, "languages")

    def image_url(self, path: str | None, size: str = "w500") -> str | None:
        """Build the address of a picture; None for no path, or for one that is none."""
        if path is None or not _PICTURE.fullmatch(path) or not _SIZE.fullmatch(size):
            return None
        return f"{self._image_url}/{size}{path}"

    def _title(self, operation: str, media_type: str, tmdb_id: int) -> str:
        parts = (
            path_part(p, service=self._transport.service, operation=operation) for p in (media_type, tmdb_id)
        )
        return "/3/" + "/".join(parts)

    async def _get(self, operation: str, path: str, params: Pairs = ()) -> Any:
        reply = await self._transport.request(
            operation, "GET", path, params=params, headers=self._headers, idempotent=True, check=self._check
        )
        return json_of(reply, service=self._transport.service, operation=operation)

    def _check(self, operation: str, reply: Reply) -> None:
        error = error_for(self._transport.service, operation, reply)
        if error is not None:
            raise error

    def _as(self, kind: type[M], value: object, operation: str) -> M:
        return read(kind, value, service=self._transport.service, operation=operation)
