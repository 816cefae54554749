"""/drive: the person's own Disk.Top drive, folder by folder."""

from __future__ import annotations

from typing import Any

from telegram import Update

from clients.errors import NotFound
from handlers import cards, commands, fieldask
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.drive import deletion, file, marks, searching
from handlers.drive.folder import DRIVE, MOST_PAGES, DriveState, fresh, page_of, show
from handlers.drive.views import key_of
from handlers.files import folder_name
from handlers.scenes import InvalidPress, Route, Scene, Switch, number
from services.drive import Sort
from services.saving.trees import clean_path

MENUS = ("", "sort", "more")


async def open_entry(scene: Scene[DriveState], arg: str) -> DriveState | Switch:
    """Go into a folder, or to a file's card; what is gone meanwhile is no longer listed."""
    if arg[:1] not in ("d", "f"):
        raise InvalidPress(arg)
    number(arg[1:])
    state = scene.state
    try:
        listed = await page_of(scene)
    except NotFound:
        # The card will tell that the folder itself is gone.
        return fresh(state)
    entry = next((entry for entry in listed.entries if key_of(entry) == arg), None)
    if entry is None:
        scene.services.drive.changed(scene.user_id)
        await scene.toast(scene.say.label("drive.vanished"))
        return fresh(state)
    if not entry.is_dir:
        return file.card_of(entry, state.path, DRIVE, fresh(state))
    return fresh(state, path=f"{state.path.rstrip('/')}/{entry.name}", page=0, marked=())


async def up(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Go to the folder above."""
    return fresh(scene.state, path=scene.state.path.rpartition("/")[0] or "/", page=0, marked=())


async def top(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Go to where everything begins."""
    return fresh(scene.state, path="/", page=0, marked=())


async def page(scene: Scene[DriveState], arg: str) -> DriveState:
    """Turn the pages."""
    return fresh(scene.state, page=number(arg, MOST_PAGES))


async def menu(scene: Scene[DriveState], arg: str) -> DriveState:
    """Show the orders, the less common buttons, or the usual ones again."""
    if arg not in MENUS:
        raise InvalidPress(arg)
    return fresh(scene.state, menu=arg)


async def sort(scene: Scene[DriveState], arg: str) -> DriveState:
    """Show the folder in another order."""
    if arg not in list(Sort):
        raise InvalidPress(arg)
    return fresh(scene.state, sort=Sort(arg), page=0, menu="")


async def refresh(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Look at the server once more."""
    scene.services.drive.changed(scene.user_id)
    return fresh(scene.state, menu="")


async def default(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Make this the folder that saves and uploads begin with."""
    path = scene.state.path
    await scene.services.people.change(scene.user_id, default_folder=path)
    said = scene.say("drive.default_set", folder=folder_name(scene.say, path))
    return fresh(scene.state, menu="", said=said)


async def share(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Switch sharing on for the person's account."""
    answer = await scene.services.drive.enable_sharing(scene.user_id)
    key = "drive.sharing_on" if answer.enabled else "drive.sharing_off"
    return fresh(scene.state, menu="", shared=answer.enabled, said=scene.say(key))


async def new(scene: Scene[DriveState], _arg: str) -> Switch:
    """Ask for the name of a new folder."""
    text = scene.say("folders.ask_name", folder=folder_name(scene.say, scene.state.path))
    return await fieldask.ask(scene, "name", "make", text, kind="name")


async def make(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Make the folder whose name was given, and go into it."""
    path, name = scene.state.path, scene.state.name
    if not name:
        raise InvalidPress("make")
    made = await scene.services.drive.changes.make_folder(scene.user_id, path, name)
    inside = f"{path.rstrip('/')}/{name}"
    key = "drive.folder_made" if made else "drive.folder_there"
    said = scene.say(key, folder=folder_name(scene.say, inside))
    return fresh(scene.state, path=inside, page=0, marked=(), name="", said=said)


async def search(scene: Scene[DriveState], _arg: str) -> Switch:
    """Ask for words to search."""
    return await fieldask.ask(scene, "name", "find", scene.say("drive.ask_words"))


async def find(scene: Scene[DriveState], _arg: str) -> Switch:
    """Go on to what the words find."""
    if not scene.state.name:
        raise InvalidPress("find")
    return searching.card_of(scene.state.name, DRIVE, fresh(scene.state, name=""))


FOLDER: Route[DriveState] = Route(
    DRIVE,
    DriveState,
    show,
    {
        "open": open_entry,
        "up": up,
        "top": top,
        "page": page,
        "menu": menu,
        "sort": sort,
        "refresh": refresh,
        "default": default,
        "share": share,
        "new": new,
        "make": make,
        "search": search,
        "find": find,
        **marks.ACTIONS,
    },
    private=True,
)


async def drive(update: Update, context: LinkHiveContext) -> None:
    """Show the drive, or the folder that was named."""
    path = clean_path(" ".join(context.args or []))
    context.services.drive.changed(context.person.user.id)
    await cards.begin(update, context, FOLDER, DriveState(path=path))


def register(home: LinkHiveApplication) -> None:
    """Offer the drive."""
    cards_: tuple[Route[Any], ...] = (FOLDER, file.FILE, deletion.DELETE, searching.SEARCH)
    for route in cards_:
        home.card(route)
    commands.add(home, "drive", drive, private=True)
