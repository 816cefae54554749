"""How a day's check-in stands, and which errors end it."""

from dataclasses import dataclass
from datetime import date

from clients.errors import ClientError, Forbidden, ForbiddenReason, Misconfigured, NotAuthorized, Refusal
from services.checkins.plan import Plan
from services.errors import LinkLost, NotLinked, ServiceError
from services.unlocking.ledger import reason_of
from storage.checkins import KEPT, CheckInRow, State
from storage.links import Link
from storage.preferences import Preferences

_NEEDS_PREMIUM = frozenset({ForbiddenReason.PREMIUM, ForbiddenReason.LEVEL})
_NEEDS_LINK = frozenset({ForbiddenReason.USER_SCOPE, ForbiddenReason.UNLINKED})
# The day's check-in is over with these, whatever happens to the account; "lost" may be mended today.
_OVER = KEPT | {"premium", "refused", "missed"}


@dataclass(frozen=True)
class End:
    """Be how a try ended for good."""

    state: State
    gained: int | None = None
    points: int | None = None
    reason: str | None = None
    words: str | None = None
    told_already: bool = False
    """The person was told of it on the way, by whoever found the grant gone."""


@dataclass(frozen=True)
class Known:
    """Be what the database has of somebody's check-in at the start of a run."""

    chosen: Preferences
    link: Link | None
    row: CheckInRow | None
    day: date

    @property
    def is_linked(self) -> bool:
        """Tell whether there is a grant to use."""
        return self.link is not None and self.link.state == "active"

    @property
    def is_over(self) -> bool:
        """Tell whether there is nothing left to do today."""
        if self.row is None:
            return False
        return self.row.state in _OVER or (self.row.state == "lost" and not self.is_linked_again)

    @property
    def is_linked_again(self) -> bool:
        """Tell whether there is a grant that came after the one that was refused."""
        if self.link is None or self.row is None:
            return False
        return self.is_linked and self.link.created_at > self.row.updated_at

    def due(self, plan: Plan, now: float) -> float:
        """Return when it is their turn today."""
        row = self.row
        if row is None or row.state == "lost":
            return plan.slot(self.day)
        if row.state == "later" and row.next_at is not None:
            return row.next_at
        # Claimed by who died: there is nothing to wait for.
        return now


def ending(error: ClientError | ServiceError, *, was_linked: bool) -> End | None:
    """Return the end that an error is, None for a fault that another try may get past."""
    reason, words = reason_of(error), getattr(error, "message", None)
    match error:
        case NotLinked() | LinkLost():
            return End("lost", reason=reason, told_already=was_linked and isinstance(error, LinkLost))
        case Forbidden(reason=why) if why in _NEEDS_PREMIUM:
            return End("premium", reason=reason, words=words)
        case Forbidden(reason=why) if why in _NEEDS_LINK:
            return End("lost", reason=reason, words=words)
        case Misconfigured() | NotAuthorized():
            # The operator's matter, or a token that was new a moment ago: no answer about this account.
            return None
        case Forbidden() | Refusal():
            return End("refused", reason=reason, words=words)
    return None
