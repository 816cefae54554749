"""How transcoding looks on cards: a task as a row and in full, with its bar and its log's end."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from clients.mika.models import Task, TaskStatus
from handlers.scenes import Scene
from handlers.texts import Html, Speaker, block, bold, escape, units
from services import zones

BAR = 12
ROW_BAR = 8
ROW_TITLE, TITLE_LIMIT = 70, 200
LOG_LINES, LOG_UNITS = 12, 900
SIGNS = {
    TaskStatus.PENDING: "🕓",
    TaskStatus.PROCESSING: "⚙️",
    TaskStatus.COMPLETED: "✅",
    TaskStatus.FAILED: "❌",
    TaskStatus.CANCELLED: "🚫",
    TaskStatus.UNKNOWN: "❔",
}


def named(say: Speaker, task: Task, title: str = "") -> str:
    """Return what a task goes by: its video's title, else numbers."""
    known = task.video_title or title
    if known:
        return known
    if task.video_id:
        return say.label("transcode.of_video", id=task.video_id)
    return say.label("transcode.task", id=task.id)


def row(say: Speaker, number: int, task: Task, title: str = "") -> Html:
    """Return a task as a line of a list; one that is at work with its bar."""
    name = escape(named(say, task, title), ROW_TITLE)
    line = say("transcode.row", number=number, sign=SIGNS[task.status], name=name)
    if task.status is TaskStatus.PROCESSING:
        return Html(f"{line}\n{bar(say, task.progress, ROW_BAR)}")
    return line


def bar(say: Speaker, percent: int, width: int = BAR) -> Html:
    """Return a bar with the per cent; only what is whole is shown as whole."""
    known = min(100, max(0, percent))
    full = math.floor(width * known / 100)
    return say("transcode.bar", bar="▰" * full + "▱" * (width - full), percent=known)


def lines(scene: Scene[Any], task: Task, title: str = "") -> list[Html]:
    """Return a task in full."""
    say = scene.say
    shown = [say("transcode.heading", name=bold(escape(named(say, task, title), TITLE_LIMIT)))]
    state = say(f"transcode.state.{task.status}")
    shown.append(Html(f"{SIGNS[task.status]} {state} · {say('transcode.task', id=task.id)}"))
    if task.status is TaskStatus.PROCESSING or (task.status is TaskStatus.FAILED and task.progress):
        shown.append(bar(say, task.progress))
    for key, at in (("started", task.started_at), ("finished", task.finished_at)):
        if at and (clock := _clock(scene, at)):
            shown.append(say(f"transcode.{key}", time=clock))
    if task.log and (end := log_end(task.log)):
        shown += [Html(""), say("transcode.log"), block(end)]
    return shown


def log_end(log: str) -> str:
    """Return the last lines of a log, as many as a card has room for."""
    kept = [line.rstrip() for line in log.splitlines() if line.strip()][-LOG_LINES:]
    while len(kept) > 1 and units("\n".join(kept)) > LOG_UNITS:
        kept.pop(0)
    return "\n".join(kept)[-LOG_UNITS:]


def _clock(scene: Scene[Any], at: float) -> str:
    """Return a moment as the person's calendar and watch have it."""
    try:
        local: datetime = zones.local(at, scene.person.preferences.timezone)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{local:%m-%d %H:%M}"
