"""`/upload` alone: what runs, what waits, what ended lately; or how to upload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers import cards
from handlers.scenes import InvalidPress, Route, Scene, State, Switch, number
from handlers.sizes import size
from handlers.texts import Html, Speaker, escape
from handlers.upload.live import ROUTE
from handlers.upload.views import UploadState, name_of, progress_lines, stage_line
from handlers.views import Button, Press, View, grid
from services.uploads import Stage, UploadView

NAME_LIMIT = 60
# What ended, beside what is under way.
RECENT = 5
MOST = 25
MOST_ID = 2**63 - 1


class QueueState(State):
    """The list remembers nothing: it shows what is."""


async def show(scene: Scene[QueueState]) -> View:
    """List the uploads, or say how one begins."""
    say = scene.say
    listed = await _listed(scene)
    if not listed:
        return View(say("upload.how"), ([Press(say.label("button.close"), "close")],))
    lines = [say("upload.list"), *(_row(scene, n, view) for n, view in enumerate(listed, 1))]
    lines += [Html(""), say("upload.how_short")]
    opening: list[Button] = [Press(str(n), "pick", str(view.upload.id)) for n, view in enumerate(listed, 1)]
    last = [Press(say.label("button.refresh_list"), "show"), Press(say.label("button.close"), "close")]
    return View(Html("\n".join(lines)), [*grid(opening, 5), last])


async def _listed(scene: Scene[Any]) -> Sequence[UploadView]:
    """Return what is under way in its order, then what ended last."""
    found = await scene.services.uploads.of(scene.user_id)
    over = [view for view in found if view.stage.over]
    return [*(view for view in found if not view.stage.over), *over[:RECENT]][:MOST]


def _row(scene: Scene[Any], number: int, view: UploadView) -> Html:
    say, upload = scene.say, view.upload
    name = escape(name_of(say, upload), NAME_LIMIT)
    return say("upload.row", number=number, name=name, state=_state(scene, view))


def _state(scene: Scene[Any], view: UploadView) -> Html:
    say: Speaker = scene.say
    match view.stage:
        case Stage.DONE:
            stored = view.upload.stored
            return say("upload.row_done", size=size((stored.size if stored else 0) or view.upload.size or 0))
        case Stage.FAILED | Stage.CANCELLED:
            return say(f"upload.row_{view.stage}")
    # A list has no room for bars: the numbers say it all.
    return Html("\n".join([stage_line(scene, view), *progress_lines(say, view)[-1:]]))


async def pick(scene: Scene[QueueState], arg: str) -> Switch:
    """Make this the card of one upload; the card it had before goes, so that one of them tells."""
    upload = await scene.services.uploads.get(number(arg, MOST_ID))
    if scene.card is None or upload.user_id != scene.user_id:
        raise InvalidPress(arg)
    await scene.services.uploads.place(upload.id, scene.card.id)
    if upload.card_id is not None and upload.card_id != scene.card.id:
        await _retire(scene, upload.card_id)
    return Switch(ROUTE, UploadState(upload_id=upload.id))


async def _retire(scene: Scene[Any], card_id: str) -> None:

    older = await cards.find(scene.home, card_id)
    if older is not None and older.card is not None and older.user_id == scene.user_id:
        await cards.drop(scene.home, older.card)


QUEUE = Route("uploads", QueueState, show, {"pick": pick}, private=True)
