"""What a share is of: a title by its TMDB number, or a film, series or collection by HDHive's own."""

import re
from typing import Literal, TypedDict

from pydantic import BaseModel, ConfigDict

from services.messytext import readable
from services.sharelinks.finding import hdhive_title

Source = Literal["tmdb", "movie_id", "tv_id", "collection_id"]
Kind = Literal["", "movie", "tv"]

_KINDS: dict[str, Kind] = {"movie": "movie", "tv": "tv"}
_OWN: dict[str, Source] = {"movie_id": "movie_id", "tv_id": "tv_id", "collection_id": "collection_id"}
_PAGE = re.compile(r"themoviedb\.org/(movie|tv)/([0-9]{1,10})(?![0-9])", re.IGNORECASE)
_NUMBER = re.compile(r"(movie|tv)[ _/:=#]{1,3}([0-9]{1,10})", re.IGNORECASE)
_OWN_NUMBER = re.compile(r"(movie_id|tv_id|collection_id)[ :=#]{1,3}([0-9]{1,10})", re.IGNORECASE)


class FilmFields(TypedDict, total=False):
    """How HDHive is told what a share is of."""

    tmdb_id: str
    media_type: str
    movie_id: int
    tv_id: int
    collection_id: int


class Film(BaseModel):
    """What a share is of; `kind` is there for TMDB's numbers only."""

    model_config = ConfigDict(frozen=True)

    source: Source = "tmdb"
    kind: Kind = ""
    number: int
    name: str = ""
    poster: str | None = None

    @property
    def fields(self) -> FilmFields:
        """Return what names it in a request."""
        if self.source == "tmdb":
            return {"tmdb_id": str(self.number), "media_type": self.kind}
        return FilmFields(**{self.source: self.number})  # type: ignore[misc]


def told(media_type: str | None, tmdb_id: str | None) -> Film | None:
    """Return what HDHive says a share is of, None where it does not say."""
    kind = _KINDS.get((media_type or "").casefold())
    if kind is None or not (tmdb_id or "").isdecimal():
        return None
    return Film(kind=kind, number=int(tmdb_id or 0))


def named(text: str) -> Film | None:
    """Return what a text names by number or address: a page of TMDB or HDHive, `tv 1399`, `movie_id 12`."""
    plain = readable(text).text.strip()
    own = _OWN_NUMBER.fullmatch(plain)
    if own is not None:
        return Film(source=_OWN[own[1].lower()], number=int(own[2]))
    page = hdhive_title(plain)
    if page is not None:
        return told(page[0], str(page[1]))
    found = _PAGE.search(plain) or _NUMBER.fullmatch(plain)
    return told(found[1], found[2]) if found is not None else None
