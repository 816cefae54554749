"""Judge Disk.Top shares by the user's own account: the link check does not know this drive."""

from clients.disktop.client import DiskTop
from clients.errors import ClientError, NotFound, Rejected
from clients.linkcheck.models import Verdict
from services.clock import Clock
from services.errors import LinkLost, NotLinked, ServiceOff
from services.linkchecks.verdicts import CheckedLink
from services.names import Service
from services.tokens import Tokens


class ShareJudge:
    """Look at shares with users' accounts."""

    def __init__(self, clock: Clock, disktop: DiskTop | None, tokens: Tokens) -> None:
        self._clock = clock
        self._disktop = disktop
        self._tokens = tokens

    async def judge(self, user_id: int, item: CheckedLink) -> CheckedLink:
        """Return the link with its verdict; never raises for what a service may answer."""
        if self._disktop is None:
            return item.judged(Verdict.UNCERTAIN, "service_off")
        try:
            return await self._looked_at(self._disktop, user_id, item)
        except NotFound as error:
            return item.judged(Verdict.DEAD, error.code or "share_not_found")
        except (NotLinked, LinkLost):
            return item.judged(Verdict.UNCERTAIN, "not_linked")
        except ServiceOff:
            return item.judged(Verdict.UNCERTAIN, "service_off")
        except ClientError:
            return item.judged(Verdict.UNCERTAIN, "service_down")

    async def _looked_at(self, disktop: DiskTop, user_id: int, item: CheckedLink) -> CheckedLink:
        info = await self._tokens.call(user_id, Service.DISKTOP, lambda t: disktop.share_info(t, item.id))
        if 0 < info.expire_time <= self._clock.now():
            return item.judged(Verdict.DEAD, "share_expired")
        if not info.need_pwd:
            return item.judged(Verdict.ALIVE, "all_checks_passed")
        if item.code is None:
            return item.judged(Verdict.LOCKED, "code_needed")
        code = item.code
        try:
            fits = await self._tokens.call(
                user_id, Service.DISKTOP, lambda t: disktop.share_verify(t, item.id, code)
            )
        except Rejected:
            fits = False
        if fits:
            return item.judged(Verdict.ALIVE, "all_checks_passed")
        return item.judged(Verdict.LOCKED, "wrong_code")
