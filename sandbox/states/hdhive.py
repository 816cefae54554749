"""What HDHive remembers: codes, grants, charges, check-ins, calls."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

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
class Grant:
    """What one person allowed the app; refresh tokens of a grant follow one another."""

    person: int
    scopes: tuple[str, ...]
    refresh_token: str
    refresh_expires_at: float
    access: dict[str, float] = field(default_factory=dict)
    # Rotated-out refresh tokens, with the time they were replaced.
    spent: dict[str, float] = field(default_factory=dict)
    revoked: bool = False
    last_answer: dict[str, Any] = field(default_factory=dict)


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
    grants: list[Grant] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    # (person, Beijing date) → points won
    checkins: dict[tuple[int, str], int] = field(default_factory=dict)
    free_used: Counter[tuple[int, str]] = field(default_factory=Counter)
    throttles: dict[int, Throttle] = field(default_factory=dict)
    # (Beijing date, endpoint, succeeded) → calls
    calls: Counter[tuple[str, str, bool]] = field(default_factory=Counter)

    def by_access(self, token: str) -> Grant | None:
        """Return the grant an access token belongs to."""
        return next((g for g in self.grants if token in g.access), None)

    def by_refresh(self, token: str) -> Grant | None:
        """Return the grant a refresh token belongs or belonged to."""
        return next((g for g in self.grants if token == g.refresh_token or token in g.spent), None)

    def expire(self, person: int | None, which: str) -> int:
        """Expire access tokens, refresh tokens or whole grants; returns how many grants."""
        hit = [g for g in self.grants if person in (None, g.person) and not g.revoked]
        for grant in hit:
            if which == "grant":
                grant.revoked = True
            if which == "refresh":
                grant.refresh_expires_at = 0.0
            grant.access = dict.fromkeys(grant.access, 0.0)
        return len(hit)
