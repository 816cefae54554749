"""Films and series, as TMDB knows them, in Chinese and English."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Title:
    """One film or series."""

    id: int
    media_type: str
    original_language: str
    date: str
    vote_average: float
    original_title: str
    title: Mapping[str, str]
    overview: Mapping[str, str]
    genre_ids: tuple[int, ...]
    runtime: int = 0
    seasons: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, int]:
        """Return media type and TMDB id, which together are unique."""
        return self.media_type, self.id

    @property
    def year(self) -> str:
        """Return the year of the first release."""
        return self.date[:4]

    def picture(self, what: str) -> str:
        """Return the path of a picture; `what` is poster or backdrop."""
        name = sha256(f"{what}:{self.media_type}:{self.id}".encode()).hexdigest()[:27]
        return f"/{name}.jpg"

    def matches(self, words: str) -> bool:
        """Tell whether all words occur in one of the title's names or its year."""
        names = " ".join([self.original_title, *self.title.values(), self.year]).casefold()
        return all(word in names for word in words.casefold().split())


@cache
def all_titles() -> tuple[Title, ...]:
    """Load the titles; films first."""
    rows: list[object] = []
    for name in ("films.json", "series.json"):
        rows += json.loads(files(__package__).joinpath(name).read_text("utf-8"))
    return TypeAdapter(tuple[Title, ...]).validate_python(rows)
