"""What people allowed the app at a service: access tokens, and refresh tokens that follow one another."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Grant:
    """One person's consent."""

    person: int
    scopes: tuple[str, ...]
    refresh_token: str
    refresh_expires_at: float
    # Access tokens, with the time they expire.
    access: dict[str, float] = field(default_factory=dict)
    # Rotated-out refresh tokens, with the time they were replaced.
    spent: dict[str, float] = field(default_factory=dict)
    revoked: bool = False
    last_answer: dict[str, Any] = field(default_factory=dict)


class Grants:
    """All consents at one service, found by any of their tokens."""

    def __init__(self) -> None:
        self.all: list[Grant] = []
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}

    def open(
        self, person: int, scopes: tuple[str, ...], refresh_token: str, refresh_expires_at: float
    ) -> Grant:
        """Note a new consent."""
        grant = Grant(person, scopes, refresh_token, refresh_expires_at)
        self.all.append(grant)
        self._refresh[refresh_token] = grant
        return grant

    def give(self, grant: Grant, access_token: str, expires_at: float) -> None:
        """Note a new access token."""
        grant.access[access_token] = expires_at
        self._access[access_token] = grant

    def rotate(self, grant: Grant, refresh_token: str, now: float, expires_at: float) -> None:
        """Replace the refresh token."""
        grant.spent[grant.refresh_token] = now
        grant.refresh_token, grant.refresh_expires_at = refresh_token, expires_at
        self._refresh[refresh_token] = grant

    def by_access(self, token: str) -> Grant | None:
        """Return the grant an access token belongs to."""
        return self._access.get(token)

    def by_refresh(self, token: str) -> Grant | None:
        """Return the grant a refresh token belongs or belonged to."""
        return self._refresh.get(token)

    def expire(self, person: int | None, which: str) -> int:
        """Expire access tokens, refresh tokens or whole grants; returns how many grants it hit."""
        hit = [g for g in self.all if person in (None, g.person) and not g.revoked]
        for grant in hit:
            if which == "grant":
                grant.revoked = True
            if which == "refresh":
                grant.refresh_expires_at = 0.0
            grant.access = dict.fromkeys(grant.access, 0.0)
        return len(hit)
