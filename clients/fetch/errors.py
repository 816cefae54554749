"""What can be wrong with an address that a user gave; all bear the service name `source`."""

from dataclasses import dataclass

from clients.errors import NotFound, Refusal, Unreachable

SERVICE, OPERATION = "source", "fetch"


class AddressRefused(Refusal):
    """An address that is not fetched, whatever is there.

    The code says why: malformed, scheme, credentials, host, disguised, port, private or redirects.
    """

    @classmethod
    def because(cls, reason: str) -> "AddressRefused":
        """Make the error for a reason."""
        return cls(SERVICE, OPERATION, reason)

    @property
    def reason(self) -> str:
        """The code by its better name."""
        return self.code or ""


class NoSuchHost(Unreachable):
    """No resolver knows the name; where it was known a moment ago, that passes."""


@dataclass(eq=False, repr=False)
class TooLarge(Refusal):
    """More bytes than `limit` are there, or came."""

    limit: int = 0


@dataclass(eq=False, repr=False)
class SourceGone(NotFound):
    """The source answers, but does not give the file (404, 410, 403, an address that ran out …)."""

    status: int = 404
