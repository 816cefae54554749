"""Ask each upstream whether it answers, without any user's account."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from clients.errors import (
    BadResponse,
    ClientError,
    Forbidden,
    Misconfigured,
    NotAuthorized,
    RateLimited,
    Rejected,
    Unreachable,
    UpstreamBroken,
)

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 12.0

Probe = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Finding:
    """Be what a probe found: a state, and for a failure its reason and mend."""

    ok: bool
    state: str
    reason: str = ""
    mend: str = ""


GOOD = Finding(ok=True, state="ok")


async def ask_all(probes: Mapping[str, Probe]) -> dict[str, Finding]:
    """Run all probes side by side."""
    names = list(probes)
    found = await asyncio.gather(*(ask(name, probes[name]) for name in names))
    return dict(zip(names, found, strict=True))


async def ask(name: str, probe: Probe) -> Finding:
    """Run one probe and judge its outcome."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await probe()
    except TimeoutError:
        return Finding(
            ok=False, state="slow", reason=f"no answer within {PATIENCE_SECONDS:.0f} s", mend=_way(name)
        )
    except ClientError as error:
        return judge(name, error)
    except Exception as error:
        # What one probe has met says nothing of the other services.
        log.exception("a probe failed", extra={"service": name})
        return _odd(name, error)
    return GOOD


def judge(name: str, error: ClientError) -> Finding:
    """Tell a wrong credential and a dead server from an answer that only lacks a user."""
    if isinstance(error, Misconfigured):
        mend = f"set {_CREDENTIALS.get(name, name.upper())} to what the service's developer page shows"
        return Finding(
            ok=False, state="misconfigured", reason=f"it refuses our credentials ({error.code})", mend=mend
        )
    if isinstance(error, Unreachable):
        return Finding(ok=False, state="unreachable", reason=f"no connection ({error.kind})", mend=_way(name))
    if isinstance(error, UpstreamBroken | BadResponse):
        reason = f"it answers, but not as documented ({type(error).__name__})"
        mend = f"check {name.upper()}_URL; is it the API's address, not the site's? Else wait"
        return Finding(ok=False, state="broken", reason=reason, mend=mend)
    if isinstance(error, RateLimited):
        return Finding(ok=True, state="limited")
    if isinstance(error, Forbidden):
        reason = f"it refuses this app ({error.code or error.reason})"
        return Finding(
            ok=False, state="forbidden", reason=reason, mend="look at the app's rights at the service"
        )
    # No user's token was given, so these are the right answers.
    if isinstance(error, NotAuthorized | Rejected):
        return GOOD
    return _odd(name, error)


def _odd(name: str, error: Exception) -> Finding:
    mend = f"check {name.upper()}_URL"
    return Finding(ok=False, state="odd", reason=f"unexpected answer ({type(error).__name__})", mend=mend)


_CREDENTIALS = {
    "hdhive": "HDHIVE_CLIENT_ID and HDHIVE_APP_SECRET",
    "disktop": "DISKTOP_CLIENT_ID and DISKTOP_CLIENT_SECRET",
    "linkcheck": "LINKCHECK_API_KEY",
    "tmdb": "TMDB_TOKEN",
}


def _way(name: str) -> str:
    return f"check {name.upper()}_URL, the network, and whether a proxy is needed ({name.upper()}_PROXY_URL)"
