"""One file of a share: what it is, playing it where it lies, its direct address, saving it."""

from __future__ import annotations

import math
from typing import Literal

import structlog

from clients.disktop.models import VideoMeta
from clients.errors import ClientError
from handlers.files import folder_name, icon, is_playable
from handlers.save.state import Offer, SaveState, close_row, entry
from handlers.scenes import InvalidPress, Scene
from handlers.sizes import length, size
from handlers.texts import Html, bold, code, escape, plain
from handlers.views import Button, Open, Press, Row, View, grid, opens
from services.errors import TransferProblem
from services.saving.trees import Pick

log = structlog.get_logger(__name__)

MOST_QUALITIES = 8
LABEL_LIMIT = 24
ADDRESS_LIMIT = 1500
_MINUTE = 60

Links = tuple[tuple[str, str], ...]


def show_file(scene: Scene[SaveState], pick: Pick) -> View:
    """Show a file of the share, and what can be done with it."""
    state, say, file = scene.state, scene.say, pick.file
    sign = icon(file.name, file.ext)
    lines = [Html(f"{sign} {bold(file.name)}"), Html(" · ".join(_facts(scene, pick)))]
    if pick.folder != "/":
        lines.append(say("save.inside", where=code(pick.folder)))
    lines.append(say("save.dest", dest=folder_name(say, state.dest)))
    if state.offer is not None:
        lines += [Html(""), *_offer_text(scene, state.offer)]
    cover = state.meta.cover_url if state.meta is not None else None
    picture = cover if cover is not None and opens(cover) else None
    return View(Html("\n".join(lines)), _rows(scene, pick), picture=picture)


def _facts(scene: Scene[SaveState], pick: Pick) -> list[Html]:
    say, meta = scene.say, scene.state.meta
    facts = [escape(size(pick.file.size))]
    if meta is None:
        return facts
    if meta.duration:
        facts.append(say("save.duration", time=length(meta.duration)))
    if meta.width and meta.height:
        facts.append(escape(f"{meta.width}×{meta.height}"))
    if meta.codec:
        facts.append(escape(meta.codec, LABEL_LIMIT))
    if meta.bitrate:
        facts.append(Html(f"{meta.bitrate / 1_000_000:.1f} Mbit/s"))
    return facts


def _left(scene: Scene[SaveState], offer: Offer) -> float:
    return offer.until - scene.services.clock.now()


def _offer_text(scene: Scene[SaveState], offer: Offer) -> list[Html]:
    left = _left(scene, offer)
    if left <= 0:
        return [scene.say("save.offer_over")]
    told = scene.say.plural(f"save.offer_{offer.kind}", math.ceil(left / _MINUTE))
    # An address that no button takes is given to copy.
    odd = [code(url, ADDRESS_LIMIT) for _, url in offer.links if not opens(url)]
    return [told, *odd[:1]]


def _rows(scene: Scene[SaveState], pick: Pick) -> list[Row]:
    state, say = scene.state, scene.say
    kinds = ["play", "download"] if is_playable(pick.file.name, pick.file.ext) else ["download"]
    offered = state.offer.kind if state.offer is not None else ""
    labels = {kind: "button.renew_shared" if kind == offered else f"button.{kind}_shared" for kind in kinds}
    getting = [Press(say.label(label), kind) for kind, label in labels.items()]
    rows: list[Row] = [*(_addresses(scene, state.offer) if state.offer is not None else ()), getting]
    saving = [Press(say.label("button.save"), "one"), Press(say.label("button.save_to"), "dest")]
    back: list[Button] = [] if state.single else [Press(say.label("button.back"), "list")]
    return [*rows, saving, [*back, *close_row(scene)]]


def _addresses(scene: Scene[SaveState], offer: Offer) -> list[list[Button]]:
    """Return the buttons that open what was offered."""
    if _left(scene, offer) <= 0:
        return []
    buttons: list[Button] = []
    for name, url in offer.links:
        label = name or scene.say.label(f"button.{offer.kind}_shared_now")
        if opens(url):
            buttons.append(Open(f"▶️ {label}" if name else label, url))
    return grid(buttons, 3)


async def look(scene: Scene[SaveState], pick: Pick) -> SaveState:
    """Return the state that shows a file; a film with its length, picture and cover."""
    meta = await _meta(scene, pick) if is_playable(pick.file.name, pick.file.ext) else None
    return scene.state.model_copy(update={"file": pick, "meta": meta, "offer": None, "stopped": False})


async def _meta(scene: Scene[SaveState], pick: Pick) -> VideoMeta | None:
    state = scene.state
    try:
        return await scene.services.transfers.video_meta(scene.user_id, state.surl, pick.file.id, state.code)
    except (ClientError, TransferProblem) as error:
        # Facts for show only: the file can be saved without them.
        log.info("no_video_meta", error=type(error).__name__)
        return None


async def open_file(scene: Scene[SaveState], arg: str) -> SaveState:
    """Show a file of the folder."""
    return await look(scene, await entry(scene, arg, is_dir=False))


async def play(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Get addresses that play the film where it lies, or fresh ones."""
    state, pick = scene.state, chosen(scene)
    stream = await scene.services.transfers.stream(scene.user_id, state.surl, pick.file.id, state.code)
    named = [
        (plain(quality.name, LABEL_LIMIT) or str(n), quality.url)
        for n, quality in enumerate(stream.qualities[:MOST_QUALITIES], 1)
        if quality.url and quality.url != stream.stream_url
    ]
    return _offering(scene, "play", (("", stream.stream_url), *named), stream.expires_in)


async def download(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Get a direct address of the file, or a fresh one."""
    state, pick = scene.state, chosen(scene)
    got = await scene.services.transfers.download(scene.user_id, state.surl, pick.file.id, state.code)
    return _offering(scene, "download", (("", got.url),), got.expires_in)


def _offering(
    scene: Scene[SaveState], kind: Literal["play", "download"], links: Links, expires_in: float
) -> SaveState:
    offer = Offer(kind=kind, links=links, until=scene.services.clock.now() + expires_in)
    return scene.state.model_copy(update={"offer": offer})


def chosen(scene: Scene[SaveState]) -> Pick:
    """Return the file that is shown; raises InvalidPress where none is."""
    if scene.state.file is None:
        raise InvalidPress("file")
    return scene.state.file
