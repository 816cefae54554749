"""Strings that want to break or forge a message, and every card of the bot filled with them."""

import random
from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any

from clients.disktop.models import SharedFile, Space
from clients.errors import Forbidden, ForbiddenReason, Rejected
from clients.hdhive.models import Me, PanType, Resource, Share, Sharer
from clients.linkcheck.models import Verdict
from clients.mika.models import VideoPage
from clients.tmdb.models import MediaType, Title
from handlers import checkin, linking, overview, problems, save, search, start, unlock, verdicts
from handlers.context import Policy
from handlers.scenes import Scene
from handlers.texts import Html, Texts, block
from handlers.views import View
from services.checkins import CheckInOutcome
from services.drive import Entry
from services.drive import Found as Shelved
from services.drives import Drive
from services.errors import ServiceOff
from services.names import Service
from services.people import Person
from services.subscriptions import Following
from services.titles import Found
from services.transfers import SaveResult
from services.trees import Pick
from services.unlocking import Quote
from services.verdicts import CheckedLink
from storage.links import Link
from storage.preferences import Preferences
from storage.subscriptions import Subscription
from storage.unlocks import Unlock
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
            keys=SimpleNamespace(call=hostile_acgbt.call),
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

    async def _following(self, sub_id: int) -> Following:
        return Following(self.subscription(), () if sub_id == UNLENT else (1,), 1.0)

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


async def _titles(s: Stage) -> View:
    return await search.show(s.scene.at(search.SearchState(query=s.words(), page=1)))


async def _title(s: Stage) -> View:
    state = search.SearchState(query=s.words(), kind="movie", tmdb_id=7, resource_page=1)
    return await search.show(s.scene.at(state))


async def _facts(s: Stage) -> View:
    state = unlock.ResourceState(slug=SLUG, note="unlock.repriced", old_price=2)
    return unlock.show_facts(s.scene.at(state), s.quote())


async def _question(s: Stage) -> View:
    return await unlock.show_question(s.scene.at(unlock.ResourceState(slug=SLUG)), s.quote())


async def _link(s: Stage) -> View:
    w, none = s.words, {"card_id": None, "created_at": 0.0, "updated_at": 0.0, "error": None}
    row = Unlock(
        id=1,
        user_id=1,
        link_id=1,
        account_key="a",
        slug=SLUG,
        price=3,
        state="done",
        url=w(),
        access_code=w(),
        full_url=w(),
        already_owned=False,
        **none,
    )
    return unlock.show_link(s.scene.at(unlock.ResourceState(slug=SLUG, title=w(), fresh=True)), row)


async def _verdicts(s: Stage) -> View:
    w = s.words
    items = tuple(
        CheckedLink(
            url=f"https://pan.quark.cn/s/{n}",
            drive=Drive.QUARK,
            id=str(n),
            code="1234",
            verdict=list(Verdict)[n % len(list(Verdict))],
            reason=w(),
            share_name=w(),
            expiration_label=w(),
        )
        for n in range(10)
    )
    return verdicts.draw(s.scene, verdicts.CheckState(items=items, finished=True))


async def _files(s: Stage) -> View:
    w = s.words
    found = [SharedFile(id=n, name=w(), size=12345, is_dir=n % 2 == 0) for n in range(20)]
    marks = tuple(Pick(folder=f"/{w()}", file=file) for file in found[:3])
    state = save.SaveState(surl="8d2f3a", path=f"/{w()}", dest=f"/{w()}", marks=marks, page=1)
    return save.show_files(s.scene.at(state), found)


async def _saved(s: Stage) -> View:
    return save.show_result(
        s.scene, SaveResult(saved=2, already=1, dest=f"/{s.words()}", names=(s.words(),) * 5)
    )


async def _checkin(s: Stage) -> View:
    outcome = CheckInOutcome(checked_in=True, points=5, gained=2, message=s.words())
    return await checkin.show(s.scene.at(checkin.CheckInState(outcome=outcome)))


async def _refused(s: Stage) -> View:
    w = s.words
    return problems.view(s.scene, Rejected("hdhive", "unlock", w(), w()), retry=("show", ""))


async def _forbidden(s: Stage) -> View:
    w = s.words
    error = Forbidden(w(), "unlock", ForbiddenReason.OTHER, w(), w())
    return problems.view(s.scene, error, retry=("show", ""))


async def _accounts(s: Stage) -> View:
    w = s.words
    link = Link(
        id=1,
        user_id=1,
        service="hdhive",
        account_id=w(),
        account_name=w(),
        access_token="",
        refresh_token=None,
        expires_at=None,
        refresh_expires_at=9e8,
        scopes=(w(), w()),
        state="active",
        version=1,
        created_at=0.0,
        updated_at=0.0,
    )
    me, space = Me(id=1, nickname=w(), username=w(), points=3), Space(total_bytes=9, used_bytes=1)
    told = [
        *overview.lines(s.scene, overview.Account(Service.HDHIVE, True, link, me), details=True),
        *overview.lines(s.scene, overview.Account(Service.DISKTOP, True, link, space=space), details=True),
    ]
    name = s.scene.person.user.first_name
    return View(Html("\n".join([s.scene.say("start.hello", name=name), *told])))


async def _unknown_service(s: Stage) -> View:
    return await linking.show(s.scene.at(linking.LinkState(unknown=s.words() or "x")))


async def _unknown_command(s: Stage) -> View:
    s.scene.home.routes = SimpleNamespace(commands={})  # type: ignore[misc, assignment]
    return await start.show_help(s.scene.at(start.HelpState(topic=s.words() or "x")))


async def _alive(s: Stage) -> View:
    return View(f"{s.scene.say('check.alive_list')}\n{block(s.words()[:1700] or 'x')}")


CARDS: Mapping[str, Callable[[Stage], Awaitable[View]]] = {
    "titles": _titles,
    "title": _title,
    "facts": _facts,
    "question": _question,
    "link": _link,
    "verdicts": _verdicts,
    "files": _files,
    "saved": _saved,
    "checkin": _checkin,
    "refused": _refused,
    "forbidden": _forbidden,
    "accounts": _accounts,
    "unknown service": _unknown_service,
    "unknown command": _unknown_command,
    "alive": _alive,
}
