"""Titles of TMDB in the user's language, and what HDHive has of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from clients.hdhive.client import HDHive
from clients.hdhive.models import Resource, Validity
from clients.tmdb.client import TMDB
from clients.tmdb.models import MediaType, Title, TitleDetails, TitlePage
from services.clock import Clock
from services.errors import ServiceOff
from services.names import Service
from services.recent import Recent
from services.titlewords import Spelling, spellings
from services.tokens import Tokens

V = TypeVar("V")

CACHE_SIZE = 2_000
CACHE_SECONDS = 900.0
# One search reads at most this many pages of TMDB for one of ours.
MOST_PAGES = 10
LANGUAGES = {"zh": "zh-CN", "en": "en-US"}


@dataclass(frozen=True)
class Found:
    """Be one page of a search; `page` counts from 0."""

    titles: tuple[Title, ...]
    total: int
    page: int
    pages: int


class Titles:
    """Search titles and list their resources."""

    def __init__(self, clock: Clock, tmdb: TMDB | None, hdhive: HDHive | None, tokens: Tokens) -> None:
        self._clock = clock
        self._tmdb = tmdb
        self._hdhive = hdhive
        self._tokens = tokens
        self._pages: Recent[tuple[str, str, int], TitlePage] = Recent(CACHE_SIZE)
        self._details: Recent[tuple[str, int, str], TitleDetails] = Recent(CACHE_SIZE)
        self._shown: Recent[tuple[int, str, int], tuple[str, ...]] = Recent(CACHE_SIZE)

    async def search(self, query: str, language: str, page: int = 0, size: int = 5) -> Found:
        """Search films and series by title; page 0 is the first. No hit is an empty page.

        What nobody has under the words as they came is looked for without season, release and year.
        """
        found = Found((), 0, 0, 0)
        for spelling in spellings(query) if query.strip() else ():
            found = await self._found(spelling, language, page, size)
            if found.total:
                break
        return found

    async def _found(self, spelling: Spelling, language: str, page: int, size: int) -> Found:
        found: list[Title] = []
        total, more = 0, True
        for number in range(1, MOST_PAGES + 1):
            answer = await self._page(spelling.words, language, number)
            found += _of_year_first(answer.results, spelling.year)
            more = number < answer.total_pages and number < MOST_PAGES
            # Persons are left out of the results but not out of TMDB's total, so a full count is better.
            total = max(answer.total_results, len(found)) if more else len(found)
            if not more or len(found) >= (page + 1) * size:
                break
        shown = tuple(found[page * size : (page + 1) * size])
        return Found(shown, total, page, -(-total // size))

    async def details(self, media_type: MediaType, tmdb_id: int, language: str) -> TitleDetails:
        """Return one title; an unknown one is NotFound."""
        key, now = (str(media_type), tmdb_id, language), self._clock.now()
        known = self._details.get(key, now)
        if known is None:
            known = await self._tmdb_or_off().details(str(media_type), tmdb_id, _tag(language))
            self._details.put(key, known, now + CACHE_SECONDS)
        return known

    def poster(self, title: Title, size: str = "w500") -> str | None:
        """Return the address of a title's poster, None without one."""
        return self._tmdb.image_url(title.poster_path, size) if self._tmdb is not None else None

    async def resources(self, user_id: int, media_type: MediaType, tmdb_id: int) -> tuple[Resource, ...]:
        """List what is shared of a title: the user's own first, then free, then by price; dead ones last."""
        hdhive = self._hdhive
        if hdhive is None:
            raise ServiceOff(Service.HDHIVE)
        found = await self._tokens.call(
            user_id, Service.HDHIVE, lambda t: hdhive.resources(t, str(media_type), tmdb_id)
        )
        key, slugs = (user_id, str(media_type), tmdb_id), tuple(one.slug for one in found)
        self._shown.put(key, slugs, self._clock.now() + CACHE_SECONDS)
        return tuple(sorted(found, key=_rank))

    def shown(self, user_id: int, media_type: MediaType, tmdb_id: int) -> tuple[str, ...] | None:
        """Return the resources of a title somebody was shown a short while ago, None where nobody knows."""
        return self._shown.get((user_id, str(media_type), tmdb_id), self._clock.now())

    async def _page(self, words: str, language: str, number: int) -> TitlePage:
        key, now = (words.casefold(), language, number), self._clock.now()
        known = self._pages.get(key, now)
        if known is None:
            known = await self._tmdb_or_off().search(words, _tag(language), number)
            self._pages.put(key, known, now + CACHE_SECONDS)
        return known

    def _tmdb_or_off(self) -> TMDB:
        if self._tmdb is None:
            raise ServiceOff(Service.TMDB)
        return self._tmdb


def _tag(language: str) -> str:
    return LANGUAGES.get(language, LANGUAGES["en"])


def _of_year_first(titles: Sequence[Title], year: int | None) -> Sequence[Title]:
    return titles if year is None else sorted(titles, key=lambda title: title.year != year)


def _rank(resource: Resource) -> tuple[bool, bool, int]:
    price = 0 if resource.is_unlocked else resource.unlock_points
    return (resource.validate_status is Validity.INVALID, not resource.is_unlocked, price)
