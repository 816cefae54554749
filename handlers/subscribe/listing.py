"""/subscriptions: what is followed here, in pages; each opens its own card."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers import cards, commands, notes
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.groups.rights import may_follow_here
from handlers.notes import NoticeState
from handlers.scenes import Route, Scene, State, Switch, number
from handlers.subscribe.card import SUBSCRIPTION, SubscriptionState
from handlers.subscribe.titles import NAME_LIMIT, icon_of, parts_of
from handlers.texts import Html, Speaker, escape
from handlers.views import Press, View, grid, pages_row
from services.subscriptions.telling import wishes_of
from storage.subscriptions import Subscription

ROUTE = "subscriptions"
A_PAGE = 6
MOST_PAGES = 1_000
LARGEST_ID = 2**63


class SubscriptionsState(State):
    """Which page is shown."""

    page: int = 0


async def show(scene: Scene[SubscriptionsState]) -> View:
    """Show one page of what is followed here."""
    say = scene.say
    found = await scene.services.subscriptions.follows.of_chat(scene.chat_id)
    close = Press(say.label("button.close"), "close")
    if not found:
        return View(say("subscriptions.none" if scene.private else "subscriptions.none_here"), ([close],))
    pages = -(-len(found) // A_PAGE)
    page_ = min(scene.state.page, pages - 1)
    listed = list(enumerate(found[page_ * A_PAGE : (page_ + 1) * A_PAGE], page_ * A_PAGE + 1))
    lines = [say.plural("subscriptions.count", len(found)), Html("")]
    lines += [_row(say, n, subscription) for n, subscription in listed]
    opening = [Press(f"{n}", "open", str(subscription.id)) for n, subscription in listed]
    turning = pages_row(say, "page", page_, pages)
    return View(Html("\n".join(lines)), [*grid(opening, A_PAGE), turning, [close]])


def _row(say: Speaker, n: int, subscription: Subscription) -> Html:
    kind, _ = parts_of(subscription.title)
    name = escape(str(subscription.detail.get("name") or subscription.title), NAME_LIMIT)
    wishes, signs = wishes_of(subscription), []
    if wishes.filters:
        signs.append(say.plural("subscriptions.filters", wishes.filters))
    if wishes.when != "now":
        signs.append(say(f"subscriptions.{wishes.when}"))
    if subscription.auto and subscription.private:
        signs.append(say("subscriptions.auto"))
    if subscription.muted:
        signs.append(say("subscriptions.muted"))
    line = say("subscriptions.row", number=n, icon=icon_of(kind), name=name)
    return Html(" · ".join([line, *signs]))


async def page(scene: Scene[SubscriptionsState], arg: str) -> SubscriptionsState:
    """Turn the pages."""
    return scene.state.model_copy(update={"page": number(arg, MOST_PAGES)})


async def open_one(scene: Scene[SubscriptionsState], arg: str) -> Switch:
    """Go on to one subscription."""
    origin: dict[str, Any] = scene.state.model_dump(mode="json")
    state = SubscriptionState(id=number(arg, LARGEST_ID), origin=origin, origin_route=ROUTE)
    return Switch(SUBSCRIPTION.name, state)


SUBSCRIPTIONS: Route[SubscriptionsState] = Route(
    ROUTE, SubscriptionsState, show, {"page": page, "open": open_one}
)


async def subscriptions(update: Update, context: LinkHiveContext) -> None:
    """List what is followed here."""
    scene = cards.scene_of(update, context, NoticeState())
    if not await may_follow_here(scene):
        await notes.tell(scene, context.say("subscribe.admins"))
        return
    await cards.begin(update, context, SUBSCRIPTIONS, SubscriptionsState())


def register(home: LinkHiveApplication) -> None:
    """Offer the list."""
    home.card(SUBSCRIPTIONS)
    commands.add(home, "subscriptions", subscriptions)
