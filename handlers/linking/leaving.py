"""Leaving a linking under way: its tickets and its code link nothing any more, and its cards say so."""

from __future__ import annotations

from typing import Any

from handlers import cards
from handlers.linking.state import CODE, LINK, LINKKEY, End, KeyState, LinkState
from handlers.scenes import Scene
from services.linking.oauth import TICKET_SECONDS
from services.names import Service
from storage import cards as stored_cards, jobs
from storage.cards import Card

TICK = "device.tick"


async def leave(scene: Scene[Any]) -> bool:
    """End all that a person has under way here; False where there is nothing."""
    services, since = scene.services, scene.services.clock.now() - TICKET_SECONDS
    found = [pair for route in (LINK, LINKKEY) for pair in await _recent(scene, route, since)]
    waiting = [card for card, state in found if _is_open(state)]
    codes = await end_code(scene, "cancelled")
    # Also those whose card has gone on to something else.
    tickets = await services.linking.leave(scene.user_id, tuple(Service))
    for card in waiting:
        await cards.close(scene.home, card)
    return bool(waiting) or codes or tickets


async def closed(scene: Scene[Any]) -> None:
    """End what the card began that its owner closes."""
    state = scene.state
    if scene.card is None or not _is_open(state):
        return
    if isinstance(state, LinkState):
        await scene.services.linking.leave(scene.user_id, (Service(state.service),))
    await cards.keep(scene.home, scene.card, type(state)())


def _is_open(state: Any) -> bool:
    if isinstance(state, LinkState):
        return bool(state.ticket_url) and not state.finished
    return isinstance(state, KeyState) and bool(state.service) and not state.linked


async def _recent(scene: Scene[Any], route: str, since: float) -> list[tuple[Card, Any]]:
    load = scene.home.routes.cards[route].load
    found = await scene.services.db.read(
        lambda tx: stored_cards.recent(tx, scene.user_id, scene.chat_id, route, since)
    )
    return [(card, load(card.state)) for card in found]


async def end_code(scene: Scene[Any], end: End) -> bool:
    """Stop waiting for a code, and say on its card how that ended; False where none is waited for."""
    if CODE not in scene.home.routes.cards:
        return False
    waiting = [(card, state) for card, state in await _recent(scene, CODE, 0.0) if not state.end]
    waited = await forget_code(scene)
    for card, state in waiting:
        await cards.turn(scene.home, card, state.model_copy(update={"end": end}))
    return waited or bool(waiting)


async def forget_code(scene: Scene[Any]) -> bool:
    """Forget the code that a person was shown; what is allowed from now on links nothing."""
    key = str(scene.user_id)
    waited = await scene.services.devices.cancel(scene.user_id)
    await scene.services.db.write(lambda tx: jobs.cancel(tx, TICK, key))
    return waited
