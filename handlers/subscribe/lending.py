"""Where nobody lends an authorization for what a group follows any more, its admins are asked for theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.application import LinkHiveApplication
from handlers.groups import telling as grouptelling
from handlers.groups.rights import may_manage
from handlers.scenes import OutgoingCard, Route, Scene, State
from handlers.subscribe.titles import NAME_LIMIT, icon_of, parts_of
from handlers.texts import Html, escape
from handlers.views import Button, Press, View
from services.jobs import Lease
from services.names import Service
from services.subscriptions import UNLENT, FollowedTitle, unlent
from storage.jobs import Job
from storage.tx import Tx

ROUTE = "grouplend"
MOST_LISTED = 20


class LendState(State):
    """Which subscriptions are without an authorization."""

    subscriptions: tuple[int, ...] = ()


async def show(scene: Scene[LendState]) -> View:
    """Show which titles nobody can look up, and offer to lend."""
    say, found = scene.say, await _found(scene)
    alone = _alone(found)
    close: list[Button] = [Press(say.label("button.close"), "close")]
    if not alone:
        return View(say(_over(found)), [close])
    lines: list[str] = [say("grouplend.heading"), ""]
    lines += [say("grouplend.row", icon=_icon(one), title=_name(one)) for one in alone[:MOST_LISTED]]
    if (more := len(alone) - MOST_LISTED) > 0:
        lines.append(say.plural("news.more", more))
    lines += ["", say("grouplend.how")]
    return View(Html("\n".join(lines)), [[Press(say.label("subscribe.button.lend"), "lend")], close])


async def _found(scene: Scene[LendState]) -> list[FollowedTitle]:
    follows = scene.services.subscriptions.follows
    found = [await follows.get(one) for one in scene.state.subscriptions]
    return [one for one in found if one is not None]


def _alone(found: Sequence[FollowedTitle]) -> list[FollowedTitle]:
    """Return those that nobody lends for, and that the group wants to hear of."""
    return [one for one in found if not one.lenders and not one.subscription.muted]


def _over(found: Sequence[FollowedTitle]) -> str:
    """Return the words for a question that has been answered."""
    if not found:
        return "subscribe.gone"
    return "subscribe.muted" if all(one.subscription.muted for one in found) else "grouplend.done"


def _icon(following: FollowedTitle) -> str:
    return icon_of(parts_of(following.subscription.title)[0])


def _name(following: FollowedTitle) -> Html:
    subscription = following.subscription
    return escape(str(subscription.detail.get("name") or subscription.title), NAME_LIMIT)


async def lend(scene: Scene[LendState], _arg: str) -> LendState | None:
    """Look the titles up with the presser's authorization from now on."""
    found = _alone(await _found(scene))
    if found and not await may_manage(scene, found[0].subscription):
        await scene.toast(scene.say.label("subscribe.admins"), alert=True)
        return None
    await scene.services.tokens.link(scene.user_id, Service.HDHIVE)
    for one in found:
        await scene.services.subscriptions.follows.lend(one.subscription.id, scene.user_id)
    return scene.state


LEND: Route[LendState] = Route(ROUTE, LendState, show, {"lend": lend})


async def words(scene: Scene[Any], jobs: Sequence[Job]) -> OutgoingCard | None:
    """Ask for an authorization, unless there is one by now."""
    ids = dict.fromkeys(int(job.payload["subscription"]) for job in jobs)
    asking = scene.at(LendState(subscriptions=tuple(ids)))
    if not _alone(await _found(asking)):
        return None
    return OutgoingCard(ROUTE, asking.state, await show(asking))


def register(home: LinkHiveApplication) -> None:
    """Ask groups."""

    async def noted(tx: Tx, jobs: Sequence[Job]) -> None:
        ids = {int(job.payload["subscription"]) for job in jobs}
        await unlent.note(tx, ids, home.services.clock.now())

    async def tell(job: Job, lease: Lease) -> None:
        await grouptelling.deliver(home, job, lease, words, noted)

    home.card(LEND)
    home.job(UNLENT, tell)
