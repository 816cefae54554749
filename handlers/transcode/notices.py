"""Notices of tasks that ended, for whoever asked: one as its own card, several that waited as one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clients.mika.models import Task
from handlers.application import LinkHiveApplication
from handlers.scenes import OutgoingCard, Scene
from handlers.texts import Html, escape
from handlers.transcode import task as transcodetask
from handlers.transcode.state import LIST, TASK, TasksState, TaskState
from handlers.transcode.views import ROW_TITLE, SIGNS, named
from handlers.views import Press, View, grid
from services.mika.transcoding import ENDED, GONE, REFUSED

MOST_LISTED = 12


async def one(scene: Scene[Any], payload: Mapping[str, Any]) -> OutgoingCard:
    """Tell of one end, on the task's own card."""
    say, status = scene.say, str(payload["status"])
    if status in (GONE, REFUSED):
        close = Press(say.label("button.close"), "close")
        return OutgoingCard(LIST, TasksState(live=False), View(_lost(scene, payload), ([close],)))
    task = _task(payload)
    state = TaskState(id=task.id, said=say(f"transcode.ended.{task.status}"), live=False)
    view = transcodetask.drawn(scene.at(state), task).view
    return OutgoingCard(TASK, state, view)


def _lost(scene: Scene[Any], payload: Mapping[str, Any]) -> Html:
    """Say why nothing more is told."""
    if str(payload["status"]) == GONE:
        return scene.say("transcode.watch_gone", id=payload["task_id"])
    return scene.say("transcode.watch_refused")


async def several(scene: Scene[Any], payloads: Sequence[Mapping[str, Any]]) -> OutgoingCard:
    """Tell of several ends that waited."""
    say = scene.say
    tasks = {
        task.id: task for task in map(_task, (p for p in payloads if p["status"] not in (GONE, REFUSED)))
    }
    lost = dict.fromkeys(_lost(scene, p) for p in payloads if p["status"] in (GONE, REFUSED))
    shown = list(enumerate(list(tasks.values())[:MOST_LISTED], 1))
    lines = [say.plural("transcode.ended_many", len(tasks)), Html("")] if tasks else []
    lines += [
        say("transcode.row", number=n, sign=SIGNS[task.status], name=escape(named(say, task), ROW_TITLE))
        for n, task in shown
    ]
    if len(tasks) > len(shown):
        lines.append(say.plural("transcode.more", len(tasks) - len(shown)))
    picks = [Press(f"{n}", "open", str(task.id)) for n, task in shown]
    text = Html("\n".join([*lines, *lost]))
    view = View(text, [*grid(picks, 6), [Press(say.label("button.close"), "close")]])
    return OutgoingCard(LIST, TasksState(kind="", live=False), view)


def _task(payload: Mapping[str, Any]) -> Task:
    known = {"id": payload["task_id"], "video_title": payload.get("title", "")}
    return Task.model_validate({**payload, **known})


def register(home: LinkHiveApplication) -> None:
    """Draw the notices."""
    home.notice(ENDED, one, several)
