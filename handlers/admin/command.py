"""/admin: how the house is, on one card, for its operators only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram import Update

from handlers import cards, commands, dates
from handlers.admin import broadcasting, deadletters as admindead, doubts
from handlers.admin.operators import guarded, is_admin
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.overview import LINKED
from handlers.problems import service_name
from handlers.scenes import Route, Scene, State, Switch
from handlers.texts import Html, code
from handlers.views import Press, Row, View
from storage import census, deadletters, inbox, unlocks
from storage.census import Kind, People
from storage.tx import Tx
from storage.unlocks import Unlock

DAY = 86_400.0
ACTIVE_DAYS = 7
MOST_KINDS = 20


class AdminState(State):
    """The card remembers nothing: it shows what is."""


@dataclass(frozen=True)
class Found:
    """What the tables tell, from one moment."""

    people: People
    updates: Mapping[str, int]
    kinds: Mapping[str, Kind]
    dead: int
    open: list[Unlock]


async def show(scene: Scene[AdminState]) -> View:
    """Show everything at a glance."""
    now = scene.services.clock.now()
    found = await scene.services.db.read(lambda tx: _look(tx, now))
    health = await scene.home.upstreams()
    lines = [*_upstreams(scene, health), "", *_people(scene, found.people), "", *_queues(scene, found)]
    time = dates.shown(scene, now, dates.SECONDS)
    text = Html("\n".join([scene.say("admin.title", time=time), "", *lines]))
    return View(text, _rows(scene, found))


async def _look(tx: Tx, now: float) -> Found:
    return Found(
        people=await census.people(tx, now - ACTIVE_DAYS * DAY),
        updates=await inbox.counts(tx),
        kinds=await census.kinds(tx),
        dead=await deadletters.count(tx),
        open=await unlocks.unsettled(tx),
    )


def _upstreams(scene: Scene[AdminState], health: Mapping[str, str]) -> list[Html]:
    say = scene.say
    lines = [say("admin.upstreams")]
    for service, state in sorted(health.items()):
        key = "admin.up" if state in ("ok", "limited") else "admin.down"
        told = say.either(f"admin.state.{state}", "admin.state.odd")
        lines.append(say(key, service=service_name(say, service), state=told))
    return lines if health else [*lines, say("admin.asking")]


def _people(scene: Scene[AdminState], people: People) -> list[Html]:
    say = scene.say
    linked = [
        say("admin.linked", service=service_name(say, s), n=people.linked.get(s, 0))
        for s in LINKED
        if scene.services.offers(s)
    ]
    return [say("admin.people", known=people.known, active=people.active, days=ACTIVE_DAYS), *linked]


def _queues(scene: Scene[AdminState], found: Found) -> list[Html]:
    say = scene.say
    lines = [say("admin.updates", waiting=found.updates["pending"], dead=found.updates["dead"])]
    lines.append(say("admin.jobs" if found.kinds else "admin.no_jobs"))
    for name, kind in list(found.kinds.items())[:MOST_KINDS]:
        numbers = {"waiting": kind.waiting, "running": kind.running, "dead": kind.dead}
        lines.append(say("admin.kind", kind=code(name), **numbers))
    if len(found.kinds) > MOST_KINDS:
        lines.append(say.plural("admin.more_kinds", len(found.kinds) - MOST_KINDS))
    doubtful = [row for row in found.open if row.state == "doubtful"]
    points = sum(row.price for row in doubtful)
    lines.append(say("admin.doubtful", n=len(doubtful), points=points, open=len(found.open) - len(doubtful)))
    return lines


def _rows(scene: Scene[AdminState], found: Found) -> list[Row]:
    say, rows = scene.say, list[Row]()
    if found.dead:
        rows.append([Press(say.label("button.dead", n=found.dead), "dead")])
    if found.open:
        rows.append([Press(say.label("button.doubts", n=len(found.open)), "doubts")])
    rows.append([Press(say.label("button.broadcast"), "broadcast")])
    rows.append([Press(say.label("button.refresh"), "refresh"), Press(say.label("button.close"), "close")])
    return rows


async def refresh(scene: Scene[AdminState], _arg: str) -> AdminState:
    """Ask the services anew, and show what is; to whoever is no operator any more, nothing."""
    if is_admin(scene):
        await scene.home.upstreams(anew=True)
    return scene.state


async def to_dead(_scene: Scene[Any], _arg: str) -> Switch:
    """Go on to the dead letters."""
    return Switch(admindead.DEAD.name, admindead.DeadState())


async def to_doubts(_scene: Scene[Any], _arg: str) -> Switch:
    """Go on to the unlocks whose end is not known."""
    return Switch(doubts.DOUBTS.name, doubts.DoubtsState())


ADMIN = guarded(
    Route(
        "admin",
        AdminState,
        show,
        {"dead": to_dead, "doubts": to_doubts, "broadcast": broadcasting.ask},
        private=True,
    ),
    # Every other press of a former operator is refused; this one closes the card.
    closing={"refresh": refresh},
)


async def admin(update: Update, context: LinkHiveContext) -> None:
    """Show how the house is."""
    await cards.begin(update, context, ADMIN, AdminState())


def register(home: LinkHiveApplication) -> None:
    """Offer it to operators."""
    for route in (ADMIN, admindead.DEAD, doubts.DOUBTS):
        home.card(route)
    broadcasting.register(home)
    commands.add(home, "admin", admin, private=True, admin=True)
