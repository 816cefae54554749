"""Cards of search, unlocking, checks, shares, check-ins and accounts, filled with hostile strings."""

from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace

from clients.disktop.models import SharedFile, Space
from clients.errors import Forbidden, ForbiddenReason, Rejected
from clients.hdhive.models import Me
from clients.linkcheck.models import Verdict
from handlers import overview, problems, start, unlock
from handlers.check import verdicts
from handlers.checkin import command as checkin
from handlers.linking import command as linking
from handlers.save import command as save
from handlers.search import command as search
from handlers.texts import Html, block
from handlers.views import View
from services.checkins.checkins import CheckInOutcome
from services.linkchecks.verdicts import CheckedLink
from services.names import Service
from services.saving.transfers import SaveResult
from services.saving.trees import Pick
from services.sharelinks.drives import Drive
from storage.links import Link
from storage.unlocks import Unlock
from tests.guarantees.hostile import SLUG, Stage


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
