"""The tree of a share by pages: ways into folders and files, and marks on both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clients.disktop.models import SharedFile
from handlers import dates, folderpick
from handlers.files import FILES_A_PAGE, NAME_LIMIT, folder_name, icon
from handlers.save.state import MOST_PAGES, SaveState, close_row, entry, joined_path
from handlers.scenes import Scene, Switch, number
from handlers.sizes import size
from handlers.texts import Html, Speaker, code, escape
from handlers.views import Button, Press, View, grid, pages_row
from services.saving.trees import Pick

MOST_MARKS = 200
PATH_LIMIT = 120


def show_files(scene: Scene[SaveState], found: Sequence[SharedFile]) -> View:
    """Show one page of a folder of the share, folders first, with what is marked."""
    state, say = scene.state, scene.say
    pages = max(1, -(-len(found) // FILES_A_PAGE))
    page_ = min(state.page, pages - 1)
    first = page_ * FILES_A_PAGE
    shown = list(enumerate(found[first : first + FILES_A_PAGE], first + 1))
    marked = {pick.key for pick in state.marks}
    lines = heading(scene)
    lines.append(say.plural("save.count", len(found)) if found else say("save.empty"))
    lines += [line(say, n, file, marked=_key(state, file) in marked) for n, file in shown]
    if state.marks:
        lines.append(_marked(say, state.marks))
    pairs = [button for n, file in shown for button in _pair(n, file, _key(state, file) in marked)]
    turning = pages_row(say, "page", page_, pages)
    rows = [*grid(pairs, 4), turning, _saving(scene, found), _tools(scene, found), _ways(scene)]
    return View(Html("\n".join(lines)), rows)


def heading(scene: Scene[SaveState]) -> list[Html]:
    """Return what is known of the share, where the person is in it, and where things are saved to."""
    state, say = scene.state, scene.say
    key = "save.heading" if state.path == "/" else "save.heading_in"
    lines = [say("save.stopped")] if state.stopped else []
    lines.append(say(key, surl=state.surl, where=state.path))
    facts = [say.plural("save.files", state.files)] if state.files else []
    if state.expires:
        facts.append(say("save.until", date=dates.shown(scene, state.expires)))
    if state.premium:
        facts.append(say("save.premium"))
    if facts:
        lines.append(Html(" · ".join(facts)))
    return [*lines, say("save.dest", dest=folder_name(say, state.dest))]


def line(say: Speaker, number_: int, file: SharedFile, *, marked: bool = False, where: str = "") -> Html:
    """Return an entry as one line; `where` is its folder, where that is not plain."""
    sign = icon(file.name, file.ext, is_dir=file.is_dir)
    bytes_ = "" if file.is_dir else size(file.size)
    mark = f"☑️ {sign}" if marked else sign
    row = say("save.row", number=number_, mark=mark, name=escape(file.name, NAME_LIMIT), size=bytes_)
    return Html(f"{row} · {code(where, PATH_LIMIT)}") if where else row


def total(picks: Iterable[Pick]) -> str:
    """Return the size of the files among picks."""
    return size(sum(pick.file.size for pick in picks if not pick.file.is_dir))


def _marked(say: Speaker, marks: Sequence[Pick]) -> Html:
    text = say.plural("save.marked", len(marks))
    # What folders hold is not known before they are opened.
    return text if all(pick.file.is_dir for pick in marks) else Html(f"{text} · {escape(total(marks))}")


def _key(state: SaveState, file: SharedFile) -> tuple[str, bool, int]:
    return state.path, file.is_dir, file.id


def _pair(number_: int, file: SharedFile, marked: bool) -> tuple[Button, Button]:
    """Return the buttons of an entry: its mark, and the way into it."""
    box = "☑️" if marked else "◻️"
    sign = icon(file.name, file.ext, is_dir=file.is_dir)
    marking = Press(f"{box} {number_}", "mark" if file.is_dir else "pick", str(file.id))
    return marking, Press(f"{sign} {number_}", "open" if file.is_dir else "file", str(file.id))


def _saving(scene: Scene[SaveState], found: Sequence[SharedFile]) -> list[Button]:
    say, marks = scene.say, scene.state.marks
    row: list[Button] = [Press(say.label("button.save_all"), "all")] if found else []
    if marks:
        row.insert(0, Press(say.label("button.save_picked", n=len(marks)), "picked"))
    return row


def _tools(scene: Scene[SaveState], found: Sequence[SharedFile]) -> list[Button]:
    say = scene.say
    row: list[Button] = [Press(say.label("button.pattern"), "pattern")] if found else []
    row.append(Press(say.label("button.save_to"), "dest"))
    return row


def _ways(scene: Scene[SaveState]) -> list[Button]:
    say = scene.say
    row: list[Button] = [Press(say.label("button.up"), "up")] if scene.state.path != "/" else []
    if scene.state.marks:
        row.append(Press(say.label("button.clear_marks"), "clear"))
    return [*row, *close_row(scene)]


async def open_folder(scene: Scene[SaveState], arg: str) -> SaveState:
    """Go into a folder of the share; marks stay."""
    found = await entry(scene, arg, is_dir=True)
    path = joined_path(scene.state.path, found.file.name)
    return scene.state.model_copy(update={"path": path, "page": 0, "stopped": False})


async def up(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Go to the folder above."""
    parent = scene.state.path.rpartition("/")[0] or "/"
    return scene.state.model_copy(update={"path": parent, "page": 0, "stopped": False})


async def page(scene: Scene[SaveState], arg: str) -> SaveState:
    """Turn the pages of a folder."""
    return scene.state.model_copy(update={"page": number(arg, MOST_PAGES)})


async def pick(scene: Scene[SaveState], arg: str) -> SaveState:
    """Mark a file, or take the mark away."""
    return await _toggle(scene, arg, is_dir=False)


async def mark(scene: Scene[SaveState], arg: str) -> SaveState:
    """Mark a folder with all it holds, or take the mark away."""
    return await _toggle(scene, arg, is_dir=True)


async def _toggle(scene: Scene[SaveState], arg: str, *, is_dir: bool) -> SaveState:
    state, key = scene.state, (scene.state.path, is_dir, number(arg))
    marks = tuple(other for other in state.marks if other.key != key)
    if len(marks) == len(state.marks):
        if len(marks) >= MOST_MARKS:
            await scene.toast(scene.say.label("save.most_marks", n=MOST_MARKS), alert=True)
            return state
        marks = (*marks, await entry(scene, arg, is_dir=is_dir))
    return state.model_copy(update={"marks": marks, "stopped": False})


async def clear(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Take all marks away."""
    return scene.state.model_copy(update={"marks": ()})


async def choose_dest(scene: Scene[SaveState], _arg: str) -> Switch:
    """Choose the folder of the own drive to save to."""
    return folderpick.ask(scene, "dest", start=scene.state.dest)
