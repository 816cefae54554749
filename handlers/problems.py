"""What people read when something did not work: one sentence, and a button for the next step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clients.disktop.errors import DeviceDenied, DeviceExpired, DevicePending, DeviceSlowDown
from clients.errors import (
    BadResponse,
    ClientError,
    Forbidden,
    ForbiddenReason,
    Misconfigured,
    NotAuthorized,
    NotFound,
    RateLimited,
    Refusal,
    Unreachable,
    UpstreamBroken,
)
from clients.hdhive.errors import POOR
from handlers.sizes import size
from handlers.texts import Html, Speaker, escape
from handlers.views import Button, Open, Press, Row, View
from services.errors import (
    AttemptProblem,
    DriveProblem,
    LinkLost,
    MissingScope,
    NoLinks,
    NotLinked,
    Relinked,
    ServiceError,
    ServiceOff,
    TooManyLinks,
    TransferProblem,
    UploadProblem,
)
from services.linking.signins import AccountOpened
from services.subscriptions import TooManyTitles
from services.unlocking.unlocking import TooLate

if TYPE_CHECKING:
    from handlers.scenes import Scene

KNOWN = (ClientError, ServiceError)
LINKABLE = frozenset({"hdhive", "disktop", "acgbt", "mika"})
# Steps that every card offers; `command` of linking and check-ins and `handlers.start` take them.
LINK_STEP, CHECKIN_STEP, HELP_STEP = "go_link", "go_checkin", "go_help"
# By class, nearest ancestor first.
_KEYS: Mapping[type[Exception], str] = {
    Unreachable: "problem.unreachable",
    RateLimited: "problem.rate_limited",
    NotAuthorized: "problem.link_lost",
    Misconfigured: "problem.misconfigured",
    Forbidden: "problem.forbidden",
    NotFound: "problem.not_found",
    Refusal: "problem.rejected",
    UpstreamBroken: "problem.broken",
    BadResponse: "problem.broken",
    DevicePending: "problem.device.pending",
    DeviceSlowDown: "problem.device.pending",
    DeviceDenied: "problem.attempt.denied",
    DeviceExpired: "problem.attempt.expired",
    ServiceOff: "problem.service_off",
    NotLinked: "problem.not_linked",
    LinkLost: "problem.link_lost",
    Relinked: "problem.relinked",
    MissingScope: "problem.missing_scope",
    AttemptProblem: "problem.attempt.failed",
    TransferProblem: "problem.transfer.gone",
    DriveProblem: "problem.drive.gone",
    UploadProblem: "problem.upload.failed",
    TooManyLinks: "problem.too_many_links",
    NoLinks: "check.none",
    TooLate: "unlock.stale",
    AccountOpened: "linkkey.opened",
    TooManyTitles: "problem.too_many_titles",
    ServiceError: "problem.unknown",
    ClientError: "problem.unknown",
}
# A repeat cannot help against these; against a missing link it can, once the account is linked.
_FINAL = (Misconfigured, NotFound, ServiceOff)
_FINAL_CHANGES = frozenset({"gone", "dest_gone", "inside", "doubtful"})
_FINAL_TRANSFERS = frozenset({"expired", "invalid", "gone", "file_gone", "bad_folder"})
_FINAL_UPLOADS = frozenset({"too_big", "too_big_for_bot", "address", "unknown"})
_RELINK = (NotAuthorized, NotLinked, LinkLost, MissingScope)
_AT_THE_SITE = frozenset({ForbiddenReason.PREMIUM, ForbiddenReason.LEVEL, ForbiddenReason.RISK})
_MINUTE = 60


def key_of(error: Exception) -> str:
    """Return the text key of an error's class."""
    return next(_KEYS[cls] for cls in type(error).__mro__ if cls in _KEYS)


def sentence(say: Speaker, error: Exception, advice: str | None = None) -> Html:
    """Return what happened, in the person's language, with the upstream's own words where it has some."""
    service = str(getattr(error, "service", "") or "")
    values = {**_data(error), "service": service_name(say, service), "wait": _wait(say, error)}
    parts = [say.either(_specific(error), key_of(error), **values)]
    if advice is not None:
        parts.append(say(advice, **values))
    words = getattr(error, "message", None)
    if words and getattr(error, "kind", None) != "address":
        parts.append(Html(f"<i>{say('problem.words', words=words)}</i>"))
    return Html("\n".join(parts))


def _data(error: Exception) -> dict[str, object]:
    if isinstance(error, TransferProblem):
        known = {"needed": size(error.needed), "free": size(error.free)}
        return {**known, "limit": error.limit, "saved": error.saved}
    if isinstance(error, UploadProblem):
        return {"limit": error.limit if error.kind == "too_many" else size(error.limit)}
    return vars(error)


def _specific(error: Exception) -> str:
    match error:
        case Forbidden(reason=reason):
            return f"problem.forbidden.{reason}"
        case Unreachable(kind=kind):
            return f"problem.unreachable.{kind}"
        case AttemptProblem(kind=kind):
            return f"problem.attempt.{kind}"
        case DriveProblem(kind=kind):
            return f"problem.drive.{kind}"
        case TransferProblem(kind=kind):
            return f"problem.transfer.{kind}"
        case UploadProblem(kind="address", message=reason):
            return f"problem.upload.address.{reason}"
        case UploadProblem(kind=kind):
            return f"problem.upload.{kind}"
    return f"problem.code.{str(getattr(error, 'code', None)).lower()}"


def _wait(say: Speaker, error: Exception) -> Html:
    seconds = max(1, math.ceil(getattr(error, "retry_after", 0) or 0))
    if seconds <= 2 * _MINUTE:
        return say.plural("wait.seconds", seconds)
    return say.plural("wait.minutes", -(-seconds // _MINUTE))


def service_name(say: Speaker, service: str) -> Html:
    """Return a service's name as people know it."""
    key = f"service.{service}"
    return say(key) if key in say else escape(service)


def view(
    scene: Scene[Any],
    error: Exception,
    *,
    retry: tuple[str, str] | None = None,
    back: bool = False,
    advice: str | None = None,
    said: str = "",
) -> View:
    """Return the card that tells of an error, with buttons for the next step.

    `said` is what was done before, which must be told though what follows cannot be shown.
    """
    say = scene.say
    tail: list[Button] = []
    if retry is not None and may_repeat(error):
        tail.append(Press(say.label("button.retry"), *retry))
    if back:
        tail.append(Press(say.label("button.back"), "show"))
    tail.append(Press(say.label("button.close"), "close"))
    told = sentence(say, error, advice)
    return View(Html(f"{said}\n\n{told}") if said else told, (steps(scene, error), tail))


def steps(scene: Scene[Any], error: Exception) -> Row:
    """Return the buttons that lead out of an error, beside trying again."""
    say, service = scene.say, str(getattr(error, "service", "") or "")
    if needs_link(error) and service in LINKABLE:
        return [link_button(scene, service)]
    row: list[Button] = []
    if getattr(error, "code", None) == POOR:
        row.append(Press(say.label("button.checkin"), CHECKIN_STEP))
    if service == "hdhive" and (row or getattr(error, "reason", None) in _AT_THE_SITE):
        row.append(Open(say.label("button.web"), scene.home.policy.hdhive_url))
    return row


def may_repeat(error: Exception) -> bool:
    """Tell whether trying again can help."""
    if isinstance(error, TransferProblem):
        return error.kind not in _FINAL_TRANSFERS
    if isinstance(error, DriveProblem):
        return error.kind not in _FINAL_CHANGES
    if isinstance(error, UploadProblem):
        return error.kind not in _FINAL_UPLOADS
    return not isinstance(error, _FINAL)


def needs_link(error: Exception) -> bool:
    """Tell whether linking the account (again) is the next step."""
    if isinstance(error, Forbidden):
        return error.reason in (ForbiddenReason.USER_SCOPE, ForbiddenReason.UNLINKED)
    return isinstance(error, _RELINK)


def link_button(scene: Scene[Any], service: str) -> Button:
    """Return the button that begins linking a service, in the private chat."""
    label = scene.say.label("button.link", service=service_name(scene.say, service))
    if scene.private:
        return Press(label, LINK_STEP, service)
    return Open(label, scene.home.deep_link(f"link_{service}"))
