"""/transcode: the site's tasks by state, kept up to date while they are under way; in a group its notices."""

from __future__ import annotations

from typing import Any

from telegram import Update

from clients.mika.models import TaskPage, TaskStatus
from handlers import cards, commands
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, is_private
from handlers.scenes import InvalidPress, Route, Scene, Switch, number
from handlers.texts import Html
from handlers.transcode import bell as transcodebell, group, notices, task as transcodetask
from handlers.transcode.group import GroupState
from handlers.transcode.live import Drawn, LiveTasks, start
from handlers.transcode.state import KINDS, LIST, TASK, TasksState, TaskState
from handlers.transcode.views import row
from handlers.videos.state import LARGEST_ID, advice
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.mika.transcoding import Wish

PER_PAGE = 6
MOST_PAGES = 100_000
PAYLOAD = "mt_"


async def show(scene: Scene[TasksState]) -> View:
    """Show one page of the tasks."""
    return await start(scene, await draw(scene))


async def draw(scene: Scene[TasksState]) -> Drawn:
    """Draw one page of the tasks of a state."""
    state, say = scene.state, scene.say
    found = await listed(scene)
    pages = max(1, -(-found.total // PER_PAGE))
    if not found.items and found.total and state.page >= pages:
        return await draw(scene.at(state.model_copy(update={"page": pages - 1})))
    shown = list(enumerate(found.items[:PER_PAGE], state.page * PER_PAGE + 1))
    untitled = [task.video_id for _, task in shown if task.video_id and not task.video_title]
    titles = await scene.services.videos.titles(scene.user_id, untitled)
    lines = _head(scene, found, pages)
    lines += [row(say, n, task, titles.get(task.video_id or 0, "")) for n, task in shown]
    under_way = any(not task.status.over for _, task in shown)
    picks = [Press(f"{n}", "open", str(task.id)) for n, task in shown]
    rows = [*grid(picks, PER_PAGE), pages_row(say, "page", state.page, pages), *_kinds(scene)]
    return Drawn(View(Html("\n".join(lines)), [*rows, *await _ways(scene, under_way=under_way)]), under_way)


async def listed(scene: Scene[TasksState]) -> TaskPage:
    """Ask for a page of the tasks of a state."""
    state = scene.state
    status = TaskStatus(state.kind) if state.kind else None
    return await scene.services.videos.manage(
        scene.user_id,
        lambda client, who: client.tasks(who, page=state.page + 1, size=PER_PAGE, status=status),
    )


def _head(scene: Scene[TasksState], found: TaskPage, pages: int) -> list[Html]:
    state, say = scene.state, scene.say
    lines = [Html(f"{state.said}\n")] if state.said else []
    lines.append(say("transcode.list", kind=say(f"transcode.kind.{state.kind or 'all'}")))
    if not found.total:
        return [*lines, say("transcode.none")]
    count = say.plural("transcode.count", found.total)
    turned = [say("videos.page", page=state.page + 1, pages=pages)] if pages > 1 else []
    return [*lines, Html(" · ".join([count, *turned])), Html("")]


def _kinds(scene: Scene[TasksState]) -> list[list[Button]]:
    say, now = scene.say, scene.state.kind
    buttons = [
        Press(("● " if kind == now else "") + say.label(f"transcode.kind.{kind or 'all'}"), "kind", kind)
        for kind in KINDS
    ]
    return grid(buttons, 3)


async def _ways(scene: Scene[TasksState], *, under_way: bool) -> list[Row]:
    say = scene.say
    told = await scene.services.transcoding.watched(Wish(scene.user_id, scene.chat_id))
    bell = Press(say.label("button.tell_not" if told else "button.tell_all"), "bell", "off" if told else "on")
    return [[bell], [*live_buttons(scene, under_way=under_way), Press(say.label("button.close"), "close")]]


def live_buttons(scene: Scene[Any], *, under_way: bool) -> list[Button]:
    """Return the button that stops or begins following, or asks once more."""
    say = scene.say
    if not under_way:
        return [Press(say.label("button.refresh"), "follow")]
    if scene.state.live:
        return [Press(say.label("button.stop_live"), "stop")]
    return [Press(say.label("button.follow_live"), "follow")]


def fresh(state: TasksState, **changes: Any) -> TasksState:
    """Return the next state; what was said of the last action is over."""
    return state.model_copy(update={"said": "", **changes})


async def page(scene: Scene[TasksState], arg: str) -> TasksState:
    """Turn the pages."""
    return fresh(scene.state, page=number(arg, MOST_PAGES))


async def kind(scene: Scene[TasksState], arg: str) -> TasksState:
    """Show the tasks of another state."""
    if arg not in KINDS:
        raise InvalidPress(arg)
    return fresh(scene.state, kind=arg, page=0, live=True)


async def open_task(scene: Scene[TasksState], arg: str) -> Switch:
    """Go to a task's card."""
    back = fresh(scene.state).model_dump(mode="json")
    return Switch(TASK, TaskState(id=number(arg, LARGEST_ID), back=back))


async def stop(scene: Scene[TasksState], _arg: str) -> TasksState:
    """Leave the card as it is."""
    return fresh(scene.state, live=False)


async def follow(scene: Scene[TasksState], _arg: str) -> TasksState:
    """Keep the card up to date."""
    return fresh(scene.state, live=True)


async def bell(scene: Scene[TasksState], arg: str) -> TasksState:
    """Tell of every task's end in the private chat from now on, or no more."""
    said = await transcodebell.ring(scene, Wish(scene.user_id, scene.chat_id), arg)
    return fresh(scene.state, said=said)


TASKS: Route[TasksState] = Route(
    LIST,
    TasksState,
    show,
    {
        "page": page,
        "kind": kind,
        "open": open_task,
        "stop": stop,
        "follow": follow,
        "bell": bell,
    },
    advice=advice,
    private=True,
)


async def transcode(update: Update, context: LinkHiveContext) -> None:
    """Show the tasks; in a group, whether it is told of their ends."""
    context.services.videos.client()
    if not is_private(update):
        await cards.begin(update, context, group.GROUP_CARD, GroupState())
        return
    card = await cards.begin(update, context, TASKS, TasksState())
    # Whether something is under way is known to the first look.
    await context.services.transcoding.follow(context.person.user.id, card.id)


async def from_deep_link(update: Update, context: LinkHiveContext, payload: str) -> None:
    """Open a task that a group was told of: `mt_12`."""
    word = payload.removeprefix(PAYLOAD)
    known = word.isascii() and word.isdecimal() and len(word) <= 18
    if not known:
        await transcode(update, context)
        return
    card = await cards.begin(update, context, transcodetask.TASK_CARD, TaskState(id=int(word)))
    await context.services.transcoding.follow(context.person.user.id, card.id)


def register(home: LinkHiveApplication) -> None:
    """Offer transcoding."""
    for route in (TASKS, transcodetask.TASK_CARD, group.GROUP_CARD):
        home.card(route)
    commands.add(home, "transcode", transcode)
    home.start_link(PAYLOAD, from_deep_link)
    notices.register(home)
    group.register(home)
    live = LiveTasks(home, {LIST: draw, TASK: transcodetask.draw})
    home.services.transcoding.on_live = live.follow
