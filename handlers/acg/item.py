"""One resource of ACGBT: its pictures as one, what it is, and the ways to have it."""

from __future__ import annotations

from typing import Any, Literal

from clients.acgbt.models import Resource
from clients.errors import ClientError
from handlers import markdown
from handlers.acg import pictures
from handlers.acg.views import facts, ipfs_of, magnet_of, named
from handlers.application import LinkHiveApplication
from handlers.scenes import InvalidPress, Route, Scene, State, Switch, number
from handlers.texts import Html, block, escape, plain, units
from handlers.views import (
    CAPTION_LIMIT,
    Button,
    Copy,
    Open,
    Press,
    Row,
    View,
    copies,
    pages_row,
    visible_units,
)

ROUTE = "acgitem"
COMMENTS_ROUTE = "acgcomments"
TEXT_LIMIT, PAGE_LIMIT = 1_500, 2_500
# A description needs so much room at the least to be worth its place under the pictures.
LEAST_ROOM = 60
MAGNET_LIMIT = 3_500
MOST_PAGES = 1_000
_ODD = '<>:"/\\|?*'


class ItemState(State):
    """Which resource, what of it is shown, and the way back."""

    id: int
    screen: Literal["", "magnet", "text", "picture"] = ""
    at: int = 0
    note: Literal["", "torrent", "sent"] = ""
    """What became of the torrent file that was asked for last."""
    origin: dict[str, Any] | None = None
    origin_route: str = ""


async def show(scene: Scene[ItemState]) -> View:
    """Show a resource, or one side of it."""
    resource = await scene.services.acg.catalogue.resource(scene.user_id, scene.state.id)
    match scene.state.screen:
        case "magnet":
            return _magnet(scene, resource)
        case "text":
            return _text(scene, resource)
        case "picture":
            return await _picture(scene, resource)
    return await _overview(scene, resource)


async def _overview(scene: Scene[ItemState], resource: Resource) -> View:
    if not resource.images:
        return _whole(scene, resource, None)
    photo = pictures.known(scene, resource)
    if photo is None:
        if scene.card is not None and scene.card.route != ROUTE:
            # Pictures take their time; what there is to read is there at once.
            await scene.interim(_whole(scene, resource, None, waits=True))
        photo = await pictures.draw(scene, resource)
    return _whole(scene, resource, photo)


def _whole(scene: Scene[ItemState], resource: Resource, photo: bytes | None, *, waits: bool = False) -> View:
    say = scene.say
    head = facts(scene, resource)
    if waits:
        head = Html(f"{head}\n{say('acg.pictures_wait')}")
    elif resource.images and photo is None:
        head = Html(f"{head}\n{say('acg.pictures_none')}")
    if scene.state.note:
        head = Html(f"{head}\n{_note(scene, resource)}")
    room = CAPTION_LIMIT - visible_units(head) - 4 if photo else TEXT_LIMIT
    description = markdown.without_title(resource.description, resource.title)
    body, more = markdown.cut(description, room) if room >= LEAST_ROOM else (Html(""), True)
    text = Html(f"{head}\n\n<blockquote expandable>{body}</blockquote>") if body else head
    return View(text, _rows(scene, resource, more=more and bool(description.strip())), photo=photo)


def _note(scene: Scene[ItemState], resource: Resource) -> Html:
    if scene.state.note == "sent":
        return scene.say("acg.torrent_sent")
    return scene.say("acg.torrent_failed_magnet" if magnet_of(resource) else "acg.torrent_failed")


def _rows(scene: Scene[ItemState], resource: Resource, *, more: bool) -> list[Row]:
    say = scene.say
    having: list[Button] = []
    magnet, ipfs = magnet_of(resource), ipfs_of(resource)
    if magnet is not None and copies(magnet):
        having.append(Copy(say.label("acg.button.copy_magnet"), magnet))
    elif magnet is not None:
        having.append(Press(say.label("acg.button.magnet"), "screen", "magnet"))
    if resource.torrent_file:
        having.append(Press(say.label("acg.button.torrent"), "torrent"))
    if ipfs is not None:
        having.append(Open(say.label("acg.button.ipfs"), ipfs))
    reading: list[Button] = [Press(say.label("acg.button.text"), "screen", "text")] if more else []
    if resource.images:
        label = say.label("acg.button.pictures", n=len(resource.images))
        reading.append(Press(label, "screen", "picture"))
    reading.append(Press(say.label("acg.button.comments"), "comments"))
    return [having, reading, _leave(scene)]


def _leave(scene: Scene[ItemState]) -> Row:
    say = scene.say
    back_: list[Button] = [Press(say.label("button.back"), "back")] if scene.state.origin is not None else []
    return [*back_, Press(say.label("button.close"), "close")]


def _magnet(scene: Scene[ItemState], resource: Resource) -> View:
    say, magnet = scene.say, magnet_of(resource) or ""
    lines = [say("acg.title", title=named(say, resource.title)), say("acg.magnet_long")]
    short = magnet.partition("&")[0]
    # Half of the limit at the most: a sign may count as two.
    shown = magnet if units(magnet) <= MAGNET_LIMIT else short[: MAGNET_LIMIT // 2]
    copy: list[Button] = [Copy(say.label("acg.button.copy_short"), short)] if copies(short) else []
    back_ = Press(say.label("button.back"), "screen")
    return View(Html("\n".join([*lines, block(shown)])), (copy, [back_]))


def _text(scene: Scene[ItemState], resource: Resource) -> View:
    say = scene.say
    description = markdown.without_title(resource.description, resource.title)
    pages = markdown.pages(description, PAGE_LIMIT) or [Html("")]
    at = min(scene.state.at, len(pages) - 1)
    text = Html(f"{say('acg.title', title=named(say, resource.title))}\n\n{pages[at]}")
    turning = pages_row(say, "turn", at, len(pages))
    return View(text, (turning, [Press(say.label("button.back"), "screen")]))


async def _picture(scene: Scene[ItemState], resource: Resource) -> View:
    """Show one picture large; the others are a press away, on the same card."""
    say, count = scene.say, len(resource.images)
    back_ = Press(say.label("button.back"), "screen")
    if not count:
        return View(say("acg.pictures_none"), ([back_],))
    at = min(scene.state.at, count - 1)
    photo = await pictures.one(scene, resource, at)
    key = "acg.picture" if photo is not None else "acg.picture_broken"
    text = say(key, number=at + 1, count=count, title=escape(named(say, resource.title), 120))
    return View(text, (pages_row(say, "turn", at, count), [back_]), photo=photo)


async def screen(scene: Scene[ItemState], arg: str) -> ItemState:
    """Show one side of the resource, or all of it."""
    if arg not in ("", "magnet", "text", "picture"):
        raise InvalidPress(arg)
    return scene.state.model_copy(update={"screen": arg, "at": 0, "note": ""})


async def turn(scene: Scene[ItemState], arg: str) -> ItemState:
    """Turn the pages of the text, or the pictures."""
    return scene.state.model_copy(update={"at": number(arg, MOST_PAGES)})


async def torrent(scene: Scene[ItemState], _arg: str) -> ItemState:
    """Send the torrent file; where it cannot be had the card says so."""
    acg = scene.services.acg
    resource = await acg.catalogue.resource(scene.user_id, scene.state.id)
    if not resource.torrent_file:
        raise InvalidPress("torrent")
    try:
        data = await acg.pictures.torrent(resource)
    except ClientError:
        return scene.state.model_copy(update={"screen": "", "note": "torrent"})
    await scene.home.bot.send_document(scene.chat_id, data, filename=file_name(resource))
    return scene.state.model_copy(update={"screen": "", "note": "sent"})


def file_name(resource: Resource) -> str:
    """Return a name that every system takes."""
    kept = "".join("_" if sign in _ODD else sign for sign in plain(resource.title, 80)).strip(" .")
    return f"{kept or resource.id}.torrent"


async def comments(scene: Scene[ItemState], _arg: str) -> Switch:
    """Go on to the comments."""
    resource = await scene.services.acg.catalogue.resource(scene.user_id, scene.state.id)
    origin = scene.state.model_copy(update={"note": ""}).model_dump(mode="json")
    state = {"id": scene.state.id, "title": plain(resource.title, 120), "origin": origin}
    return scene.switch(COMMENTS_ROUTE, state)


async def back(scene: Scene[ItemState], _arg: str) -> ItemState | Switch:
    """Go back to the card one came from."""
    if scene.state.origin is None:
        return scene.state.model_copy(update={"screen": ""})
    return scene.switch(scene.state.origin_route, scene.state.origin)


ITEM: Route[ItemState] = Route(
    ROUTE,
    ItemState,
    show,
    {"screen": screen, "turn": turn, "torrent": torrent, "comments": comments, "back": back},
    private=True,
)


def register(home: LinkHiveApplication) -> None:
    """Keep the cards of resources."""
    home.card(ITEM)
