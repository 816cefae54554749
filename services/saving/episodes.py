"""Which episode a file is, and which files people mean by words, patterns and ranges of episodes."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

# No file system keeps a longer one.
LONGEST_NAME = 255
Fits = Callable[[str, str], bool]

# Letters of what is counted; "第" and the words behind a number are how Chinese releases count.
_BEHIND = "[集话話回期]"
_SEASON = re.compile(r"(?<![a-z])s(?:eason)?[ ._-]?(\d{1,3})(?!\d)|第(\d{1,3})季")
_EPISODES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![a-z])s\d{1,3}[ ._-]*e[p]?(\d{1,4})(?!\d)",
        rf"第[ ]?(\d{{1,4}})[ ]?{_BEHIND}",
        r"(?<![a-z])ep?[ ._-]?(\d{1,4})(?!\d)",
        r"(?<![\dx])\d{1,2}x(\d{2,3})(?!\d)",
        r"[\[【](\d{1,4})(?:v\d|end)?[\]】]",
        r" - (\d{1,4})(?:v\d)?(?![\da-z])",
        rf"^(\d{{1,4}})(?:{_BEHIND}|$|[ ._-])(?![pi])",
    )
)
_ACROSS = re.compile(r"(?<![\dx])(\d{1,2})x\d{2,3}(?!\d)")
# Numbers that count no episodes: years, sizes of the picture, codecs, channels, rates.
_NOISE = re.compile(
    r"(?:19|20)\d\d|\d{3,4}[pi](?![a-z])|\d{3,4}x\d{3,4}|[xh][. ]?26\d|(?<!\d)\d+ ?(?:bit|fps)|\d\.\d|[248]k"
)
_ALONE = re.compile(r"(?<![a-z\d])(\d{1,4})(?![a-z\d])")
_POINT = r"(?:s(\d{1,3}))?(?:(?:ep?|第)?(\d{1,4}))?[集话話回期]?"
_RANGE = re.compile(f"{_POINT}(?:-{_POINT})?")
_NAMED_SEASON = re.compile(r"(?:\bseason ?(\d{1,3})\b|第(\d{1,3})季)")
_DASHES = str.maketrans(dict.fromkeys("~–—～−至到", "-"))


@dataclass(frozen=True)
class Place:
    """Be what a file's name and folder tell of its season and episode."""

    season: int | None
    episode: int | None


def place_of(folder: str, name: str) -> Place:
    """Return season and episode of a file; the season may stand on its folder only."""
    stem = _folded(name[:LONGEST_NAME].rpartition(".")[0] or name[:LONGEST_NAME])
    season = _season(stem)
    return Place(_season(_folded(folder)) if season is None else season, _episode(stem))


def _season(text: str) -> int | None:
    found = _SEASON.search(text)
    if found is not None:
        return int(found[1] or found[2])
    across = _ACROSS.search(text)
    return int(across[1]) if across else None


def _episode(stem: str) -> int | None:
    found = next((match for pattern in _EPISODES if (match := pattern.search(stem))), None)
    if found is not None and not _NOISE.fullmatch(found[1]):
        return int(found[1])
    alone = _ALONE.findall(_NOISE.sub(" ", stem))
    return int(alone[-1]) if alone else None


def wanted(pattern: str) -> Fits | None:
    """Return a test of (folder, name) for what people write, None for nothing.

    `*` and `?` make one pattern of it all; else every word must fit: a range or number of episodes
    (`E01-E05`, `1-12`, `S02`, `1,3,5-8`), or letters that stand in the name or its folder.
    """
    text = _folded(pattern)
    if not text:
        return None
    if any(sign in text for sign in "*?["):
        return lambda folder, name: fnmatchcase(_folded(f"{folder}/{name}" if "/" in text else name), text)
    text = _NAMED_SEASON.sub(lambda found: f" s{found[1] or found[2]} ", text.translate(_DASHES))
    words = re.sub(r"\s*([-,、])\s*", r"\1", text).split()
    tests = [_episodes(word) or _contains(word) for word in words]
    return lambda folder, name: all(test(folder, name) for test in tests)


def _contains(word: str) -> Fits:
    return lambda folder, name: word in _folded(f"{folder}/{name}")


def _episodes(word: str) -> Fits | None:
    """Return the test of a list of episodes and ranges, None for a word that is none."""
    parts = [part for part in re.split("[,、]", word) if part]
    spans = [_span(part) for part in parts]
    known = [span for span in spans if span is not None]
    if not known or len(known) < len(spans):
        return None
    return lambda folder, name: any(span(place_of(folder, name)) for span in known)


def _span(part: str) -> Callable[[Place], bool] | None:
    found = _RANGE.fullmatch(part)
    if found is None or part.strip("-") != part:
        return None
    s1, e1, s2, e2 = (int(digits) if digits else None for digits in found.groups())
    # A year or the lines of a picture, written alone, is a word and no episode.
    if (s1, s2, e2) == (None, None, None) and part.isdecimal() and len(part) > 3:
        return None
    if "-" not in part:
        return lambda at: s1 in (None, at.season) and (e1 is None or at.episode == e1)
    if e1 is None and e2 is None:
        return lambda at: at.season is not None and (s1 or 0) <= at.season <= (s2 or 0)
    return lambda at: _between(at, (s1, e1), (s1 if s2 is None else s2, e2))


def _between(at: Place, low: tuple[int | None, int | None], high: tuple[int | None, int | None]) -> bool:
    if at.episode is None or low[1] is None or high[1] is None:
        return False
    if low[0] is None or high[0] is None:
        return low[1] <= at.episode <= high[1]
    if at.season is None:
        return False
    return (low[0], low[1]) <= (at.season, at.episode) <= (high[0], high[1])


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
