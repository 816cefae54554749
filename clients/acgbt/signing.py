"""How a call tells who makes it: key and secret as they are, or a signature (both documented)."""

import hmac
from hashlib import sha256

from clients.credentials import ApiKey


def headers_for(key: ApiKey, seconds: int) -> dict[str, str]:
    """Return the headers of a call made at `seconds` of the epoch; a signed one does not hold the secret."""
    if not key.signed:
        return {"x-api-key": key.key, "x-api-secret": key.secret}
    return {
        "x-api-key": key.key,
        "x-timestamp": str(seconds),
        "x-signature": signature(key, seconds),
    }


def signature(key: ApiKey, seconds: int) -> str:
    """Return HMAC-SHA256 of timestamp + key under the secret, in hex."""
    told = f"{seconds}{key.key}".encode()
    return hmac.new(key.secret.encode(), told, sha256).hexdigest()
