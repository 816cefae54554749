"""A draft before it is published: all of it at a glance, and the one press that publishes it."""

from __future__ import annotations

from collections.abc import Collection

from clients.errors import Forbidden, Rejected
from handlers import cards, problems
from handlers.cards import CLOSE
from handlers.messages import display
from handlers.publish.questions import at_step
from handlers.publish.state import ORDER, PublishState, Step, fresh
from handlers.publish.views import field_lines
from handlers.scenes import InvalidPress, Scene, Switch
from handlers.shares.steps import certain
from handlers.texts import Html
from handlers.views import Button, Press, Row, View, grid, opens
from services.publishing import LANDS_WITHIN, faults_of
from storage.cards import Card
from storage.tx import Tx

ITEM_ROUTE = "acgitem"


def show(scene: Scene[PublishState]) -> View:
    """Show the whole draft, or what became of it."""
    say, state = scene.say, scene.state
    said = [Html(state.said)] if state.said else []
    if state.step == "sent":
        look = [Press(say.label("button.look"), "look"), Press(say.label("button.close"), CLOSE)]
        return View(Html("\n".join([say("publish.doubtful"), *said])), (look,))
    if state.step == "done":
        return _done(scene)
    lines = [*said, say("publish.preview"), Html(""), *field_lines(say, state.fields, state.faults)]
    rows: list[Row] = [[Press(say.label("button.publish"), "publish")], *_field_rows(scene)]
    picture = next((url for url in state.fields.images if opens(url)), None)
    return View(Html("\n".join(lines)), [*rows, [Press(say.label("button.cancel"), CLOSE)]], picture=picture)


def _done(scene: Scene[PublishState]) -> View:
    say, state = scene.say, scene.state
    row: list[Button] = [Press(say.label("button.close"), CLOSE)]
    if state.number is not None and ITEM_ROUTE in scene.home.routes.cards:
        row.insert(0, Press(say.label("publish.button.view"), "view"))
    key = "publish.done" if state.number is None else "publish.done_number"
    lines = [say(key, number=state.number or 0), Html(""), *field_lines(say, state.fields, {}, _KEPT)]
    picture = next((url for url in state.fields.images if opens(url)), None)
    return View(Html("\n".join(lines)), (row,), picture=picture)


_KEPT = frozenset({"title", "category", "link", "size"})


def _field_rows(scene: Scene[PublishState]) -> list[list[Button]]:
    """Return the buttons that change fields."""
    left_out = () if len(scene.state.fields.images) > 1 else ("layout",)
    steps = [step for step in ORDER if step not in left_out]
    return grid((Press(scene.say.label(f"publish.button.field.{step}"), "go", step) for step in steps), 3)


async def publish(scene: Scene[PublishState], _arg: str) -> PublishState | None:
    """Publish the draft, once: what was sent before is looked for, never sent again unseen."""
    state = scene.state
    if state.step == "done":
        # Pressed twice: it was published the first time.
        return state
    if scene.card is None or not state.walked:
        raise InvalidPress("publish")
    if state.sent_at is not None:
        return await look(scene, "")
    missing = state.fields.missing
    if missing is not None:
        return await _ask(scene, missing)
    lost = await scene.services.pictures.lost(scene.user_id, state.fields.sent)
    if lost:
        return _without(scene, lost)
    author = await scene.services.publishing.author(scene.user_id)
    sent = fresh(state, step="sent", sent_at=scene.services.clock.now(), author=author)
    # From this commit on it may have gone out, whatever becomes of this process; and so its pictures stay.
    card = await cards.keep(scene.home, scene.card, sent, beside=lambda tx: _stay(tx, scene))
    if card is None:
        raise InvalidPress("publish")
    await display(scene.home, card, View(scene.say("publish.publishing")))
    await _told(scene, card, sent)
    return None


def _without(scene: Scene[PublishState], lost: Collection[str]) -> PublishState:
    """Go on without the pictures that lay here for too long, and say so."""
    words = scene.say.label("publish.fault.sent.lost")
    return fresh(scene.state, fields=scene.state.fields.without(lost), faults={"pictures": words})


async def _stay(tx: Tx, scene: Scene[PublishState]) -> None:
    await scene.services.pictures.published(tx, scene.user_id, scene.state.fields.sent)


async def _ask(scene: Scene[PublishState], missing: Step) -> PublishState:
    words = scene.say.label(f"publish.missing.{missing}")
    return await at_step(scene, fresh(scene.state, step=missing, faults={"": words}))


async def _told(scene: Scene[PublishState], card: Card, sent: PublishState) -> None:
    """Send it, and keep and show what came of it."""
    trouble = None
    try:
        made = await scene.services.publishing.publish(scene.user_id, sent.fields.new)
    except problems.KNOWN as error:
        following, trouble = await _failed(scene, sent, error)
    else:
        following = _published(sent, made.id)
    route = scene.home.routes.cards[card.route]
    # Whatever was pressed meanwhile: what became of it must be known.
    ended = await cards.amend(scene.home, card.id, lambda _: following, route.name)
    if ended is not None and ended.card is not None:
        await display(scene.home, ended.card, trouble or await cards.shown(route, scene.at(following)))


async def _failed(
    scene: Scene[PublishState], sent: PublishState, error: Exception
) -> tuple[PublishState, View | None]:
    """Return what follows a failure: the fields it is about, the error itself, or the search for it."""
    unsent = fresh(sent, step="all", sent_at=None)
    if certain(error):
        # Nobody will see them now, so they go with the draft again.
        await scene.services.pictures.withdrawn(scene.user_id, sent.fields.sent)
    if isinstance(error, Rejected):
        faults = faults_of(error) or {"": str(problems.sentence(scene.say, error))}
        return unsent.model_copy(update={"faults": dict(faults)}), None
    if certain(error):
        view = problems.view(scene, error, retry=("publish", ""), back=True, advice=advice(error))
        return unsent, view
    try:
        return await look(scene.at(sent), ""), None
    except problems.KNOWN:
        return sent, None


def advice(error: Exception) -> str | None:
    """Return the text that helps a key without the right to publish."""
    return "publish.advice" if isinstance(error, Forbidden) else None


async def look(scene: Scene[PublishState], _arg: str) -> PublishState:
    """Look whether what was sent arrived; it is sent again only by another press."""
    state, say = scene.state, scene.say
    if state.sent_at is None:
        raise InvalidPress("look")
    # Before it is looked for: what lands while a slow site answers was not seen by this look.
    late = scene.services.clock.now() - state.sent_at >= LANDS_WITHIN
    found = await scene.services.publishing.published(
        scene.user_id, state.fields.new, state.sent_at, state.author
    )
    if found is not None:
        return _published(state, found.id)
    if not late:
        return fresh(state, said=say("publish.not_yet"))
    return fresh(state, step="all", sent_at=None, said=say("publish.not_published"))


def _published(state: PublishState, number: int | None) -> PublishState:
    return fresh(state, step="done", sent_at=None, number=number)


async def view(scene: Scene[PublishState], _arg: str) -> Switch:
    """Go on to the resource as others see it."""
    if scene.state.number is None:
        raise InvalidPress("view")
    return scene.switch(ITEM_ROUTE, {"id": scene.state.number})
