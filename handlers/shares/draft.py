"""A new share before it is published: all of it at a glance, and the one press that publishes it."""

from __future__ import annotations

from typing import Any

from clients.errors import Rejected
from handlers import cards, problems
from handlers.cards import CLOSE
from handlers.messages import display
from handlers.scenes import InvalidPress, Scene
from handlers.shares.state import ShareState, fresh
from handlers.shares.steps import certain, faults
from handlers.shares.views import field_lines, yes
from handlers.texts import Html
from handlers.views import Press, Row, View
from services.names import Service
from services.shares import LANDS_WITHIN
from storage.cards import Card


def show(scene: Scene[ShareState]) -> View:
    """Show the whole share, with a button for each field and the one that publishes it."""
    say, state = scene.say, scene.state
    if state.step == "sent":
        look = [Press(say.label("button.look"), "look"), Press(say.label("button.close"), CLOSE)]
        lines = [say("share.doubtful"), *([Html(state.said)] if state.said else [])]
        return View(Html("\n".join(lines)), (look,))
    lines = [Html(state.said)] if state.said else []
    lines += [say("share.preview"), *field_lines(say, state.fields, state.faults, strange=state.strange)]
    rows: list[Row] = [[Press(say.label("button.publish"), "publish")], *field_rows(scene)]
    poster = state.fields.film.poster if state.fields.film else None
    return View(Html("\n".join(lines)), [*rows, [Press(say.label("button.cancel"), CLOSE)]], picture=poster)


def field_rows(scene: Scene[ShareState]) -> list[Row]:
    """Return the buttons that change fields."""
    say, fields = scene.say, scene.state.fields

    def ask(field: str) -> Press:
        return Press(say.label(f"button.field_{field}"), "go", field)

    anonymous = say.label("button.anonymous", on=yes(say, on=fields.anonymous))
    hidden = say.label("button.hidden", on=yes(say, on=fields.hidden))
    return [
        [ask("link"), ask("code")],
        [ask("film"), ask("title"), ask("price")],
        [Press(anonymous, "turn", "anonymous"), Press(hidden, "turn", "hidden")],
    ]


async def publish(scene: Scene[ShareState], _arg: str) -> ShareState | None:
    """Publish the share, once: what was sent before is looked for, never sent again unseen."""
    state = scene.state
    if state.slug:
        # Pressed twice: it was published the first time.
        return state
    if scene.card is None or not state.fields.ready:
        raise InvalidPress("publish")
    if state.sent_at is not None:
        return await look(scene, "")
    sent = fresh(state, step="sent", sent_at=scene.services.clock.now(), account=await _account(scene))
    # From this commit on it may have gone out, whatever becomes of this process.
    card = await cards.keep(scene.home, scene.card, sent)
    if card is None:
        raise InvalidPress("publish")
    await display(scene.home, card, View(scene.say("share.publishing")))
    await _told(scene, card, sent)
    return None


async def _told(scene: Scene[ShareState], card: Card, sent: ShareState) -> None:
    """Send it, and keep and show what came of it."""
    try:
        made = await scene.services.shares.publish(scene.user_id, sent.fields.new_share)
    except problems.KNOWN as error:
        following, trouble = await _failed(scene, sent, error)
    else:
        following, trouble = _published(scene, sent, made.slug), None
    route = scene.home.routes.cards[card.route]
    # Whatever was pressed meanwhile: what became of it must be known.
    ended = await cards.amend(scene.home, card.id, lambda _: following, route.name)
    if ended is not None and ended.card is not None:
        await display(scene.home, ended.card, trouble or await cards.shown(route, scene.at(following)))


async def _failed(
    scene: Scene[ShareState], sent: ShareState, error: Exception
) -> tuple[ShareState, View | None]:
    """Return what follows a failure: the field it is about, the error itself, or the search for the share."""
    unsent = fresh(sent, step="all", sent_at=None)
    if isinstance(error, Rejected):
        return unsent.model_copy(update={"faults": faults(scene, error)}), None
    if certain(error):
        view = problems.view(scene, error, retry=("publish", ""), back=True)
        return unsent, view
    try:
        return await look(scene.at(sent), ""), None
    except problems.KNOWN:
        return sent, None


async def look(scene: Scene[ShareState], _arg: str) -> ShareState:
    """Look whether a share arrived whose answer did not; it is sent again only by another press."""
    state, say = scene.state, scene.say
    if state.sent_at is None:
        raise InvalidPress("look")
    linked = await _account(scene)
    if state.account and linked and linked != state.account:
        # Each account lists its own shares only: this one would find nothing, whatever is there.
        return fresh(state, said=say("share.other_account"))
    # Before it is looked for: what lands while a slow site answers was not seen by this look.
    late = scene.services.clock.now() - state.sent_at >= LANDS_WITHIN
    found = await scene.services.shares.published(scene.user_id, state.fields.new_share, state.sent_at)
    if found is not None:
        return _published(scene, state, found.slug)
    if not late:
        return fresh(state, said=say("share.not_yet"))
    return fresh(state, step="all", sent_at=None, said=say("share.not_published"))


async def _account(scene: Scene[ShareState]) -> str:
    """Return which account at HDHive is linked, empty where nobody told it."""
    link = await scene.services.tokens.link(scene.user_id, Service.HDHIVE)
    return link.account_id or ""


def _published(scene: Scene[Any], state: ShareState, slug: str) -> ShareState:
    return fresh(state, slug=slug, step="all", walked=True, sent_at=None, said=scene.say("share.published"))
