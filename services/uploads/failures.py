"""What an error means for an upload: wait and go on, or end with a reason."""

from dataclasses import dataclass

from clients.disktop.errors import FULL
from clients.errors import (
    BadResponse,
    ClientError,
    Forbidden,
    ForbiddenReason,
    Misconfigured,
    NotAuthorized,
    NotFound,
    RateLimited,
    Rejected,
    Unreachable,
    UpstreamBroken,
)
from clients.fetch.errors import SERVICE, AddressRefused, SourceGone, TooLarge
from services.errors import MissingScope, ServiceError, UploadProblem
from services.names import Service

# Answers that another try may turn into a better one.
PASSING = (Unreachable, UpstreamBroken, BadResponse)


class Unjoined(Exception):
    """Say that a drive has all parts and cannot make a file of them."""


@dataclass(frozen=True)
class Verdict:
    """Be what to do: wait (`delay` None where nobody says how long), or end with `problem`."""

    problem: ServiceError
    passing: bool = False
    delay: float | None = None


def judge(error: Exception, service: str) -> Verdict:
    """Tell what an error means."""
    if isinstance(error, Unjoined):
        return Verdict(UploadProblem("unjoined", service), passing=True)
    if isinstance(error, ServiceError):
        return Verdict(error)
    if isinstance(error, ClientError):
        return _source(error, service) if error.service == SERVICE else _drive(error, service)
    return Verdict(UploadProblem("failed", service), passing=True)


def _source(error: ClientError, service: str) -> Verdict:
    if isinstance(error, RateLimited):
        return Verdict(UploadProblem("source_down", service), passing=True, delay=error.retry_after)
    if isinstance(error, PASSING):
        return Verdict(UploadProblem("source_down", service), passing=True)
    if isinstance(error, TooLarge):
        return Verdict(UploadProblem("too_big", service, limit=error.limit))
    if isinstance(error, AddressRefused):
        return Verdict(UploadProblem("address", service, message=error.reason))
    gone = isinstance(error, SourceGone) and error.status in (404, 410)
    return Verdict(UploadProblem("source_gone" if gone else "source_refused", service))


def _drive(error: ClientError, service: str) -> Verdict:
    if isinstance(error, RateLimited):
        return Verdict(UploadProblem("service_down", service), passing=True, delay=error.retry_after)
    if isinstance(error, (*PASSING, NotAuthorized)):
        return Verdict(UploadProblem("service_down", service), passing=True)
    return Verdict(_refusal(error, service))


def _refusal(error: ClientError, service: str) -> ServiceError:
    message = _words(error)
    if isinstance(error, Rejected) and error.code in FULL:
        return UploadProblem("full", service)
    if isinstance(error, NotFound) and service == Service.DISKTOP:
        return UploadProblem("no_folder", service)
    if (
        service == Service.DISKTOP
        and isinstance(error, Forbidden)
        and error.reason is ForbiddenReason.USER_SCOPE
    ):
        return MissingScope(service, "files.app_data")
    if isinstance(error, Misconfigured):
        return UploadProblem("failed", service, message=message)
    return UploadProblem("refused", service, message=message)


def _words(error: ClientError) -> str | None:
    """Return what the drive says: of each field that is wrong, else of all of it."""
    if isinstance(error, Rejected) and error.fields:
        return "\n".join(error.fields.values())
    message: str | None = getattr(error, "message", None)
    return message
