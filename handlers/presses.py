"""Presses: only a card's owner acts, everybody gets an answer, and what goes wrong is told on the card."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from telegram import CallbackQuery, Message, Update
from telegram.ext import CallbackQueryHandler

from handlers import problems
from handlers.application import LinkHiveApplication
from handlers.cards import CLOSE, SHOW, close, draw, find, keep, place, refresh, topic_of, trouble
from handlers.context import LinkHiveContext, delivery, is_private, user_of
from handlers.groups.admins import ANONYMOUS_ADMIN, is_group_admin
from handlers.messages import display
from handlers.scenes import AnyRoute, InvalidPress, Reply, Scene, State, Switch
from handlers.views import parse_callback
from storage import cards
from storage.cards import Card

# A press must be answered within a second: the button shows a clock until then.
ANSWER_AFTER = 0.7


async def press(update: Update, context: LinkHiveContext) -> None:
    """Hand a press to the route of its card, if the presser owns it."""
    query = update.callback_query
    if query is None:
        return
    reply, current = Reply(query), delivery.get()
    if current is not None:
        current.reply = reply
    parts = parse_callback(query.data or "")
    card = await _card_of(context.home, query, parts[0]) if parts else None
    if parts is None or card is None:
        await reply.give(context.say.label("card.old"))
        return
    # Who may press is asked of Telegram at times, and takes as long as it takes.
    await _answered_in_time(context, reply, _do(update, context, card, reply, parts))


async def press_of_outsider(update: Update, context: LinkHiveContext) -> bool:
    """Do what a press takes away, for somebody who may not use the bot any more; False for another press."""
    query = update.callback_query
    parts = parse_callback(query.data or "") if query else None
    card = await _card_of(context.home, query, parts[0]) if query and parts else None
    if (
        parts is None
        or card is None
        or not _is_for_outsiders(context.home.routes.cards[card.route], parts[1])
    ):
        return False
    await press(update, context)
    return True


def _is_for_outsiders(route: AnyRoute, action: str) -> bool:
    """Tell whether an action only takes away; to look again at a card with such or to close it as well."""
    return action in route.for_outsiders or (bool(route.for_outsiders) and action in (SHOW, CLOSE))


async def _do(
    update: Update, context: LinkHiveContext, card: Card, reply: Reply, parts: tuple[str, str, str]
) -> None:
    _, action, arg = parts
    if not await _may_press(context, card, user_of(update).id, action):
        await reply.give(context.say.label("card.foreign"))
    elif action == CLOSE:
        await reply.give()
        await close(context.home, card)
    else:
        await _act(update, context, card, reply, action, arg)


async def _card_of(home: LinkHiveApplication, query: CallbackQuery, card_id: str) -> Card | None:
    card = await home.services.db.read(lambda tx: cards.get(tx, card_id))
    message = query.message
    if card is None or card.route not in home.routes.cards or message is None:
        return None
    # Data can be forged by custom clients: the card must really sit in the message that was pressed.
    if message.chat.id != card.chat_id or card.message_id not in (None, message.message_id):
        return None
    # A kill between sending and noting leaves a card that does not know its message yet.
    return card if card.message_id else await place(home, card, message.message_id)


async def _may_press(context: LinkHiveContext, card: Card, user_id: int, action: str) -> bool:
    if card.owner_id != ANONYMOUS_ADMIN:
        return card.owner_id == user_id
    if action in context.home.routes.cards[card.route].everybody:
        return True
    # Whoever wrote as the group presses under their own name: any of its admins may be the one.
    return await is_group_admin(context.bot, card.chat_id, user_id)


async def _act(
    update: Update, context: LinkHiveContext, card: Card, reply: Reply, action: str, arg: str
) -> None:
    home = context.home
    route = home.routes.cards[card.route]
    scene = Scene(
        home=home,
        person=context.person,
        chat_id=card.chat_id,
        private=is_private(update),
        state=route.load(card.state),
        received_at=context.received_at,
        card=card,
        reply=reply,
        topic=_topic(update.callback_query, card),
    )
    target = route
    try:
        following = await _next(route, scene, action, arg)
        if following is None:
            return
        target, state = _target(scene, route, following)
        view = await target.show(replace(scene, state=state))
    except InvalidPress:
        await scene.toast(scene.say.label("card.old"))
        return
    except problems.KNOWN as error:
        await display(home, card, trouble(target, scene, error, (action, arg), back=action != SHOW))
        return
    kept: Card | None = card
    if state != scene.state or target is not route:
        kept = await keep(home, card, state, target.name) or await _stored_so(home, card, state, target)
    if kept is None:
        await refresh(home, card.id, anew=False)
    else:
        await draw(home, kept, view)


async def _stored_so(home: LinkHiveApplication, card: Card, state: State, route: AnyRoute) -> Card | None:
    """Return a card whose action stored itself what it led to; None where somebody else changed the card."""
    scene = await find(home, card.id)
    if scene is None or scene.card is None or scene.card.route != route.name or scene.state != state:
        return None
    return scene.card


def _topic(query: CallbackQuery | None, card: Card) -> int | None:
    message = query.message if query else None
    if isinstance(message, Message) and message.is_accessible:
        return topic_of(message)
    # Of a message that is long gone Telegram tells no more than its number.
    return card.topic


async def _next(route: AnyRoute, scene: Scene[Any], action: str, arg: str) -> State | Switch | None:
    if action == SHOW and route.fits(scene):
        return scene.state  # type: ignore[no-any-return]
    # The steps that every card offers, such as linking, are matters of the private chat.
    handler = route.actions.get(action) or (scene.home.routes.steps.get(action) if scene.private else None)
    if handler is None or not route.fits(scene):
        raise InvalidPress(action)
    following: State | Switch | None = await handler(scene, arg)
    return following


def _target(scene: Scene[Any], route: AnyRoute, following: State | Switch) -> tuple[AnyRoute, State]:
    if not isinstance(following, Switch):
        return route, following
    target = scene.home.routes.cards[following.route]
    if not target.fits(scene):
        raise InvalidPress(following.route)
    return target, following.state


async def _answered_in_time(context: LinkHiveContext, reply: Reply, work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=ANSWER_AFTER)
        if not done:
            await reply.give(context.say.label("card.working"))
        await task
        await reply.give()
    finally:
        task.cancel()


def register(home: LinkHiveApplication) -> None:
    """Answer every button press."""
    home.add_handler(CallbackQueryHandler(press))
