"""The pictures of a draft, one by one: picked by number, moved, taken out."""

from __future__ import annotations

from handlers.publish.state import PublishState, fresh
from handlers.publish.views import picture_line
from handlers.scenes import InvalidPress, Scene, number
from handlers.texts import Html
from handlers.views import Button, Press, Row, View, grid, opens

PER_ROW = 5


def offered(state: PublishState) -> bool:
    """Tell whether there is an order to change."""
    return len(state.fields.images) > 1


def show(scene: Scene[PublishState]) -> View:
    """Show all pictures as numbers, and what can be done with the one that is picked."""
    say, state = scene.say, scene.state
    images, picked = state.fields.images, state.picked
    lines = [say("publish.arrange"), Html("")]
    for place, url in enumerate(images, 1):
        line = picture_line(say, state.fields, place, url)
        lines.append(Html(f"▶️ <b>{line}</b>") if place == picked else line)
    numbers = (Press(f"▶️ {n}" if n == picked else str(n), "pick", str(n)) for n in range(1, len(images) + 1))
    rows: list[Row] = [*grid(numbers, PER_ROW)]
    if 1 <= picked <= len(images):
        rows.append(_acts(scene))
    rows.append([Press(say.label("button.done"), "arranged")])
    shown = images[picked - 1] if 1 <= picked <= len(images) else ""
    return View(Html("\n".join(lines)), rows, picture=shown if opens(shown) else None)


def _acts(scene: Scene[PublishState]) -> list[Button]:
    say, state = scene.say, scene.state
    row: list[Button] = [Press(say.label("publish.button.take_out"), "take_out")]
    if state.picked > 1:
        row.insert(0, Press(say.label("publish.button.earlier"), "move", "earlier"))
    if state.picked < len(state.fields.images):
        row.append(Press(say.label("publish.button.later"), "move", "later"))
    return row


def _open(scene: Scene[PublishState]) -> PublishState:
    if scene.state.step != "pictures" or not scene.state.arranging:
        raise InvalidPress("arrange")
    return scene.state


async def arrange(scene: Scene[PublishState], _arg: str) -> PublishState:
    """Go on to the single pictures."""
    if scene.state.step != "pictures" or not offered(scene.state):
        raise InvalidPress("arrange")
    return fresh(scene.state, arranging=True)


async def pick(scene: Scene[PublishState], arg: str) -> PublishState:
    """Pick a picture."""
    state = _open(scene)
    picked = number(arg, len(state.fields.images))
    if picked < 1:
        raise InvalidPress(arg)
    return fresh(state, arranging=True, picked=picked)


async def move(scene: Scene[PublishState], arg: str) -> PublishState:
    """Move the picked picture by one place; pressed once too often it stays at the end it is at."""
    state = _open(scene)
    images = list(state.fields.images)
    to = state.picked + {"earlier": -1, "later": 1}.get(arg, 0)
    if to == state.picked or not 1 <= state.picked <= len(images):
        raise InvalidPress(arg)
    if not 1 <= to <= len(images):
        return state
    images.insert(to - 1, images.pop(state.picked - 1))
    fields = state.fields.model_copy(update={"images": tuple(images)})
    return fresh(state, arranging=True, picked=to, fields=fields)


async def take_out(scene: Scene[PublishState], _arg: str) -> PublishState:
    """Take the picked picture out; pressed twice, no second one goes with it."""
    state = _open(scene)
    if not 1 <= state.picked <= len(state.fields.images):
        return state
    gone = state.fields.images[state.picked - 1]
    await scene.services.pictures.drop(scene.user_id, [gone] if gone in state.fields.sent else [])
    left = state.fields.without([gone])
    return fresh(state, fields=left, arranging=len(left.images) > 1)


async def arranged(scene: Scene[PublishState], _arg: str) -> PublishState:
    """Go back to the question for pictures."""
    if scene.state.step != "pictures":
        raise InvalidPress("arranged")
    return fresh(scene.state)


ACTIONS = {"arrange": arrange, "pick": pick, "move": move, "take_out": take_out, "arranged": arranged}
