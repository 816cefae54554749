"""All of one sandbox's Telegram: who there is, what was said, what waits for the bot."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.contents import Shelf
from sandbox.people import GROUP_ID, GROUP_TITLE
from sandbox.telegram.chats import Chat, Json, User
from sandbox.telegram.errors import bad_request, forbidden
from sandbox.telegram.feed import Feed
from sandbox.telegram.files import FileStore
from sandbox.telegram.limits import LimitOptions, Limits
from sandbox.telegram.queries import CallbackAnswers, InlineDesk
from sandbox.telegram.queue import UpdateQueue
from sandbox.telegram.webhook import Webhook

_FIRST_UPDATE = 100_000_001


Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


@dataclass
class Options:
    """Switches a test may turn while the sandbox runs."""

    limits: LimitOptions = field(default_factory=LimitOptions)
    privacy_mode: bool = True
    inline_mode: bool = True
    inline_feedback: bool = False
    # Seconds a callback query stays answerable.
    query_life: float = 60.0
    webhook_backoff: float = 0.2
    webhook_backoff_most: float = 5.0
    # A local Bot API server: "off" (20 MB at most), "path" (files by their place on the disk), "http".
    local_server: str = "off"
    # Bytes a second for each file the bot downloads; 0: no limit.
    file_rate: float = 0.0


@dataclass
class Profile:
    """What BotFather and the bot set about the bot; keyed by (scope, language)."""

    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


class Telegram:
    """The state of the Telegram stand-in."""

    def __init__(
        self,
        token: str,
        bot: User,
        people: Iterable[User],
        now: Callable[[], float],
        spawn: Spawn,
        shelf: Shelf,
    ) -> None:
        self.token = token
        self.bot = bot
        self.now = now
        self.profile = Profile()
        self.feed = Feed()
        self.files = FileStore(shelf)
        self.queue = UpdateQueue(_FIRST_UPDATE, now)
        self.callbacks = CallbackAnswers(now)
        self.inline = InlineDesk(now)
        self.webhook = Webhook(self, spawn)
        self.polls = 0
        self.private_ids = 0
        self.restart(people)

    def restart(self, people: Iterable[User]) -> None:
        """Empty all chats; numbers go on, or a running bot would take new updates for old."""
        self.people = {person.id: person for person in people}
        self.options = Options()
        self.limits = Limits(self.options.limits, self.now)
        self.files.forget()
        self.inline.forget()
        self.queue.clear()
        self.chats: dict[int, Chat] = {}
        self.groups_made = 0
        self._open_chats()
        self.feed.next()
        self.feed.tell("reset", frozenset(self.people), {})

    def _open_chats(self) -> None:
        for person in self.people.values():
            self.chats[person.id] = Chat(person.id, "private", person=person)
        people = sorted(self.people)
        members = {person: "creator" if person == people[0] else "member" for person in people}
        members[self.bot.id] = "member"
        self.chats[GROUP_ID] = Chat(GROUP_ID, "supergroup", GROUP_TITLE, members=members)

    def user(self, user_id: int) -> User | None:
        """Return a person or the bot."""
        return self.bot if user_id == self.bot.id else self.people.get(user_id)

    def user_json(self, user_id: int) -> Json | None:
        """Return the Bot API's User of somebody, if known."""
        user = self.user(user_id)
        return user.json() if user else None

    def chat(self, reference: str | int) -> Chat:
        """Return a chat by id, or Telegram's refusal."""
        try:
            chat = self.chats.get(int(reference))
        except ValueError:
            chat = None
        if reference == "":
            raise bad_request("chat_id is empty")
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def chat_for_bot(self, reference: str | int) -> Chat:
        """Return a chat the bot may write to, or Telegram's refusal."""
        chat = self.chat(reference)
        if chat.migrated_to is not None:
            raise bad_request(
                "group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to
            )
        if chat.person is not None:
            _check_private(chat)
        else:
            self._check_group(chat)
        return chat

    def readers(self, chat: Chat) -> frozenset[int]:
        """Return the people who see a chat."""
        return frozenset(person for person in self.people if chat.has(person))

    def _check_group(self, chat: Chat) -> None:
        kind = "supergroup" if chat.type == "supergroup" else "group"
        status = chat.members.get(self.bot.id, "left")
        if status == "kicked":
            raise forbidden(f"bot was kicked from the {kind} chat")
        if status == "left":
            raise forbidden(f"bot is not a member of the {kind} chat")


def _check_private(chat: Chat) -> None:
    if chat.person is not None and chat.person.deactivated:
        raise forbidden("user is deactivated")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    if not chat.started:
        raise forbidden("bot can't initiate conversation with a user")
