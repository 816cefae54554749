"""/subscribe: find a title, and be told of its new resources, here or in this group."""

from __future__ import annotations

import re
from typing import Any

from telegram import Update

from clients.tmdb.models import MediaType
from handlers import cards, commands, notes, problems, titlelist
from handlers.application import LinkHiveApplication
from handlers.asking import ask
from handlers.context import LinkHiveContext, is_private, message_of
from handlers.groups.rights import may_follow_here, may_manage
from handlers.notes import NoticeState
from handlers.scenes import Route, Scene, State, Switch, number
from handlers.subscribe.card import MANAGE, SUBSCRIPTION, SubscriptionState
from handlers.texts import Html
from handlers.views import Inline, Press, View
from handlers.wording import said
from services.names import Service
from storage.dialogs import Dialog

ASK = "subscribe.title"
ROUTE = "follow"
_ID = re.compile(r"[0-9]{1,19}", re.ASCII)


class FollowState(State):
    """What is looked for, and which page of it is shown."""

    query: str = ""
    page: int = 0


async def show(scene: Scene[FollowState]) -> View:
    """Show the titles found, to follow one of them."""
    say, state = scene.say, scene.state
    found = await titlelist.look(scene, state.query, state.page)
    close = Press(say.label("button.close"), "close")
    if not found.titles:
        again = Inline(say.label("button.search"), state.query)
        return View(say("search.none", query=state.query), ([again, close],))
    lines = [say("subscribe.which", query=state.query), "", *titlelist.lines(scene, found)]
    return View(Html("\n".join(lines)), [*titlelist.rows(scene, found, sign="🔔 "), [close]])


async def page(scene: Scene[FollowState], arg: str) -> FollowState:
    """Turn the pages."""
    return scene.state.model_copy(update={"page": number(arg, titlelist.MOST_PAGES)})


async def pick(scene: Scene[FollowState], arg: str) -> Switch | None:
    """Follow a title of the list."""
    return await follow(scene, *titlelist.chosen(arg), asked=True)


async def follow(scene: Scene[Any], kind: str, tmdb_id: int, *, asked: bool = False) -> Switch | None:
    """Follow a title, or show how it is followed already; the card leads back to where this was pressed.

    What was `asked` for by command in another topic of a forum is told in that one from now on.
    """
    services = scene.services
    if not await may_follow_here(scene):
        await scene.toast(scene.say.label("subscribe.admins"), alert=True)
        return None
    state = scene.state.model_dump(mode="json") if scene.card is not None else None
    origin = {"origin": state, "origin_route": scene.card.route if scene.card is not None else ""}
    known = await services.subscriptions.follows.find(scene.chat_id, kind, tmdb_id)
    if known is not None and (scene.private or known.topic == scene.topic or not asked):
        return Switch(SUBSCRIPTION.name, SubscriptionState(id=known.id, **origin))
    if scene.private:
        # Without an account of their own nobody could look it up.
        await services.tokens.link(scene.user_id, Service.HDHIVE)
    title = await services.titles.details(MediaType(kind), tmdb_id, scene.person.language)
    made = await services.subscriptions.follows.follow(
        scene.user_id, scene.chat_id, scene.topic, title, scene.person.language
    )
    return Switch(
        SUBSCRIPTION.name, SubscriptionState(id=made.subscription.id, fresh=known is None, **origin)
    )


FOLLOW: Route[FollowState] = Route(ROUTE, FollowState, show, {"page": page, "pick": pick})


async def subscribe(update: Update, context: LinkHiveContext) -> None:
    """Look for the title behind the command, or ask for one."""
    query = " ".join(context.args or [])
    scene, say = cards.scene_of(update, context, NoticeState()), context.say
    context.services.require_hdhive()
    if not await may_follow_here(scene):
        await notes.tell(scene, say("subscribe.admins"))
    elif query.strip():
        await find(update, context, query)
    elif is_private(update):
        await ask(scene, ASK, say("subscribe.ask"))
    else:
        await notes.tell(scene, say("subscribe.ask_group"), Inline(say.label("button.search"), ""))


async def find(update: Update, context: LinkHiveContext, query: str) -> None:
    """Open the list of titles found; one that stands alone is followed at once."""
    state = FollowState(query=titlelist.asked(query))
    scene = cards.scene_of(update, context, state)
    try:
        found = await titlelist.look(scene, state.query)
        alone = found.titles[0] if len(found.titles) == 1 else None
        begun = None if alone is None else await follow(scene, alone.media_type, alone.id, asked=True)
    except problems.KNOWN as error:
        # Once it is mended, Retry shows the list, and a press on it follows.
        await cards.post(scene, FOLLOW.name, cards.trouble(FOLLOW, scene, error))
        return
    if begun is None:
        await cards.begin(update, context, FOLLOW, state)
        return
    there: Scene[Any] = scene.at(begun.state)  # type: ignore[arg-type]
    await cards.post(there, SUBSCRIPTION.name, await cards.shown(SUBSCRIPTION, there))


async def answered(update: Update, context: LinkHiveContext, _dialog: Dialog) -> None:
    """Take the title that was asked for."""
    await find(update, context, said(message_of(update)))


async def from_deep_link(update: Update, context: LinkHiveContext, payload: str) -> None:
    """Open a group's subscription in the private chat of one of its admins: `f_` and its number."""
    wanted = payload.removeprefix(MANAGE)
    scene = cards.scene_of(update, context, NoticeState())
    follows = context.services.subscriptions.follows
    following = await follows.get(int(wanted)) if _ID.fullmatch(wanted) else None
    if following is None or not await may_manage(scene, following.subscription):
        await notes.tell(scene, context.say("subscribe.gone" if following is None else "subscribe.admins"))
        return
    await cards.begin(update, context, SUBSCRIPTION, SubscriptionState(id=following.subscription.id))


def register(home: LinkHiveApplication) -> None:
    """Offer to follow titles."""
    home.card(FOLLOW)
    commands.add(home, "subscribe", subscribe)
    home.dialog(ASK, answered)
    home.start_link(MANAGE, from_deep_link)
