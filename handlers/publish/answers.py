"""What people answer: words, links and torrent files, each checked before it is part of the draft."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from clients.acgbt.readings import size as read_size
from clients.errors import ClientError
from handlers.publish.questions import LAYOUTS, MOST_PICTURES, at_step, fault, onward
from handlers.publish.state import PublishState, Step, fresh
from handlers.scenes import InvalidPress, Scene
from handlers.sizes import size
from handlers.texts import Speaker, plain
from handlers.upload.files import content_of, in_words
from services.errors import ServiceError
from services.magnets import BadMagnet, Magnet, find_cid, find_magnet
from services.publishing import Look
from services.torrents import MOST_BYTES, BadTorrent, Torrent, read_torrent
from services.uploads import Source

TITLE_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 20_000
FAULTS_SHOWN, ADDRESS_SHOWN = 5, 80
GOOD: frozenset[Look] = frozenset({"picture", "unseen"})
_TORRENT_ADDRESS = re.compile(r"\.torrent(?:[?#]|$)", re.IGNORECASE)
# A number alone is megabytes to nobody: the unit must be told.
_SIZE = re.compile(r"[0-9][0-9,.]*\s*(?:[kmgt]i?b?|b)|[0-9]{4,}", re.IGNORECASE)
# A comma before three digits parts thousands; any other is where many countries have the point.
_THOUSANDS = re.compile(r",(?=[0-9]{3}(?![0-9]))")


async def typed(scene: Scene[PublishState], _arg: str = "") -> PublishState:
    """Take the words that were typed last as the answer to what is asked."""
    state = scene.state
    if state.step not in ANSWERS or not state.typed:
        raise InvalidPress("typed")
    return await at_step(scene, await ANSWERS[state.step](scene, state.typed))


async def _title(scene: Scene[PublishState], words: str) -> PublishState:
    title = plain(words, 4 * TITLE_CHARACTERS)
    if not title:
        return fault(scene, "publish.fault.no_title")
    if len(title) > TITLE_CHARACTERS:
        return fault(scene, "publish.fault.long_title", most=TITLE_CHARACTERS, n=len(title))
    return onward(scene.state, title=title)


async def _category(scene: Scene[PublishState], words: str) -> PublishState:
    known = await scene.services.acg.catalogue.categories(scene.user_id)
    wanted = words.strip().casefold()
    exact = [one for one in known.all if one.name.casefold() == wanted]
    near = exact or [one for one in known.all if wanted and wanted in one.name.casefold()]
    if len(near) != 1:
        return fault(scene, "publish.fault.category")
    return onward(scene.state, category=near[0].id, category_name=near[0].name)


async def _description(scene: Scene[PublishState], words: str) -> PublishState:
    if len(words) > DESCRIPTION_CHARACTERS:
        return fault(scene, "publish.fault.long_description", most=DESCRIPTION_CHARACTERS)
    return onward(scene.state, description=words)


async def _pictures(scene: Scene[PublishState], words: str) -> PublishState:
    """Add pictures by their links; what is no picture is left out, and said."""
    state, found = scene.state, in_words(words)
    fresh_ones = [url for url in found if url not in state.fields.images]
    if not found:
        return fault(scene, "publish.fault.no_address")
    if len(state.fields.images) + len(fresh_ones) > MOST_PICTURES:
        return fault(scene, "publish.fault.many_pictures", most=MOST_PICTURES)
    looks = await scene.services.publishing.look(fresh_ones)
    seen = list(zip(fresh_ones, looks, strict=True))
    fields = state.fields.shown(*(url for url, look in seen if look in GOOD))
    unseen = (*fields.unseen, *(url for url, look in seen if look == "unseen"))
    faults = _refused(scene, [(url, look) for url, look in seen if look not in GOOD])
    return fresh(state, fields=fields.model_copy(update={"unseen": unseen}), faults=faults)


def _refused(scene: Scene[PublishState], bad: Sequence[tuple[str, Look]]) -> dict[str, str]:
    """Return a line for each address without a picture; of many the first few."""
    lines = [bad_picture(scene.say, url, look) for url, look in bad[:FAULTS_SHOWN]]
    if len(bad) > FAULTS_SHOWN:
        lines.append(scene.say.label("publish.fault.picture.more", n=len(bad) - FAULTS_SHOWN))
    return {str(number): words for number, words in enumerate(lines)}


def bad_picture(say: Speaker, url: str, look: Look) -> str:
    """Return what is wrong with an address at which no picture was seen."""
    return say.label(f"publish.fault.picture.{look}", address=plain(url, ADDRESS_SHOWN))


async def _layout(scene: Scene[PublishState], words: str) -> PublishState:
    chosen = next((n for n in LAYOUTS if words.strip() == str(n)), None)
    if chosen is None:
        return fault(scene, "publish.fault.layout")
    return onward(scene.state, layout=chosen)


async def _link(scene: Scene[PublishState], words: str) -> PublishState:
    """Take a magnet link, the hash of one, or an IPFS address."""
    try:
        magnet = find_magnet(words)
    except BadMagnet as error:
        return fault(scene, f"publish.fault.magnet.{error.fault}")
    if magnet is not None:
        return with_magnet(scene, magnet)
    cid = find_cid(words)
    if cid is not None:
        return onward(scene.state, cid=cid)
    is_file = any(_TORRENT_ADDRESS.search(url) for url in in_words(words))
    return fault(scene, "publish.fault.torrent_address" if is_file else "publish.fault.no_link")


def with_magnet(scene: Scene[PublishState], magnet: Magnet) -> PublishState:
    """Take a magnet link, and what it tells of name and size; other questions than the link's stay open."""
    state = scene.state
    known = magnet.size is not None
    changes: dict[str, Any] = {"magnet": magnet.link, "measured": known}
    if known or state.fields.measured:
        changes["size"] = magnet.size
    suggested = plain(magnet.name, TITLE_CHARACTERS)
    if state.step == "link":
        return onward(state, **changes).model_copy(update={"suggested": suggested})
    fields = state.fields.model_copy(update=changes)
    told = size(magnet.size) if magnet.size else scene.say.label("publish.none")
    said = scene.say("publish.link_taken", size=told)
    return fresh(state, fields=fields, suggested=suggested, said=said)


async def _size(scene: Scene[PublishState], words: str) -> PublishState:
    number = size_in(words)
    if number is None:
        return fault(scene, "publish.fault.size")
    return onward(scene.state, size=number)


def size_in(words: str) -> int | None:
    """Return the bytes that somebody wrote: 5.3 GB, 5,3 GB, ５.３Ｇ; None for what is no size."""
    told = unicodedata.normalize("NFKC", words).strip()
    if not _SIZE.fullmatch(told):
        return None
    return read_size(_THOUSANDS.sub("", told).replace(",", "."))


async def torrent(scene: Scene[PublishState], source: Source) -> PublishState:
    """Turn a torrent file into its magnet link: ACGBT takes no files over its API."""
    if source.size is not None and source.size > MOST_BYTES:
        return fault(scene, "publish.fault.torrent.big", most=size(MOST_BYTES))
    try:
        read: Torrent = await asyncio.to_thread(read_torrent, await content_of(scene, source, MOST_BYTES))
    except BadTorrent as error:
        return fault(scene, f"publish.fault.torrent.{error.kind}")
    except (ClientError, ServiceError):
        return fault(scene, "publish.fault.torrent.unread")
    return await at_step(scene, with_magnet(scene, read.magnet))


ANSWERS: Mapping[Step, Callable[[Scene[PublishState], str], Awaitable[PublishState]]] = {
    "title": _title,
    "category": _category,
    "description": _description,
    "pictures": _pictures,
    "layout": _layout,
    "link": _link,
    "size": _size,
}
