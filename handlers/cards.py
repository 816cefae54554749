"""Cards: one message per task, edited in place, that only its owner may press."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from telegram import CallbackQuery, Update
from telegram.error import BadRequest
from telegram.ext import CallbackQueryHandler

from handlers import problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, chat_of, is_private
from handlers.messages import redraw, send
from handlers.scenes import AnyRoute, Reply, Route, S, Scene, State, Switch
from handlers.views import View, parse_callback
from storage import cards
from storage.cards import Card
from storage.tx import Tx

# A press must be answered within a second: the button shows a clock until then.
ANSWER_AFTER = 0.7
SHOW = "show"
CLOSE = "close"


async def begin(update: Update, context: LinkHiveContext, route: Route[S], state: S) -> Card:
    """Open a new card; when its first state cannot be shown, the card says why and offers to try again."""
    scene = scene_of(update, context, state)
    try:
        view = await route.show(scene)
    except problems.KNOWN as error:
        view = problems.view(scene, error, retry=(SHOW, ""))
    return await post(scene, route.name, view)


def scene_of(update: Update, context: LinkHiveContext, state: S) -> Scene[S]:
    """Return the scene of a card that is yet to be sent into the update's chat."""
    return Scene(
        home=context.home,
        person=context.person,
        chat_id=chat_of(update).id,
        private=is_private(update),
        state=state,
        received_at=context.received_at,
        update=update,
    )


async def post(scene: Scene[S], route: str, view: View) -> Card:
    """Send a card in its first state."""
    services, now = scene.services, scene.services.clock.now()
    stored = scene.state.model_dump(mode="json")
    card = await services.db.write(
        lambda tx: cards.open(tx, scene.user_id, scene.chat_id, route, stored, now)
    )
    message = await send(scene.home.bot, scene.chat_id, view, card.id, _topic(scene.update))
    return await _place(scene.home, card, message.message_id)


def _topic(update: Update | None) -> int | None:
    message = update.effective_message if update else None
    return message.message_thread_id if message is not None and message.is_topic_message else None


async def _place(home: LinkHiveApplication, card: Card, message_id: int) -> Card:
    now = home.services.clock.now()
    placed = await home.services.db.write(
        lambda tx: cards.update(tx, card.id, card.version, message_id=message_id, now=now)
    )
    return placed or card


async def keep(home: LinkHiveApplication, card: Card, state: State, route: str | None = None) -> Card:
    """Store a card's next state."""
    stored, now = state.model_dump(mode="json"), home.services.clock.now()
    kept = await home.services.db.write(
        lambda tx: cards.update(tx, card.id, card.version, route=route, state=stored, now=now)
    )
    return kept or card


async def find(home: LinkHiveApplication, card_id: str) -> Scene[Any] | None:
    """Return the scene of a stored card, None for one that is gone."""
    card = await home.services.db.read(lambda tx: cards.get(tx, card_id))
    if card is None or card.route not in home.routes.cards:
        return None
    return await restore(home, card)


async def amend(home: LinkHiveApplication, card_id: str, change: Callable[[Any], State]) -> Scene[Any] | None:
    """Change a card's state where others may change it at the same time; return its new scene."""
    now = home.services.clock.now()

    async def work(tx: Tx) -> Card | None:
        card = await cards.get(tx, card_id)
        if card is None or card.route not in home.routes.cards:
            return None
        state = change(home.routes.cards[card.route].load(card.state))
        return await cards.update(tx, card.id, card.version, state=state.model_dump(mode="json"), now=now)

    card = await home.services.db.write(work)
    return None if card is None else await restore(home, card)


async def refresh(home: LinkHiveApplication, card_id: str) -> None:
    """Show a card again from its stored state, after a job changed what it tells."""
    scene = await find(home, card_id)
    if scene is None or scene.card is None:
        return
    try:
        view = await home.routes.cards[scene.card.route].show(scene)
    except problems.KNOWN as error:
        view = problems.view(scene, error, retry=(SHOW, ""))
    await redraw(home.bot, scene.card, view)


async def restore(home: LinkHiveApplication, card: Card) -> Scene[Any]:
    """Return the scene of a stored card, as its owner sees it."""
    person = await home.services.people.known(card.owner_id)
    return Scene(
        home=home,
        person=person,
        chat_id=card.chat_id,
        private=card.chat_id == card.owner_id,
        state=home.routes.cards[card.route].load(card.state),
        received_at=home.services.clock.now(),
        card=card,
    )


async def press(update: Update, context: LinkHiveContext) -> None:
    """Hand a press to the route of its card, if the presser owns it."""
    query = update.callback_query
    if query is None:
        return
    reply = Reply(query)
    parts = parse_callback(query.data or "")
    card = await _card_of(context.home, query, parts[0]) if parts else None
    if parts is None or card is None:
        await reply.give(context.say.label("card.old"))
    elif card.owner_id != query.from_user.id:
        await reply.give(context.say.label("card.foreign"))
    elif parts[1] == CLOSE:
        await reply.give()
        await _close(context.home, card)
    else:
        await _answered_in_time(reply, _act(update, context, card, reply, parts[1], parts[2]))


async def _card_of(home: LinkHiveApplication, query: CallbackQuery, card_id: str) -> Card | None:
    card = await home.services.db.read(lambda tx: cards.get(tx, card_id))
    message = query.message
    if card is None or card.route not in home.routes.cards or message is None:
        return None
    # Data can be forged by custom clients: the card must really sit in the message that was pressed.
    if message.chat.id != card.chat_id or card.message_id not in (None, message.message_id):
        return None
    # A kill between sending and noting leaves a card that does not know its message yet.
    return card if card.message_id else await _place(home, card, message.message_id)


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
    )
    try:
        following = await _next(route, scene, action, arg)
        if following is None:
            return
        target, state = _target(home, route, following)
        view = await target.show(replace(scene, state=state))
    except problems.KNOWN as error:
        await redraw(home.bot, card, problems.view(scene, error, retry=(action, arg), back=action != SHOW))
        return
    if state != scene.state or target is not route:
        card = await keep(home, card, state, target.name)
    await redraw(home.bot, card, view)


async def _next(route: AnyRoute, scene: Scene[Any], action: str, arg: str) -> State | Switch | None:
    if action == SHOW:
        return scene.state  # type: ignore[no-any-return]
    handler = route.actions.get(action)
    if handler is None:
        await scene.toast(scene.say.label("card.old"))
        return None
    following: State | Switch | None = await handler(scene, arg)
    return following


def _target(home: LinkHiveApplication, route: AnyRoute, following: State | Switch) -> tuple[AnyRoute, State]:
    if isinstance(following, Switch):
        return home.routes.cards[following.route], following.state
    return route, following


async def _close(home: LinkHiveApplication, card: Card) -> None:
    try:
        await home.bot.delete_message(card.chat_id, card.message_id or 0)
    except BadRequest:
        # Telegram lets a bot delete its messages for 48 hours only.
        await redraw(
            home.bot,
            card,
            View(
                home.texts.speaker((await home.services.people.known(card.owner_id)).language)("card.closed")
            ),
        )


async def _answered_in_time(reply: Reply, work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=ANSWER_AFTER)
        await reply.give()
        await task
    finally:
        task.cancel()


def register(home: LinkHiveApplication) -> None:
    """Answer every button press."""
    home.add_handler(CallbackQueryHandler(press))
