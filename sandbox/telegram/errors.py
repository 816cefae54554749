"""The Bot API's way of saying no."""

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """An answer with ok=false: code, description and Telegram's extra parameters."""

    def __init__(self, code: int, description: str, parameters: Mapping[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = dict(parameters or {})

    def body(self) -> dict[str, Any]:
        """Return the JSON body Telegram would send."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(text: str, **parameters: Any) -> ApiError:
    """Return a 400 with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {text}", parameters)


def forbidden(text: str) -> ApiError:
    """Return a 403 with Telegram's prefix."""
    return ApiError(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiError:
    """Return a 409 with Telegram's prefix."""
    return ApiError(409, f"Conflict: {text}")


def too_many(seconds: int) -> ApiError:
    """Return a 429 that says when to come back."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
