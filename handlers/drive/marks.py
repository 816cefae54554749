"""Several files and folders at once: mark them, then move, copy, rename or delete."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from handlers import cards, fieldask, folderpick, problems
from handlers.drive import deletion
from handlers.drive.folder import DRIVE, DriveState, fresh, page_of
from handlers.drive.views import key_of
from handlers.files import folder_name
from handlers.scenes import Act, InvalidPress, S, Scene, Switch, number
from handlers.texts import Html, bold
from handlers.views import View
from services.drive import Done, Entry

# One request changes them all: it happens as a whole or not at all.
MOST_MARKED = 100


async def marking(scene: Scene[DriveState], arg: str) -> DriveState:
    """Begin or end marking."""
    return fresh(scene.state, marking=arg == "on", marked=(), menu="")


async def mark(scene: Scene[DriveState], arg: str) -> DriveState:
    """Mark an entry of the page, or take its mark away."""
    if arg[:1] not in ("d", "f"):
        raise InvalidPress(arg)
    number(arg[1:])
    marked = scene.state.marked
    kept = tuple(entry for entry in marked if key_of(entry) != arg)
    if len(kept) < len(marked):
        return fresh(scene.state, marked=kept)
    entry = next((entry for entry in (await page_of(scene)).entries if key_of(entry) == arg), None)
    if entry is None:
        await scene.toast(scene.say.label("drive.vanished"))
        return fresh(scene.state)
    return await _with(scene, (entry,))


async def mark_page(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Mark everything on the page."""
    held = {entry.key for entry in scene.state.marked}
    listed = await page_of(scene)
    return await _with(scene, tuple(entry for entry in listed.entries if entry.key not in held))


async def _with(scene: Scene[DriveState], more: tuple[Entry, ...]) -> DriveState:
    marked = (*scene.state.marked, *more)
    if len(marked) > MOST_MARKED:
        await scene.toast(scene.say.label("drive.too_many", most=MOST_MARKED), alert=True)
    return fresh(scene.state, marking=True, marked=marked[:MOST_MARKED])


async def unmark(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Take all marks away."""
    return fresh(scene.state, marked=())


async def move(scene: Scene[DriveState], _arg: str) -> Switch:
    """Ask where to move what is marked."""
    return _pick(scene, "move")


async def copy(scene: Scene[DriveState], _arg: str) -> Switch:
    """Ask where to copy what is marked."""
    return _pick(scene, "copy")


def _pick(scene: Scene[DriveState], what: str) -> Switch:
    state = _something(scene)
    hidden = [entry.id for entry in state.marked if entry.is_dir]
    purpose = scene.say.plural(f"drive.{what}_purpose", len(state.marked))
    ready = scene.at(fresh(state))
    return folderpick.ask(ready, "dest", f"{what}_here", state.path, purpose=purpose, hide=hidden)


def _something(scene: Scene[DriveState]) -> DriveState:
    if not scene.state.marked:
        raise InvalidPress("nothing is marked")
    return scene.state


async def move_here(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Move what is marked to the folder that was picked."""
    state, say = _something(scene), scene.say
    if state.dest == state.path:
        await scene.toast(say.label("drive.same_folder"))
        return fresh(state)
    await scene.interim(View(say("drive.moving", folder=folder_name(say, state.dest))))
    changes = scene.services.drive.changes
    done = await changes.move(scene.user_id, state.path, state.marked, state.dest)
    return _after(state, said(scene, "move", done, state.dest))


async def copy_here(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Copy what is marked to the folder that was picked."""
    state = _something(scene)

    async def work() -> DriveState:
        done = await scene.services.drive.changes.copy(scene.user_id, state.path, state.marked, state.dest)
        return _after(state, said(scene, "copy", done, state.dest))

    return await once(scene, DRIVE, state.dest, work)


def _after(state: DriveState, words: Html) -> DriveState:
    return fresh(state, marked=(), marking=False, said=words)


def said(scene: Scene[Any], what: str, done: Done, dest: str) -> Html:
    """Return what came of moving or copying."""
    say = scene.say
    lines = [say.plural(f"drive.{what}_done", done.count, folder=folder_name(say, dest))]
    if done.gone:
        lines.append(say.plural("drive.were_gone", done.gone))
    return Html("\n".join(lines))


async def once(scene: Scene[S], route: str, dest: str, work: Callable[[], Awaitable[S]]) -> S:
    """Copy at most once: a press that comes again after a kill finds the card busy, and does nothing."""
    if scene.card is None or getattr(scene.state, "busy", False):
        return scene.state
    say = scene.say
    busy = scene.state.model_copy(update={"busy": True})
    card = await cards.keep(scene.home, scene.card, busy, route)
    if card is None:
        # Pressed twice: the other press copies.
        raise InvalidPress("busy")
    await scene.interim(View(say("drive.copying", folder=folder_name(say, dest))))
    try:
        state = await work()
    except problems.KNOWN:
        # Told, and may be tried again; whatever else ends this leaves the card busy.
        await cards.amend(scene.home, card.id, lambda _: scene.state, route)
        raise
    await cards.amend(scene.home, card.id, lambda _: state, route)
    return state


async def rename(scene: Scene[DriveState], _arg: str) -> Switch:
    """Ask for the new name of the one entry that is marked."""
    entry = _only(scene)
    text = scene.say("drive.ask_rename", name=bold(entry.name))
    return await fieldask.ask(scene, "name", "rename_to", text, kind="name", old=entry.name)


def _only(scene: Scene[DriveState]) -> Entry:
    if len(scene.state.marked) != 1:
        raise InvalidPress("not one is marked")
    return scene.state.marked[0]


async def rename_to(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Give the marked entry the name that was sent."""
    entry, state = _only(scene), scene.state
    if not state.name:
        raise InvalidPress("rename_to")
    await scene.services.drive.changes.rename(scene.user_id, state.path, entry, state.name)
    words = scene.say("drive.renamed", old=entry.name, name=bold(state.name))
    return _after(fresh(state, name=""), words)


async def delete(scene: Scene[DriveState], _arg: str) -> Switch:
    """Ask whether to delete what is marked."""
    state = _something(scene)
    after = fresh(state, marked=(), marking=False)
    return deletion.ask(scene, state.path, state.marked, DRIVE, after)


async def again(scene: Scene[DriveState], _arg: str) -> DriveState:
    """Copy again after that did not work; the error was shown with the picker's own button."""
    _something(scene)
    return await copy_here(scene, "")


ACTIONS: Mapping[str, Act[DriveState]] = {
    "marking": marking,
    "mark": mark,
    "mark_page": mark_page,
    "unmark": unmark,
    "move": move,
    "move_here": move_here,
    "copy": copy,
    "copy_here": copy_here,
    "choose": again,
    "rename": rename,
    "rename_to": rename_to,
    "delete": delete,
}
