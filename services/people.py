"""Who an update comes from: the user and their choices, kept in memory between updates."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Unpack

from services.clock import Clock
from services.recent import Recent
from storage import preferences, users
from storage.database import Database
from storage.preferences import Changes, Preferences
from storage.tx import Tx
from storage.users import User

Language = Literal["zh", "en"]
# Does, in the commit of a change, what follows from it: the old choices, and the new ones.
Follower = Callable[[Tx, Preferences, Preferences], Awaitable[None]]
# The same for somebody who chose a language, and whose Telegram speaks another one than before.
Listener = Callable[[Tx, int], Awaitable[None]]

SIZE = 20_000
# Another replica may change what is remembered here; it shows after this long at the latest.
KEEP_SECONDS = 60.0
# How exactly `seen_at` is kept: a write for every update would cost more than it is worth.
SEEN_EVERY = 3600.0


@dataclass(frozen=True, slots=True)
class Person:
    """Be a user with their choices and the language they read."""

    user: User
    preferences: Preferences
    language: Language


def language_of(preference: str | None, language_code: str | None) -> Language:
    """Return the language someone chose, else the one their Telegram speaks, else English."""
    chosen = preference or language_code or ""
    return "zh" if chosen.casefold().startswith("zh") else "en"


class People:
    """Know the people who talk to the bot."""

    def __init__(self, db: Database, clock: Clock, *, size: int = SIZE) -> None:
        self._db = db
        self._clock = clock
        self._known: Recent[int, Person] = Recent(size)
        self._turn = db.erasures.turn
        self._followers: list[Follower] = []
        self._listeners: list[Listener] = []

    async def arrive(self, user_id: int, language_code: str | None, first_name: str) -> Person:
        """Meet whom an update comes from; writes only what is new."""
        now, turn = self._clock.now(), self._db.erasures.turn
        person = self._remembered(user_id, now)
        if person is not None and _is_same(person.user, language_code, first_name, now):
            return person

        async def remember(tx: Tx) -> Person:
            old, chosen = await users.get(tx, user_id), await preferences.get(tx, user_id)
            if old is not None and old.language_code != language_code and chosen.language is not None:
                for listen in self._listeners:
                    await listen(tx, user_id)
            if old is None or not _is_same(old, language_code, first_name, now):
                old = await users.remember(
                    tx, user_id, language_code=language_code, first_name=first_name, now=now
                )
            return _person(old, chosen)

        return self._keep(await self._db.write(remember), turn)

    async def known(self, user_id: int) -> Person:
        """Return someone for whom no update is at hand; a stranger has the defaults."""
        now, turn = self._clock.now(), self._db.erasures.turn
        person = self._remembered(user_id, now)
        if person is not None:
            return person

        async def look(tx: Tx) -> tuple[User | None, Preferences]:
            return await users.get(tx, user_id), await preferences.get(tx, user_id)

        user, chosen = await self._db.read(look)
        if user is None:
            return _person(User(user_id, None, "", now, now), chosen)
        return self._keep(_person(user, chosen), turn)

    async def is_stranger(self, user_id: int) -> bool:
        """Tell whether nothing is kept of somebody."""
        if self._remembered(user_id, self._clock.now()) is not None:
            return False
        return await self._db.read(lambda tx: users.get(tx, user_id)) is None

    async def change(self, user_id: int, **changes: Unpack[Changes]) -> Person:
        """Change someone's choices, with all that follows from them."""

        async def work(tx: Tx) -> None:
            old = await preferences.get(tx, user_id)
            new = await preferences.change(tx, user_id, **changes)
            for follow in self._followers:
                await follow(tx, old, new)

        await self._db.write(work)
        self.forget(user_id)
        return await self.known(user_id)

    def follow(self, follower: Follower) -> None:
        """Call on somebody in the commit of every change of choices."""
        self._followers.append(follower)

    def hear(self, listener: Listener) -> None:
        """Call on somebody when a person who chose a language comes with another one."""
        self._listeners.append(listener)

    def forget(self, user_id: int) -> None:
        """Drop what is remembered of someone."""
        self._known.drop(user_id)

    def _remembered(self, user_id: int, now: float) -> Person | None:
        if self._turn != self._db.erasures.turn:
            # Somebody was forgotten, perhaps this one.
            self._turn = self._db.erasures.turn
            self._known.clear()
        return self._known.get(user_id, now)

    def _keep(self, person: Person, turn: int) -> Person:
        """Remember somebody, unless anybody was forgotten since it was read."""
        if turn == self._turn == self._db.erasures.turn:
            self._known.put(person.user.id, person, self._clock.now() + KEEP_SECONDS)
        return person


def _person(user: User, chosen: Preferences) -> Person:
    return Person(user, chosen, language_of(chosen.language, user.language_code))


def _is_same(user: User, language_code: str | None, first_name: str, now: float) -> bool:
    told = (user.language_code, user.first_name) == (language_code, first_name)
    return told and now - user.seen_at < SEEN_EVERY
