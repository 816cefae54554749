"""Ask a person for words: the next plain text answers, /cancel and the button leave."""

from __future__ import annotations

from typing import Any

from handlers import cards
from handlers.notes import NOTICE, NoticeState
from handlers.scenes import Scene
from handlers.texts import Html
from handlers.views import Press, View
from storage import dialogs
from storage.tx import Tx

SECONDS = 600


async def ask(scene: Scene[Any], kind: str, text: Html) -> None:
    """Ask on a card of its own."""
    leave = Press(scene.say.label("button.cancel"), cards.CLOSE)
    card = await cards.post(scene.at(NoticeState()), NOTICE.name, View(text, ([leave],)))
    await expect(scene, kind, card.id)


async def expect(scene: Scene[Any], kind: str, card_id: str) -> None:
    """Note that the next words in this chat answer the question on a card."""
    until = scene.services.clock.now() + SECONDS
    user, chat, state = scene.user_id, scene.chat_id, {"card_id": card_id}
    await scene.services.db.write(lambda tx: dialogs.ask(tx, user, chat, kind, state, expires_at=until))


async def leave(scene: Scene[Any], card_id: str) -> None:
    """Stop asking what a card asks, if that is still what the chat is being asked."""
    user, chat, now = scene.user_id, scene.chat_id, scene.services.clock.now()

    async def work(tx: Tx) -> None:
        asked = await dialogs.current(tx, user, chat, now)
        if asked is not None and asked.state.get("card_id") == card_id:
            await dialogs.end(tx, user, chat)

    await scene.services.db.write(work)
