"""Strings that want to break or forge a message, and a scene whose services tell nothing else."""

import random
from types import SimpleNamespace
from typing import Any

from clients.hdhive.models import PanType, Resource, Share, Sharer
from clients.mika.models import VideoPage
from clients.tmdb.models import MediaType, Title
from handlers.context import Policy
from handlers.scenes import Scene
from handlers.texts import Texts
from services.drive import Entry, Found as Shelved
from services.errors import ServiceOff
from services.names import Service
from services.people import Person
from services.subscriptions import FollowedTitle
from services.titles import Found
from services.unlocking.unlocking import Quote
from storage.preferences import Preferences
from storage.subscriptions import Subscription
from storage.users import User
from tests.guarantees import hostile_acgbt

TEXTS = Texts.load()
SLUG = "0123456789abcdef0123456789abcdef"
ZALGO = "".join(map(chr, range(0x300, 0x340)))
FRAGMENTS = (
    *("<b>", "</b>", "<a href='https://evil.example'>", "</a>", "<", ">", "&", "&amp;", "&#60;b&#62;", '"'),
    *(
        "<tg-spoiler>",
        "<code>",
        "</code>",
        "<pre>",
        "</pre>",
        "<blockquote>",
        "<script>",
        "<!--",
        "&lt;b&gt;",
    ),
    *("@evil_bot", "@admin", "/start", "/unlock@evil_bot", "#tag", "#标签", "$TON", "tg://user?id=1"),
    *(
        "https://evil.example/x?y=1#z",
        "http://1.2.3.4:8080/",
        "evil.com",
        "www.evil.co.uk/a",
        "t.me/joinchat/x",
    ),
    *("me@evil.com", "mailto:a@b.cc", "+8613800138000", "4111 1111 1111 1111", "ftp://evil.net", "例子.cn"),
    *("\u202e", "\u202d", "\u2066", "\u2069", "\u200f", "\u061c", "\u200b", "\u200d", "\u2060", "\ufeff"),
    *(
        "\u00ad",
        "\u3164",
        "\u2028",
        "\u2029",
        "\x00",
        "\x07",
        "\x1b[31m",
        "\r",
        "\n",
        "\t",
        "\ud800",
        "\udfff",
    ),
    *(
        "e" + ZALGO,
        "👨‍👩‍👧‍👦",
        "🇨🇳",
        "❤️‍🔥",
        "😀",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "沙丘",
        "Dune: Part Two",
        "مرحبا",
        "שלום",
        "\U0010ffff",
        "\ue000",
    ),
    *(
        "*bold*",
        "_it_",
        "`code`",
        "[x](https://evil.example)",
        "||s||",
        "{title}",
        "{0}",
        "%s",
        "\\",
        "'",
        "…",
    ),
)

# The subscription whose title nobody lends an authorization for.
UNLENT = 2


class Words:
    """Give strings out and count them."""

    def __init__(self, rng: random.Random | None) -> None:
        self._rng = rng
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        if self._rng is None:
            return f"plain{self.count}"
        made = "".join(self._rng.choices(FRAGMENTS, k=self._rng.randint(0, 7)))
        if self._rng.random() < 0.01:
            made = (made or self._rng.choice(FRAGMENTS)) * 5000
        return made[:5000]


class Shelf:
    """A drive whose files have hostile names; every look at it is a new one."""

    def __init__(self, words: Words) -> None:
        self._words = words

    async def search(self, *_: object) -> Shelved:
        return Shelved(tuple(Entry(n, self._words(), False, 7) for n in range(4)), 9)

    def now(self) -> float:
        return self._words.count * 1000.0


class Stage:
    """A person before a card, with services that answer what they are given."""

    def __init__(self, words: Words, language: str, *, private: bool) -> None:
        self.words, self.private = words, private
        w = words
        home = SimpleNamespace(
            texts=TEXTS,
            policy=Policy(me_url="https://t.me", hdhive_url="https://hdhive.com"),
            bot=SimpleNamespace(username="linkhive_bot"),
            deep_link=lambda payload: f"https://t.me/linkhive_bot?start={payload}",
            routes=SimpleNamespace(commands=("search", "check", "subscribe")),
        )
        shelf = Shelf(words)
        self.services = SimpleNamespace(
            clock=shelf,
            db=shelf,
            drive=shelf,
            offers=lambda service: True,
            require_hdhive=lambda: SimpleNamespace(me=None),
            tokens=SimpleNamespace(call=self._no),
            linking=SimpleNamespace(scopes_wanted=lambda service: ("query", "write")),
            titles=SimpleNamespace(
                search=self._search, details=self._details, resources=self._resources, poster=lambda *_: None
            ),
            subscriptions=SimpleNamespace(
                follows=SimpleNamespace(find=self._nothing, get=self._following, of_chat=self._followed)
            ),
            unlocking=SimpleNamespace(known=self._nothing),
            acg=hostile_acgbt.services(words),
            videos=SimpleNamespace(call=self._videos),
            require_acgbt=lambda: hostile_acgbt.client(words),
            credentials=SimpleNamespace(call=hostile_acgbt.call),
        )
        home.services = self.services
        person = Person(User(1, language, w(), 0.0, 0.0), Preferences(1), language)  # type: ignore[arg-type]
        self.scene: Scene[Any] = Scene(home, person, 1, private, None, 0.0)  # type: ignore[arg-type]

    async def _no(self, *_: object) -> Any:
        raise ServiceOff(Service.HDHIVE)

    async def _videos(self, *_: object) -> VideoPage:
        return VideoPage.model_validate({"list": [{"id": 1, "title": self.words()}], "total": 4})

    async def _nothing(self, *_: object) -> None:
        return None

    async def _following(self, sub_id: int) -> FollowedTitle:
        return FollowedTitle(self.subscription(), () if sub_id == UNLENT else (1,), 1.0)

    async def _followed(self, *_: object) -> list[Subscription]:
        return [self.subscription() for _ in range(8)]

    def subscription(self) -> Subscription:
        w = self.words
        wishes = {
            "drives": ["quark", "other"],
            "include": [w() or "x", w()],
            "exclude": [w()],
            "when": "daily",
        }
        detail = {"name": w(), "wishes": wishes}
        return Subscription(1, 1, 1, None, "movie_7", detail, True, True, 0.0, 0.0)

    async def _search(self, *_: object) -> Found:
        return Found(tuple(self.title(n) for n in range(5)), 12, 1, 3)

    async def _details(self, *_: object) -> Title:
        return self.title(7)

    async def _resources(self, *_: object) -> list[Resource]:
        return [Resource(**self.resource()) for _ in range(12)]

    def title(self, number: int) -> Title:
        w = self.words
        named = {"title": w(), "original_title": w(), "overview": w()}
        return Title(media_type=MediaType.MOVIE, id=number, year=2021, vote_average=7.7, **named)

    def resource(self) -> dict[str, Any]:
        w = self.words
        return {
            "slug": SLUG,
            "title": w(),
            "pan_type": PanType.UNKNOWN,
            "pan_type_raw": w(),
            "share_size": w(),
            "video_resolution": (w(), w()),
            "source": (w(),),
            "subtitle_language": (w(),),
            "subtitle_type": (w(),),
            "unlock_points": 3,
            "user": Sharer(nickname=w(), username=w()),
            "remark": w(),
            "validate_status": "invalid",
        }

    def quote(self) -> Quote:
        return Quote(Share(**self.resource()), 3, owned=False)
