"""The two ways a call to Mika says who it is for (section 认证方式)."""

import hashlib
from collections.abc import Mapping

from clients.credentials import ApiKey, Credential
from clients.errors import NotAuthorized


def headers_for(who: Credential | None, now: float, *, service: str, operation: str) -> Mapping[str, str]:
    """Return the headers of one call; what fits no header can belong to nobody: NotAuthorized."""
    if who is None:
        return {}
    headers = _signed(who, int(now)) if isinstance(who, ApiKey) else {"authorization": f"Bearer {who.token}"}
    if all(value.isascii() and value.isprintable() for value in headers.values()):
        return headers
    raise NotAuthorized(service, operation, code="unsendable")


def _signed(who: ApiKey, timestamp: int) -> dict[str, str]:
    proof = hashlib.sha256(f"{who.key}{timestamp}{who.secret}".encode(errors="replace")).hexdigest()
    return {"x-api-key": who.key, "x-timestamp": str(timestamp), "x-sign": proof}
