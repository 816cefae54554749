"""Notices that matter though nobody asked: drawn, several at a time where they waited, and acted upon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from clients.hdhive.models import OwnShare
from handlers.application import Fold, LinkHiveApplication, Notice
from handlers.check import command as check
from handlers.drive.folder import DRIVE, DriveState
from handlers.resources import SLUG
from handlers.scenes import InvalidPress, OutgoingCard, Route, Scene, Switch
from handlers.shares.state import LIST, ROUTE, ShareState, fields_of
from handlers.watch.views import DeadShare, WatchState, ending, show
from services.names import Service
from services.watch.atdisktop import FULL, fullness
from services.watch.athdhive import DEAD, POINTS, WEEKLY
from services.watch.ownshares import MOST_SHARES, link_of
from services.watch.watching import EXPIRING
from storage import links

Payloads = Sequence[Mapping[str, Any]]
# What is told of several notices that waited; None where nothing of it holds any more.
Tell = Callable[[Scene[Any], Payloads], Awaitable[WatchState | None]]
DAY = 86_400.0


async def expiring(scene: Scene[Any], payloads: Payloads) -> WatchState | None:
    """Tell of authorizations that end, but not of those that were given anew meanwhile."""
    latest = {one.service: one for one in map(ending, payloads)}
    stored = await scene.services.db.read(lambda tx: links.all_of(tx, scene.user_id))
    ends = {link.service: link.refresh_expires_at or link.expires_at or 0.0 for link in stored}
    grants = [one for one in latest.values() if 0.0 < ends.get(one.service, 0.0) < one.until + DAY]
    return WatchState(kind="expiring", grants=tuple(grants)) if grants else None


async def points(_scene: Scene[Any], payloads: Payloads) -> WatchState:
    """Tell of points that are gone, all together."""
    lost, ours = (sum(int(one[name]) for one in payloads) for name in ("lost", "ours"))
    return WatchState(kind="points", lost=lost, ours=ours, points=int(payloads[-1]["points"]))


async def weekly(scene: Scene[Any], payloads: Payloads) -> WatchState | None:
    """Tell of free unlocks, as long as their week lasts."""
    last = payloads[-1]
    if float(last["until"]) <= scene.services.clock.now():
        return None
    return WatchState(kind="weekly", remaining=int(last["remaining"]), until=float(last["until"]))


async def full(_scene: Scene[Any], payloads: Payloads) -> WatchState:
    """Tell how full the drive is."""
    last = payloads[-1]
    space = {"free": int(last["free"]), "total": int(last["total"])}
    return WatchState(kind="full", level=int(last["level"]), **space)


async def dead(_scene: Scene[Any], payloads: Payloads) -> WatchState:
    """Tell of shares that died, each once."""
    shares = [DeadShare.model_validate(share) for one in payloads for share in one["shares"]]
    return WatchState(kind="dead", shares=tuple({share.slug: share for share in shares}.values()))


async def mute(scene: Scene[WatchState], _arg: str) -> WatchState:
    """Look after nothing from now on."""
    await scene.services.people.change(scene.user_id, watch=False)
    return scene.state.model_copy(update={"muted": True})


async def unmute(scene: Scene[WatchState], _arg: str) -> WatchState:
    """Look after the accounts again."""
    await scene.services.people.change(scene.user_id, watch=True)
    return scene.state.model_copy(update={"muted": False})


async def to_usage(scene: Scene[WatchState], _arg: str) -> Switch:
    """Go on to the numbers."""
    return scene.switch("usage", {})


async def to_drive(_scene: Scene[WatchState], _arg: str) -> Switch:
    """Go on to the drive, to make room."""
    return Switch(DRIVE, DriveState(path="/"))


async def look(scene: Scene[WatchState], _arg: str) -> WatchState:
    """Ask how much room there is by now."""
    client, state = scene.services.require_disktop(), scene.state
    space = await scene.services.tokens.call(scene.user_id, Service.DISKTOP, client.quota)
    now = {"level": fullness(space, state.level), "free": space.free_bytes, "total": space.total_bytes}
    return state.model_copy(update=now)


async def _own(scene: Scene[WatchState]) -> dict[str, OwnShare]:
    client = scene.services.require_hdhive()

    async def collect(token: str) -> dict[str, OwnShare]:
        return {share.slug: share async for share in client.iter_my_shares(token, MOST_SHARES)}

    return await scene.services.tokens.call(scene.user_id, Service.HDHIVE, collect)


async def to_share(scene: Scene[WatchState], arg: str) -> Switch:
    """Go on to a share, to give it another link or to delete it."""
    if not SLUG.fullmatch(arg):
        raise InvalidPress(arg)
    share = (await _own(scene)).get(arg) or OwnShare(slug=arg)
    return Switch(ROUTE, ShareState(slug=arg, step="all", walked=True, fields=fields_of(share)))


async def to_shares(scene: Scene[WatchState], _arg: str) -> Switch:
    """Go on to all own shares."""
    return scene.switch(LIST, {})


async def check_again(scene: Scene[WatchState], _arg: str) -> None:
    """Check the links once more, on a card of its own."""
    own = await _own(scene)
    found = [own[share.slug] for share in scene.state.shares if share.slug in own]
    texts = [link.text for share in found if (link := link_of(share)) is not None]
    if not texts:
        await scene.toast(scene.say.label("watch.nothing_to_check"), alert=True)
        return
    await check.run(scene, "\n".join(texts))


WATCH: Route[WatchState] = Route(
    "watch",
    WatchState,
    show,
    {
        "mute": mute,
        "unmute": unmute,
        "usage": to_usage,
        "drive": to_drive,
        "look": look,
        "share": to_share,
        "shares": to_shares,
        "check": check_again,
    },
    private=True,
)


def _told_by(tell: Tell) -> tuple[Notice, Fold]:
    async def several(scene: Scene[Any], payloads: Payloads) -> OutgoingCard | None:
        state = await tell(scene, payloads)
        return None if state is None else OutgoingCard(WATCH.name, state, await show(scene.at(state)))

    async def one(scene: Scene[Any], payload: Mapping[str, Any]) -> OutgoingCard | None:
        return await several(scene, [payload])

    return one, several


def register(home: LinkHiveApplication) -> None:
    """Tell what matters."""
    home.card(WATCH)
    told: Mapping[str, Tell] = {EXPIRING: expiring, POINTS: points, WEEKLY: weekly, FULL: full, DEAD: dead}
    for kind, tell in told.items():
        home.notice(kind, *_told_by(tell))
