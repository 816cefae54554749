"""A file of the drive: what it is, links to get and play it, and all one can do with it."""

from __future__ import annotations

from typing import Any

from clients.disktop.models import FileMeta
from clients.errors import NotFound
from handlers import dates, fieldask, folderpick, problems
from handlers.drive import deletion, marks
from handlers.drive.folder import DRIVE, DriveState
from handlers.drive.links import download_lines, download_rows, play_lines, play_rows
from handlers.filekinds import plays, sign
from handlers.files import folder_name
from handlers.scenes import InvalidPress, Route, Scene, State, Switch
from handlers.sizes import size
from handlers.texts import Html, bold, code
from handlers.upload import goal as uploadgoal
from handlers.views import Button, Press, Row, View
from services.drive import Entry, PlayLink, TimedLink
from services.names import Service

NAME = "drive_file"


class FileState(State):
    """A file, its folder where that is known, the card behind it, and links that were asked for."""

    file: Entry
    path: str | None
    route: str
    back: dict[str, Any]
    link: TimedLink | None = None
    play: PlayLink | None = None
    dest: str = "/"
    name: str = ""
    said: str = ""
    busy: bool = False


def card_of(file: Entry, path: str | None, route: str, back: State) -> Switch:
    """Return the way to a file's card."""
    return Switch(NAME, FileState(file=file, path=path, route=route, back=back.model_dump(mode="json")))


def _fresh(state: FileState, **changes: Any) -> FileState:
    return state.model_copy(update={"said": "", "busy": False, **changes})


async def show(scene: Scene[FileState]) -> View:
    """Show a file's details, its links, and what one can do with it."""
    state, say = scene.state, scene.say
    try:
        meta = await scene.services.drive.details(scene.user_id, state.file.id)
    except NotFound:
        # The name is known though the file is gone: say which one.
        return View(say("drive.file_gone", name=bold(state.file.name)), (_ways(scene),))
    except problems.KNOWN as error:
        if not state.said:
            raise
        return problems.view(scene, error, retry=("show", ""), said=state.said)
    lines = [*_said(scene), *_facts(scene, meta)]
    lines += download_lines(scene, state.link) + play_lines(scene, state.play)
    return View(Html("\n".join(lines)), [*await _onward(scene, meta), *_rows(scene, meta)])


def _said(scene: Scene[FileState]) -> list[Html]:
    say, state = scene.say, scene.state
    lines = [Html(f"{state.said}\n")] if state.said else []
    if state.busy:
        lines.append(Html(f"{say('drive.interrupted', folder=folder_name(say, state.dest))}\n"))
    return lines


def _facts(scene: Scene[FileState], meta: FileMeta) -> list[Html]:
    say, file = scene.say, scene.state.file
    lines = [Html(f"{sign(file)} {bold(meta.name or file.name)}")]
    facts = [size(meta.size or file.size), *([str(meta.mime)] if meta.mime else [])]
    lines.append(say("drive.file_size", facts=" · ".join(facts)))
    if meta.path:
        lines.append(say("drive.file_path", path=code(meta.path)))
    if meta.create_time:
        lines.append(say("drive.file_date", date=dates.shown(scene, meta.create_time)))
    md5 = meta.md5 or file.md5
    if md5:
        lines.append(say("drive.file_md5", md5=code(md5)))
    return lines


def _rows(scene: Scene[FileState], meta: FileMeta) -> list[Row]:
    say, state = scene.say, scene.state
    film = plays(state.file, meta.mime)
    getting: list[Button] = [] if state.link else [Press(say.label("button.download"), "download")]
    if film and state.play is None:
        getting.append(Press(say.label("button.play"), "play"))
    changing = [
        [Press(say.label("button.rename"), "rename"), Press(say.label("button.move"), "move")],
        [Press(say.label("button.copy_to"), "copy"), Press(say.label("button.delete"), "delete")],
    ]
    links = [*download_rows(scene, state.link), *play_rows(scene, state.play)]
    return [*links, getting, *changing, _ways(scene)]


async def _onward(scene: Scene[FileState], meta: FileMeta) -> list[Row]:
    """Offer a film to Mika, where the person has an account there."""
    mime = None if meta.mime is None else str(meta.mime)
    if not uploadgoal.is_video(scene.state.file.name, mime):
        return []
    if not await scene.services.uploads.ready(scene.user_id, Service.MIKA):
        return []
    return [[Press(scene.say.label("button.to_mika"), "mika")]]


async def mika(scene: Scene[FileState], _arg: str) -> Switch:
    """Send the file to Mika; the card goes on as the upload's."""
    return await uploadgoal.from_drive(scene, scene.state.file)


def _ways(scene: Scene[FileState]) -> Row:
    say = scene.say
    row: list[Button] = []
    if scene.state.path is None:
        row.append(Press(say.label("button.to_folder"), "folder"))
    return [*row, Press(say.label("button.back"), "back"), Press(say.label("button.close"), "close")]


async def download(scene: Scene[FileState], _arg: str) -> FileState:
    """Get a download link, or a new one."""
    link = await scene.services.drive.download(scene.user_id, scene.state.file.id)
    return _fresh(scene.state, link=link)


async def play(scene: Scene[FileState], _arg: str) -> FileState:
    """Get play links, or new ones."""
    link = await scene.services.drive.play(scene.user_id, scene.state.file.id)
    return _fresh(scene.state, play=link)


async def rename(scene: Scene[FileState], _arg: str) -> Switch:
    """Ask for the new name."""
    file = scene.state.file
    text = scene.say("drive.ask_rename", name=bold(file.name))
    return await fieldask.ask(scene, "name", "rename_to", text, kind="name", old=file.name)


async def rename_to(scene: Scene[FileState], _arg: str) -> FileState:
    """Give the file the name that was sent."""
    state, file = scene.state, scene.state.file
    if not state.name:
        raise InvalidPress("rename_to")
    await scene.services.drive.changes.rename(scene.user_id, state.path, file, state.name)
    named = Entry(file.id, state.name, False, file.size, file.md5, file.created)
    said = scene.say("drive.renamed", old=file.name, name=bold(state.name))
    return _fresh(state, file=named, name="", said=said, link=None, play=None)


async def move(scene: Scene[FileState], _arg: str) -> Switch:
    """Ask where to move the file."""
    return await _pick(scene, "move")


async def copy(scene: Scene[FileState], _arg: str) -> Switch:
    """Ask where to copy the file."""
    return await _pick(scene, "copy")


async def _pick(scene: Scene[FileState], what: str) -> Switch:
    state = scene.state
    purpose = scene.say.label(f"drive.{what}_one_purpose", name=state.file.name)
    ready = scene.at(_fresh(state))
    return folderpick.ask(ready, "dest", f"{what}_here", state.path or "/", purpose=purpose)


async def move_here(scene: Scene[FileState], _arg: str) -> FileState:
    """Move the file to the folder that was picked."""
    state, say = scene.state, scene.say
    if state.dest == state.path:
        await scene.toast(say.label("drive.same_folder"))
        return _fresh(state)
    await scene.interim(View(say("drive.moving", folder=folder_name(say, state.dest))))
    done = await scene.services.drive.changes.move(scene.user_id, state.path, (state.file,), state.dest)
    return _fresh(state, path=state.dest, said=marks.said(scene, "move", done, state.dest))


async def copy_here(scene: Scene[FileState], _arg: str) -> FileState:
    """Copy the file to the folder that was picked."""
    state = scene.state

    async def work() -> FileState:
        changes = scene.services.drive.changes
        done = await changes.copy(scene.user_id, state.path, (state.file,), state.dest)
        return _fresh(state, said=marks.said(scene, "copy", done, state.dest))

    return await marks.once(scene, NAME, state.dest, work)


async def again(scene: Scene[FileState], _arg: str) -> FileState:
    """Copy again after that did not work; the error was shown with the picker's own button."""
    return await copy_here(scene, "")


async def delete(scene: Scene[FileState], _arg: str) -> Switch:
    """Ask whether to delete the file."""
    state = scene.state
    after = scene.switch(state.route, state.back)
    return deletion.ask(scene, state.path, (state.file,), after.route, after.state)


async def folder(scene: Scene[FileState], _arg: str) -> FileState | Switch:
    """Go to the folder that a found file lies in."""
    drive, state = scene.services.drive, scene.state
    meta = await drive.details(scene.user_id, state.file.id)
    path = await drive.reachable(scene.user_id, meta.path)
    if path is None:
        await scene.toast(scene.say.label("drive.no_folder"))
        return _fresh(state)
    return Switch(DRIVE, DriveState(path=path.rpartition("/")[0] or "/"))


async def back(scene: Scene[FileState], _arg: str) -> Switch:
    """Return to the folder or the search."""
    return scene.switch(scene.state.route, scene.state.back)


FILE: Route[FileState] = Route(
    NAME,
    FileState,
    show,
    {
        "download": download,
        "play": play,
        "mika": mika,
        "rename": rename,
        "rename_to": rename_to,
        "move": move,
        "move_here": move_here,
        "copy": copy,
        "copy_here": copy_here,
        "choose": again,
        "delete": delete,
        "folder": folder,
        "back": back,
    },
    private=True,
)
