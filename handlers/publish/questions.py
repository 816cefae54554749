"""The questions about a resource that is to be published."""

from __future__ import annotations

from clients.acgbt.models import Category
from handlers import asking
from handlers.acg.state import LARGEST_ID
from handlers.cards import CLOSE
from handlers.publish import arranging
from handlers.publish.state import ASK, ORDER, PublishState, before, behind, fresh, walk
from handlers.publish.views import fault_line, field_lines
from handlers.scenes import InvalidPress, Scene, number
from handlers.texts import Html, plain
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.acgbt.catalogue import Categories

SHELF = 12
MOST_PAGES = 1000
LAYOUTS = (1, 2, 3)
MOST_PICTURES = 20
NAME = 36
# What the questions before tell again above the next one.
_REMINDED = ("title", "category", "link")


async def show(scene: Scene[PublishState]) -> View:
    """Show a question, below what is known already and above the ways out."""
    say, state = scene.say, scene.state
    if state.arranging:
        return arranging.show(scene)
    lines = [*_head(scene), *([Html(state.said)] if state.said else []), _question(scene)]
    lines += [fault_line(say, words) for words in state.faults.values()]
    return View(Html("\n".join(lines)), [*await _offers(scene), _leave(scene)])


def _head(scene: Scene[PublishState]) -> list[Html]:
    say, state = scene.say, scene.state
    if state.walked:
        return [say("publish.head_change"), Html("")]
    asked = walk(state.fields)
    head = say("publish.head_step", step=asked.index(state.step) + 1, steps=len(asked))
    done = set(asked[: asked.index(state.step)]) & set(_REMINDED)
    if state.fields.magnet or state.fields.cid:
        done.add("link")
    return [head, *field_lines(say, state.fields, {}, done), Html("")]


def _question(scene: Scene[PublishState]) -> Html:
    say, state = scene.say, scene.state
    if state.step == "pictures" and state.fields.images:
        shown = field_lines(say, state.fields, {}, {"pictures"})
        return Html("\n".join([*shown, "", _pictures(scene, "more_pictures")]))
    if state.step == "description" and state.fields.description:
        shown = field_lines(say, state.fields, {}, {"description"})
        return Html("\n".join([*shown, "", say("publish.ask.description")]))
    return _pictures(scene, "pictures") if state.step == "pictures" else say(f"publish.ask.{state.step}")


def _pictures(scene: Scene[PublishState], what: str) -> Html:
    """Ask for pictures: to be sent, where everybody can reach us, and for links in any case."""
    if scene.services.pictures.on:
        return scene.say(f"publish.ask.{what}_sent", most=MOST_PICTURES)
    return scene.say(f"publish.ask.{what}")


async def _offers(scene: Scene[PublishState]) -> list[Row]:
    say, state = scene.say, scene.state
    match state.step:
        case "title" if state.suggested:
            return [[Press(say.label("publish.button.take_name"), "name")]]
        case "category":
            return _shelves(scene, await scene.services.acg.catalogue.categories(scene.user_id))
        case "description":
            key = "publish.button.keep" if state.fields.description else "publish.button.no_description"
            return [[Press(say.label(key), "skip")]]
        case "pictures" if state.fields.images:
            row = [Press(say.label("publish.button.clear"), "clear")]
            if arranging.offered(state):
                row.append(Press(say.label("publish.button.arrange"), "arrange"))
            return [row, [Press(say.label("button.done"), "skip")]]
        case "pictures":
            return [[Press(say.label("publish.button.no_pictures"), "skip")]]
        case "layout":
            return [[Press(say.label(f"publish.button.layout.{n}"), "layout", str(n)) for n in LAYOUTS]]
        case "size":
            return [[Press(say.label("publish.button.no_size"), "skip")]]
    return []


def _shelves(scene: Scene[PublishState], known: Categories) -> list[Row]:
    """Return a page of categories, each behind its parent, with how much lies in it."""
    pages = max(1, -(-len(known.all) // SHELF))
    page = min(scene.state.shelf, pages - 1)
    shown = known.all[page * SHELF : (page + 1) * SHELF]
    rows = grid((Press(label(known, one), "category", str(one.id)) for one in shown), 2)
    return [*rows, pages_row(scene.say, "shelf", page, pages)]


def label(known: Categories, category: Category) -> str:
    """Return a category as a button: how deep it lies, its name, how much is in it."""
    name = plain(category.name, NAME) or str(category.id)
    return f"{'· ' * known.depth(category)}{name} ({category.resource_count})"


def _leave(scene: Scene[PublishState]) -> Row:
    say, row = scene.say, [Press(scene.say.label("button.type"), "type")]
    if before(scene.state) is not None:
        row.append(Press(say.label("button.back"), "before"))
    if scene.state.step in ("category", "layout"):
        # A press answers these.
        row = row[1:]
    row.append(Press(say.label("button.cancel"), CLOSE))
    leaving: list[Button] = list(row)
    return leaving


async def at_step(scene: Scene[PublishState], state: PublishState) -> PublishState:
    """Go to a state; where it asks something the next words are the answer, elsewhere they no longer are."""
    if scene.card is not None:
        if state.step in ORDER:
            await asking.expect(scene, ASK, scene.card.id)
        else:
            await asking.leave(scene, scene.card.id)
    return state


def onward(state: PublishState, **changes: object) -> PublishState:
    """Take the answer to a question and go on to the next."""
    fields = state.fields.model_copy(update=changes)
    step = behind(state, fields)
    return fresh(state, fields=fields, step=step, walked=state.walked or step == "all")


def fault(scene: Scene[PublishState], key: str, **values: object) -> PublishState:
    """Stay at the question and say what is wrong with the answer."""
    return fresh(scene.state, faults={"": scene.say.label(key, **values)})


async def type_(scene: Scene[PublishState], _arg: str) -> PublishState:
    """Wait for words (again): after /cancel, or when the time to answer was over."""
    await scene.toast(scene.say.label("share.type_now"))
    return await at_step(scene, scene.state)


async def go(scene: Scene[PublishState], arg: str) -> PublishState:
    """Ask for one field of the draft."""
    step = next((step for step in ORDER if step == arg), None)
    if step is None or not scene.state.walked or scene.state.step not in ("all", *ORDER):
        raise InvalidPress(arg)
    return await at_step(scene, fresh(scene.state, step=step))


async def back(scene: Scene[PublishState], _arg: str) -> PublishState:
    """Go back to the question before, or to the whole draft."""
    if scene.state.step not in ORDER:
        raise InvalidPress("before")
    return await at_step(scene, fresh(scene.state, step=before(scene.state) or scene.state.step))


async def skip(scene: Scene[PublishState], _arg: str) -> PublishState:
    """Go on without a description or a size, or with the pictures there are."""
    match scene.state.step:
        case "description" | "pictures":
            return await at_step(scene, onward(scene.state))
        case "size":
            return await at_step(scene, onward(scene.state, size=None))
    raise InvalidPress("skip")


async def clear(scene: Scene[PublishState], _arg: str) -> PublishState:
    """Take all pictures out."""
    if scene.state.step != "pictures":
        raise InvalidPress("clear")
    fields = scene.state.fields
    await scene.services.pictures.drop(scene.user_id, fields.sent)
    return await at_step(scene, fresh(scene.state, fields=fields.without(fields.images)))


async def take_name(scene: Scene[PublishState], _arg: str) -> PublishState:
    """Take what the torrent is called as the title."""
    if scene.state.step != "title" or not scene.state.suggested:
        raise InvalidPress("name")
    return await at_step(scene, onward(scene.state, title=scene.state.suggested))


async def turn(scene: Scene[PublishState], arg: str) -> PublishState:
    """Turn the pages of categories."""
    return scene.state.model_copy(update={"shelf": number(arg, MOST_PAGES)})


async def pick_category(scene: Scene[PublishState], arg: str) -> PublishState:
    """Take a category from a button."""
    if scene.state.step != "category":
        raise InvalidPress("category")
    known = await scene.services.acg.catalogue.categories(scene.user_id)
    chosen = known.find(number(arg, LARGEST_ID))
    if chosen is None:
        return fault(scene, "publish.fault.category_gone")
    return await at_step(scene, onward(scene.state, category=chosen.id, category_name=chosen.name))


async def pick_layout(scene: Scene[PublishState], arg: str) -> PublishState:
    """Take a layout from a button."""
    chosen = number(arg, LAYOUTS[-1])
    if scene.state.step != "layout" or chosen not in LAYOUTS:
        raise InvalidPress("layout")
    return await at_step(scene, onward(scene.state, layout=chosen))


ACTIONS = {
    **arranging.ACTIONS,
    "type": type_,
    "go": go,
    "before": back,
    "skip": skip,
    "clear": clear,
    "name": take_name,
    "shelf": turn,
    "category": pick_category,
    "layout": pick_layout,
}
