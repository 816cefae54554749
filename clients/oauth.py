"""OAuth: what our app asks for, and the answer of a token endpoint, read tolerantly."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from clients import models
from clients.errors import BadResponse

# What people are asked to grant, where the operator does not say otherwise.
HDHIVE_SCOPES = ("meta", "query", "unlock", "write", "vip")
DISKTOP_SCOPES = ("user.read", "files.app_data", "share.read")

# What may stand in an Authorization header (RFC 6750, 2.1, and a little more).
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")


@dataclass(frozen=True)
class TokenGrant:
    """Tokens of one user; times are seconds from now, None where the server did not say."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_in: float | None = None
    refresh_expires_in: float | None = None
    scopes: tuple[str, ...] = ()


def read_grant(data: object, *, service: str, operation: str) -> TokenGrant:
    """Read a token answer; only a missing access token is an error (BadResponse)."""
    answer = data if isinstance(data, Mapping) else {}
    access = _token(answer.get("access_token"))
    if access is None:
        raise BadResponse(service, operation, "no access token")
    return TokenGrant(
        access_token=access,
        refresh_token=_token(answer.get("refresh_token")),
        expires_in=_seconds(answer.get("expires_in")),
        refresh_expires_in=_seconds(answer.get("refresh_expires_in")),
        scopes=_scopes(answer.get("scopes")) or _scopes(answer.get("scope")),
    )


def _token(value: object) -> str | None:
    # Numbers were never seen, but a token is opaque: its digits are as good as letters.
    word = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return word if _TOKEN.fullmatch(word) else None


def _seconds(value: object) -> float | None:
    try:
        seconds = models.decimal(value)
    except ValueError:
        return None
    return None if seconds is None else max(0.0, seconds)


def _scopes(value: object) -> tuple[str, ...]:
    words = value if isinstance(value, (list, tuple)) else (value,)
    found = [part for word in words if isinstance(word, str) for part in re.split(r"[\s,]+", word) if part]
    return tuple(dict.fromkeys(found))
