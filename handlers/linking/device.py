"""Link Disk.Top with a code: a picture to scan, the minutes left, and what came of it, all on one card."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from typing import Any

import segno
from telegram.error import TelegramError

from handlers import cards, problems
from handlers.application import LinkHiveApplication, Notice
from handlers.linking import command as linking
from handlers.linking.command import DEVICE_STEP
from handlers.linking.leaving import TICK, forget_code
from handlers.linking.state import CODE, DeviceState, End
from handlers.messages import display
from handlers.problems import service_name
from handlers.scenes import OutgoingCard, Route, Scene, State, Switch
from handlers.texts import code
from handlers.views import Copy, Open, Press, Row, View, copies, opens
from services.errors import AttemptProblem
from services.jobs import Lease, RetryLater
from services.linking.oauth import Linked
from services.names import Service
from services.notices import card_changed
from storage import cards as stored_cards, jobs, links
from storage.jobs import Job
from storage.tx import Tx

MINUTE = 60.0
# A little late rather than a little early: the minute must really be over.
SLACK = 0.05
SCALE, BORDER = 10, 4


async def show(scene: Scene[DeviceState]) -> View:
    """Show the code with its picture, or what came of it."""
    if scene.state.end == "linked":
        return await _linked(scene)
    if scene.state.end == "finished":
        return View(scene.say("device.finished", service=service_name(scene.say, Service.DISKTOP)))
    return _ended(scene) if scene.state.end else await _waiting(scene)


async def _waiting(scene: Scene[DeviceState]) -> View:
    say, state = scene.say, scene.state
    text = say(
        "device.waiting",
        address=code(state.address),
        code=code(state.user_code),
        left=say.plural("wait.minutes", _minutes(scene)),
    )
    rows: list[Row] = (
        [[Open(say.label("button.device_page"), state.complete)]] if opens(state.complete) else []
    )
    if copies(state.user_code):
        rows.append([Copy(say.label("button.copy_user_code", code=state.user_code), state.user_code)])
    rows.append([Press(say.label("button.cancel"), "cancel")])
    # Drawn in a thread: it is work for the processor, and others wait for theirs.
    return View(text, rows, photo=await asyncio.to_thread(picture, state.complete or state.address))


def _minutes(scene: Scene[DeviceState]) -> int:
    left = scene.state.expires_at - scene.services.clock.now()
    return max(1, int(-(-left // MINUTE)))


def picture(address: str) -> bytes | None:
    """Return an address as a QR code (PNG), None for one that has none."""
    out = io.BytesIO()
    try:
        segno.make_qr(address).save(out, kind="png", scale=SCALE, border=BORDER)
    except ValueError:
        # Too long, or with letters that no encoding has.
        return None
    return out.getvalue()


def _ended(scene: Scene[DeviceState]) -> View:
    say, end = scene.say, scene.state.end
    if end in ("denied", "failed"):
        text = problems.sentence(say, AttemptProblem(end, Service.DISKTOP))
    else:
        text = say(f"device.{end}")
    in_browser = say.label("button.in_browser")
    rows = ([Press(say.label("button.new_code"), "again"), Press(in_browser, "go", Service.DISKTOP)],)
    return View(text, (*rows, [Press(say.label("button.close"), cards.CLOSE)]))


async def _linked(scene: Scene[DeviceState]) -> View:
    stored = await scene.services.db.read(lambda tx: links.all_of(tx, scene.user_id))
    link = next((x for x in stored if x.service == Service.DISKTOP), None)
    if link is None:
        # Unlinked again meanwhile.
        return View(scene.say("unlink.done", service=service_name(scene.say, Service.DISKTOP)))
    also = tuple(x.service for x in stored if x.service != link.service and x.state == "active")
    return linking.done(scene, Linked(link, also))


async def begin(scene: Scene[Any], _arg: str) -> Switch:
    """Get a code and show it on this card."""
    card = scene.card
    if card is None:
        raise LookupError("only a card that was sent can show a code")
    shown = await scene.services.devices.start(scene.user_id, card.id)
    state = DeviceState(
        user_code=shown.user_code,
        address=shown.verification_uri,
        complete=shown.verification_uri_complete or shown.verification_uri,
        expires_at=shown.expires_at,
    )
    await _replace_older(scene, card.id)
    await _count_down(scene, state, card.id)
    return Switch(CODE, state)


async def _replace_older(scene: Scene[Any], card_id: str) -> None:
    """Say on the card before this one that its code counts no more."""
    db, home = scene.services.db, scene.home
    older = await db.read(lambda tx: stored_cards.latest(tx, scene.user_id, scene.chat_id, CODE))
    if older is not None and older.id != card_id and not DEVICE.load(older.state).end:
        await _end(home, older.id, "replaced")


async def _count_down(scene: Scene[Any], state: DeviceState, card_id: str) -> None:
    key, payload = str(scene.user_id), {"card_id": card_id}
    at = _next_minute(state, scene.services.clock.now())

    async def work(tx: Tx) -> None:
        await jobs.cancel(tx, TICK, key)
        await jobs.enqueue(tx, TICK, key, payload, at, dedup=key, owner=scene.user_id)

    await scene.services.db.write(work)


def _next_minute(state: DeviceState, now: float) -> float:
    """Return when the number of minutes left changes next."""
    left = -(-(state.expires_at - now) // MINUTE)
    return state.expires_at - MINUTE * (left - 1) + SLACK


async def again(scene: Scene[DeviceState], arg: str) -> Switch:
    """Get another code."""
    return await begin(scene, arg)


async def cancel(scene: Scene[DeviceState], _arg: str) -> DeviceState:
    """Forget the code; what is allowed from now on links nothing."""
    await forget_code(scene)
    return scene.state.model_copy(update={"end": scene.state.end or "cancelled"})


async def go(scene: Scene[DeviceState], arg: str) -> Switch:
    """Go on to linking in the browser, this service or the next."""
    return await linking.way(scene, arg)


DEVICE = Route(CODE, DeviceState, show, {"again": again, "cancel": cancel, "go": go}, private=True)


async def _end(home: LinkHiveApplication, card_id: str, end: End) -> bool:
    """Tell the end on its card; False where that card is about something else by now, or gone."""

    def ended(state: State) -> State:
        return state.model_copy(update={"end": end}) if isinstance(state, DeviceState) else state

    scene = await cards.amend(home, card_id, ended)
    if scene is None or not isinstance(scene.state, DeviceState):
        return False
    now = home.services.clock.now()
    await home.services.db.write(lambda tx: card_changed(tx, scene.user_id, card_id, now=now))
    return True


def _notice(end: End) -> Notice:
    async def draw(scene: Scene[Any], payload: Mapping[str, Any]) -> OutgoingCard | None:
        if await _end(scene.home, str(payload.get("card_id") or ""), end):
            return None
        state = DeviceState(end=end)
        return OutgoingCard(CODE, state, await show(scene.at(state)))

    return draw


def register(home: LinkHiveApplication) -> None:
    """Offer the code as the second way to link."""

    async def tick(job: Job, _lease: Lease) -> None:
        await _tick(home, str(job.payload["card_id"]))

    home.card(DEVICE)
    home.step(DEVICE_STEP, begin)
    home.job(TICK, tick)
    ends: tuple[End, ...] = ("linked", "denied", "expired", "failed")
    for end in ends:
        home.notice(f"device_{end}", _notice(end))


async def _tick(home: LinkHiveApplication, card_id: str) -> None:
    """Show how many minutes are left, once a minute."""
    scene, now = await cards.find(home, card_id), home.services.clock.now()
    if scene is None or scene.card is None or not isinstance(scene.state, DeviceState) or scene.state.end:
        return
    if now < scene.state.expires_at:
        try:
            seen = await display(home, scene.card, await show(scene))
        except TelegramError:
            # The next minute brings another chance.
            seen = True
        following = _next_minute(scene.state, now)
        if seen and following < scene.state.expires_at:
            raise RetryLater(at=following)
