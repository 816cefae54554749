"""A folder of the drive as a card shows it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from clients.errors import NotFound
from handlers import problems
from handlers.drive.views import PER_PAGE, crumbs, markers, openers, rows, space_line
from handlers.files import folder_name
from handlers.scenes import Scene, State
from handlers.texts import Html
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.drive import Entry, FolderPage, Sort

DRIVE = "drive"
MOST_PAGES = 10_000
SHARING = "share.create"


class DriveState(State):
    """Where the person is in their drive, in which order, and what they marked."""

    path: str = "/"
    page: int = 0
    sort: Sort = Sort.SERVER
    menu: str = ""
    marking: bool = False
    marked: tuple[Entry, ...] = ()
    dest: str = "/"
    name: str = ""
    said: str = ""
    """What the last action did, as a sentence of ours."""
    shared: bool = False
    busy: bool = False
    """Something is being copied: found by a later press, nobody knows whether it was."""


def fresh(state: DriveState, **changes: Any) -> DriveState:
    """Return the next state; what was said of the last action is over."""
    return state.model_copy(update={"said": "", "busy": False, **changes})


async def page_of(scene: Scene[DriveState]) -> FolderPage:
    """Return the page of the folder that the card is at."""
    state, say = scene.state, scene.say
    told = False

    async def reading(_done: int, total: int) -> None:
        nonlocal told
        if not told:
            told = True
            await scene.interim(View(say("drive.reading", folder=folder_name(say, state.path), total=total)))

    return await scene.services.drive.folders.page(
        scene.user_id, state.path, state.sort, state.page, PER_PAGE, reading
    )


async def show(scene: Scene[DriveState]) -> View:
    """Show one page of a folder."""
    try:
        listed = await page_of(scene)
    except NotFound:
        if scene.state.path == "/":
            raise
        return _vanished(scene)
    except problems.KNOWN as error:
        if not scene.state.said:
            raise
        return problems.view(scene, error, retry=("show", ""), said=scene.state.said)
    dates, space, scopes, person = await asyncio.gather(
        scene.services.drive.dates(scene.user_id, listed.entries),
        _space(scene),
        scene.services.drive.scopes(scene.user_id),
        # The press itself may have changed the default folder.
        scene.services.people.known(scene.user_id),
    )
    scene = replace(scene, person=person)
    lines = [*_head(scene, listed), *rows(scene, listed.entries, listed.first, dates, scene.state.marked)]
    if space is not None:
        lines.append(space)
    return View(Html("\n".join(lines)), _rows(scene, listed, may_share=SHARING in scopes))


async def _space(scene: Scene[DriveState]) -> Html | None:
    if scene.state.path != "/" and scene.state.menu != "more":
        return None
    space = await scene.services.drive.space(scene.user_id)
    return None if space is None or not space.total_bytes else space_line(scene.say, space)


def _vanished(scene: Scene[DriveState]) -> View:
    said = [Html(f"{scene.state.said}\n")] if scene.state.said else []
    text = scene.say("drive.folder_gone", folder=folder_name(scene.say, scene.state.path))
    return View(Html("\n".join([*said, text])), (_ways(scene),))


def _head(scene: Scene[DriveState], listed: FolderPage) -> list[Html]:
    say, state = scene.say, scene.state
    lines = [Html(f"{state.said}\n")] if state.said else []
    if state.busy:
        lines.append(Html(f"{say('drive.interrupted', folder=folder_name(say, state.dest))}\n"))
    lines.append(Html(f"🗂 {crumbs(say, state.path)}"))
    facts = [say.plural("drive.count", listed.total) if listed.total else say("drive.empty")]
    if listed.pages > 1:
        facts.append(say("drive.page", page=listed.page + 1, pages=listed.pages))
    if state.sort is not Sort.SERVER:
        facts.append(say(f"drive.sort.{state.sort}"))
    lines.append(Html(" · ".join(facts)))
    if listed.cut:
        lines.append(say("drive.cut", total=listed.total))
    default = scene.person.preferences.default_folder
    if default == state.path:
        lines.append(say("drive.is_default"))
    elif state.menu == "more":
        lines.append(say("drive.default_is", folder=folder_name(say, default)))
    if state.marking:
        lines.append(_marked(scene))
    return lines


def _marked(scene: Scene[DriveState]) -> Html:
    marked = scene.state.marked
    return scene.say.plural("drive.marked", len(marked)) if marked else scene.say("drive.mark_hint")


def _rows(scene: Scene[DriveState], listed: FolderPage, *, may_share: bool) -> list[Row]:
    state = scene.state
    turning = pages_row(scene.say, "page", listed.page, listed.pages)
    if state.marking:
        marks = markers(listed.entries, listed.first, state.marked)
        return [*grid(marks, 4), turning, *_marking(scene, listed)]
    opening = [*grid(openers(listed.entries, listed.first), 4), turning]
    if state.menu == "sort":
        return [*opening, *_sorting(scene)]
    if state.menu == "more":
        return [*opening, *_more(scene, may_share=may_share)]
    return [*opening, *_tools(scene, listed), _ways(scene)]


def _tools(scene: Scene[DriveState], listed: FolderPage) -> list[Row]:
    say = scene.say
    first: list[Button] = [Press(say.label("button.search_drive"), "search")]
    if listed.total > 1:
        first.append(Press(say.label("button.sort"), "menu", "sort"))
    if listed.total:
        first.append(Press(say.label("button.mark"), "marking", "on"))
    new = Press(say.label("button.new_folder"), "new")
    return [first, [new, Press(say.label("button.more"), "menu", "more")]]


def _ways(scene: Scene[DriveState]) -> Row:
    say, depth = scene.say, scene.state.path.rstrip("/").count("/")
    row: list[Button] = [Press(say.label("button.up"), "up")] if depth else []
    if depth > 1:
        row.append(Press(say.label("button.top"), "top"))
    return [*row, Press(say.label("button.close"), "close")]


def _sorting(scene: Scene[DriveState]) -> list[Row]:
    say, now = scene.say, scene.state.sort
    orders = [
        Press(("● " if order is now else "") + say.label(f"drive.sort.{order}"), "sort", order)
        for order in Sort
    ]
    return [*grid(orders, 2), _usual(scene)]


def _more(scene: Scene[DriveState], *, may_share: bool) -> list[Row]:
    say, state = scene.say, scene.state
    row: list[Button] = [Press(say.label("button.refresh"), "refresh")]
    if scene.person.preferences.default_folder != state.path:
        row.insert(0, Press(say.label("button.default_folder"), "default"))
    sharing = [Press(say.label("button.sharing"), "share")] if may_share and not state.shared else []
    return [row, sharing, _usual(scene)]


def _usual(scene: Scene[DriveState]) -> Row:
    return [Press(scene.say.label("button.back"), "menu", "")]


def _marking(scene: Scene[DriveState], listed: FolderPage) -> list[Row]:
    say, marked = scene.say, scene.state.marked
    held = {entry.key for entry in marked}
    row: list[Button] = []
    if any(entry.key not in held for entry in listed.entries):
        row.append(Press(say.label("button.mark_page"), "mark_page"))
    if marked:
        row.append(Press(say.label("button.unmark"), "unmark"))
    changing: list[Button] = [
        Press(say.label(f"button.{action}_n", n=len(marked)), action) for action in ("move", "copy", "delete")
    ]
    rename = [Press(say.label("button.rename"), "rename")] if len(marked) == 1 else []
    done = Press(say.label("button.done"), "marking", "off")
    return [row, changing if marked else [], [*rename, done]]
