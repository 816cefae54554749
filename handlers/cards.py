"""Cards: one message per task, edited in place; what a press does is in `handlers.presses`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from telegram import Chat, Message, Update
from telegram.error import BadRequest

from handlers import problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, chat_of, is_private
from handlers.messages import OtherKind, display, redraw, send, send_in_topic
from handlers.scenes import AnyRoute, InvalidPress, Route, S, Scene, State
from handlers.views import View
from storage import cards, dialogs
from storage.cards import Card
from storage.dialogs import Dialog
from storage.tx import Tx

SHOW = "show"
CLOSE = "close"


async def begin(update: Update, context: LinkHiveContext, route: Route[S], state: S) -> Card:
    """Open a new card; when its first state cannot be shown, the card says why and offers to try again."""
    scene = scene_of(update, context, state)
    return await post(scene, route.name, await shown(route, scene))


async def shown(route: AnyRoute, scene: Scene[Any]) -> View:
    """Return how a card looks; where its state cannot be shown, why, with the offer to try again."""
    try:
        return await route.show(scene)
    except problems.KNOWN as error:
        return trouble(route, scene, error)


def trouble(
    route: AnyRoute,
    scene: Scene[Any],
    error: Exception,
    retry: tuple[str, str] = (SHOW, ""),
    *,
    back: bool = False,
) -> View:
    """Return the card that tells of an error, with what this kind of card advises."""
    return problems.view(scene, error, retry=retry, back=back, advice=route.advice(error))


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
        topic=topic_of(update.effective_message),
    )


async def post(scene: Scene[S], route: str, view: View) -> Card:
    """Send a card in its first state; raises InvalidPress for a private one in a group."""
    if not scene.home.routes.cards[route].fits(scene):
        raise InvalidPress(route)
    services, now = scene.services, scene.services.clock.now()
    stored = scene.state.model_dump(mode="json")
    card = await services.db.write(
        lambda tx: cards.open(tx, scene.user_id, scene.chat_id, route, stored, now, topic=scene.topic)
    )
    comment = comment_of(scene.update.effective_message) if scene.update is not None else None
    message = await send(scene.home, scene.chat_id, view, card.id, scene.topic, comment)
    placed = await place(scene.home, card, message.message_id)
    if placed.version != card.version:
        # What changed it while its message was on its way found no message to show itself on.
        await refresh(scene.home, card.id)
    return placed


def topic_of(message: Message | None) -> int | None:
    """Return the topic of a forum that a message is in."""
    return message.message_thread_id if message is not None and message.is_topic_message else None


def comment_of(message: Message | None) -> int | None:
    """Return a message below a channel's post, where people see only what answers it."""
    if message is None or message.chat.type == Chat.PRIVATE or message.is_topic_message:
        return None
    return message.message_id if message.message_thread_id is not None else None


async def place(home: LinkHiveApplication, card: Card, message_id: int) -> Card:
    """Note which message a card is, whoever changes what it tells meanwhile; return it as it is stored."""
    now = home.services.clock.now()
    placed = await home.services.db.write(
        lambda tx: cards.place(tx, card.id, message_id, now, instead_of=card.message_id)
    )
    return placed or card


async def keep(
    home: LinkHiveApplication,
    card: Card,
    state: State,
    route: str | None = None,
    *,
    beside: Callable[[Tx], Awaitable[None]] | None = None,
) -> Card | None:
    """Store a card's next state, and in the same commit what goes with it; None where somebody was faster.

    Then nothing of it is stored. Who must not lose to a job or to another press uses `amend`.
    """
    stored, now = state.model_dump(mode="json"), home.services.clock.now()

    async def work(tx: Tx) -> Card | None:
        kept = await cards.update(tx, card.id, card.version, route=route, state=stored, now=now)
        if kept is not None and beside is not None:
            await beside(tx)
        return kept

    return await home.services.db.write(work)


async def find(home: LinkHiveApplication, card_id: str) -> Scene[Any] | None:
    """Return the scene of a stored card, None for one that is gone."""
    card = await home.services.db.read(lambda tx: cards.get(tx, card_id))
    if card is None or card.route not in home.routes.cards:
        return None
    return await restore(home, card)


async def amend(
    home: LinkHiveApplication, card_id: str, change: Callable[[Any], State], route: str | None = None
) -> Scene[Any] | None:
    """Change a card's state where others may change it at the same time; return its new scene."""
    now = home.services.clock.now()

    async def work(tx: Tx) -> tuple[bool, Card | None]:
        card = await cards.get(tx, card_id)
        if card is None or card.route not in home.routes.cards:
            return False, None
        state = change(home.routes.cards[card.route].load(card.state))
        return True, await cards.update(
            tx, card.id, card.version, route=route, state=state.model_dump(mode="json"), now=now
        )

    there, card = await home.services.db.write(work)
    # On PostgreSQL another may have been faster: then what it left is changed.
    while there and card is None:
        there, card = await home.services.db.write(work)
    return None if card is None else await restore(home, card)


async def refresh(home: LinkHiveApplication, card_id: str, *, anew: bool = True) -> None:
    """Show a card again from its stored state, after a job changed what it tells.

    Where its message was deleted meanwhile it is sent anew: what the job found out must reach its owner.
    """
    scene = await find(home, card_id)
    while scene is not None and scene.card is not None:
        card = scene.card
        view = await shown(home.routes.cards[card.route], scene)
        if not await display(home, card, view):
            if not anew:
                return
            # Its message may have gone with its topic.
            message = await send_in_topic(home, card.chat_id, view, card.id, card.topic)
            await place(home, card, message.message_id)
        scene = await find(home, card_id)
        if scene is not None and scene.card is not None and scene.card.version == card.version:
            return
        # A press changed it while it was drawn: the stored state has the last word.


async def draw(home: LinkHiveApplication, card: Card, view: View) -> None:
    """Show how a card looks; where it was changed meanwhile, what is stored has the last word."""
    await display(home, card, view)
    stored = await home.services.db.read(lambda tx: cards.get(tx, card.id))
    if stored is not None and stored.version != card.version:
        await refresh(home, card.id, anew=False)


async def turn(home: LinkHiveApplication, card: Card, state: State, route: str | None = None) -> None:
    """Store a card's next state, unless somebody was faster, and show what is stored."""
    await keep(home, card, state, route)
    await refresh(home, card.id)


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
        topic=card.topic,
    )


async def close(home: LinkHiveApplication, card: Card) -> None:
    """Take a card away that its owner is done with."""
    closed = home.routes.cards[card.route].closed if card.route in home.routes.cards else None
    if closed is not None:
        await closed(await restore(home, card))
    await drop(home, card)


async def drop(home: LinkHiveApplication, card: Card) -> None:
    """Take a card's message away, and stop asking what it asked."""
    await _stop_asking(home, card)
    try:
        await home.bot.delete_message(card.chat_id, card.message_id or 0)
    except BadRequest:
        # Telegram lets a bot delete its messages for 48 hours only.
        person = await home.services.people.known(card.owner_id)
        await _close(home, card, View(home.texts.speaker(person.language)("card.closed")))


async def _close(home: LinkHiveApplication, card: Card, view: View) -> None:
    try:
        await redraw(home, card, view)
    except OtherKind:
        await home.bot.edit_message_caption(card.chat_id, card.message_id, caption=view.text)


async def _stop_asking(home: LinkHiveApplication, card: Card) -> None:
    now, owner, chat = home.services.clock.now(), card.owner_id, card.chat_id
    asked = await home.services.db.read(lambda tx: dialogs.current(tx, owner, chat, now))
    if asked is not None and asked.state.get("card_id") == card.id:
        await home.services.db.write(lambda tx: dialogs.end(tx, owner, chat))


async def asking(home: LinkHiveApplication, dialog: Dialog) -> Card | None:
    """Return the card whose question a dialog is."""
    card_id = str(dialog.state.get("card_id", ""))
    return await home.services.db.read(lambda tx: cards.get(tx, card_id))
