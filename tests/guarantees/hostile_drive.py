"""The drive's cards, filled with hostile strings: names of files and folders are mostly somebody else's."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any, get_args

from clients.disktop.models import FileMeta, ShareEnabled, Space
from clients.errors import NotFound, Rejected
from handlers import fieldask, folderpick, problems
from handlers.drive import (
    command as drive,
    deletion as drivedelete,
    file as drivefile,
    marks as drivemark,
    searching as drivesearch,
)
from handlers.drive.folder import DriveState
from handlers.files import folder_name
from handlers.scenes import Route, State, Switch
from handlers.views import View
from services.drive import Done, Entry, FolderPage, Found as Shelved, PlayLink, Sort, TimedLink, Weight
from services.errors import DriveKind, DriveProblem
from storage.cards import Card
from tests.guarantees.hostile import Stage

ROUTES: dict[str, Route[Any]] = {
    route.name: route
    for route in (
        drive.FOLDER,
        drivefile.FILE,
        drivedelete.DELETE,
        drivesearch.SEARCH,
        folderpick.FOLDER,
        fieldask.FIELD,
    )
}
# Long ago and far ahead, whatever the time is on the stage.
OVER, LONG, ENDLESS = 0.0, 9e9, 1e18


def giving(make: Callable[[], Any]) -> Callable[..., Awaitable[Any]]:
    """Answer any call with what is made for it; an exception is raised."""

    async def give(*_: object, **__: object) -> Any:
        made = make()
        if isinstance(made, Exception):
            raise made
        return made

    return give


class Own:
    """A drive in which every name is hostile."""

    def __init__(self, s: Stage) -> None:
        self._words = s.words

    def entry(self, number: int, *, is_dir: bool = False) -> Entry:
        name = self._words() + ("" if is_dir else (".mkv", ".pdf", "", ".mp3")[number % 4])
        return Entry(number, name, is_dir, 1_234_567, self._words(), 1_700_000_000.0)

    def entries(self) -> tuple[Entry, ...]:
        return tuple(self.entry(n, is_dir=n < 3) for n in range(8))

    def page(self) -> FolderPage:
        return FolderPage(self.entries(), 70, 2, 9, 8, cut=True)

    def meta(self) -> FileMeta:
        w = self._words
        return FileMeta.model_construct(
            id=7,
            name=w(),
            size=5,
            md5=w(),
            create_time=1_700_000_000.0,
            ext=w(),
            mime=w(),
            path=f"/{w()}/{w()}",
            parent_folder=None,
        )


def stage(s: Stage, **more: Callable[[Stage], Any]) -> Stage:
    """Put a person before a drive of their own; `more` are calls that are answered otherwise."""
    own, given = Own(s), s.services
    changes = SimpleNamespace(
        make_folder=giving(lambda: True),
        rename=giving(lambda: None),
        **{name: giving(lambda: Done(3, gone=1)) for name in ("move", "copy", "delete")},
    )
    calls: dict[str, Callable[[], Any]] = {
        "page": own.page,
        "folders": lambda: own.entries()[:3],
        "dates": lambda: dict.fromkeys(range(8), 1_700_000_000.0),
        "space": lambda: Space(total_bytes=9, used_bytes=1, free_bytes=8),
        "scopes": lambda: ("share.create",),
        "search": lambda: Shelved(own.entries(), 90),
        "search_kinds": lambda: Shelved(own.entries(), 90),
        "details": own.meta,
        "weigh": lambda: Weight(7, 3, 99, more=True),
        "enable_sharing": lambda: ShareEnabled(enabled=True, note=s.words()),
    }
    calls |= {name: partial(make, s) for name, make in more.items()}
    answers = SimpleNamespace(**{name: giving(make) for name, make in calls.items()})
    given.drive = SimpleNamespace(
        **{**vars(answers), "changed": lambda _user: None, "changes": changes, "folders": answers}
    )
    preferred = replace(s.scene.person.preferences, default_folder=f"/{s.words()}")
    s.scene = replace(s.scene, person=replace(s.scene.person, preferences=preferred))
    given.people = SimpleNamespace(known=giving(lambda: s.scene.person), change=giving(lambda: None))
    given.uploads = SimpleNamespace(ready=giving(lambda: True))
    given.db = SimpleNamespace(write=giving(lambda: None))
    routes: Any = s.scene.home.routes
    routes.cards = ROUTES
    return s


def shown(
    name: str, make: Callable[[Stage], State], **more: Callable[[Stage], Any]
) -> Callable[[Stage], Awaitable[View]]:
    """Show a card in a state, before a drive that answers some calls otherwise."""

    async def show(s: Stage) -> View:
        stage(s, **more)
        return await ROUTES[name].show(s.scene.at(make(s)))

    return show


def pressed(
    name: str, make: Callable[[Stage], State], action: str, *, card: bool = False
) -> Callable[[Stage], Awaitable[View]]:
    """Press a button, and show where that leads; `card`: it asks on a card that was sent."""

    async def press(s: Stage) -> View:
        return await follow(stage(s), name, make(s), action, card=card)

    return press


async def follow(s: Stage, name: str, state: State, action: str, *, card: bool = True) -> View:
    """Press a button of a card, and show where that leads."""
    scene = s.scene.at(state)
    sent = replace(scene, card=Card("c", 1, 1, 1, name, {}, 1, 0.0, 0.0) if card else None)
    after = await ROUTES[name].actions[action](sent, "")
    following = after if isinstance(after, Switch) else Switch(name, after)
    return await ROUTES[following.route].show(scene.at(following.state))


def _folder(**more: Any) -> Callable[[Stage], DriveState]:
    def make(s: Stage) -> DriveState:
        w, given = s.words, {"name": s.words() or "x", "dest": f"/{s.words()}"}
        marked = tuple(Own(s).entry(n) for n in range(1 if more.get("one") else 3))
        return DriveState(path=f"/{w()}/{w()}", marked=marked, **{**given, **more})

    return make


def _copied(s: Stage) -> DriveState:
    said = drivemark.said(s.scene, "copy", Done(3, gone=1), f"/{s.words()}")
    return _folder(said=said, busy=True, marking=True)(s)


def _file(**more: Any) -> Callable[[Stage], drivefile.FileState]:
    def make(s: Stage) -> drivefile.FileState:
        w, back = s.words, DriveState().model_dump(mode="json")
        given = {"dest": f"/{w()}", "name": w() or "x", **more}
        return drivefile.FileState(
            file=Own(s).entry(4), path=f"/{w()}", route=drive.DRIVE, back=back, **given
        )

    return make


def _linked(until: float) -> Callable[[Stage], drivefile.FileState]:
    """A file with links, which may be no addresses at all."""

    def make(s: Stage) -> drivefile.FileState:
        w = s.words
        urls = [w(), f"https://example.com/{w()}", w()[:100]]
        link = TimedLink(urls[s.words.count % 3], until)
        play = PlayLink(w()[:200], until, qualities=tuple((w(), url) for url in urls))
        return _file(link=link, play=play)(s)

    return make


def _search(**more: Any) -> Callable[[Stage], drivesearch.DriveSearchState]:
    def make(s: Stage) -> drivesearch.DriveSearchState:
        back = DriveState().model_dump(mode="json")
        return drivesearch.DriveSearchState(words=s.words() or "x", route=drive.DRIVE, back=back, **more)

    return make


def _deletion(s: Stage) -> drivedelete.DriveDeleteState:
    own, back = Own(s), DriveState().model_dump(mode="json")
    picks = tuple(own.entry(n, is_dir=n == 2) for n in range(11))
    ways = {"route": drive.DRIVE, "back": back, "after_route": drive.DRIVE, "after": back}
    return drivedelete.DriveDeleteState(picks=picks, path=f"/{s.words()}", **ways)


def _picker(s: Stage) -> folderpick.FolderState:
    w, back = s.words, DriveState().model_dump(mode="json")
    given = {"field": "dest", "purpose": w(), "path": f"/{w()}/{w()}"}
    return folderpick.FolderState(route=drive.DRIVE, back=back, **given)


def _gone(_stage: Stage) -> Exception:
    return NotFound("disktop", "list")


def _refused(s: Stage) -> Exception:
    return Rejected("disktop", "list", s.words(), s.words() or "x")


async def _reading(s: Stage) -> View:
    stage(s)
    folder = folder_name(s.scene.say, f"/{s.words()}")
    return View(s.scene.say("drive.reading", folder=folder, total=7))


def _problem(kind: DriveKind) -> Callable[[Stage], Awaitable[View]]:
    async def show(s: Stage) -> View:
        problem = DriveProblem(kind, name=s.words(), dest=f"/{s.words()}")
        return problems.view(stage(s).scene, problem, retry=("show", ""))

    return show


CARDS: Mapping[str, Callable[[Stage], Awaitable[View]]] = {
    "folder": shown("drive", _folder(sort=Sort.SIZE, said="")),
    "folder: orders": shown("drive", _folder(menu="sort")),
    "folder: more": shown("drive", _folder(menu="more")),
    "folder: marking": shown("drive", _folder(marking=True)),
    "folder: after copying": shown("drive", _copied),
    "folder: gone": shown("drive", _copied, page=_gone),
    "folder: unreadable after copying": shown("drive", _copied, page=_refused),
    "folder: being read": _reading,
    "folder: moved": pressed("drive", _folder(), "move_here"),
    "folder: renamed": pressed("drive", _folder(one=True), "rename_to"),
    "folder: made": pressed("drive", _folder(), "make"),
    "folder: the default": pressed("drive", _folder(), "default"),
    "folder: shared": pressed("drive", _folder(), "share"),
    "folder: a new one's name": pressed("drive", _folder(), "new", card=True),
    "folder: a new name": pressed("drive", _folder(one=True), "rename", card=True),
    "folder: where to move": pressed("drive", _folder(), "move", card=True),
    "folder: to delete": pressed("drive", _folder(), "delete", card=True),
    "file": shown("drive_file", _file(said="", busy=True)),
    "file: links": shown("drive_file", _linked(LONG)),
    "file: links for longer than calendars go": shown("drive_file", _linked(ENDLESS)),
    "file: links that ended": shown("drive_file", _linked(OVER)),
    "file: gone": shown("drive_file", _file(), details=_gone),
    "file: renamed": pressed("drive_file", _file(), "rename_to"),
    "file: moved": pressed("drive_file", _file(), "move_here"),
    "file: a new name": pressed("drive_file", _file(), "rename", card=True),
    "file: where to copy": pressed("drive_file", _file(), "copy", card=True),
    "file: to delete": pressed("drive_file", _file(), "delete", card=True),
    "search in the drive": shown("drive_search", _search()),
    "search in the drive: films": shown("drive_search", _search(kind="video", page=1)),
    "search in the drive: nothing": shown("drive_search", _search(), search=lambda _: Shelved((), 0)),
    "to delete": shown("drive_delete", _deletion),
    "deleted": pressed("drive_delete", _deletion, "sure"),
    "picked folder": shown("folder", _picker),
    "picked folder: gone": shown("folder", _picker, folders=_gone),
    **{f"drive: {kind}": _problem(kind) for kind in get_args(DriveKind)},
    "picked folder: a new one's name": pressed("folder", _picker, "new", card=True),
}
