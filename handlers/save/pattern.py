"""Pick what to save by words, patterns and episodes: asked with examples, shown before it is saved."""

from __future__ import annotations

from telegram import Update

from handlers import asking, cards
from handlers.context import LinkHiveContext, message_of
from handlers.files import FILES_A_PAGE
from handlers.save.state import MOST_PAGES, ROUTE, SaveState
from handlers.save.tree import heading, line, total
from handlers.scenes import Scene, number
from handlers.texts import Html, plain
from handlers.views import Button, Press, View, pages_row
from services.saving.trees import Pick
from storage.cards import Card
from storage.dialogs import Dialog

ASK_PATTERN = "save.pattern"
PATTERN_LIMIT = 100


def show_question(scene: Scene[SaveState]) -> View:
    """Ask which files are meant, with examples."""
    say = scene.say
    return View(say("save.ask_pattern"), ([Press(say.label("button.back"), "list")],))


async def show_matches(scene: Scene[SaveState]) -> View:
    """Show what a pattern found, by pages, and offer to save it."""
    state, say = scene.state, scene.say
    found = await matches(scene)
    pages = max(1, -(-len(found) // FILES_A_PAGE))
    page_ = min(state.match_page, pages - 1)
    first = page_ * FILES_A_PAGE
    pattern = state.pattern or ""
    lines = heading(scene)
    if found:
        lines.append(say.plural("save.matched", len(found), pattern=pattern, size=total(found)))
    else:
        lines.append(say("save.no_match", pattern=pattern))
    shown = enumerate(found[first : first + FILES_A_PAGE], first + 1)
    lines += [line(say, n, pick.file, where=_where(state, pick)) for n, pick in shown]
    saving: list[Button] = []
    if found:
        saving.append(Press(say.label("button.save_picked", n=len(found)), "matches"))
        saving.append(Press(say.label("button.save_to"), "dest"))
    leaving = [Press(say.label("button.other_pattern"), "pattern"), Press(say.label("button.back"), "list")]
    return View(Html("\n".join(lines)), [pages_row(say, "matchpage", page_, pages), saving, leaving])


def _where(state: SaveState, pick: Pick) -> str:
    return pick.folder if pick.folder != state.path else ""


async def matches(scene: Scene[SaveState]) -> tuple[Pick, ...]:
    """Return what the pattern finds below the folder that is shown."""
    state = scene.state
    return await scene.services.transfers.matching(
        scene.user_id, state.surl, state.path, state.code, state.pattern or ""
    )


async def ask_pattern(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Ask for a pattern."""
    if scene.card is not None:
        await asking.expect(scene, ASK_PATTERN, scene.card.id)
    return scene.state.model_copy(update={"asking": True, "pattern": None, "stopped": False})


async def to_list(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Go back to the files of the share."""
    if scene.card is not None:
        await asking.leave(scene, scene.card.id)
    cleared = {"asking": False, "pattern": None, "file": None, "meta": None, "offer": None, "result": None}
    # The card of the only file is where its share begins.
    kept = {"file", "meta"} if scene.state.single else set()
    return scene.state.model_copy(update={k: v for k, v in cleared.items() if k not in kept})


async def match_page(scene: Scene[SaveState], arg: str) -> SaveState:
    """Turn the pages of what was found."""
    return scene.state.model_copy(update={"match_page": number(arg, MOST_PAGES)})


async def pattern_given(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take the pattern that was asked for; the card continues below the answer."""
    asked = await cards.asking(context.home, dialog)
    if asked is None or asked.route != ROUTE:
        return
    route = context.home.routes.cards[ROUTE]
    pattern = plain(message_of(update).text or "", PATTERN_LIMIT)
    found = {"asking": False, "pattern": pattern, "match_page": 0}
    scene = cards.scene_of(update, context, route.load(asked.state).model_copy(update=found))
    await cards.post(scene, ROUTE, await cards.shown(route, scene))


async def left(context: LinkHiveContext, asked: Card) -> None:
    """Show the files again after /cancel."""
    if asked.route == ROUTE:
        state = context.home.routes.cards[ROUTE].load(asked.state)
        await cards.turn(context.home, asked, state.model_copy(update={"asking": False}))
