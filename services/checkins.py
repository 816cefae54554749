"""Check in at HDHive for today."""

from dataclasses import dataclass

from clients.errors import ClientError
from clients.hdhive.client import HDHive
from services.errors import LinkLost, NotLinked, ServiceOff
from services.names import Service
from services.tokens import Tokens


@dataclass(frozen=True)
class CheckInOutcome:
    """Be what a check-in brought; not `checked_in` means it was done before today.

    `points` is the balance afterwards and `before` the one before it, both where HDHive tells them (Premium);
    `gained` may be negative in the high-variance mode; `message` is HDHive's own text.
    """

    checked_in: bool
    points: int | None = None
    before: int | None = None
    gained: int | None = None
    message: str | None = None


class CheckIns:
    """Check users in."""

    def __init__(self, hdhive: HDHive | None, tokens: Tokens) -> None:
        self._hdhive = hdhive
        self._tokens = tokens

    async def check_in(self, user_id: int, gambler: bool = False) -> CheckInOutcome:
        """Check in once; raises NotLinked, LinkLost, ServiceOff, or the ClientError of the one POST.

        Forbidden(premium) says that this account may not; a `doubtful` error that nobody knows whether it
        counted: asking again on the same day is answered "already done" then.
        """
        hdhive = self._hdhive
        if hdhive is None:
            raise ServiceOff(Service.HDHIVE)
        before = await self._points(hdhive, user_id)
        result = await self._tokens.call(user_id, Service.HDHIVE, lambda t: hdhive.checkin(t, gambler))
        if not result.checked_in:
            return CheckInOutcome(False, before, before, None, result.message)
        after = await self._points(hdhive, user_id)
        gained = after - before if after is not None and before is not None else result.points
        return CheckInOutcome(True, after, before, gained, result.message)

    async def _points(self, hdhive: HDHive, user_id: int) -> int | None:
        try:
            return (await self._tokens.call(user_id, Service.HDHIVE, hdhive.me)).points
        except (NotLinked, LinkLost):
            raise
        except ClientError:
            return None
