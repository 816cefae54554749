"""Time zones as people name them: `Asia/Tokyo`, `new york`, `+8`, `UTC-3:30`."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

DEFAULT = "Asia/Shanghai"
WESTMOST, EASTMOST = timedelta(hours=-12), timedelta(hours=14)
MINUTES = frozenset({0, 15, 30, 45})
_OFFSET = re.compile(r"(?:utc|gmt)?([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE | re.ASCII)
_STORED = re.compile(r"UTC([+-])(\d\d):(\d\d)")
# What full-width keyboards and typographers write.
_PLAIN = str.maketrans("＋－−–：／　０１２３４５６７８９", "+---:/ 0123456789")
# Folders of zones that are no places, and of names kept for old programs.
_NO_PLACES = ("Etc/", "SystemV/", "posix/", "right/", "US/")


def of(name: str) -> tzinfo:
    """Return a stored time zone; one this machine does not know (any more) is Beijing's."""
    stored = _STORED.fullmatch(name)
    if stored is not None:
        return timezone(_span(*stored.groups()))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(DEFAULT)


def find(words: str) -> str | None:
    """Return the name to store for what somebody typed, None where it names no time zone."""
    typed = " ".join(words.translate(_PLAIN).split())
    offset = _OFFSET.fullmatch(typed.replace(" ", ""))
    if offset is not None:
        return _named(_span(offset[1], offset[2], offset[3] or "00"))
    key = _key(typed)
    if key in ("utc", "gmt", "z"):
        return "UTC"
    return _places().get(key)


def clock_time(words: str) -> str | None:
    """Return `HH:MM` for a time of day as people type it: `8`, `8:30`, `0830`; None for anything else."""
    typed = "".join(words.translate(_PLAIN).split())
    found = re.fullmatch(r"(\d{1,2})(?:[:.点时h]?(\d{2}))?[点时h分]?", typed, re.ASCII)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None


def at(local: datetime, clock: str) -> datetime:
    """Return the moment of a local day when its clocks show a time."""
    return datetime.combine(local.date(), time.fromisoformat(clock), local.tzinfo)


def local(now: float, name: str) -> datetime:
    """Return a moment as the clocks of a stored zone show it."""
    return datetime.fromtimestamp(now, UTC).astimezone(of(name))


def midnight(now: float, name: str) -> float:
    """Return when the day around a moment began in a stored zone."""
    return at(local(now, name), "00:00").timestamp()


def next_at(now: float, name: str, clock: str) -> float:
    """Return the next moment after `now` when the clocks of a zone show a time."""
    here = local(now, name)
    for days in range(3):
        moment = at(here + timedelta(days=days), clock).timestamp()
        if moment > now:
            return moment
    raise AssertionError("a day has every time, or an hour later")


def offset_label(now: float, name: str) -> str:
    """Return how far a zone is from UTC at a moment: `UTC+8`, `UTC-3:30`."""
    span = local(now, name).utcoffset() or timedelta()
    minutes = round(abs(span).total_seconds() / 60)
    sign, rest = "-" if span < timedelta() else "+", f":{minutes % 60:02}" if minutes % 60 else ""
    return f"UTC{sign}{minutes // 60}{rest}"


def _span(sign: str, hours: str, minutes: str) -> timedelta:
    span = timedelta(hours=int(hours), minutes=int(minutes))
    return -span if sign == "-" else span


def _named(span: timedelta) -> str | None:
    minutes = round(abs(span).total_seconds() / 60)
    if not WESTMOST <= span <= EASTMOST or minutes % 60 not in MINUTES:
        return None
    return f"UTC{'-' if span < timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}"


def _key(words: str) -> str:
    return words.casefold().replace(" ", "_")


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    """Return every zone by its name and, where only one has it, by its city's."""
    found: dict[str, str] = {}
    for name in _names():
        found.setdefault(_key(name.rpartition("/")[2]), name)
    found.update({_key(name): name for name in _names()})
    return found


def _names() -> Iterator[str]:
    names = sorted(available_timezones())
    return (name for name in names if "/" in name and not name.startswith(_NO_PLACES))
