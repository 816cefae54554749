"""Members of the groups that the operator allows: what a group leads them to, they may use by themselves."""

from __future__ import annotations

from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

from handlers.application import LinkHiveApplication
from services.recent import Recent

SIZE = 20_000
# Who leaves a group is out after this long at the latest, and who comes is in after the shorter time.
MEMBER_SECONDS, STRANGER_SECONDS = 600.0, 60.0
_IN = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.MEMBER)


class Members:
    """Know who belongs to an allowed group, and ask Telegram again after a while."""

    def __init__(self, home: LinkHiveApplication) -> None:
        self._home = home
        self._known: Recent[int, bool] = Recent(SIZE)

    def groups(self) -> frozenset[int]:
        """Return the allowed groups where they are now: a group may have become a supergroup."""
        statuses = self._home.services.chat_statuses
        return frozenset(statuses.address(id_) for id_ in self._home.policy.groups)

    async def admits(self, user_id: int) -> bool:
        """Tell whether somebody may use the bot, by their own number or as a member."""
        return self._home.policy.admits(user_id) or await self.has(user_id)

    async def has(self, user_id: int) -> bool:
        """Tell whether somebody belongs to one of the groups; nobody does where Telegram does not say so."""
        if not self._home.policy.groups:
            return False
        now = self._home.services.clock.now()
        known = self._known.get(user_id, now)
        if known is None:
            try:
                known = await self._ask(user_id)
            except TelegramError:
                return False
            self._known.put(user_id, known, now + (MEMBER_SECONDS if known else STRANGER_SECONDS))
        return known

    async def _ask(self, user_id: int) -> bool:
        """Ask for each group until one has them; raises where none has and one could not be asked."""
        failed: TelegramError | None = None
        for group in sorted(self.groups()):
            try:
                member = await self._home.bot.get_chat_member(group, user_id)
            except TelegramError as error:
                failed = error
                continue
            if member.status in _IN or getattr(member, "is_member", False):
                return True
        if failed is not None:
            raise failed
        return False
