"""Addresses of a file that work for some minutes."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TimedLink:
    """Be a download address and when it ends."""

    url: str = field(repr=False)
    until: float


@dataclass(frozen=True, slots=True)
class PlayLink:
    """Be the play lists of a film, the main one first, and when they end."""

    url: str = field(repr=False)
    until: float
    duration: float | None = None
    qualities: tuple[tuple[str, str], ...] = field(default=(), repr=False)
