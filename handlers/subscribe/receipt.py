"""The receipt of what was done by itself about new resources: one card, every step on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from telegram.error import Forbidden

from clients.hdhive.models import Resource
from handlers import cards, unlock
from handlers.application import LinkHiveApplication
from handlers.files import folder_name
from handlers.messages import send
from handlers.resources import SLUG, price_label, row
from handlers.scenes import InvalidPress, Route, Scene, State, Switch, number
from handlers.settings.words import spent_today
from handlers.subscribe.offers import keeping
from handlers.subscribe.titles import shown
from handlers.texts import Html, Speaker
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.subscriptions import RECEIPT, Receipt, Step
from services.subscriptions.receipts import YOURS
from storage import cards as stored
from storage.tx import Tx

log = structlog.get_logger(__name__)

ROUTE = "receipt"
A_PAGE = 5
MOST_PAGES = 100


class ReceiptState(State):
    """What was done about what is new of a title."""

    receipt: Receipt
    page: int = 0
    auto: bool = True
    muted: bool = False
    ended: bool = False


async def show(scene: Scene[ReceiptState]) -> View:
    """Show each new resource with how far it is."""
    say, receipt = scene.say, scene.state.receipt
    title = await shown(scene, receipt.title, receipt.name)
    found = receipt.resources
    pages = max(1, -(-len(found) // A_PAGE))
    page_ = min(scene.state.page, pages - 1)
    listed = list(enumerate(found[page_ * A_PAGE : (page_ + 1) * A_PAGE], page_ * A_PAGE + 1))
    lines: list[str] = [say.plural("news.heading", receipt.count, icon=title.icon, title=title.name), ""]
    for n, resource in listed:
        lines += [row(say, n, resource, title.plain), _step(say, receipt.step(resource.slug))]
    lines += ["", *await _sum(scene)]
    rows = [*_presses(say, receipt, listed), pages_row(say, "page", page_, pages), *_ways(scene)]
    return View(Html("\n".join(lines)), rows, picture=title.picture)


def _step(say: Speaker, step: Step) -> Html:
    folder = folder_name(say, step.dest) if step.dest else ""
    if step.state == "saved":
        cost = say("resource.points", points=step.points)
        return say.plural("receipt.saved", step.files, folder=folder, cost=cost)
    reason: str | Html = ""
    if step.state in ("refused", "unsaved"):
        reason = _reason(say, step)
    return say(f"receipt.{step.state}", points=step.points, reason=reason)


def _reason(say: Speaker, step: Step) -> Html:
    """Return why a step did not go on: in words where there are some, else its code."""
    for key in (f"receipt.reason.{step.reason.lower()}", "receipt.reason.other"):
        if key in say:
            return say(key, code=step.reason or "–")
    raise LookupError(step.reason)


async def _sum(scene: Scene[ReceiptState]) -> list[Html]:
    """Return what all this cost, how much of the day's budget is spent by now, and what comes next."""
    say, state, chosen = scene.say, scene.state, scene.person.preferences
    receipt, lines = state.receipt, []
    if any(step.state in YOURS for step in receipt.steps.values()):
        lines.append(say("receipt.spent" if receipt.spent else "receipt.nothing_spent", points=receipt.spent))
    if chosen.unlock_limit:
        spent = await spent_today(scene)
        lines.append(say("receipt.today", spent=spent, budget=chosen.auto_unlock_budget))
    if state.ended:
        lines.append(say("news.ended"))
    elif not state.auto:
        lines.append(say("receipt.auto_off"))
    if state.muted and not state.ended:
        lines.append(say("subscribe.muted"))
    return lines


def _presses(say: Speaker, receipt: Receipt, listed: Sequence[tuple[int, Resource]]) -> list[Row]:
    numbered = []
    for n, resource in listed:
        owned = receipt.step(resource.slug).state in YOURS
        price = price_label(say, owned=owned, points=resource.unlock_points)
        if SLUG.fullmatch(resource.slug):
            numbered.append(
                Press(say.label("button.resource", number=n, price=price), "resource", resource.slug)
            )
    return [*grid(numbered, 2)]


def _ways(scene: Scene[ReceiptState]) -> list[Row]:
    say, state = scene.say, scene.state
    first: list[Button] = []
    if any(step.state == "saved" for step in state.receipt.steps.values()):
        first.append(Press(say.label("button.open_folder"), "drive"))
    off: list[Button] = []
    if not state.ended and state.auto:
        off.append(Press(say.label("subscribe.button.auto_off"), "auto"))
    ending = keeping(say, muted=state.muted, ended=state.ended)
    return [first, off, ending, [Press(say.label("button.close"), "close")]]


async def page(scene: Scene[ReceiptState], arg: str) -> None:
    """Turn the pages."""
    await _change(scene, page=number(arg, MOST_PAGES))


async def _change(scene: Scene[ReceiptState], **changes: Any) -> None:
    """Change what a press is about and nothing else: the next step may come at the same time."""
    if scene.card is None:
        return
    card_id = scene.card.id
    await cards.amend(scene.home, card_id, lambda state: _changed(state, changes))
    await cards.refresh(scene.home, card_id, anew=False)


def _changed(state: State, changes: Mapping[str, Any]) -> State:
    return state.model_copy(update=changes) if isinstance(state, ReceiptState) else state


async def resource(scene: Scene[ReceiptState], arg: str) -> Switch:
    """Go on to one resource: its link, if it is unlocked."""
    receipt = scene.state.receipt
    if arg not in {item["slug"] for item in receipt.items}:
        raise InvalidPress(arg)
    origin = scene.state.model_dump(mode="json")
    state = unlock.ResourceState(slug=arg, origin=origin, origin_route=ROUTE, film=receipt.name)
    return Switch(unlock.RESOURCE.name, state)


async def auto(scene: Scene[ReceiptState], _arg: str) -> None:
    """Unlock nothing more of this title by itself."""
    sub_id = scene.state.receipt.subscription
    done = await scene.services.subscriptions.follows.automatic(sub_id, auto=False)
    await _change(scene, auto=False, ended=done is None)


async def mute(scene: Scene[ReceiptState], arg: str) -> None:
    """Be silent about the title, which is not looked up then either, or speak of it again."""
    muted = arg == "on"
    done = await scene.services.subscriptions.follows.mute(scene.state.receipt.subscription, muted=muted)
    await _change(scene, muted=muted, ended=done is None)


async def remove(scene: Scene[ReceiptState], _arg: str) -> None:
    """Stop following the title."""
    await scene.services.subscriptions.follows.remove(scene.state.receipt.subscription)
    await _change(scene, ended=True)


async def drive(scene: Scene[ReceiptState], _arg: str) -> Switch:
    """Go to the folder in the own drive."""
    steps = scene.state.receipt.steps.values()
    dest = next((step.dest for step in steps if step.state == "saved"), "/")
    route = scene.home.routes.cards["drive"]
    return Switch(route.name, route.load({"path": dest}))


RECEIPT_CARD: Route[ReceiptState] = Route(
    ROUTE,
    ReceiptState,
    show,
    {"page": page, "resource": resource, "auto": auto, "mute": mute, "remove": remove, "drive": drive},
    private=True,
)


class LiveReceipts:
    """Keeps receipts on their cards, and shows each step."""

    def __init__(self, home: LinkHiveApplication) -> None:
        self._home = home

    async def begin(self, user_id: int, receipt: Receipt) -> str:
        """Open a card that is yet to be sent; a notice will do that, at its time."""
        state = ReceiptState(receipt=receipt).model_dump(mode="json")
        now = self._home.services.clock.now()
        card = await self._home.services.db.write(
            lambda tx: stored.open(tx, user_id, user_id, ROUTE, state, now)
        )
        return card.id

    async def changed(self, card_id: str, receipt: Receipt) -> None:
        """Show a step; where the card is not sent yet, or shows something else, only keep it."""

        def change(state: Any) -> Any:
            if isinstance(state, ReceiptState):
                return state.model_copy(update={"receipt": receipt})
            origin = getattr(state, "origin", None)
            if getattr(state, "origin_route", "") == ROUTE and origin is not None:
                kept = {**origin, "receipt": receipt.model_dump(mode="json")}
                return state.model_copy(update={"origin": kept})
            return state

        scene = await cards.amend(self._home, card_id, change)
        if scene is None or scene.card is None or scene.card.message_id is None:
            return
        if isinstance(scene.state, ReceiptState):
            await cards.refresh(self._home, card_id, anew=False)

    async def deliver(self, card_id: str) -> None:
        """Send the card as it stands, and again as it stands after that."""
        scene = await cards.find(self._home, card_id)
        if scene is None or scene.card is None or scene.card.message_id is not None:
            return
        route, card, now = self._home.routes.cards[scene.card.route], scene.card, scene.services.clock.now()
        try:
            message = await send(self._home, scene.chat_id, await cards.shown(route, scene), card.id)
        except Forbidden:
            log.info("notice_not_wanted", kind=RECEIPT)
            return

        async def place(tx: Tx) -> bool:
            await stored.move(tx, card.id, message.message_id, now)
            after = await stored.get(tx, card.id)
            return after is not None and after.version != card.version

        # A step that came while the message was on its way found no message to show itself on.
        if await scene.services.db.write(place):
            await cards.refresh(self._home, card_id)


def register(home: LinkHiveApplication) -> None:
    """Show receipts."""
    live = LiveReceipts(home)
    automatic = home.services.subscriptions.automatic
    automatic.begin, automatic.on_change = live.begin, live.changed

    async def draw(_scene: Scene[Any], payload: Mapping[str, Any]) -> None:
        await live.deliver(str(payload["card_id"]))

    home.card(RECEIPT_CARD)
    home.notice(RECEIPT, draw)
