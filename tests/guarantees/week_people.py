"""The people of the week: who lives where, wants what, follows which titles, and shares what."""

import random
from dataclasses import dataclass, field, replace

from clients.tmdb.models import MediaType, Title
from sandbox.catalogue import Resource, Verdict
from sandbox.catalogue.resources import SHOWCASE, Sharer
from sandbox.server import Sandbox
from sandbox.telegram.chats import Chat, User
from sandbox.telegram.membership import open_group
from services.subscriptions.wishes import Wishes
from tests.guarantees.figures import size

PEOPLE, GROUPS, TITLES = size(20, 200), size(5, 50), size(6, 40)
FIRST = 700_000
ZONES = ("Asia/Shanghai", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Sydney", "UTC-03:30")
QUIET = ((None, None), ("22:00", "07:00"), ("23:00", "08:00"), ("00:00", "09:00"), ("13:00", "15:00"))
DRIVES = ("quark", "115", "baidu", "disktop")
# Words that stand nowhere but in titles of new resources.
MARKS = ("Alfaland", "Bravoland", "Carlaland")
PRICES = (0, 2, 5, 12)
BUDGET, LIMIT = 12, 5
Key = tuple[str, int]


@dataclass(frozen=True)
class Follow:
    """One title followed in one chat, as the oracle knows it."""

    user: int
    chat: int
    topic: int | None
    title: Key
    drives: tuple[str, ...] = ()
    most: int | None = None
    include: str = ""
    when: str = "now"
    auto: bool = False

    def fits(self, made: Resource) -> bool:
        """Tell whether this one wants to hear of a resource: by the words of the manual, not by our code."""
        if self.drives and made.pan_type not in self.drives:
            return False
        if self.most is not None and (made.unlock_points or 0) > self.most:
            return False
        return not self.include or self.include in (made.title or "")

    @property
    def wishes(self) -> Wishes:
        """The same for the bot."""
        words = (self.include,) if self.include else ()
        return Wishes(drives=self.drives, most_points=self.most, include=words, when=self.when)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Member:
    """One of the people."""

    id: int
    language: str
    timezone: str
    quiet: tuple[str | None, str | None]
    checkin_at: str | None
    watched: bool


@dataclass
class Town:
    """Everybody, the groups, and what is followed where."""

    members: dict[int, Member] = field(default_factory=dict)
    groups: list[Chat] = field(default_factory=list)
    follows: list[Follow] = field(default_factory=list)
    titles: list[Key] = field(default_factory=list)
    shares: dict[int, str] = field(default_factory=dict)
    """The slug of the share that a person has, who is looked after."""


def settle(box: Sandbox, chance: random.Random) -> Town:
    """Let people move into the sandbox, with groups, titles and wishes; nothing of it is told to the bot."""
    town = Town()
    for n in range(PEOPLE):
        _move_in(box, town, n, chance)
    _gather(box, town, chance)
    town.titles = [key for key in sorted(box.world.catalogue.titles) if key not in SHOWCASE][:TITLES]
    for user in town.members:
        for n, title in enumerate(chance.sample(town.titles, 4)):
            # Of each one's titles the first is bought by itself.
            auto = n == 0 and user % 3 == 0
            town.follows.append(_wish(chance, user, user, None, title, auto=auto))
    for group in town.groups:
        admin = next(one for one, status in group.members.items() if status == "creator")
        for title in chance.sample(town.titles, 2):
            topic = next(iter(group.topics), None)
            town.follows.append(_wish(chance, admin, group.id, topic, title))
    return town


def _move_in(box: Sandbox, town: Town, n: int, chance: random.Random) -> None:
    user, tg = FIRST + n, box.world.telegram
    language = "zh" if n % 2 else "en"
    watched = n % 4 == 0
    town.members[user] = Member(
        user,
        language,
        ZONES[n % len(ZONES)],
        QUIET[n % len(QUIET)],
        f"{chance.randrange(24):02}:{chance.choice((0, 15, 40)):02}" if n % 5 else None,
        watched,
    )
    sample = replace(
        next(iter(box.world.people.values())), forever_premium=False, premium=True, points=100_000
    )
    box.world.people[user] = replace(sample, id=user, hdhive_id=user, hdhive_username=f"u{user}")
    tg.people[user] = User(user, f"U{n}", f"user{n}", language)
    tg.chats[user] = Chat(user, "private", person=tg.people[user], started=True)
    if watched:
        _share(box, town, user)


def _share(box: Sandbox, town: Town, user: int) -> None:
    made = Resource(
        slug=f"{user:032x}",
        title=f"Own of {user}",
        media_type="movie",
        tmdb_id=438631,
        pan_type="quark",
        url=f"https://pan.quark.cn/s/{user:012x}",
        access_code=None,
        unlock_points=3,
        verdict=Verdict.ALIVE,
        owner=Sharer(user, f"U{user}", user),
        own=True,
        created_at=int(box.world.now()),
    )
    box.world.catalogue.add(made)
    town.shares[user] = made.slug


def _gather(box: Sandbox, town: Town, chance: random.Random) -> None:
    tg = box.world.telegram
    for n in range(GROUPS):
        creator = tg.people[chance.choice(list(town.members))]
        group = open_group(tg, creator, f"Group {n}", "supergroup")
        if n % 2:
            group.topics = {900_000 + n: "News"}
        town.groups.append(group)


def _wish(
    chance: random.Random, user: int, chat: int, topic: int | None, title: Key, *, auto: bool = False
) -> Follow:
    return Follow(
        user,
        chat,
        topic,
        title,
        drives=tuple(chance.sample(DRIVES, 2)) if chance.random() < 0.3 else (),
        most=chance.choice(PRICES) if chance.random() < 0.3 else None,
        include=chance.choice(MARKS) if chance.random() < 0.2 else "",
        when="now" if auto else chance.choice(("now", "now", "now", "daily", "weekly")),
        auto=auto,
    )


def film(box: Sandbox, key: Key, language: str) -> Title:
    """A title as the bot gets it from TMDB."""
    known = box.world.catalogue.titles[key]
    return Title(media_type=MediaType(key[0]), id=key[1], title=known.title[language])
