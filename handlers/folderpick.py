"""Pick a folder of one's own drive: any card may ask, and goes on with the path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from clients.errors import NotFound
from handlers import fieldask
from handlers.application import LinkHiveApplication
from handlers.files import FILES_A_PAGE, NAME_LIMIT, folder_name
from handlers.scenes import InvalidPress, Route, Scene, State, Switch, number
from handlers.texts import Html, escape
from handlers.views import Button, Press, View, grid, pages_row
from services.drive import Entry

MOST_PAGES = 10_000


class FolderState(State):
    """Who asks for a folder, where the person looks, and the name of a folder to be made."""

    route: str
    back: dict[str, Any]
    field: str
    then: str | None = None
    purpose: str = ""
    hide: tuple[int, ...] = ()
    path: str = "/"
    page: int = 0
    name: str = ""


def ask(
    scene: Scene[Any],
    field: str,
    then: str | None = None,
    start: str = "/",
    *,
    purpose: str = "",
    hide: Sequence[int] = (),
) -> Switch:
    """Let the person pick a folder, beginning at `start`.

    The asking card comes back with its `field` set to the path, and its action `then` runs at once. `purpose`
    says what the folder is for; folders in `hide` are not offered, such as those that are to be moved.
    """
    if scene.card is None:
        raise LookupError("only a card that was sent can ask for a folder")
    state = FolderState(
        route=scene.card.route,
        back=scene.state.model_dump(mode="json"),
        field=field,
        then=then,
        purpose=purpose,
        hide=tuple(hide),
        # Names keep their spaces: only what leads nowhere is taken out.
        path="/" + "/".join(part for part in start.split("/") if part not in ("", ".", "..")),
    )
    return Switch(FOLDER.name, state)


async def show(scene: Scene[FolderState]) -> View:
    """Show the folders inside the one the person looks at, or the question for a new name."""
    state, say = scene.state, scene.say
    try:
        found = await _folders(scene)
    except NotFound:
        if state.path == "/":
            raise
        return View(say("folders.gone", folder=_here(scene)), (_ways_out(scene),))
    pages = max(1, -(-len(found) // FILES_A_PAGE))
    page_ = min(state.page, pages - 1)
    first = page_ * FILES_A_PAGE
    shown = list(enumerate(found[first : first + FILES_A_PAGE], first + 1))
    lines = [escape(state.purpose)] if state.purpose else []
    lines.append(say("folders.heading", folder=_here(scene)))
    lines.append(say.plural("folders.count", len(found)) if found else say("folders.none"))
    lines += [say("folders.row", number=n, name=escape(folder.name, NAME_LIMIT)) for n, folder in shown]
    opening = [Press(f"📁 {n}", "open", str(folder.id)) for n, folder in shown]
    choosing: list[Button] = [
        Press(say.label("button.choose_folder"), "choose"),
        Press(say.label("button.new_folder"), "new"),
    ]
    rows = [*grid(opening, 4), pages_row(say, "page", page_, pages), choosing, _ways_out(scene)]
    return View(Html("\n".join(lines)), rows)


def _here(scene: Scene[FolderState]) -> Html:
    return folder_name(scene.say, scene.state.path)


def _ways_out(scene: Scene[FolderState]) -> list[Button]:
    say = scene.say
    up_: list[Button] = [Press(say.label("button.up"), "up")] if scene.state.path != "/" else []
    return [*up_, Press(say.label("button.back"), "back")]


async def _folders(scene: Scene[FolderState]) -> list[Entry]:
    """Return the folders in the order people count."""
    found = await scene.services.drive.folders.folders(scene.user_id, scene.state.path)
    return [folder for folder in found if folder.id not in scene.state.hide]


def _at(scene: Scene[FolderState], path: str) -> FolderState:
    return scene.state.model_copy(update={"path": path, "page": 0, "name": ""})


async def open_folder(scene: Scene[FolderState], arg: str) -> FolderState:
    """Go into a folder; one that is gone meanwhile is no longer listed."""
    chosen = number(arg)
    try:
        folder = next((folder for folder in await _folders(scene) if folder.id == chosen), None)
    except NotFound:
        # The card will tell that the folder around it is gone as well.
        return scene.state
    if folder is None:
        await scene.toast(scene.say.label("folders.vanished"))
        return scene.state
    return _at(scene, f"{scene.state.path.rstrip('/')}/{folder.name}")


async def up(scene: Scene[FolderState], _arg: str) -> FolderState:
    """Go to the folder above."""
    return _at(scene, scene.state.path.rpartition("/")[0] or "/")


async def page(scene: Scene[FolderState], arg: str) -> FolderState:
    """Turn the pages."""
    return scene.state.model_copy(update={"page": number(arg, MOST_PAGES)})


async def back(scene: Scene[FolderState], _arg: str) -> Switch:
    """Return to the asking card as it was."""
    return Switch(scene.state.route, _asker(scene).load(scene.state.back))


async def choose(scene: Scene[FolderState], _arg: str) -> Switch:
    """Return to the asking card with the folder, and do what it is for."""
    state, asker = scene.state, _asker(scene)
    chosen = asker.load({**state.back, state.field: state.path})
    if state.then is None:
        return Switch(asker.name, chosen)
    card = replace(scene.card, route=asker.name) if scene.card else None
    following = await asker.actions[state.then](replace(scene, state=chosen, card=card), "")
    if isinstance(following, Switch):
        return following
    return Switch(asker.name, chosen if following is None else following)


def _asker(scene: Scene[FolderState]) -> Route[Any]:
    asker = scene.home.routes.cards.get(scene.state.route)
    if asker is None or scene.state.then not in (None, *asker.actions):
        # The card is from another version of the bot.
        raise InvalidPress(scene.state.route)
    return asker


async def new(scene: Scene[FolderState], _arg: str) -> Switch:
    """Ask for the name of a new folder."""
    question = scene.say("folders.ask_name", folder=_here(scene))
    return await fieldask.ask(scene, "name", "make", question, kind="name")


async def make(scene: Scene[FolderState], _arg: str) -> FolderState:
    """Make the folder whose name was given, and go into it; one that is there already serves as well."""
    path, name = scene.state.path, scene.state.name
    if not name:
        raise InvalidPress("make")
    await scene.services.drive.changes.make_folder(scene.user_id, path, name)
    return _at(scene, f"{path.rstrip('/')}/{name}")


FOLDER = Route(
    "folder",
    FolderState,
    show,
    {
        "open": open_folder,
        "up": up,
        "page": page,
        "back": back,
        "choose": choose,
        "new": new,
        "make": make,
    },
    private=True,
)


def register(home: LinkHiveApplication) -> None:
    """Let cards ask for a folder."""
    home.card(FOLDER)
