"""Search in the drive: files by words and kinds."""

from __future__ import annotations

import re
from typing import Any

from handlers import fieldask, problems
from handlers.drive import file as drivefile
from handlers.drive.views import PER_PAGE, key_of, openers, rows
from handlers.filekinds import KINDS, kind_of
from handlers.scenes import InvalidPress, Route, Scene, State, Switch, number
from handlers.texts import Html, bold
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.drive import Entry, Found

NAME = "drive_search"
MOST_PAGES = 10_000
_EXT = re.compile(r"\*?\.([A-Za-z0-9]{1,8})")


class DriveSearchState(State):
    """What is searched, of which kind, and the folder's card behind it."""

    words: str
    route: str
    back: dict[str, Any]
    kind: str = ""
    page: int = 0
    said: str = ""


def card_of(words: str, route: str, back: State) -> Switch:
    """Return the way to what words find."""
    return Switch(NAME, DriveSearchState(words=words, route=route, back=back.model_dump(mode="json")))


def parts(words: str) -> tuple[str, str | None]:
    """Return the words and the extension of a search such as `Dune .mkv`."""
    kept = words.split()
    ext = next((found[1].casefold() for word in kept if (found := _EXT.fullmatch(word))), None)
    rest = [word for word in kept if not _EXT.fullmatch(word)]
    # The document demands words; the names of such files hold at least the extension.
    return " ".join(rest) or (f".{ext}" if ext else words), ext


async def _found(scene: Scene[DriveSearchState]) -> tuple[Found, frozenset[str]]:
    """Return what is shown, and the kinds that a press could show."""
    drive, state = scene.services.drive, scene.state
    words, ext = parts(state.words)
    everything = await drive.search(scene.user_id, words, ext)
    complete = everything.total <= len(everything.files)
    kinds = frozenset(filter(None, map(kind_of, everything.files))) if complete or ext else frozenset(KINDS)
    if not state.kind:
        return everything, kinds
    if complete or ext:
        fitting = tuple(file for file in everything.files if kind_of(file) == state.kind)
        return Found(fitting, len(fitting)), kinds
    return await drive.search_kinds(scene.user_id, words, KINDS[state.kind]), kinds


async def show(scene: Scene[DriveSearchState]) -> View:
    """Show one page of what was found."""
    state, say = scene.state, scene.say
    try:
        found, kinds = await _found(scene)
    except problems.KNOWN as error:
        if not state.said:
            raise
        return problems.view(scene, error, retry=("show", ""), said=state.said)
    pages = max(1, -(-len(found.files) // PER_PAGE))
    page_ = min(state.page, pages - 1)
    shown = found.files[page_ * PER_PAGE : (page_ + 1) * PER_PAGE]
    dates = await scene.services.drive.dates(scene.user_id, shown)
    first = page_ * PER_PAGE + 1
    lines = [*_head(scene, found), *rows(scene, shown, first, dates)]
    again: list[Button] = [
        Press(say.label("button.search_again"), "again"),
        Press(say.label("button.back"), "back"),
        Press(say.label("button.close"), "close"),
    ]
    turning = pages_row(say, "page", page_, pages)
    buttons = [*grid(openers(shown, first), 4), turning, *_kinds(scene, kinds), again]
    return View(Html("\n".join(lines)), buttons)


def _head(scene: Scene[DriveSearchState], found: Found) -> list[Html]:
    say, state = scene.say, scene.state
    lines = [Html(f"{state.said}\n")] if state.said else []
    lines.append(say("drive.search_heading", words=bold(state.words)))
    if state.kind:
        lines.append(say(f"drive.kind.{state.kind}"))
    lines.append(say.plural("drive.found", found.total) if found.files else say("drive.found_none"))
    if found.total > len(found.files):
        lines.append(say.plural("drive.found_first", len(found.files)))
    return lines


def _kinds(scene: Scene[DriveSearchState], kinds: frozenset[str]) -> list[Row]:
    """Return the buttons of the kinds; one kind alone is no choice."""
    say, now = scene.say, scene.state.kind
    if len(kinds) < 2 and not now:
        return []
    buttons = [
        Press(("● " if kind == now else "") + say.label(f"drive.kind.{kind}"), "kind", kind)
        for kind in KINDS
        if kind in kinds or kind == now
    ]
    whole = Press(("" if now else "● ") + say.label("drive.kind.all"), "kind", "")
    return list(grid([whole, *buttons], 3))


async def page(scene: Scene[DriveSearchState], arg: str) -> DriveSearchState:
    """Turn the pages."""
    return scene.state.model_copy(update={"page": number(arg, MOST_PAGES), "said": ""})


async def kind(scene: Scene[DriveSearchState], arg: str) -> DriveSearchState:
    """Show files of one kind only, or of all."""
    if arg and arg not in KINDS:
        raise InvalidPress(arg)
    return scene.state.model_copy(update={"kind": arg, "page": 0, "said": ""})


async def open_file(scene: Scene[DriveSearchState], arg: str) -> DriveSearchState | Switch:
    """Go to a file's card."""
    if arg[:1] != "f":
        raise InvalidPress(arg)
    number(arg[1:])
    found, _ = await _found(scene)
    entry: Entry | None = next((file for file in found.files if key_of(file) == arg), None)
    state = scene.state.model_copy(update={"said": ""})
    if entry is None:
        await scene.toast(scene.say.label("drive.vanished"))
        return state
    return drivefile.card_of(entry, None, NAME, state)


async def again(scene: Scene[DriveSearchState], _arg: str) -> Switch:
    """Ask for other words."""
    return await fieldask.ask(scene, "words", "look", scene.say("drive.ask_words"))


async def look(scene: Scene[DriveSearchState], _arg: str) -> DriveSearchState:
    """Search for the words that were sent."""
    return scene.state.model_copy(update={"kind": "", "page": 0, "said": ""})


async def back(scene: Scene[DriveSearchState], _arg: str) -> Switch:
    """Return to the folder."""
    return scene.switch(scene.state.route, scene.state.back)


SEARCH: Route[DriveSearchState] = Route(
    NAME,
    DriveSearchState,
    show,
    {"page": page, "kind": kind, "open": open_file, "again": again, "look": look, "back": back},
    private=True,
)
