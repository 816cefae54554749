"""A subscription's card: what is told of a title, how, and the buttons that change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.application import LinkHiveApplication
from handlers.files import folder_name
from handlers.groups.rights import may_manage
from handlers.problems import link_button
from handlers.scenes import InvalidPress, Route, Scene, State, Switch
from handlers.subscribe import acg, filters
from handlers.subscribe.titles import shown
from handlers.texts import Html
from handlers.views import Button, Open, Press, Row, View, grid
from services import zones
from services.names import Service
from services.subscriptions import FollowedTitle
from services.subscriptions.naming import is_acg
from services.subscriptions.wishes import WHENS

ROUTE = "subscription"
MANAGE = "f_"


class SubscriptionState(State):
    """Which subscription, which of its filters is open, and the way back."""

    id: int
    screen: str = ""
    fresh: bool = False
    """Begun by the last press."""
    typed: str = ""
    """Words that were asked for."""
    origin: dict[str, Any] | None = None
    origin_route: str = ""


async def show(scene: Scene[SubscriptionState]) -> View:
    """Show what is told of a title and how, or the choices of one filter."""
    following = await scene.services.subscriptions.follows.get(scene.state.id)
    if following is None or not await _is_shown_here(scene, following):
        return View(scene.say("subscribe.gone"), (_leave(scene),))
    if scene.state.screen:
        return filters.show(scene, scene.state.screen, following)
    if is_acg(following.subscription.title):
        return acg.overview(scene, following, manage=MANAGE, leave=_leave(scene))
    return await _overview(scene, following)


async def _is_shown_here(scene: Scene[SubscriptionState], following: FollowedTitle) -> bool:
    """Tell whether a subscription belongs to this chat, or to a group this person is an admin of."""
    subscription = following.subscription
    return subscription.chat_id == scene.chat_id or (
        scene.private and not subscription.private and await may_manage(scene, subscription)
    )


async def _overview(scene: Scene[SubscriptionState], following: FollowedTitle) -> View:
    say, subscription = scene.say, following.subscription
    title = await shown(scene, subscription.title, str(subscription.detail.get("name", "")))
    key = "subscribe.begun" if scene.state.fresh else "subscribe.heading"
    lines: list[str] = [say(key, icon=title.icon, title=title.name)]
    if subscription.muted:
        lines.append(say("subscribe.muted"))
    lines += ["", *filters.lines(say, following.wishes)]
    lines.append(say(f"subscribe.when.{following.wishes.when}"))
    lines += _automatic_lines(scene, following)
    lines += _looked_line(scene, following)
    rows = [*grid(_choices(scene, following), 2), *_switches(scene, following), _leave(scene)]
    return View(Html("\n".join(lines)), rows, picture=title.picture)


def _automatic_lines(scene: Scene[SubscriptionState], following: FollowedTitle) -> list[Html]:
    if not following.subscription.auto or not following.subscription.private:
        return []
    say, chosen = scene.say, scene.person.preferences
    key = "subscribe.auto.points" if chosen.unlock_limit else "subscribe.auto.free"
    lines = [say(key, limit=chosen.unlock_limit, budget=chosen.auto_unlock_budget)]
    if scene.services.offers(Service.DISKTOP):
        lines.append(say("subscribe.auto.save", folder=folder_name(say, chosen.default_folder)))
    return lines


def _looked_line(scene: Scene[SubscriptionState], following: FollowedTitle) -> list[Html]:
    """Return when the title was looked up, or why it cannot be."""
    say = scene.say
    if following.subscription.muted:
        return []
    if not following.lenders:
        return [Html(""), say("subscribe.nobody" if scene.private else "subscribe.nobody_here")]
    if following.looked_at is None:
        return []
    clock = zones.local(following.looked_at, scene.person.preferences.timezone)
    return [say("subscribe.looked", time=f"{clock:%H:%M}")]


def _choices(scene: Scene[SubscriptionState], following: FollowedTitle) -> Sequence[Button]:
    say = scene.say
    named = [
        Press(say.label(f"subscribe.button.{screen}"), "screen", screen)
        for screen in filters.screens(private=scene.private)
    ]
    following_when = WHENS[(WHENS.index(following.wishes.when) + 1) % len(WHENS)]
    when = Press(say.label(f"subscribe.button.{following.wishes.when}"), "when", following_when)
    if scene.private:
        return [*named, when]
    private = Open(say.label("subscribe.button.more"), scene.home.deep_link(f"{MANAGE}{scene.state.id}"))
    return [*named, when, private]


def _switches(scene: Scene[SubscriptionState], following: FollowedTitle) -> list[Row]:
    say, subscription = scene.say, following.subscription
    rows: list[Row] = []
    if not following.lenders and scene.private and subscription.private:
        rows.append([link_button(scene, Service.HDHIVE)])
    elif not following.lenders:
        rows.append([Press(say.label("subscribe.button.lend"), "lend")])
    if subscription.private:
        on = "off" if subscription.auto else "on"
        rows.append([Press(say.label(f"subscribe.button.auto_{on}"), "auto", on)])
    silent = "off" if subscription.muted else "on"
    mute_ = Press(say.label("button.unmute" if subscription.muted else "button.mute"), "mute", silent)
    rows.append([mute_, Press(say.label("button.unsubscribe"), "remove")])
    return rows


def _leave(scene: Scene[SubscriptionState]) -> Row:
    say = scene.say
    back_: list[Button] = [Press(say.label("button.back"), "back")] if scene.state.origin is not None else []
    return [*back_, Press(say.label("button.close"), "close")]


async def managed(scene: Scene[SubscriptionState]) -> FollowedTitle | None:
    """Return the subscription if this person may change it; None, and a word about it, otherwise."""
    following = await scene.services.subscriptions.follows.get(scene.state.id)
    if following is None or await may_manage(scene, following.subscription):
        return following
    await scene.toast(scene.say.label("subscribe.admins"), alert=True)
    return None


def _at(scene: Scene[SubscriptionState], **changes: Any) -> SubscriptionState:
    return scene.state.model_copy(update={"fresh": False, **changes})


async def screen(scene: Scene[SubscriptionState], arg: str) -> SubscriptionState | None:
    """Open one filter's choices, or close them."""
    if arg and arg not in filters.screens(private=scene.private):
        raise InvalidPress(arg)
    return None if await managed(scene) is None else _at(scene, screen=arg)


async def choose(scene: Scene[SubscriptionState], arg: str) -> SubscriptionState | None:
    """Take a choice of the filter that is open."""
    change = filters.chosen(scene.state.screen, arg)
    if await managed(scene) is None:
        return None
    await scene.services.subscriptions.follows.wish(scene.state.id, change)
    return _at(scene)


async def ask(scene: Scene[SubscriptionState], arg: str) -> Switch | None:
    """Ask for words or a price."""
    following = await managed(scene)
    if following is None or not scene.private:
        return None
    return await filters.ask(scene.at(_at(scene, typed="")), arg, following.wishes)


async def take(scene: Scene[SubscriptionState], what: str) -> SubscriptionState | None:
    """Take what was asked for."""
    change = filters.typed(what, scene.state.typed)
    if await managed(scene) is None:
        return None
    if change is None:
        return _at(scene, typed="", screen=f"{what}?")
    await scene.services.subscriptions.follows.wish(scene.state.id, change)
    return _at(scene, typed="", screen="words" if what in ("include", "exclude") else what)


async def take_include(scene: Scene[SubscriptionState], _arg: str) -> SubscriptionState | None:
    """Take the words that must occur."""
    return await take(scene, "include")


async def take_exclude(scene: Scene[SubscriptionState], _arg: str) -> SubscriptionState | None:
    """Take the words that must not occur."""
    return await take(scene, "exclude")


async def take_price(scene: Scene[SubscriptionState], _arg: str) -> SubscriptionState | None:
    """Take the highest price."""
    return await take(scene, "price")


async def when(scene: Scene[SubscriptionState], arg: str) -> SubscriptionState | None:
    """Choose when to be told."""
    if arg not in WHENS:
        raise InvalidPress(arg)
    if await managed(scene) is None:
        return None
    follows = scene.services.subscriptions.follows
    await follows.wish(scene.state.id, lambda wishes: wishes.model_copy(update={"when": arg}))
    return _at(scene)


async def mute(scene: Scene[SubscriptionState], arg: str) -> SubscriptionState | None:
    """Be silent about a title, or speak of it again."""
    if await managed(scene) is None:
        return None
    await scene.services.subscriptions.follows.mute(scene.state.id, muted=arg == "on")
    return _at(scene)


async def auto(scene: Scene[SubscriptionState], arg: str) -> SubscriptionState | None:
    """Unlock by itself, or no longer; only ever with one's own points."""
    if await managed(scene) is None:
        return None
    await scene.services.subscriptions.follows.automatic(scene.state.id, auto=arg == "on")
    return _at(scene)


async def lend(scene: Scene[SubscriptionState], _arg: str) -> SubscriptionState | None:
    """Look a group's title up with the presser's authorization."""
    if await managed(scene) is None:
        return None
    link = scene.services.tokens.link
    await link(scene.user_id, Service.HDHIVE)
    await scene.services.subscriptions.follows.lend(scene.state.id, scene.user_id)
    return _at(scene)


async def remove(scene: Scene[SubscriptionState], _arg: str) -> SubscriptionState | Switch | None:
    """Stop following, and go back to where one came from."""
    following = await managed(scene)
    if following is None:
        return None
    await scene.services.subscriptions.follows.remove(scene.state.id)
    title = await shown(scene, following.subscription.title, str(following.subscription.detail.get("name")))
    await scene.toast(scene.say.label("subscribe.removed", title=title.plain))
    return await back(scene, "")


async def back(scene: Scene[SubscriptionState], _arg: str) -> SubscriptionState | Switch:
    """Go back to the card one came from."""
    if scene.state.origin is None:
        return _at(scene, screen="")
    return scene.switch(scene.state.origin_route, scene.state.origin)


SUBSCRIPTION: Route[SubscriptionState] = Route(
    ROUTE,
    SubscriptionState,
    show,
    {
        "screen": screen,
        "choose": choose,
        "ask": ask,
        "include": take_include,
        "exclude": take_exclude,
        "price": take_price,
        "when": when,
        "mute": mute,
        "auto": auto,
        "lend": lend,
        "remove": remove,
        "back": back,
    },
)


def register(home: LinkHiveApplication) -> None:
    """Keep the cards of subscriptions."""
    home.card(SUBSCRIPTION)
