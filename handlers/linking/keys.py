"""The card that links an account by a key or a login, from the first question to the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from handlers import asking, cards
from handlers.linking import state as linkstate
from handlers.linking.done import done
from handlers.linking.leaving import closed
from handlers.linking.state import LINKKEY, STEPS, WAYS, KeyState, expecting
from handlers.problems import service_name
from handlers.scenes import InvalidPress, Route, Scene
from handlers.texts import Html, code
from handlers.views import Open, Press, Row, View, opens
from services.linking.oauth import Linked
from services.names import Service
from storage import links


async def show(scene: Scene[KeyState]) -> View:
    """Show the ways, or what is asked for with what was wrong beside it, or that it is done."""
    state, say = scene.state, scene.say
    if state.linked:
        return await _linked(scene)
    service = service_name(say, state.service)
    if state.way is None:
        return View(say("linkkey.ways", service=service), [*_ways(scene), _leave(scene)])
    head, known, faults = say(f"linkkey.ask.{state.way}", service=service), _given(scene), _faults(scene)
    parts = [[head], known, faults, [say(f"linkkey.next.{_asked(state)}")], [_safe(scene)]]
    text = Html("\n\n".join("\n".join(part) for part in parts if part))
    return View(text, [*_offers(scene), _leave(scene)])


def _asked(state: KeyState) -> str:
    """Return what is asked for by its name: where two belong together, both at once."""
    assert state.way is not None  # noqa: S101 - a card without a way asks for one
    together = len(STEPS[state.way]) == 2 and not state.given
    return state.way if together else str(state.step)


def _safe(scene: Scene[KeyState]) -> Html:
    return scene.say(f"linkkey.safe.{scene.state.way}", minutes=asking.SECONDS // 60)


def checking(scene: Scene[KeyState]) -> View:
    """Return what is shown while the service is asked."""
    return View(scene.say("linkkey.checking", service=service_name(scene.say, scene.state.service)))


def _ways(scene: Scene[KeyState]) -> list[Row]:
    offered = WAYS.get(Service(scene.state.service), ())
    return [[Press(scene.say.label(f"button.way_{way}"), "way", way)] for way in offered]


def _given(scene: Scene[KeyState]) -> list[Html]:
    given = scene.state.given
    return [scene.say(f"linkkey.given.{name}", value=code(value)) for name, value in given.items() if value]


def _faults(scene: Scene[KeyState]) -> list[Html]:
    """Return what was wrong with the last try: each at its field, in the service's own words."""
    say, state = scene.say, scene.state
    lines = [
        say.either(f"linkkey.fault.{name}", "linkkey.fault.other", field=name, words=words)
        for name, words in state.faults.items()
    ]
    lines += [Html(state.trouble)] if state.trouble else []
    if state.tries > 1:
        lines.insert(0, say("linkkey.tries", n=state.tries))
    return [*lines, say("linkkey.left")] if state.left else lines


def _offers(scene: Scene[KeyState]) -> list[Row]:
    say, state = scene.say, scene.state
    if state.step == "invite_code":
        return [[Press(say.label("button.no_invite"), "skip")]]
    site = site_of(scene, state.service)
    if state.way == "key" and opens(site):
        return [[Open(say.label("button.site", service=service_name(say, state.service)), site)]]
    return []


def site_of(scene: Scene[Any], service: str) -> str:
    """Return the address of a service's own pages, empty where it is not known."""
    clients = {Service.ACGBT: scene.services.acgbt, Service.MIKA: scene.services.mika}
    client = clients.get(Service(service)) if service in WAYS else None
    return (client.link("_") or "").removesuffix("_") if client is not None else ""


def _leave(scene: Scene[KeyState]) -> Row:
    say, cancel = scene.say, Press(scene.say.label("button.cancel"), cards.CLOSE)
    several = len(WAYS.get(Service(scene.state.service), ())) > 1
    if several and scene.state.way is not None:
        return [Press(say.label("button.back"), "ways"), cancel]
    return [cancel]


async def _linked(scene: Scene[KeyState]) -> View:
    stored = await scene.services.db.read(lambda tx: links.all_of(tx, scene.user_id))
    link = next((x for x in stored if x.service == scene.state.service), None)
    if link is None:
        # Unlinked again meanwhile.
        return View(scene.say("unlink.done", service=service_name(scene.say, scene.state.service)))
    also = tuple(x.service for x in stored if x.service != link.service and x.state == "active")
    view = done(scene, Linked(link, also))
    if not scene.state.left:
        return view
    return replace(view, text=Html(f"{view.text}\n\n{scene.say('linkkey.left')}"))


async def pick_way(scene: Scene[KeyState], arg: str) -> KeyState:
    """Choose how to link."""
    service = linkstate.service_of(scene.state.service)
    chosen = next((one for one in WAYS.get(service, ()) if one == arg), None)
    if chosen is None:
        raise InvalidPress(arg)
    return await expecting(scene, KeyState(service=service, way=chosen))


async def to_ways(scene: Scene[KeyState], _arg: str) -> KeyState:
    """Choose another way."""
    if scene.card is not None:
        await asking.leave(scene, scene.card.id)
    return KeyState(service=scene.state.service)


async def skip(scene: Scene[KeyState], _arg: str) -> KeyState:
    """Register without an invitation."""
    if scene.state.step != "invite_code":
        raise InvalidPress("skip")
    return await expecting(scene, scene.state.fresh(given={**scene.state.given, "invite_code": ""}))


ROUTE = Route(
    LINKKEY,
    KeyState,
    show,
    {"way": pick_way, "ways": to_ways, "skip": skip, "go": linkstate.way},
    private=True,
    closed=closed,
)


async def open_card(scene: Scene[KeyState]) -> Scene[KeyState]:
    """Send a card in its state, and expect the answer to what it asks."""
    card = await cards.post(scene, LINKKEY, await show(scene))
    scene = replace(scene, card=card)
    await expecting(scene, scene.state)
    return scene
