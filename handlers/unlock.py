"""/unlock and a resource's card: what it is, what it costs, and its link once it is the person's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update

from clients.errors import Rejected
from clients.hdhive.errors import POOR
from handlers import cards, commands, notes, overview, problems
from handlers.application import LinkHiveApplication
from handlers.asking import ask
from handlers.check import command as check
from handlers.context import LinkHiveContext, message_of
from handlers.notes import NoticeState
from handlers.resources import SLUG, facts, named, price_label
from handlers.save import command as save
from handlers.scenes import OutgoingCard, Route, Scene, State, Switch, number
from handlers.texts import Html, code
from handlers.views import URL_LIMIT, Button, Copy, Inline, Open, Press, Row, View, copies, opens
from handlers.wording import said_with_links
from services import zones
from services.names import Service
from services.sharelinks.codes import as_text
from services.sharelinks.finding import Drive, extract, hdhive_slug
from services.unlocking.unlocking import Budget, OutcomeState, Quote
from storage.dialogs import Dialog
from storage.unlocks import Unlock

ASK = "unlock.link"
MOST_POINTS = 1_000_000
RESOURCE_LINK = "r_"


class ResourceState(State):
    """A resource, the way back, and how far its unlocking is."""

    slug: str
    origin: dict[str, Any] | None = None
    origin_route: str = "search"
    film: str = ""
    title: str = ""
    asking: bool = False
    price: int = 0
    note: str = ""
    old_price: int = 0
    fresh: bool = False
    """Unlocked by a press on this very card, so the card tells what it cost."""


async def show(scene: Scene[ResourceState]) -> View:
    """Show the link if it is the person's own, else what the resource is and costs."""
    known = await scene.services.unlocking.known(scene.user_id, scene.state.slug)
    if known is not None and known.state == "done":
        return show_link(scene, known)
    if known is not None and known.state in ("claimed", "doubtful"):
        return View(scene.say(f"unlock.{known.state}"), [_leave(scene)])
    if known is not None and scene.state.fresh:
        scene = scene.at(scene.state.model_copy(update={"note": f"unlock.{known.state}"}))
    quote = await scene.services.unlocking.quote(scene.user_id, scene.state.slug)
    return await show_question(scene, quote) if scene.state.asking else show_facts(scene, quote)


def show_facts(scene: Scene[ResourceState], quote: Quote) -> View:
    """Show what a resource is before it is unlocked, with its price on the button."""
    say, state = scene.say, scene.state
    lines: list[str] = [facts(say, quote.share, state.film)]
    if state.note:
        lines += ["", say(state.note, old=state.old_price, new=quote.price)]
    label = (
        say.label("button.unlock_for", points=quote.price)
        if quote.price and not quote.owned
        else f"{say.label('button.unlock')} · {price_label(say, owned=quote.owned, points=0)}"
    )
    return View(Html("\n".join(lines)), ([Press(label, "unlock", str(quote.price))], _leave(scene)))


async def show_question(scene: Scene[ResourceState], quote: Quote) -> View:
    """Ask whether the price is to be paid."""
    say = scene.say
    title = named(say, quote.share.title, scene.state.film)
    balance = await overview.points(scene)
    if balance is not None and balance < quote.price:
        return _too_few(scene, quote, balance)
    lines = [say("unlock.ask", points=quote.price, title=title)]
    if scene.state.note == "unlock.capped":
        budget = _budget(scene)
        spent = await scene.services.unlocking.spent(scene.user_id, budget.since)
        lines.append(say("unlock.capped", spent=spent, budget=budget.points))
    if balance is not None:
        lines.append(say("unlock.balance", points=balance))
    yes = Press(say.label("button.confirm_points", points=quote.price), "confirm", str(quote.price))
    return View(Html("\n".join(lines)), ([yes, Press(say.label("button.cancel"), "cancel")],))


def _too_few(scene: Scene[ResourceState], quote: Quote, balance: int) -> View:
    """Say that the points do not suffice, with what leads to more of them."""
    say, title = scene.say, named(scene.say, quote.share.title, scene.state.film)
    lines = [say("unlock.too_few", points=quote.price, title=title), say("unlock.balance", points=balance)]
    more = problems.steps(scene, Rejected(Service.HDHIVE, "unlock", POOR))
    ways = [Press(say.label("button.back"), "cancel"), Press(say.label("button.close"), "close")]
    return View(Html("\n".join(lines)), (more, ways))


def show_link(scene: Scene[ResourceState], unlock: Unlock) -> View:
    """Show an unlocked link with everything one does with it."""
    say, state = scene.say, scene.state
    url = unlock.address or ""
    lines = [say("unlock.done", title=named(say, state.title, state.film))]
    lines.append(say("unlock.link", url=code(url, URL_LIMIT)))
    if unlock.access_code:
        lines.append(say("unlock.code", code=code(unlock.access_code)))
    if state.fresh:
        lines.append(_receipt(scene, unlock))
    return View(Html("\n".join(lines)), [*_link_buttons(scene, unlock, url), _leave(scene)])


def _receipt(scene: Scene[ResourceState], unlock: Unlock) -> Html:
    if unlock.already_owned:
        return scene.say("unlock.owned")
    return scene.say("unlock.spent", points=unlock.price) if unlock.price else scene.say("unlock.free")


def _link_buttons(scene: Scene[ResourceState], unlock: Unlock, url: str) -> list[Row]:
    say = scene.say
    first: list[Button] = [Open(say.label("button.open"), url)] if opens(url) else []
    if not first and copies(url):
        first.append(Copy(say.label("button.copy_link"), url))
    if unlock.access_code and copies(unlock.access_code):
        first.append(Copy(say.label("button.copy_code", code=unlock.access_code), unlock.access_code))
    second: list[Button] = []
    if opens(url):
        second.append(Press(say.label("button.check"), "check"))
    if any(x.drive is Drive.DISKTOP for x in extract(url)):
        second.append(Press(say.label("button.save"), "save"))
    return [first, second]


def _leave(scene: Scene[ResourceState]) -> Row:
    say = scene.say
    back: list[Button] = [Press(say.label("button.back"), "back")] if scene.state.origin else []
    return [*back, Press(say.label("button.close"), "close")]


async def unlock_pressed(scene: Scene[ResourceState], arg: str) -> ResourceState | None:
    """Unlock at once what is free, owned or within the person's limit; ask about everything else."""
    quote = await scene.services.unlocking.quote(scene.user_id, scene.state.slug)
    state = scene.state.model_copy(
        update={"title": quote.share.title or "", "price": quote.price, "note": ""}
    )
    shown = number(arg, MOST_POINTS)
    if quote.price <= min(shown, scene.person.preferences.unlock_limit):
        return await spend(scene.at(state), quote.price, _budget(scene))
    return state.model_copy(update={"asking": True})


def _budget(scene: Scene[ResourceState]) -> Budget:
    chosen, now = scene.person.preferences, scene.services.clock.now()
    return Budget(chosen.auto_unlock_budget, zones.midnight(now, chosen.timezone))


async def confirm(scene: Scene[ResourceState], arg: str) -> ResourceState | None:
    """Pay the price that was shown on the button, if that is the question still."""
    if not scene.state.asking:
        # A No may have overtaken it. After a kill it comes again: then the card must show what is.
        await scene.toast(scene.say.label("card.old"))
        return scene.state
    return await spend(scene, number(arg, MOST_POINTS))


async def cancel(scene: Scene[ResourceState], _arg: str) -> ResourceState:
    """Go back to the resource without paying."""
    return scene.state.model_copy(update={"asking": False, "note": ""})


async def spend(scene: Scene[ResourceState], price: int, budget: Budget | None = None) -> ResourceState:
    """Unlock for at most the shown price, telling each state; what nobody confirmed keeps to a budget."""
    await scene.interim(View(scene.say("unlock.working")))
    outcome = await scene.services.unlocking.unlock(
        scene.user_id,
        scene.state.slug,
        price_shown=price,
        card_id=scene.card.id if scene.card else None,
        pressed_at=scene.received_at,
        budget=budget,
    )
    state = scene.state.model_copy(update={"asking": False, "note": "", "fresh": False})
    match outcome.state:
        case OutcomeState.DONE:
            return state.model_copy(update={"fresh": True})
        case OutcomeState.REPRICED:
            return state.model_copy(update={"note": "unlock.repriced", "old_price": price})
        case OutcomeState.CAPPED:
            return state.model_copy(update={"asking": True, "note": "unlock.capped"})
        case OutcomeState.STALE:
            return state.model_copy(update={"note": "unlock.stale"})
        case OutcomeState.REFUSED if outcome.error is not None:
            raise outcome.error
    return state.model_copy(update={"fresh": True})


async def back(scene: Scene[ResourceState], _arg: str) -> Switch | ResourceState:
    """Go back to the card the resource was chosen on."""
    if scene.state.origin is None:
        return scene.state
    return scene.switch(scene.state.origin_route, scene.state.origin)


async def check_link(scene: Scene[ResourceState], _arg: str) -> None:
    """Check the unlocked link on a card of its own: this one keeps the link."""
    known = await scene.services.unlocking.known(scene.user_id, scene.state.slug)
    if known is not None:
        await check.run(scene, text_of(known))


async def save_link(scene: Scene[ResourceState], _arg: str) -> None:
    """Save the unlocked share on a card of its own."""
    known = await scene.services.unlocking.known(scene.user_id, scene.state.slug)
    if known is not None:
        await save.run(scene, text_of(known))


def text_of(unlock: Unlock) -> str:
    """Return an unlocked link with its code, as one would paste it."""
    return as_text(unlock.address, unlock.access_code)


RESOURCE = Route(
    "resource",
    ResourceState,
    show,
    {
        "unlock": unlock_pressed,
        "confirm": confirm,
        "cancel": cancel,
        "back": back,
        "check": check_link,
        "save": save_link,
    },
    private=True,
)


async def unlock(update: Update, context: LinkHiveContext) -> None:
    """Show a resource's price first, from its link or id; without one, ask for it."""
    words = " ".join(context.args or [])
    if words.strip():
        await run(update, context, words)
        return
    await ask(cards.scene_of(update, context, NoticeState()), ASK, context.say("unlock.usage"))


async def run(update: Update, context: LinkHiveContext, words: str) -> None:
    """Open the card of the resource that the words name."""
    slug, say = hdhive_slug(words), context.say
    if slug is not None and SLUG.fullmatch(slug):
        await cards.begin(update, context, RESOURCE, ResourceState(slug=slug))
        return
    scene, found = cards.scene_of(update, context, NoticeState()), extract(words)
    if not found:
        await notes.tell(scene, say("unlock.not_one"), Inline(say.label("button.search"), ""))
        return
    saving = any(link.drive is Drive.DISKTOP for link in found)
    row = [Press(say.label("button.save"), notes.SAVE_STEP)] if saving else []
    await notes.offer_check(scene, say("unlock.not_one"), words, *row)


async def answered(update: Update, context: LinkHiveContext, _dialog: Dialog) -> None:
    """Take the link that was asked for."""
    await run(update, context, said_with_links(message_of(update)))


async def from_deep_link(update: Update, context: LinkHiveContext, payload: str) -> None:
    """Open one resource: `r_` and its id, from notices in groups."""
    await run(update, context, payload.removeprefix(RESOURCE_LINK))


async def settled(scene: Scene[Any], payload: Mapping[str, Any]) -> OutgoingCard:
    """Tell how a doubtful unlock without a card ended, on the resource's own card."""
    state = ResourceState(slug=str(payload["slug"]), fresh=True)
    try:
        view = await show(scene.at(state))
    except problems.KNOWN as error:
        view = problems.view(scene, error, retry=("show", ""))
    return OutgoingCard(RESOURCE.name, state, view)


def register(home: LinkHiveApplication) -> None:
    """Offer unlocking."""
    home.card(RESOURCE)
    commands.add(home, "unlock", unlock, private=True)
    home.dialog(ASK, answered)
    home.start_link(RESOURCE_LINK, from_deep_link)
    for kind in ("unlock_done", "unlock_released", "unlock_unknown"):
        home.notice(kind, settled)
