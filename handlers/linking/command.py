"""/link, /unlink and the way back from a service's consent page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from telegram import Update

from clients.errors import Misconfigured
from handlers import cards, commands, problems
from handlers.application import LinkHiveApplication, Notice
from handlers.context import LinkHiveContext, user_of
from handlers.linking import byhand, keys
from handlers.linking.done import done
from handlers.linking.leaving import closed, end_code
from handlers.linking.state import WAYS, KeyState, LinkState, first, ready, service_of, way
from handlers.overview import LINKED
from handlers.problems import service_name
from handlers.scenes import OutgoingCard, Route, Scene, State, Switch
from handlers.texts import Html
from handlers.views import Open, Press, Row, View, opens
from services.errors import AttemptProblem
from services.linking.oauth import TICKET_SECONDS
from services.names import Service
from storage import cards as stored_cards, links
from storage.links import Link

# The step to the other way to link; `handlers.linking.device` takes it.
DEVICE_STEP = "go_device"
__all__ = [
    "DEVICE_STEP",
    "LINK",
    "UNLINK",
    "LinkState",
    "UnlinkState",
    "begin_link",
    "done",
    "register",
    "way",
]


async def show(scene: Scene[LinkState]) -> View:
    """Offer the services, or the way to one service's consent page."""
    state, say = scene.state, scene.say
    service = service_name(say, state.service)
    if state.finished:
        return View(say("link.finished_card", service=service))
    if state.ticket_url:
        text = say("link.ready", service=service, minutes=TICKET_SECONDS // 60)
        open_page = Open(say.label("button.authorize", service=service), state.ticket_url)
        rows: list[Row] = [[open_page], *_other_way(scene), [Press(say.label("button.cancel"), "close")]]
        return View(text, rows)
    heading = say("link.unknown", service=state.unknown) if state.unknown else say("link.choose")
    return View(heading, [*_choices(scene), [Press(say.label("button.close"), "close")]])


def _other_way(scene: Scene[LinkState]) -> list[Row]:
    """Return the button for linking with a code, where the service knows that way."""
    if scene.state.service != Service.DISKTOP or DEVICE_STEP not in scene.home.routes.steps:
        return []
    return [[Press(scene.say.label("button.device"), DEVICE_STEP)]]


def _choices(scene: Scene[LinkState]) -> list[Row]:
    say = scene.say
    offered = [service for service in LINKED if scene.services.offers(service)]
    return [[Press(say.label("button.link", service=service_name(say, s)), "go", s)] for s in offered]


async def beside(scene: Scene[Any], arg: str) -> None:
    """Begin linking on a card of its own: the one with the button stays, to go on with afterwards."""
    alone = replace(scene, card=None)
    following = await way(alone, arg)
    if isinstance(following.state, KeyState):
        await keys.open_card(alone.at(following.state))
        return
    alone = alone.at(following.state)
    await cards.post(alone, LINK.name, await show(alone))


LINK = Route("link", LinkState, show, {"go": way}, private=True, closed=closed)


async def link(update: Update, context: LinkHiveContext) -> None:
    """Begin linking a service, or offer the choice."""
    await begin_link(update, context, (context.args or [""])[0].lower())


async def begin_link(update: Update, context: LinkHiveContext, wanted: str) -> None:
    """Open the linking card for a service's name, which may be empty or unknown."""
    if wanted not in LINKED:
        await cards.begin(update, context, LINK, LinkState(unknown=wanted))
        return
    scene = cards.scene_of(update, context, LinkState())
    if Service(wanted) in WAYS:
        by_hand = cards.scene_of(update, context, KeyState())
        await keys.open_card(by_hand.at(first(scene, Service(wanted))))
        return
    try:
        state = await ready(scene, Service(wanted))
    except problems.KNOWN as error:
        await cards.post(scene, LINK.name, problems.view(scene, error, retry=("go", wanted)))
        return
    await cards.begin(update, context, LINK, state)


async def from_deep_link(update: Update, context: LinkHiveContext, payload: str) -> None:
    """Begin linking from a button of an error or on a web page: `link_hdhive`."""
    await begin_link(update, context, payload.removeprefix("link_"))


async def finish(update: Update, context: LinkHiveContext, payload: str) -> None:
    """Finish the authorization that the same person began."""
    scene = cards.scene_of(update, context, LinkState())
    try:
        linked = await context.services.linking.finish(user_of(update).id, payload)
    except AttemptProblem as error:
        if error.link is None:
            await cards.post(scene, LINK.name, _failed(scene, error))
            return
        # START pressed twice, or once more after a restart: it worked the first time.
        linked = await context.services.linking.described(error.link)
    await _retire_card(scene, linked.link.service)
    if linked.link.service == Service.DISKTOP:
        await end_code(scene, "finished")
    await cards.post(scene, LINK.name, done(scene, linked))


def _failed(scene: Scene[LinkState], error: AttemptProblem) -> View:
    # What only the operator can mend is told as that: to begin again would end the same way.
    cause = error.__cause__ if isinstance(error.__cause__, Misconfigured) else error
    text, say = problems.sentence(scene.say, cause), scene.say
    again: Sequence[Row] = _choices(scene)
    if error.service in LINKED and scene.services.offers(Service(error.service)):
        label = say.label("button.link", service=service_name(say, error.service))
        again = [[Press(label, "go", error.service)]]
    return View(text, [*again, [Press(say.label("button.close"), "close")]])


async def _retire_card(scene: Scene[LinkState], service: str) -> None:
    db, home = scene.services.db, scene.home
    card = await db.read(lambda tx: stored_cards.latest(tx, scene.user_id, scene.chat_id, "link"))
    if card is not None and card.state.get("ticket_url"):
        await cards.turn(home, card, LinkState(service=service, finished=True))


# What unlinking means for a key and for a login, by the scheme of the link.
_KINDS = {"signed": "_key", "plain": "_key", "token": "_token"}


class UnlinkState(State):
    """Which account is to be unlinked, how it is linked, and whether that is done.

    Where its grant `stays` at the service, only its owner can take it back there.
    """

    service: str = ""
    scheme: str = ""
    stays: bool = False
    done: bool = False


async def show_unlink(scene: Scene[UnlinkState]) -> View:
    """Ask which account, then ask whether really, then say that it is done."""
    say, state = scene.say, scene.state
    service = service_name(say, state.service)
    if state.done:
        return _unlinked(scene)
    stored = await scene.services.db.read(lambda tx: links.all_of(tx, scene.user_id))
    if state.service:
        kind = next((_kind(scene, one) for one in stored if one.service == state.service), "")
        sure = [Press(say.label("button.confirm"), "sure"), Press(say.label("button.cancel"), "close")]
        return View(say(f"unlink.ask{kind}", service=service), (sure,))
    rows: list[Row] = [
        [Press(say.label("button.unlink", service=service_name(say, x.service)), "pick", x.service)]
        for x in stored
    ]
    return View(
        say("unlink.which" if rows else "unlink.none"), [*rows, [Press(say.label("button.close"), "close")]]
    )


def _kind(scene: Scene[UnlinkState], link: Link) -> str:
    by_hand = "_by_hand" if scene.services.linking.stays(link) else ""
    return _KINDS.get(link.scheme, by_hand)


def _unlinked(scene: Scene[UnlinkState]) -> View:
    say, state = scene.say, scene.state
    service, kind = service_name(say, state.service), _KINDS.get(state.scheme)
    lines = [say(f"unlink.done{kind or ''}", service=service)]
    rows = _to_site(scene)
    if state.stays and kind is None:
        lines.append(byhand.still(say, state.service))
        rows = byhand.ways(say, [state.service])
    again = Press(say.label("button.relink", service=service), "relink", state.service)
    return View(Html("\n".join(lines)), (*rows, [again]))


def _to_site(scene: Scene[UnlinkState]) -> list[Row]:
    """Return the button to where a key that is deleted here can be withdrawn."""
    site = keys.site_of(scene, scene.state.service) if _KINDS.get(scene.state.scheme) == "_key" else ""
    label = scene.say.label("button.site", service=service_name(scene.say, scene.state.service))
    return [[Open(label, site)]] if opens(site) else []


async def pick(_scene: Scene[UnlinkState], arg: str) -> UnlinkState:
    """Choose the account to unlink."""
    return UnlinkState(service=service_of(arg))


async def sure(scene: Scene[UnlinkState], _arg: str) -> UnlinkState:
    """Revoke and delete the authorization."""
    service = service_of(scene.state.service)
    link = await scene.services.db.read(lambda tx: links.get(tx, scene.user_id, service))
    await scene.services.linking.unlink(scene.user_id, service)
    if link is None:
        return UnlinkState(service=service, done=True)
    stays = scene.services.linking.stays(link)
    return UnlinkState(service=service, scheme=link.scheme, stays=stays, done=True)


async def relink(scene: Scene[UnlinkState], arg: str) -> Switch:
    """Link the account again that was just unlinked."""
    return await way(scene, arg)


UNLINK = Route(
    "unlink",
    UnlinkState,
    show_unlink,
    {"pick": pick, "sure": sure, "relink": relink},
    private=True,
    for_outsiders=frozenset({"pick", "sure"}),
)


async def unlink(update: Update, context: LinkHiveContext) -> None:
    """Unlink an account after asking."""
    wanted = (context.args or [""])[0].lower()
    await cards.begin(update, context, UNLINK, UnlinkState(service=wanted if wanted in LINKED else ""))


def _about(key: str) -> Notice:
    async def draw(scene: Scene[Any], payload: Mapping[str, Any]) -> OutgoingCard:
        service = str(payload.get("service", ""))
        name = service_name(scene.say, service)
        again = Press(scene.say.label("button.link", service=name), "go", service)
        return OutgoingCard(LINK.name, LinkState(), View(scene.say(key, service=name), ([again],)))

    return draw


def register(home: LinkHiveApplication) -> None:
    """Offer linking."""
    home.card(LINK)
    home.card(UNLINK)
    home.step(problems.LINK_STEP, beside)
    commands.add(home, "link", link, private=True)
    commands.add(home, "unlink", unlink, private=True, for_outsiders=True)
    home.start_link("l_", finish)
    home.start_link("link_", from_deep_link)
    home.notice("link_lost", _about("link.lost"))
    home.notice("link_burned", _about("link.burned"))
