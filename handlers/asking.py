"""Questions a card asks: the next plain text answers, /cancel and the button leave."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers import cards
from handlers.context import LinkHiveContext, chat_of, user_of
from handlers.notes import NOTICE, NoticeState
from handlers.scenes import Scene
from handlers.texts import Html
from handlers.views import Press, View
from storage import dialogs
from storage.dialogs import Dialog
from storage.tx import Tx

SECONDS = 600
# An update that is repeated after a crash finds its own question again for as long as Telegram repeats any.
SPENT_SECONDS = 86_400.0
_TAKEN, _SPENT = "taken_by", "spent_by"


async def ask(scene: Scene[Any], kind: str, text: Html) -> None:
    """Ask on a card of its own."""
    leave = Press(scene.say.label("button.cancel"), cards.CLOSE)
    card = await cards.post(scene.at(NoticeState()), NOTICE.name, View(text, ([leave],)))
    await expect(scene, kind, card.id)


async def expect(scene: Scene[Any], kind: str, card_id: str, **more: Any) -> None:
    """Note that the next words in this chat answer the question on a card."""
    until = scene.services.clock.now() + SECONDS
    user, chat, state = scene.user_id, scene.chat_id, {"card_id": card_id, **more}
    await scene.services.db.write(lambda tx: dialogs.ask(tx, user, chat, kind, state, expires_at=until))


async def current(update: Update, context: LinkHiveContext) -> Dialog | None:
    """Return what a chat was being asked when an update came; an answered one is that update's alone."""
    user, chat, at = user_of(update).id, chat_of(update).id, context.received_at
    found = await context.services.db.read(lambda tx: dialogs.current(tx, user, chat, at))
    if found is None or found.state.get(_SPENT) not in (None, update.update_id):
        return None
    return found if found.kind in context.home.routes.dialogs else None


def is_answered(dialog: Dialog, update: Update) -> bool:
    """Tell whether an update has answered already, also where it led to this next question."""
    return update.update_id in (dialog.state.get(_SPENT), dialog.state.get("answered_by"))


async def claim(update: Update, context: LinkHiveContext, dialog: Dialog) -> bool:
    """Note which update answers a question; True where the same one has before, and a crash came between."""
    if dialog.state.get(_TAKEN) == update.update_id:
        return True
    user, chat, kind, until = dialog.user_id, dialog.chat_id, dialog.kind, dialog.expires_at
    state = {**dialog.state, _TAKEN: update.update_id}
    await context.services.db.write(lambda tx: dialogs.ask(tx, user, chat, kind, state, expires_at=until))
    return False


async def spend(update: Update, context: LinkHiveContext, kind: str, card_id: str) -> None:
    """End the question on a card with the update that answered it."""
    user, chat = user_of(update).id, chat_of(update).id
    until = context.services.clock.now() + SPENT_SECONDS
    state = {"card_id": card_id, _SPENT: update.update_id}
    await context.services.db.write(lambda tx: dialogs.ask(tx, user, chat, kind, state, expires_at=until))


async def end(scene: Scene[Any], kind: str) -> None:
    """Ask a question of a kind no longer, whatever card asked it."""
    user, chat, now = scene.user_id, scene.chat_id, scene.services.clock.now()

    async def work(tx: Tx) -> None:
        asked = await dialogs.current(tx, user, chat, now)
        if asked is not None and asked.kind == kind:
            await dialogs.end(tx, user, chat)

    await scene.services.db.write(work)


async def leave(scene: Scene[Any], card_id: str) -> None:
    """Stop asking what a card asks, if that is still what the chat is being asked."""
    user, chat, now = scene.user_id, scene.chat_id, scene.services.clock.now()

    async def work(tx: Tx) -> None:
        asked = await dialogs.current(tx, user, chat, now)
        if asked is not None and asked.state.get("card_id") == card_id:
            await dialogs.end(tx, user, chat)

    await scene.services.db.write(work)
