"""A published share: how it is now, with a button for each field and the one that deletes it."""

from __future__ import annotations

from clients.errors import NotFound
from clients.hdhive.models import Share
from handlers import overview
from handlers.cards import CLOSE
from handlers.check import command as check
from handlers.scenes import InvalidPress, Scene, Switch
from handlers.shares import film as sharesfilm
from handlers.shares.draft import field_rows
from handlers.shares.state import LIST, ShareState, drive_of, fresh, with_fields
from handlers.shares.steps import at_step, change
from handlers.shares.views import field_lines, film_name, record
from handlers.texts import Html
from handlers.views import Button, Open, Press, View, opens
from services import sharedfilms
from services.names import Service
from services.sharelinks.codes import as_text

# What HDHive takes for deleting a share.
DELETE_POINTS = 1


async def show(scene: Scene[ShareState]) -> View:
    """Show a share as HDHive tells of it now."""
    say, state = scene.say, scene.state
    if state.step == "delete":
        return await _question(scene)
    leave = [Press(say.label("button.to_shares"), "list"), Press(say.label("button.close"), CLOSE)]
    try:
        share = await _share(scene)
    except NotFound:
        return View(say("share.gone"), (leave,))
    scene = scene.at(await _renewed(scene, share))
    fields = scene.state.fields
    lines = [Html(state.said)] if state.said else []
    lines += [say("share.head"), *field_lines(say, fields, state.faults, strange=state.strange)]
    lines += record(scene, share, fields)
    poster = fields.film.poster if fields.film else None
    rows = [*field_rows(scene), _more(scene), leave]
    return View(Html("\n".join(lines)), rows, picture=poster)


async def _share(scene: Scene[ShareState]) -> Share:
    client, slug = scene.services.require_hdhive(), scene.state.slug
    return await scene.services.tokens.call(
        scene.user_id, Service.HDHIVE, lambda token: client.share(token, slug)
    )


async def _renewed(scene: Scene[ShareState], share: Share) -> ShareState:
    """Return the state with what HDHive just told; it leaves out what only the list of own shares has."""
    known = scene.state.fields
    told = sharedfilms.told(share.media_type, share.tmdb_id)
    same = known.film is not None and told is not None and _key(known.film) == _key(told)
    film = known.film if same or told is None else told
    fields = with_fields(
        scene.state,
        title=share.title or "",
        price=share.unlock_points,
        drive=drive_of(share) or known.drive,
        film=await sharesfilm.named(scene, film),
    )
    return scene.state.model_copy(update={"fields": fields})


def _key(film: sharedfilms.Film) -> tuple[str, str, int]:
    return film.source, film.kind, film.number


def _more(scene: Scene[ShareState]) -> list[Button]:
    say, state = scene.say, scene.state
    page = f"{scene.home.policy.hdhive_url.rstrip('/')}/resource/{state.slug}"
    row: list[Button] = []
    if state.fields.url:
        row.append(Press(say.label("button.check"), "check"))
    if opens(page):
        row.append(Open(say.label("button.web"), page))
    return [*row, Press(say.label("button.delete_share"), "delete")]


async def turn(scene: Scene[ShareState], arg: str) -> ShareState:
    """Turn the anonymous or the hidden link on or off."""
    if arg not in ("anonymous", "hidden"):
        raise InvalidPress(arg)
    changes = {arg: not getattr(scene.state.fields, arg)}
    fields = with_fields(scene.state, **changes)
    if scene.state.slug:
        return await change(scene, fields, changes)
    return fresh(scene.state, fields=fields)


async def check_link(scene: Scene[ShareState], _arg: str) -> None:
    """Check the share's link on a card of its own."""
    fields = scene.state.fields
    if not fields.url:
        raise InvalidPress("check")
    await check.run(scene, as_text(fields.url, fields.code))


async def ask_delete(scene: Scene[ShareState], _arg: str) -> ShareState:
    """Ask whether to delete the share."""
    if not scene.state.slug:
        raise InvalidPress("delete")
    return await at_step(scene, fresh(scene.state, step="delete"))


async def _question(scene: Scene[ShareState]) -> View:
    say, fields = scene.say, scene.state.fields
    title = fields.title or (film_name(say, fields.film) if fields.film else say("resource.untitled"))
    lines = [say("share.delete_ask", title=title), say("share.delete_cost")]
    points = await overview.points(scene)
    if points is not None:
        lines.append(say("unlock.balance", points=points))
    row = [Press(say.label("button.delete_point"), "sure"), Press(say.label("button.cancel"), "whole")]
    return View(Html("\n".join(lines)), (row,))


async def whole(scene: Scene[ShareState], _arg: str) -> ShareState:
    """Go back to the whole share."""
    return await at_step(scene, fresh(scene.state, step="all", query=""))


async def sure(scene: Scene[ShareState], _arg: str) -> Switch:
    """Delete the share; one that is gone already costs nothing more."""
    client, slug = scene.services.require_hdhive(), scene.state.slug
    if scene.state.step != "delete":
        raise InvalidPress("sure")
    await scene.services.watch.spent(scene.user_id, DELETE_POINTS)
    try:
        await scene.services.tokens.call(
            scene.user_id, Service.HDHIVE, lambda token: client.delete_share(token, slug)
        )
    except NotFound:
        return _list(scene, scene.say("share.was_gone"))
    return _list(scene, scene.say("share.deleted"))


async def to_list(scene: Scene[ShareState], _arg: str) -> Switch:
    """Go to the list of own shares."""
    await at_step(scene, fresh(scene.state, step="all"))
    return _list(scene, "")


def _list(scene: Scene[ShareState], said: str) -> Switch:
    return scene.switch(LIST, {"page": scene.state.page, "said": said})
