"""The real application with its handlers replaced by recorders: who gets as far as which of them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import unquote_plus

from telegram import Update

from bot.wiring import House
from handlers import commands
from handlers.groups.admins import ANONYMOUS_ADMIN
from handlers.scenes import State
from handlers.views import View
from sandbox.server import Sandbox
from storage import cards
from storage.cards import Card
from tests.conftest import GROUP
from tests.e2e.words import Words

SAY = Words("en")
OPERATOR, STRANGER, OTHER_BOT = 4001, 4002, 4003
Outcome = Literal["runs", "pointed", "refused", "silence", "foreign", "old", "closed"]


class Seen(State):
    """What the recorders' cards remember."""

    number: int = 0


@dataclass
class Stage:
    """The real application, in which every handler only notes that it was reached."""

    house: House
    box: Sandbox
    reached: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(9_000_000))

    def prepare(self) -> None:
        home = self.house.application
        # Sending is paced as ever for people; here it would only be waited for.
        home.bot._rate_limiter = None
        commands.add(home, "probe", self._unseen, admin=True)
        commands.add(home, "probeprivate", self._unseen, admin=True, private=True)
        # A command ends up in its handler's closure, so the very object gets the recorder.
        for command in home.routes.commands.values():
            object.__setattr__(command, "callback", self._command(command.name))
        home.routes.cards.update({name: self._card(route) for name, route in home.routes.cards.items()})
        home.routes.steps.update({name: self._act(name) for name in home.routes.steps})
        # What nobody took comes last of all handlers, the probes' included.
        home.handlers[0].sort(key=lambda handler: type(handler).__name__ != "CommandHandler")

    async def _unseen(self, _update: Update, _context: Any) -> None:
        raise AssertionError

    def _command(self, name: str) -> Any:
        async def note(_update: Update, _context: Any) -> None:
            self.reached.append(name)

        return note

    def _card(self, route: Any) -> Any:
        async def show(_scene: Any) -> View:
            self.reached.append(f"{route.name}.shown")
            return View("…")

        actions = {name: self._act(name) for name in route.actions}
        # What a card leaves behind when it is closed is of its own state, which is not there.
        return replace(route, model=Seen, show=show, actions=actions, closed=None)

    def _act(self, name: str) -> Any:
        async def note(_scene: Any, _arg: str) -> None:
            self.reached.append(name)

        return note

    async def hand(self, update: dict[str, Any]) -> list[tuple[str, str]]:
        """Have an update handled; return the Bot API calls with their bodies that came of it."""
        self.reached.clear()
        journal, home = self.box.world.journal, self.house.application
        before = journal.last
        await home.process_update(Update.de_json({"update_id": next(self.numbers), **update}, home.bot))
        new = itertools.takewhile(lambda entry: entry.seq > before, reversed(journal.entries))
        calls = [(entry.path.rpartition("/")[2], entry.body) for entry in new]
        return [call for call in calls if call[0] in ("sendMessage", "deleteMessage", "answerCallbackQuery")]

    async def command(self, user: int, chat: int, words: str) -> Outcome | str:
        """Write a command; tell what came of it."""
        name = words.split(maxsplit=1)[0]
        place = name if chat != GROUP else f"{name}@{self.house.application.bot.username}"
        message = {
            "message_id": 1,
            "date": 1,
            "chat": chat_json(chat),
            "from": user_json(user),
            "text": words.replace(name, place, 1),
            "entities": [{"type": "bot_command", "offset": 0, "length": len(place)}],
        }
        if user == ANONYMOUS_ADMIN:
            message["sender_chat"] = chat_json(chat)
        calls = await self.hand({"message": message})
        if self.reached:
            return "runs" if self.reached == [name[1:]] and not calls else f"ran {self.reached}, {calls}"
        if not calls:
            return "silence"
        ((_method, body),) = calls
        return "pointed" if "start%3Dgo_" in body or "start=go_" in body else self._said(body)

    def _said(self, text: str) -> Outcome | str:
        known: dict[str, Outcome] = {
            SAY("arrival.refused"): "refused",
            SAY("arrival.refused_known"): "refused",
            SAY("card.foreign"): "foreign",
            SAY("card.old"): "old",
        }
        return next((outcome for words, outcome in known.items() if words in unquote_plus(text)), text)

    async def press(self, user: int, chat: int, card: Card, data: str) -> Outcome | str:
        """Press a button; tell what came of it."""
        query = self.box.world.telegram.callbacks.open(user)
        bot = user_json(self.house.application.bot.id) | {"is_bot": True, "username": "b"}
        message = {"message_id": card.message_id, "date": 1, "chat": chat_json(chat), "from": bot}
        asked = {"id": query.id, "from": user_json(user), "chat_instance": "1", "message": message}
        calls = await self.hand({"callback_query": {**asked, "data": data}})
        answer = str((await query.answer).get("text") or "")
        if self.reached:
            return "runs" if len(self.reached) == 1 and not answer else f"ran {self.reached}, {answer}"
        if any(method == "deleteMessage" for method, _ in calls):
            return "closed" if not answer else f"closed, {answer}"
        return self._said(answer)

    async def card(self, owner: int, chat: int, route: str) -> Card:
        """Put a card into a chat, with a message of its own."""
        sent = await self.house.application.bot.send_message(chat, "…")
        db, now = self.house.db, self.house.services.clock.now()
        return await db.write(
            lambda tx: cards.open(tx, owner, chat, route, {}, now, message_id=sent.message_id)
        )


def user_json(user_id: int) -> dict[str, Any]:
    bot = user_id in (ANONYMOUS_ADMIN, OTHER_BOT)
    return {"id": user_id, "is_bot": bot, "first_name": "N", "language_code": "en"}


def chat_json(chat_id: int) -> dict[str, Any]:
    if chat_id == GROUP:
        return {"id": GROUP, "type": "supergroup", "title": "G"}
    return {"id": chat_id, "type": "private", "first_name": "N"}
