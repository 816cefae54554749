"""Delete files and folders of the drive: says what and how much, and asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.filekinds import sign
from handlers.scenes import InvalidPress, Route, Scene, State, Switch
from handlers.sizes import size
from handlers.texts import Html, escape
from handlers.views import Press, View
from services.drive import Entry, Weight

NAMES_SHOWN = 8
NAME_LIMIT = 100


class DriveDeleteState(State):
    """What is to be deleted, where the card goes back to, and where it goes on."""

    picks: tuple[Entry, ...]
    path: str | None
    route: str
    back: dict[str, Any]
    after_route: str
    after: dict[str, Any]


def ask(
    scene: Scene[Any], path: str | None, picks: Sequence[Entry], after_route: str, after: State
) -> Switch:
    """Ask whether to delete entries of a folder; the card it goes on to tells that it was done."""
    if scene.card is None:
        raise InvalidPress("delete")
    state = DriveDeleteState(
        picks=tuple(picks),
        path=path,
        route=scene.card.route,
        back=scene.state.model_dump(mode="json"),
        after_route=after_route,
        after=after.model_dump(mode="json"),
    )
    return Switch(DELETE.name, state)


async def show(scene: Scene[DriveDeleteState]) -> View:
    """Show what would be deleted."""
    say, state = scene.say, scene.state
    weight = await scene.services.drive.weigh(scene.user_id, state.path or "/", state.picks)
    lines = [say.plural("drive.delete_ask", len(state.picks))]
    lines += [
        say("drive.delete_row", mark=sign(entry), name=escape(entry.name, NAME_LIMIT))
        for entry in state.picks[:NAMES_SHOWN]
    ]
    if len(state.picks) > NAMES_SHOWN:
        lines.append(say.plural("drive.delete_others", len(state.picks) - NAMES_SHOWN))
    lines.append(_much(scene, weight))
    if any(entry.is_dir for entry in state.picks):
        lines.append(say("drive.delete_folders"))
    lines.append(say("drive.delete_final"))
    sure = Press(say.label("button.delete_n", n=len(state.picks)), "sure")
    return View(Html("\n".join(lines)), ([sure, Press(say.label("button.cancel"), "back")],))


def _much(scene: Scene[DriveDeleteState], weight: Weight) -> Html:
    say = scene.say
    files = say.plural("drive.files", weight.files)
    folders = say.plural("drive.folders", weight.folders) if weight.folders else None
    what = say("drive.and", one=files, other=folders) if folders is not None else files
    key = "drive.delete_more" if weight.more else "drive.delete_much"
    return say(key, what=what, size=size(weight.bytes))


async def back(scene: Scene[DriveDeleteState], _arg: str) -> Switch:
    """Delete nothing."""
    return scene.switch(scene.state.route, scene.state.back)


async def sure(scene: Scene[DriveDeleteState], _arg: str) -> Switch:
    """Delete, and tell so."""
    state, say = scene.state, scene.say
    await scene.interim(View(say("drive.deleting")))
    done = await scene.services.drive.changes.delete(scene.user_id, state.path, state.picks)
    lines = [say.plural("drive.delete_done", done.count)] if done.count else []
    if done.gone:
        lines.append(say.plural("drive.were_gone", done.gone))
    return scene.switch(state.after_route, {**state.after, "said": "\n".join(lines)})


DELETE: Route[DriveDeleteState] = Route(
    "drive_delete", DriveDeleteState, show, {"back": back, "sure": sure}, private=True
)
