"""Take a comment that was asked for: what cannot be sent is said at once, what is sent is sent once."""

from __future__ import annotations

from typing import Any

from telegram import Update

from clients.acgbt.models import COMMENT_CHARACTERS
from clients.errors import ClientError
from handlers import asking, cards, problems
from handlers.acg.item import COMMENTS_ROUTE
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.scenes import Scene
from handlers.texts import plain
from services.errors import LinkLost, NotLinked
from services.names import Service
from storage.cards import Card
from storage.dialogs import Dialog

ASK = "acg.comment"
MOST = COMMENT_CHARACTERS
A_PAGE = 6
# Looks empty, and some call it a letter.
_BLANK = "\u2800\u3164 "


async def must_be_linked(scene: Scene[Any]) -> None:
    """Raise NotLinked or LinkLost where this person has no working key."""
    if await scene.services.credentials.maybe(scene.user_id, Service.ACGBT) is None:
        raise NotLinked(Service.ACGBT)


def fault(words: str) -> str:
    """Return what is wrong with a comment, nothing for one that can be sent."""
    if not plain(words).strip(_BLANK):
        return "empty"
    return "long" if len(words) > MOST else ""


async def answered(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take the comment; the card goes on below it."""
    asked = await cards.asking(context.home, dialog)
    if asked is None or asked.route != COMMENTS_ROUTE:
        return
    route, message = context.home.routes.cards[COMMENTS_ROUTE], message_of(update)
    words = (message.text or message.caption or "").strip()
    scene: Scene[Any] = cards.scene_of(update, context, route.load(asked.state))
    wrong = fault(words)
    if wrong:
        scene = scene.at(scene.state.model_copy(update={"fault": wrong, "count": len(words)}))
        card = await cards.post(scene, route.name, await cards.shown(route, scene))
        await asking.expect(scene, ASK, card.id)
        return
    # After a crash this update comes again, and what it sends may be there already.
    again = await asking.claim(update, context, dialog)
    scene = scene.at(scene.state.model_copy(update={"draft": words}))
    try:
        there = scene.at(await deliver(scene, again=again))
    except problems.KNOWN as error:
        calm = scene.at(scene.state.model_copy(update={"asking": False, "fault": ""}))
        view = cards.trouble(route, calm, error, ("send", ""), back=True)
        await cards.post(calm, route.name, view)
        return
    await cards.post(there, route.name, await cards.shown(route, there))


async def left(context: LinkHiveContext, asked: Card) -> None:
    """Show the comments again after /cancel."""
    if asked.route == COMMENTS_ROUTE:
        state = context.home.routes.cards[COMMENTS_ROUTE].load(asked.state)
        await cards.turn(context.home, asked, state.model_copy(update={"asking": False, "fault": ""}))


async def deliver(scene: Scene[Any], *, again: bool) -> Any:
    """Send the draft and return the card's next state; raises where nothing was sent for certain."""
    state, comments = scene.state, scene.services.acg.comments
    calm = {"asking": False, "confirm": False, "fault": "", "draft": "", "note": "written"}
    if again and await _is_there(scene):
        return await _at_its_place(scene, state.model_copy(update=calm))
    try:
        await comments.write(scene.user_id, state.id, state.draft, state.open or None)
    except (NotLinked, LinkLost):
        raise
    except ClientError as error:
        if not error.doubtful:
            raise
        if not await _is_there(scene):
            doubt = {**calm, "draft": state.draft, "note": "doubtful"}
            return state.model_copy(update=doubt)
    return await _at_its_place(scene, state.model_copy(update=calm))


async def _is_there(scene: Scene[Any]) -> bool:
    """Tell whether the draft stands among the comments, written by this person."""
    state, comments = scene.state, scene.services.acg.comments
    comments.forget(state.id)
    own = await comments.own_id(scene.user_id)
    try:
        thread = await comments.thread(scene.user_id, state.id)
    except ClientError:
        return False
    return any(
        one.comment.content.strip() == state.draft
        and str(one.comment.user_id) == own
        and (one.comment.parent_id or 0) == state.open
        for one in thread.comments
    )


async def _at_its_place(scene: Scene[Any], state: Any) -> Any:
    """Return the state that shows the page on which the newest comment of this person stands."""
    own = await scene.services.acg.comments.own_id(scene.user_id)
    page, newest = 0, -1
    try:
        thread = await scene.services.acg.comments.thread(scene.user_id, state.id)
    except ClientError:
        return state.model_copy(update={"open": 0})
    for place, one in enumerate(thread.comments):
        if str(one.comment.user_id) == own and one.comment.id > newest:
            page, newest = place // A_PAGE, one.comment.id
    return state.model_copy(update={"open": 0, "page": page})


def register(home: LinkHiveApplication) -> None:
    """Take comments that were asked for."""
    home.dialog(ASK, answered, left)
