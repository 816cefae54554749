"""What HDHive remembers: codes, grants, charges, check-ins, calls."""

import random
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sandbox.states.grants import Grants

SCOPES = ("meta", "query", "unlock", "write", "vip")
# About how often an app with some users calls each endpoint in a day.
HABITS = {
    "GET /resources/:type/:tmdb_id": 48,
    "GET /shares/:slug": 21,
    "POST /resources/unlock": 9,
    "POST /checkin": 6,
    "GET /me": 14,
    "GET /vip/weekly-free-quota": 8,
    "GET /shares": 3,
    "POST /check/resource": 2,
}


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
    # Titles that were asked for, latest last, and since when new resources of each may appear.
    asked: dict[tuple[str, int], float] = field(default_factory=dict)

    def live(self, now: float, rng: random.Random, days: int = 30) -> None:
        """Look back on the days before today, as an app that people use would have had them."""
        today = datetime.fromtimestamp(now, UTC) + timedelta(hours=8)
        for ago in range(1, days):
            day = (today - timedelta(days=ago)).date()
            busy = rng.uniform(0.4, 1.0) * (1.6 if day.weekday() > 4 else 1.0)
            for endpoint, usual in HABITS.items():
                calls = round(usual * busy * rng.uniform(0.6, 1.3))
                failed = sum(rng.random() < 0.04 for _ in range(calls))
                self.calls[(day.isoformat(), endpoint, True)] += calls - failed
                self.calls[(day.isoformat(), endpoint, False)] += failed
