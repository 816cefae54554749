"""The questions about a share, and what the answers to them mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping

from clients.errors import NotFound, Rejected
from clients.hdhive.models import LinkKind, PanType
from handlers import titlelist
from handlers.cards import CLOSE
from handlers.scenes import InvalidPress, Scene, number
from handlers.shares import film as sharesfilm
from handlers.shares.state import WALK, ShareState, Step, fresh
from handlers.shares.steps import answer, at_step, before, faults
from handlers.shares.views import field_lines, price, refusal
from handlers.texts import Html
from handlers.views import Button, Press, Row, View, grid
from services.messytext import readable
from services.names import Service
from services.sharedfilms import Film
from services.sharelinks.codes import written_code
from services.sharelinks.finding import Drive, ShareLink, extract

PRICES = (0, 1, 2, 3, 5, 8, 10, 20)
PRICES_A_ROW = 4
MOST_POINTS = 9_999_999
TITLE_LIMIT = 300
_CODE = re.compile(r"[0-9A-Za-z]{1,16}", re.ASCII)
_POINTS = re.compile(r"([0-9]{1,7})\s*(?:points?|积分|分)?", re.IGNORECASE)
_FREE = frozenset({"free", "免费", "無料"})


async def show(scene: Scene[ShareState]) -> View:
    """Show a question, below what is known already and above the ways out."""
    state, say = scene.state, scene.say
    if state.step == "film" and state.query:
        found = await titlelist.look(scene, state.query, state.hits)
        return sharesfilm.list_view(scene, found, _head(scene), _leave(scene))
    lines = [*_head(scene), _question(scene)]
    lines += [refusal(say, words) for words in state.faults.values()]
    poster = state.fields.film.poster if state.fields.film and state.step != "film" else None
    return View(Html("\n".join(lines)), [*_offers(scene), _leave(scene)], picture=poster)


def _head(scene: Scene[ShareState]) -> list[Html]:
    """Return the headline; of a new share also where in it we are and what was answered."""
    say, state = scene.say, scene.state
    if state.slug or state.walked or state.step not in WALK:
        return [say("share.head_change")]
    head = say("share.head_step", step=WALK.index(state.step) + 1, steps=len(WALK))
    known = {"code", *WALK[: WALK.index(state.step)]} if state.fields.url else set()
    shown = field_lines(say, state.fields, {}, strange=state.strange, only=known)
    return [head, *shown, Html("")]


def _question(scene: Scene[ShareState]) -> Html:
    key = f"share.ask.{scene.state.step}"
    if scene.state.step == "film" and scene.services.tmdb is None:
        key = "share.ask.film_off"
    return scene.say(key)


def _offers(scene: Scene[ShareState]) -> list[Row]:
    say, state = scene.say, scene.state
    if state.step == "price":
        known = PRICES if state.usual in (None, *PRICES) else (*PRICES, state.usual)
        marks = {state.usual: "⭐ "}
        offered = [Press(marks.get(n, "") + price(say, n or 0), "price", str(n)) for n in known]
        return [*grid(offered, PRICES_A_ROW)]
    if state.step in ("title", "code"):
        return [[Press(say.label(f"button.no_{state.step}"), "skip")]]
    return []


def _leave(scene: Scene[ShareState]) -> Row:
    say, row = scene.say, [Press(scene.say.label("button.type"), "type")]
    if before(scene.state) is not None:
        row.append(Press(say.label("button.back"), "before"))
    if not scene.state.slug:
        row.append(Press(say.label("button.cancel"), CLOSE))
    leaving: list[Button] = list(row)
    return leaving


async def type_(scene: Scene[ShareState], _arg: str) -> ShareState:
    """Wait for words (again): after /cancel, or when the time to answer was over."""
    await scene.toast(scene.say.label("share.type_now"))
    return await at_step(scene, scene.state)


async def go(scene: Scene[ShareState], arg: str) -> ShareState:
    """Ask for one field."""
    if arg not in ANSWERS:
        raise InvalidPress(arg)
    return await at_step(scene, fresh(scene.state, step=arg, query=""))


async def back(scene: Scene[ShareState], _arg: str) -> ShareState:
    """Go back to the list of titles' question, the question before, or the whole share."""
    state = scene.state
    if state.step == "film" and state.query:
        return await at_step(scene, fresh(state, query=""))
    return await at_step(scene, fresh(state, step=before(state) or state.step, query=""))


async def skip(scene: Scene[ShareState], _arg: str) -> ShareState:
    """Go without a title or a code."""
    if scene.state.step == "title":
        return await at_step(scene, await answer(scene, "title", {"title": ""}))
    if scene.state.step == "code":
        return await at_step(scene, await answer(scene, "code", {"code": None}))
    raise InvalidPress("skip")


async def pick_price(scene: Scene[ShareState], arg: str) -> ShareState:
    """Take a price from a button."""
    return await at_step(scene, await answer(scene, "price", {"price": number(arg, MOST_POINTS)}))


async def turn_hits(scene: Scene[ShareState], arg: str) -> ShareState:
    """Turn the pages of titles."""
    return scene.state.model_copy(update={"hits": number(arg, titlelist.MOST_PAGES)})


async def pick_film(scene: Scene[ShareState], arg: str) -> ShareState:
    """Take a title from a button: `movie_550`."""
    kind, tmdb_id = titlelist.chosen(arg)
    film = await sharesfilm.whole(scene, Film(kind=sharesfilm.kind_of(kind), number=tmdb_id))
    return await at_step(scene, await answer(scene, "film", {"film": film}))


async def typed(scene: Scene[ShareState], _arg: str = "") -> ShareState:
    """Take the words that were typed last as the answer to what is asked."""
    state = scene.state
    if state.step not in ANSWERS or not state.typed:
        raise InvalidPress("typed")
    return await at_step(scene, await ANSWERS[state.step](scene, state.typed))


async def _link(scene: Scene[ShareState], words: str) -> ShareState:
    found = extract(words)
    if len(found) != 1:
        key = "share.fault.many_links" if found else "share.fault.no_link"
        return _fault(scene, key, n=len(found))
    one = found[0]
    if one.drive is Drive.HDHIVE:
        return _fault(scene, "share.fault.hdhive")
    try:
        kind = await _kind(scene, one)
    except Rejected as error:
        return fresh(scene.state, faults=faults(scene, error))
    strange = kind.pan_type is PanType.UNKNOWN
    changes = {
        # Of drives that only their look gives away, the whole address counts.
        "url": one.raw if one.drive is Drive.UNKNOWN else one.url,
        "code": one.code or kind.access_code,
        "drive": str(one.drive if strange else kind.pan_type),
    }
    return await answer(scene, "link", changes, usual=kind.default_unlock_points, strange=strange)


async def _kind(scene: Scene[ShareState], one: ShareLink) -> LinkKind:
    client, asked = scene.services.require_hdhive(), one.full_url
    return await scene.services.tokens.call(
        scene.user_id, Service.HDHIVE, lambda token: client.check_resource(token, asked)
    )


async def _code(scene: Scene[ShareState], words: str) -> ShareState:
    plain = readable(words).text.strip()
    code = written_code(plain) or plain
    if not _CODE.fullmatch(code):
        return _fault(scene, "share.fault.code")
    return await answer(scene, "code", {"code": code})


async def _film(scene: Scene[ShareState], words: str) -> ShareState:
    if any(link.drive is not Drive.HDHIVE for link in extract(words) if "themoviedb" not in link.url):
        return _fault(scene, "share.fault.film_link")
    try:
        found = await sharesfilm.look(scene, words)
    except NotFound:
        return _fault(scene, "share.fault.film")
    return found if isinstance(found, ShareState) else await answer(scene, "film", {"film": found})


async def _title(scene: Scene[ShareState], words: str) -> ShareState:
    title = " ".join(words.split())
    if len(title) > TITLE_LIMIT:
        return _fault(scene, "share.fault.title", most=TITLE_LIMIT)
    return await answer(scene, "title", {"title": title})


async def _price(scene: Scene[ShareState], words: str) -> ShareState:
    plain = unicodedata.normalize("NFKC", words).strip()
    points = _POINTS.fullmatch(plain)
    if points is None and plain.casefold() not in _FREE:
        return _fault(scene, "share.fault.price")
    return await answer(scene, "price", {"price": int(points[1]) if points else 0})


def _fault(scene: Scene[ShareState], key: str, **values: object) -> ShareState:
    return fresh(scene.state, faults={"": scene.say.label(key, **values)})


ANSWERS: Mapping[Step, Callable[[Scene[ShareState], str], Awaitable[ShareState]]] = {
    "link": _link,
    "code": _code,
    "film": _film,
    "title": _title,
    "price": _price,
}
ACTIONS = {
    "go": go,
    "before": back,
    "skip": skip,
    "type": type_,
    "typed": typed,
    "price": pick_price,
    "hits": turn_hits,
    "pick": pick_film,
}
