"""What HDHive remembers: codes, grants, charges, check-ins, calls."""

from collections import Counter, deque
from dataclasses import dataclass, field

from sandbox.states.grants import Grants

SCOPES = ("meta", "query", "unlock", "write", "vip")


@dataclass
class Code:
    """An authorization code, good once and for ten minutes."""

    value: str
    person: int
    redirect_uri: str
    scopes: tuple[str, ...]
    expires_at: float
    used: bool = False


@dataclass
class Charge:
    """Points that were really taken."""

    person: int
    slug: str
    points: int
    at: float


@dataclass
class Throttle:
    """The unlock ladder of one person: recent unlocks and how often the limit was hit."""

    recent: deque[float] = field(default_factory=deque)
    strikes: int = 0
    until: float = 0.0


@dataclass
class HDHive:
    """The stand-in's state."""

    codes: dict[str, Code] = field(default_factory=dict)
    grants: Grants = field(default_factory=Grants)
    charges: list[Charge] = field(default_factory=list)
    # (person, Beijing date) → points won
    checkins: dict[tuple[int, str], int] = field(default_factory=dict)
    # How often each was asked for.
    checkin_calls: Counter[tuple[int, str]] = field(default_factory=Counter)
    free_used: Counter[tuple[int, str]] = field(default_factory=Counter)
    throttles: dict[int, Throttle] = field(default_factory=dict)
    # (Beijing date, endpoint, succeeded) → calls
    calls: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
