"""Titles as people write and copy them, brought nearer to how TMDB knows them, step by step."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBER = r"(?:[0-9]{1,4}|[一二两三四五六七八九十百]{1,4})"
# Seasons, episodes and releases; TMDB knows films and series only. Letters of Chinese are no end of a word.
_PART = re.compile(
    rf"第\s*{_NUMBER}\s*[季部集期话話回章]|全\s*{_NUMBER}\s*[集季话話]"
    r"|更新?至\s*第?\s*[0-9]{1,4}\s*[集话話]"
    r"|(?:国语|粤语|中字|双语|蓝光|高清|超清|完结)"
    r"|(?<![A-Za-z0-9])(?:"
    r"S[0-9]{1,2}(?:\s*E[0-9]{1,4})?(?:\s*-\s*E?[0-9]{1,4})?|EP?[0-9]{1,4}"
    r"|(?:season|episode|part)\s*[0-9]{1,3}"
    r"|(?:2160|1080|720|480)[pi]|[48]K|UHD|HDR(?:10)?|REMUX"
    r"|WEB-?DL|WEB-?Rip|Blu-?Ray|BDRip|x26[45]|H\.?26[45]"
    r")(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])\s*年?")
_QUOTES = re.compile(r"[《》〈〉「」『』【】\[\]()<>\"“”]")


@dataclass(frozen=True)
class Spelling:
    """Be words to look for, and the year they were written with."""

    words: str
    year: int | None = None


def spellings(words: str) -> Iterator[Spelling]:
    """Yield words as they came, then without what is no part of a title, then without their year."""
    first = " ".join(words.split())
    yield Spelling(first)
    bare = _joined(_PART.sub(" ", _QUOTES.sub(" ", unicodedata.normalize("NFKC", first))))
    if bare and bare.casefold() != first.casefold():
        yield Spelling(bare)
    dated = _YEAR.search(bare)
    timeless = _joined(_YEAR.sub(" ", bare))
    if dated is not None and timeless:
        yield Spelling(timeless, int(dated[0][:4]))


def _joined(words: str) -> str:
    return " ".join(words.split()).strip(" .,:;·-_/|")
