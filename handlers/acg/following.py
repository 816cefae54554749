"""Follow a category or words of ACGBT from where they are listed, and how that reads on cards."""

from __future__ import annotations

from typing import Any

from handlers.acg.views import SIGN
from handlers.groups.rights import may_follow_here
from handlers.scenes import InvalidPress, Scene, Switch
from handlers.texts import Html
from handlers.views import Press, Row
from services.acgbt.following import category_key, words_key
from services.subscriptions import FollowedTitle
from services.subscriptions.naming import WORDS
from storage.subscriptions import Subscription

SUBSCRIPTION_ROUTE = "subscription"
NAME = 60


async def row(scene: Scene[Any], words: str, category: int | None) -> Row:
    """Return the button that follows what is listed, or shows how it is followed here."""
    key = _key(words, category)
    if key is None:
        return []
    known = await scene.services.acg.follows.find(scene.chat_id, key)
    label = "button.subscribe" if known is None else "button.subscribed"
    return [Press(scene.say.label(label), "follow")]


def _key(words: str, category: int | None) -> str | None:
    if words:
        return words_key(words)
    return None if category is None else category_key(category)


async def follow(scene: Scene[Any], words: str, category: int | None) -> Switch | None:
    """Follow what is listed, or have it told in this topic from now on; the card leads back to the list."""
    key, follows = _key(words, category), scene.services.acg.follows
    if key is None:
        raise InvalidPress("follow")
    if not await may_follow_here(scene):
        await scene.toast(scene.say.label("subscribe.admins"), alert=True)
        return None
    known = await follows.find(scene.chat_id, key)
    made: Subscription | None
    if known is not None:
        made = await follows.told_in(known, scene.topic)
    elif words:
        made = await follows.words(scene.user_id, scene.chat_id, scene.topic, words, scene.person.language)
    else:
        made = await _category(scene, category)
    if made is None:
        raise InvalidPress("follow")
    target = scene.home.routes.cards[SUBSCRIPTION_ROUTE]
    origin = scene.state.model_dump(mode="json")
    route = scene.card.route if scene.card is not None else ""
    state = {"id": made.id, "fresh": known is None, "origin": origin, "origin_route": route}
    return Switch(target.name, target.load(state))


async def _category(scene: Scene[Any], category: int | None) -> Subscription | None:
    if category is None:
        return None
    found = (await scene.services.acg.catalogue.categories(scene.user_id)).find(category)
    name = found.name if found is not None else f"#{category}"
    return await scene.services.acg.follows.category(
        scene.user_id, scene.chat_id, scene.topic, category, name, scene.person.language
    )


def name_of(scene: Scene[Any], title: str, name: str) -> Html:
    """Return what is followed as people know it."""
    key = "acg.followed_words" if title.startswith(WORDS) else "acg.followed_category"
    return scene.say(key, name=name[:NAME])


def heading(scene: Scene[Any], following: FollowedTitle, *, fresh: bool) -> Html:
    """Return how the card of a subscription begins."""
    subscription = following.subscription
    name = name_of(scene, subscription.title, str(subscription.detail.get("name", "")))
    return scene.say("acg.begun" if fresh else "acg.following", icon=SIGN, name=name)
