"""What can go wrong with an upstream call, sorted by what the caller can do about it.

The text of these errors is for logs: it names service, operation and codes, and never carries
tokens, addresses or the upstream's own words (those are in `message`, for display only).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

UnreachableKind = Literal["refused", "dns", "tls", "timeout", "reset", "proxy", "other"]

# A code is an identifier; anything else an upstream puts there could echo what we sent.
_LOGGABLE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_LOGGED = ("kind", "sent", "retry_after", "scope", "reason", "refreshable", "status", "html", "detail")


class ForbiddenReason(StrEnum):
    """Why an upstream refuses although it knows who asks."""

    APP_SCOPE = "app_scope"
    USER_SCOPE = "user_scope"
    PREMIUM = "premium"
    LEVEL = "level"
    DISABLED = "disabled"
    IP = "ip"
    RISK = "risk"
    UNLINKED = "unlinked"
    OTHER = "other"


@dataclass(eq=False, repr=False)
class ClientError(Exception):
    """Any failure of one upstream call."""

    service: str
    operation: str

    @property
    def doubtful(self) -> bool:
        """Tell whether the call may have taken effect although it failed."""
        return False

    def __str__(self) -> str:
        facts = [f"{name}={getattr(self, name)}" for name in _LOGGED if getattr(self, name, None) is not None]
        code = getattr(self, "code", None)
        if code is not None:
            # A bare `code` is one of OAuth's to the log, and struck out there.
            facts.append(f"error_code={code if _LOGGABLE.fullmatch(code) else '(odd)'}")
        return " ".join([f"{self.service} {self.operation}: {type(self).__name__}", *facts])

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(eq=False, repr=False)
class Unreachable(ClientError):
    """No whole answer came; `sent` tells whether the request may have arrived."""

    kind: UnreachableKind
    sent: bool

    @property
    def doubtful(self) -> bool:
        """Tell whether the request may have left this machine."""
        return self.sent


@dataclass(eq=False, repr=False)
class RateLimited(ClientError):
    """Too many calls: wait `retry_after` seconds for everything in `scope` (global, app, user)."""

    retry_after: float
    scope: str | None = None
    code: str | None = None
    message: str | None = None


@dataclass(eq=False, repr=False)
class Refusal(ClientError):
    """A clear answer that the call was not carried out; nothing has changed upstream."""

    code: str | None = None
    message: str | None = None


@dataclass(eq=False, repr=False)
class NotAuthorized(Refusal):
    """The user's token is not accepted: refresh once if `refreshable`, else the grant is gone.

    `service_time` is the time by the service's own clock (epoch seconds), where calls are signed with one.
    """

    refreshable: bool = field(default=False, kw_only=True)
    service_time: float | None = field(default=None, kw_only=True)


class Misconfigured(Refusal):
    """The application's own secret or registration is wrong: the operator's matter."""


@dataclass(eq=False, repr=False)
class Forbidden(ClientError):
    """The upstream knows who asks and refuses."""

    reason: ForbiddenReason
    code: str | None = None
    message: str | None = None


class NotFound(Refusal):
    """The thing asked for does not exist (any more)."""


@dataclass(eq=False, repr=False)
class Rejected(Refusal):
    """A clear refusal such as too few points, a wrong access code or bad input."""

    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(eq=False, repr=False)
class UpstreamBroken(ClientError):
    """A 5xx, a redirect, or HTML where JSON belongs."""

    status: int
    html: bool = False

    @property
    def doubtful(self) -> bool:
        """Always true: a gateway may fail after the work behind it was done."""
        return True


@dataclass(eq=False, repr=False)
class BadResponse(ClientError):
    """An answer that cannot be understood: bad JSON, wrong types, too large."""

    detail: str

    @property
    def doubtful(self) -> bool:
        """Always true: something was done, but what is not known."""
        return True
