"""Who may change what is followed: a person their own, and a group's admins what the group follows."""

from __future__ import annotations

from typing import Any

from handlers.application import LinkHiveApplication
from handlers.groups.admins import ANONYMOUS_ADMIN, is_group_admin
from handlers.scenes import Scene
from storage.subscriptions import Subscription


async def may_follow_here(scene: Scene[Any]) -> bool:
    """Tell whether this person decides what is followed where they are."""
    return scene.private or await _is_admin(scene.home, scene.chat_id, scene.user_id)


async def may_manage(scene: Scene[Any], subscription: Subscription) -> bool:
    """Tell whether this person may look at a subscription here, and change it."""
    if subscription.private:
        return scene.private and subscription.user_id == scene.user_id
    here = scene.private or scene.chat_id == scene.services.chat_statuses.address(subscription.chat_id)
    return here and await _is_admin(scene.home, subscription.chat_id, scene.user_id)


async def _is_admin(home: LinkHiveApplication, chat_id: int, user_id: int) -> bool:
    if user_id == ANONYMOUS_ADMIN:
        # Only an admin can write as the group; whoever presses then does so under their own name.
        return True
    return await is_group_admin(home.bot, chat_id, user_id)
