"""What links look like on their way: pages, cookies, payloads, and why an attempt does not go on."""

import base64
import hashlib
from dataclasses import dataclass, field

from services.errors import AttemptKind, AttemptProblem
from storage.attempts import Attempt
from storage.links import Link


@dataclass(frozen=True)
class TicketView:
    """Be what the ticket page shows."""

    service: str
    display_name: str
    language: str | None
    expires_at: float


@dataclass(frozen=True)
class Bound:
    """Be what a bound browser gets: where to go, and the cookie that proves it later."""

    service: str
    authorize_url: str = field(repr=False)
    cookie_value: str = field(repr=False)
    expires_at: float = 0.0


@dataclass(frozen=True)
class Returned:
    """Be what the browser carries back to Telegram."""

    service: str
    payload: str = field(repr=False)
    language: str | None = None


@dataclass(frozen=True)
class Linked:
    """Be a finished link; `also` names the other services this user has linked."""

    link: Link
    also: tuple[str, ...] = ()


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, 4.2)."""
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()


def settled(outcome: Attempt | AttemptProblem) -> Attempt:
    """Raise the problem that came out of a transaction: raised inside it, it would undo the burning."""
    if isinstance(outcome, AttemptProblem):
        raise outcome
    return outcome


def still_open(attempt: Attempt | None, now: float) -> Attempt:
    """Return an attempt whose ticket still works, or raise why it does not."""
    if attempt is None or attempt.stage not in ("asked", "bound") or attempt.expires_at <= now:
        raise AttemptProblem(over(attempt, now), attempt.service if attempt else None, attempt)
    return attempt


def over(attempt: Attempt | None, now: float, *, nonce: bool = False) -> AttemptKind:
    """Tell why an attempt does not go on."""
    if attempt is None:
        return "unknown"
    if attempt.stage == "denied":
        return "denied"
    if attempt.stage in ("taken", "finished", "burned"):
        return "used"
    until = attempt.nonce_expires_at if nonce else attempt.expires_at
    return "expired" if until is not None and until <= now else "used"
