"""What was given up: listed, tried once more, dropped after asking."""

from __future__ import annotations

from typing import Any, cast

from handlers.admin.operators import HOME, ago, back, guarded
from handlers.scenes import InvalidPress, Route, Scene, State, Switch, number
from handlers.texts import Html, code
from handlers.views import Press, Row, View, pages_row
from storage import deadletters
from storage.deadletters import Letter, Source
from storage.tx import Tx

PER_PAGE = 5
ERROR_LIMIT = 160
_SOURCES = {"j": "job", "u": "update"}


class DeadState(State):
    """Which page is shown, and which letter is about to be dropped."""

    page: int = 0
    dropping: str = ""


async def show(scene: Scene[DeadState]) -> View:
    """Show a page of dead letters, latest first, or the question whether to drop one."""
    say, state = scene.say, scene.state
    letters, total = await scene.services.db.read(lambda tx: _look(tx, state.page))
    if state.dropping:
        sure = Press(say.label("button.confirm"), "drop", state.dropping)
        return View(say("dead.sure"), ([sure, Press(say.label("button.back"), "keep")],))
    if not letters:
        return View(say("dead.none"), ([back(scene)],))
    lines = [say("dead.title", n=total), ""]
    lines += [_line(scene, place, letter) for place, letter in enumerate(letters, 1)]
    rows: list[Row] = [_buttons(scene, place, letter) for place, letter in enumerate(letters, 1)]
    turning = pages_row(say, "page", state.page, -(-total // PER_PAGE))
    return View(Html("\n".join(lines)), [*rows, turning, [back(scene)]])


async def _look(tx: Tx, page: int) -> tuple[list[Letter], int]:
    return await deadletters.page(tx, page * PER_PAGE, PER_PAGE), await deadletters.count(tx)


def _line(scene: Scene[DeadState], place: int, letter: Letter) -> Html:
    say = scene.say
    kind = code(letter.kind) if letter.source == "job" else say("dead.update")
    head = say.plural("dead.line", letter.failures, place=place, kind=kind, ago=ago(scene, letter.at))
    lines = [head]
    if letter.shut:
        lines.append(say("dead.shut" if "payload" in letter.shut else "dead.shut_error"))
    if letter.error:
        lines.append(code(letter.error, ERROR_LIMIT))
    return Html("\n".join(lines))


def _buttons(scene: Scene[DeadState], place: int, letter: Letter) -> Row:
    say, arg = scene.say, f"{letter.source[0]}{letter.id}"
    return [
        Press(say.label("button.retry_one", n=place), "retry", arg),
        Press(say.label("button.drop_one", n=place), "ask", arg),
    ]


def _meant(arg: str) -> tuple[Source, int]:
    source = _SOURCES.get(arg[:1])
    if source is None:
        raise InvalidPress(arg)
    return cast("Source", source), number(arg[1:], 2**63)


async def retry(scene: Scene[DeadState], arg: str) -> DeadState:
    """Have one tried once more, unless it does not open: it would only come back."""
    source, letter = _meant(arg)
    now = scene.services.clock.now()

    async def work(tx: Tx) -> str:
        if not await deadletters.opens(tx, source, letter):
            return "dead.stays_shut"
        return "dead.retried" if await deadletters.retry(tx, source, letter, now) else "dead.twin"

    told = await scene.services.db.write(work)
    await scene.toast(scene.say.label(told), alert=told != "dead.retried")
    return DeadState(page=scene.state.page)


async def ask(scene: Scene[DeadState], arg: str) -> DeadState:
    """Ask whether to drop one."""
    _meant(arg)
    return DeadState(page=scene.state.page, dropping=arg)


async def drop(scene: Scene[DeadState], arg: str) -> DeadState:
    """Drop one."""
    source, letter = _meant(arg)
    await scene.services.db.write(lambda tx: deadletters.drop(tx, source, letter))
    return DeadState(page=scene.state.page)


async def keep(scene: Scene[DeadState], _arg: str) -> DeadState:
    """Go back to the list."""
    return DeadState(page=scene.state.page)


async def page(_scene: Scene[DeadState], arg: str) -> DeadState:
    """Turn the page."""
    return DeadState(page=number(arg, 10_000))


async def home(_scene: Scene[Any], _arg: str) -> Switch:
    """Go back to the first card."""
    return Switch(HOME, State())


DEAD = guarded(
    Route(
        "admin_dead",
        DeadState,
        show,
        {"retry": retry, "ask": ask, "drop": drop, "keep": keep, "page": page, HOME: home},
        private=True,
    )
)
