"""What the card of a share remembers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from clients.disktop.models import SharedFile, VideoMeta
from handlers.scenes import Scene, State
from handlers.views import Press, Row
from services.errors import TransferProblem
from services.saving.transfers import SaveResult
from services.saving.trees import Pick

ROUTE = "save"
MOST_PAGES = 10_000


class Offer(BaseModel):
    """Addresses that a service gave for some minutes: names of qualities and where they play."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["play", "download"]
    links: tuple[tuple[str, str], ...] = Field(repr=False)
    until: float


class SaveState(State):
    """A share, where the person is in it, and what they marked, look at, or had saved."""

    surl: str
    code: str | None = None
    dest: str = "/"
    path: str = "/"
    page: int = 0
    marks: tuple[Pick, ...] = ()
    opened: bool = False
    needs_code: bool = False
    wrong_code: bool = False
    files: int = 0
    expires: int = 0
    premium: bool = False
    single: bool = False
    """The share is one file, so there is no list to go back to."""
    file: Pick | None = None
    meta: VideoMeta | None = None
    offer: Offer | None = None
    asking: bool = False
    pattern: str | None = None
    match_page: int = 0
    running: str = ""
    """What was pressed to begin the save that is under way."""
    stopped: bool = False
    result: SaveResult | None = None


def joined_path(folder: str, name: str) -> str:
    """Return where an entry lies in its share."""
    return f"{folder.rstrip('/')}/{name}"


def close_row(scene: Scene[SaveState]) -> Row:
    """Return the button that ends it all."""
    return [Press(scene.say.label("button.close"), "close")]


async def listing(scene: Scene[SaveState]) -> tuple[SharedFile, ...]:
    """Return the folder of the share that the person is in."""
    state = scene.state
    return await scene.services.transfers.listing(scene.user_id, state.surl, state.path, state.code)


async def entry(scene: Scene[SaveState], arg: str, *, is_dir: bool) -> Pick:
    """Return an entry of the folder that is shown; raises TransferProblem when it is gone."""
    found = await listing(scene)
    file = next((file for file in found if str(file.id) == arg and file.is_dir is is_dir), None)
    if file is None:
        # The sharer changed the folder meanwhile.
        raise TransferProblem("file_gone")
    return Pick(folder=scene.state.path, file=file)
