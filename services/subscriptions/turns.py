"""Look a title up with the authorization of one who follows it, each in turn."""

from collections.abc import Sequence
from dataclasses import dataclass

from clients.errors import Forbidden, NotAuthorized, RateLimited
from clients.hdhive.client import HDHive
from clients.hdhive.models import Resource
from services.admission import PUT_OFF, Admission, Stand
from services.cooldowns import Cooldowns
from services.errors import LinkLost, NotLinked
from services.names import Service
from services.tokens import Tokens
from storage.followed import FollowedTitle

# One look asks at most this many followers: what three may not do, the fourth may not either.
MOST_TRIES = 3
_EVERYBODY = frozenset({"app", "global"})


class EverybodyWaits(Exception):
    """HDHive wants to be left alone by all of us."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class NobodyMay(Exception):
    """None of those who follow a title can be used to look it up, for some seconds at least.

    Those `outside` may not use the bot any more: it is as if they lent nothing.
    """

    def __init__(self, seconds: float | None = None, outside: frozenset[int] = frozenset()) -> None:
        super().__init__(seconds, outside)
        self.seconds = seconds
        self.outside = outside


@dataclass(frozen=True)
class Looked:
    """Be what one look found, who lent the authorization, and when HDHive was asked."""

    title: FollowedTitle
    by: int
    asked_at: float
    resources: tuple[Resource, ...]


def in_turn(lenders: Sequence[int], last: int | None) -> tuple[int, ...]:
    """Return who lends, beginning behind who did last."""
    ordered = sorted(lenders)
    begin = 0 if last is None else next((n for n, user in enumerate(ordered) if user > last), 0)
    return (*ordered[begin:], *ordered[:begin])


class Turns:
    """Make the one look at a title."""

    def __init__(self, hdhive: HDHive, tokens: Tokens, cooldowns: Cooldowns, admission: Admission) -> None:
        self._hdhive = hdhive
        self._tokens = tokens
        self._cooldowns = cooldowns
        self._admission = admission

    async def look(self, title: FollowedTitle, lenders: Sequence[int], now: float) -> Looked:
        """Ask HDHive once, with the next follower where one's authorization does not serve.

        Raises NobodyMay, EverybodyWaits, or the ClientError that no other follower would be spared.
        """
        waits: list[float] = []
        outside: set[int] = set()
        tries = 0
        for user in in_turn(lenders, title.turn):
            stand = await self._admission.ask(user)
            if stand is Stand.OUT:
                outside.add(user)
                continue
            if tries == MOST_TRIES:
                break
            tries += 1
            if stand is Stand.UNKNOWN:
                waits.append(PUT_OFF[stand])
                continue
            try:
                return Looked(title, user, now, await self._resources(user, title.title))
            except (NotLinked, LinkLost, NotAuthorized, Forbidden):
                continue
            except RateLimited as error:
                waits.append(await self._personal(error))
        raise NobodyMay(min(waits, default=None), frozenset(outside))

    async def _resources(self, user: int, title: str) -> tuple[Resource, ...]:
        kind, _, number = title.partition("_")
        return await self._tokens.call(
            user, Service.HDHIVE, lambda token: self._hdhive.resources(token, kind, number)
        )

    async def _personal(self, error: RateLimited) -> float:
        """Return how long one follower must wait; raises EverybodyWaits where it is not about them alone."""
        everybody = await self._cooldowns.for_everybody(Service.HDHIVE)
        if everybody is not None or (error.scope or "").casefold() in _EVERYBODY:
            raise EverybodyWaits(max(error.retry_after, everybody or 0.0)) from error
        return error.retry_after
