"""A save under way and what came of it: begun by a press, shown calmly, stopped, told at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers import cards
from handlers.application import LinkHiveApplication
from handlers.files import NAME_LIMIT, folder_name
from handlers.messages import display
from handlers.save.file import chosen
from handlers.save.pattern import matches
from handlers.save.state import ROUTE, SaveState, close_row, listing
from handlers.scenes import InvalidPress, Scene, Switch
from handlers.sizes import size
from handlers.texts import Html, escape
from handlers.views import Button, Press, View
from services.errors import TransferProblem
from services.saving.copying import Progress
from services.saving.saves import Moment
from services.saving.transfers import SaveResult
from services.saving.trees import Pick

DRIVE = "drive"


def show_running(scene: Scene[SaveState], progress: Progress | None = None) -> View:
    """Show how far a save is."""
    say = scene.say
    lines = [say("save.working")]
    if progress is None and scene.card is not None:
        progress = scene.services.saves.progress(scene.card.id)
    if progress is not None and progress.files:
        percent, done = 100 * progress.done // progress.files, size(progress.bytes)
        lines.append(
            say("save.progress", done=progress.done, files=progress.files, percent=percent, size=done)
        )
    return View(Html("\n".join(lines)), ([Press(say.label("button.stop"), "stop")],))


def show_result(scene: Scene[SaveState], result: SaveResult) -> View:
    """Show what was saved and where."""
    say, where = scene.say, folder_name(scene.say, result.dest)
    ways: list[Button] = [Press(say.label("button.back"), "list"), *close_row(scene)]
    opening: list[Button] = []
    if result.saved or result.already:
        opening.append(Press(say.label("button.open_folder"), "drive"))
    return View(Html("\n".join(_told(scene, result, where))), (opening, ways))


def _told(scene: Scene[SaveState], result: SaveResult, where: Html) -> list[Html]:
    say = scene.say
    if not result.saved and not result.missed:
        return [say("save.all_there" if result.already else "save.none", dest=where)]
    lines = [say.plural("save.done", result.saved, dest=where, size=size(result.bytes))]
    lines += [say("save.name", name=escape(name, NAME_LIMIT)) for name in result.names]
    if result.already:
        lines.append(say.plural("save.already", result.already))
    if result.missed:
        lines.append(say.plural("save.missed", result.missed))
    return lines


async def save_all(scene: Scene[SaveState], _arg: str) -> None:
    """Save everything in the folder that is shown."""
    path = scene.state.path
    await _begin(scene, "all", [Pick(folder=path, file=file) for file in await listing(scene)])


async def save_marked(scene: Scene[SaveState], _arg: str) -> None:
    """Save what is marked, wherever in the share."""
    await _begin(scene, "picked", scene.state.marks)


async def save_matches(scene: Scene[SaveState], _arg: str) -> None:
    """Save what the pattern found."""
    if scene.state.pattern is None:
        raise InvalidPress("matches")
    await _begin(scene, "matches", await matches(scene))


async def save_one(scene: Scene[SaveState], _arg: str) -> None:
    """Save the file that is shown."""
    await _begin(scene, "one", [chosen(scene)])


async def _begin(scene: Scene[SaveState], what: str, picks: Sequence[Pick]) -> None:
    if scene.card is None or not picks:
        raise InvalidPress(what)
    state = scene.state.model_copy(update={"running": what, "result": None, "stopped": False})
    # Shown first: the save may be over before this press is.
    card = await cards.keep(scene.home, scene.card, state)
    if card is None:
        # Pressed twice, or gone on elsewhere meanwhile.
        await cards.refresh(scene.home, scene.card.id, anew=False)
        return
    await display(scene.home, card, show_running(scene.at(state)))
    await scene.services.saves.start(
        scene.user_id, card.id, state.surl, picks, dest=state.dest, code=state.code
    )


async def stop(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Stop a save; what was copied stays."""
    if scene.card is not None:
        await scene.services.saves.stop(scene.card.id)
    return scene.state.model_copy(update={"running": "", "stopped": True})


async def to_drive(scene: Scene[SaveState], _arg: str) -> Switch:
    """Go to the folder in the own drive."""
    if scene.state.result is None:
        raise InvalidPress(DRIVE)
    return scene.switch(DRIVE, {"path": scene.state.result.dest})


class LiveSaves:
    """Shows on cards how saves go on and how they end."""

    def __init__(self, home: LinkHiveApplication) -> None:
        self._home = home

    async def changed(self, card_id: str, moment: Moment, final: bool) -> None:
        """Show a moment of a save."""
        if final:
            await self._ended(card_id, moment)
            return
        scene = await cards.find(self._home, card_id)
        if scene is not None and scene.card is not None and _runs(scene.state):
            await display(self._home, scene.card, show_running(scene, moment.progress))

    async def _ended(self, card_id: str, moment: Moment) -> None:
        before = await cards.find(self._home, card_id)
        if before is None or not _runs(before.state):
            return
        ended = {"running": "", "result": moment.result, "marks": () if moment.result else before.state.marks}

        def change(state: Any) -> Any:
            return state.model_copy(update=ended) if isinstance(state, SaveState) else state

        scene = await cards.amend(self._home, card_id, change)
        if scene is None or scene.card is None:
            return
        await display(self._home, scene.card, _end(scene, moment, before.state.running))


def _end(scene: Scene[SaveState], moment: Moment, what: str) -> View:
    if moment.result is not None:
        return show_result(scene, moment.result)
    error = moment.error or TransferProblem("gone")
    return cards.trouble(scene.home.routes.cards[ROUTE], scene, error, (what, ""), back=True)


def _runs(state: Any) -> bool:
    return isinstance(state, SaveState) and bool(state.running)
