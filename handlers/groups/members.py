"""Members of the groups that the operator allows: what a group leads them to, they may use by themselves."""

from __future__ import annotations

import asyncio
import re

import structlog
from telegram import ChatMember
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, ChatMigrated, RetryAfter, TelegramError

from handlers.application import LinkHiveApplication
from handlers.groups.admins import ANONYMOUS_ADMIN
from handlers.retryafter import seconds_of
from services.admission import Stand
from services.recent import Recent

log = structlog.get_logger(__name__)

SIZE = 20_000
# Who leaves a group is out after this long at the latest, and who comes is in after the shorter time.
MEMBER_SECONDS, STRANGER_SECONDS = 600.0, 60.0
# What Telegram does not say it is asked again after this long; who was in stays in meanwhile, for so long.
UNKNOWN_SECONDS, GRACE_SECONDS = 10.0, 3600.0
# A group that we are not in lets nobody in; it is asked again after this long, as one that hides its members.
GONE_SECONDS = 300.0
_IN = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.MEMBER)
# What Telegram says of somebody who was never there, and of a group that we are not in.
_NEVER_THERE = re.compile(r"(user|member|participant) not found|(PARTICIPANT|USER)_ID_INVALID", re.IGNORECASE)
_NO_GROUP = re.compile(
    r"chat not found|bot was kicked|not a member|chat was de(leted|activated)"
    r"|CHANNEL_PRIVATE|PEER_ID_INVALID",
    re.IGNORECASE,
)
# What it says where we are in a group, but may not know who else is.
_HIDDEN = re.compile(r"member list is inaccessible|CHAT_ADMIN_REQUIRED", re.IGNORECASE)
# Stands for all groups where only groups stand.
_EVERY = 0


class Members:
    """Know who belongs to an allowed group, and ask Telegram again after a while."""

    def __init__(self, home: LinkHiveApplication) -> None:
        self._home = home
        self._known: Recent[int, Stand] = Recent(SIZE)
        self._lately: Recent[int, bool] = Recent(SIZE)
        # Groups that are not to be asked for a while, and how everybody stands to them meanwhile.
        self._resting: Recent[int, Stand] = Recent(SIZE)
        self._asking: dict[int, asyncio.Task[Stand]] = {}

    def groups(self) -> frozenset[int]:
        """Return the allowed groups where they are now: a group may have become a supergroup."""
        statuses = self._home.services.chat_statuses
        return frozenset(statuses.address(id_) for id_ in self._home.policy.groups)

    def lists(self, chat_id: int) -> bool:
        """Tell whether a chat is an allowed group."""
        return chat_id in self.groups()

    def heard(self, chat_id: int) -> None:
        """Note that a group speaks to us: then we are in it again."""
        if self._resting.get(chat_id, self._home.services.clock.now()) is Stand.OUT:
            self._resting.drop(chat_id)
            self._known.clear()

    async def stand(self, user_id: int) -> Stand:
        """Tell how somebody stands by themselves: by their own number, or as a member."""
        policy = self._home.policy
        if policy.admits(user_id):
            return Stand.IN
        # Who writes as a group is no member of another one; and nobody is one of nobody.
        if not policy.groups or user_id <= 0 or user_id == ANONYMOUS_ADMIN:
            return Stand.OUT
        known = self._known.get(user_id, self._home.services.clock.now())
        return await self._found_out(user_id) if known is None else known

    async def _found_out(self, user_id: int) -> Stand:
        """Ask, or wait for who asks about the same person already."""
        task = self._asking.get(user_id)
        if task is None:
            task = self._asking[user_id] = asyncio.create_task(self._ask(user_id))
            task.add_done_callback(lambda _: self._asking.pop(user_id, None))
        return await asyncio.shield(task)

    async def _ask(self, user_id: int) -> Stand:
        """Ask Telegram, and remember what it says, or for a moment that it does not."""
        told = await self._anywhere(user_id)
        now = self._home.services.clock.now()
        if told is Stand.IN:
            self._lately.put(user_id, True, now + GRACE_SECONDS)
            return self._keep(user_id, told, now + MEMBER_SECONDS)
        if told is Stand.OUT:
            self._lately.drop(user_id)
            return self._keep(user_id, told, now + STRANGER_SECONDS)
        lately = self._lately.get(user_id, now) is not None
        return self._keep(user_id, Stand.IN if lately else told, now + UNKNOWN_SECONDS)

    def _keep(self, user_id: int, stand: Stand, until: float) -> Stand:
        self._known.put(user_id, stand, until)
        return stand

    async def _anywhere(self, user_id: int) -> Stand:
        """Ask for each group until one has them; unknown where none has and one did not tell."""
        found = Stand.OUT
        for group in sorted(self.groups()):
            stand = await self._in_group(group, user_id)
            if stand is Stand.IN:
                return stand
            found = found if stand is Stand.OUT else stand
        return found

    async def _in_group(self, group: int, user_id: int) -> Stand:
        now = self._home.services.clock.now()
        rests = self._resting.get(_EVERY, now) or self._resting.get(group, now)
        if rests is not None:
            return rests
        try:
            member = await self._home.bot.get_chat_member(group, user_id)
        except TelegramError as error:
            return await self._refused(group, error)
        except (AttributeError, KeyError, TypeError, ValueError):
            log.warning("member_not_read", exc_info=True)
            return Stand.UNKNOWN
        return Stand.IN if _belongs(member) else Stand.OUT

    async def _refused(self, group: int, error: TelegramError) -> Stand:
        """Return what it means that Telegram did not answer, and leave it alone where it wants that."""
        now = self._home.services.clock.now()
        if isinstance(error, RetryAfter):
            self._resting.put(_EVERY, Stand.UNKNOWN, now + seconds_of(error))
        elif isinstance(error, ChatMigrated):
            await self._home.services.chat_statuses.moved(group, error.new_chat_id)
        elif isinstance(error, BadRequest) and _NEVER_THERE.search(error.message):
            return Stand.OUT
        elif _NO_GROUP.search(error.message):
            log.warning("allowed_group_gone", reason=error.message)
            self._resting.put(group, Stand.OUT, now + GONE_SECONDS)
            return Stand.OUT
        elif _HIDDEN.search(error.message):
            log.warning("allowed_group_hides_members", reason=error.message)
            self._resting.put(group, Stand.UNKNOWN, now + GONE_SECONDS)
        return Stand.UNKNOWN


def _belongs(member: ChatMember) -> bool:
    return member.status in _IN or bool(getattr(member, "is_member", False))
