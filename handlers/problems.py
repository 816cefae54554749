"""What people read when something did not work: one sentence, and a button for the next step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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
from handlers.sizes import size
from handlers.texts import Html, Speaker, escape
from handlers.views import Button, Open, Press, Row, View
from services.errors import (
    AttemptProblem,
    LinkLost,
    MissingScope,
    NoLinks,
    NotLinked,
    ServiceError,
    ServiceOff,
    TooManyLinks,
    TransferProblem,
)

if TYPE_CHECKING:
    from handlers.scenes import Scene

KNOWN = (ClientError, ServiceError)
LINKABLE = frozenset({"hdhive", "disktop"})
# By class, nearest ancestor first; `{}` is what the error itself tells apart.
_KEYS: Mapping[type[Exception], str] = {
    Unreachable: "problem.unreachable",
    RateLimited: "problem.rate_limited",
    NotAuthorized: "problem.link_lost",
    Misconfigured: "problem.misconfigured",
    Forbidden: "problem.forbidden",
    NotFound: "problem.not_found",
    Rejected: "problem.rejected",
    UpstreamBroken: "problem.broken",
    BadResponse: "problem.broken",
    ServiceOff: "problem.service_off",
    NotLinked: "problem.not_linked",
    LinkLost: "problem.link_lost",
    MissingScope: "problem.missing_scope",
    TooManyLinks: "problem.too_many_links",
    NoLinks: "check.none",
    ServiceError: "problem.unknown",
    ClientError: "problem.unknown",
}
# A repeat cannot help against these.
_FINAL = (NotAuthorized, Misconfigured, NotFound, ServiceOff, NotLinked, LinkLost, MissingScope)
_RELINK = (NotAuthorized, NotLinked, LinkLost, MissingScope)


def key_of(error: Exception) -> str:
    """Return the text key of an error: its own code's where a text exists for that, else its class's."""
    return next(_KEYS[cls] for cls in type(error).__mro__ if cls in _KEYS)


def sentence(say: Speaker, error: Exception) -> Html:
    """Return what happened, in the person's language, with the upstream's own words where it has some."""
    service = str(getattr(error, "service", "") or "")
    values = {**_data(error), "service": service_name(say, service), "seconds": _wait(error)}
    text = say.either(_specific(error), key_of(error), **values)
    words = getattr(error, "message", None)
    return Html(f"{text}\n<i>{say('problem.words', words=words)}</i>") if words else text


def _data(error: Exception) -> dict[str, object]:
    if isinstance(error, TransferProblem):
        return {"needed": size(error.needed), "free": size(error.free), "limit": error.limit}
    return vars(error)


def _specific(error: Exception) -> str:
    match error:
        case Forbidden(reason=reason):
            return f"problem.forbidden.{reason}"
        case Unreachable(kind=kind):
            return f"problem.unreachable.{kind}"
        case AttemptProblem(kind=kind):
            return f"problem.attempt.{kind}"
        case TransferProblem(kind=kind):
            return f"problem.transfer.{kind}"
    return f"problem.code.{str(getattr(error, 'code', None)).lower()}"


def _wait(error: Exception) -> int:
    return max(1, round(getattr(error, "retry_after", 0) or 0))


def service_name(say: Speaker, service: str) -> Html:
    """Return a service's name as people know it."""
    key = f"service.{service}"
    return say(key) if key in say else escape(service)


def view(
    scene: Scene[Any], error: Exception, *, retry: tuple[str, str] | None = None, back: bool = False
) -> View:
    """Return the card that tells of an error, with buttons for the next step."""
    say = scene.say
    rows: list[Row] = []
    service = str(getattr(error, "service", "") or "")
    if needs_link(error) and service in LINKABLE:
        rows.append([link_button(scene, service)])
    tail: list[Button] = []
    if retry is not None and not isinstance(error, _FINAL):
        tail.append(Press(say.label("button.retry"), *retry))
    if back:
        tail.append(Press(say.label("button.back"), "show"))
    tail.append(Press(say.label("button.close"), "close"))
    return View(sentence(say, error), (*rows, tail))


def needs_link(error: Exception) -> bool:
    """Tell whether linking the account (again) is the next step."""
    if isinstance(error, Forbidden):
        return error.reason in (ForbiddenReason.USER_SCOPE, ForbiddenReason.UNLINKED)
    return isinstance(error, _RELINK)


def link_button(scene: Scene[Any], service: str) -> Button:
    """Return the button that begins linking a service, in the private chat."""
    label = scene.say.label("button.link", service=service_name(scene.say, service))
    return Open(label, scene.deep_link(f"link_{service}"))
