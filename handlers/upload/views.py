"""How an upload looks: what it is, how far it is, and what came of it."""

from __future__ import annotations

import math
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from handlers import dates, problems
from handlers.files import folder_name
from handlers.scenes import Scene, State
from handlers.sizes import size
from handlers.texts import Html, Speaker, bold
from handlers.views import Button, Press, Row, View
from services.errors import UploadProblem
from services.uploads import Source, Stage, Upload, UploadView

BAR = 12
_MINUTE, _HOUR = 60, 3600
# What is said of one that waits for another try, by why it does.
_WAITS = {"no_room": "upload.no_room", "source_down": "upload.unreachable"}


class UploadState(State):
    """Which upload a card shows, and the folder, the words or the category that were picked for it."""

    upload_id: int = 0
    folder: str = ""
    words: str = ""
    category: int = 0


def draw(scene: Scene[Any], view: UploadView) -> View:
    """Show one upload."""
    match view.stage:
        case Stage.DONE:
            return _done(scene, view.upload)
        case Stage.FAILED:
            return failed(scene, view.upload)
        case Stage.CANCELLED:
            return _cancelled(scene, view.upload)
    return _under_way(scene, view)


def name_of(say: Speaker, upload: Upload) -> str:
    """Return what an upload goes by; an address that was not opened yet goes by its end."""
    return upload.name or source_name(say, upload.source)


def source_name(say: Speaker, source: Source) -> str:
    """Return what a source goes by before it is an upload."""
    return source.name or _end_of(source) or say.label("upload.unnamed")


def _end_of(source: Source) -> str:
    if source.kind != "url":
        return ""
    try:
        parts = urlsplit(source.ref)
        return PurePosixPath(unquote(parts.path)).name or parts.hostname or ""
    except ValueError:
        return ""


def _heading(say: Speaker, upload: Upload) -> Html:
    return say("upload.heading", name=bold(name_of(say, upload)))


def _under_way(scene: Scene[Any], view: UploadView) -> View:
    say, upload = scene.say, view.upload
    lines = [_heading(say, upload), say("upload.to", folder=folder_name(say, upload.folder)), Html("")]
    lines.append(stage_line(scene, view))
    lines += progress_lines(say, view)
    row: list[Button] = [Press(say.label("button.cancel"), "cancel")]
    if view.stage is Stage.WAITING:
        row.insert(0, Press(say.label("button.upload_folder"), "folder"))
    return View(Html("\n".join(lines)), (row,))


def stage_line(scene: Scene[Any], view: UploadView) -> Html:
    """Return what is being done just now, or what is waited for."""
    say, upload = scene.say, view.upload
    if view.stage is not Stage.WAITING and upload.retry_at is None:
        site = ".mika" if upload.about is not None and view.stage is not Stage.FETCHING else ""
        return say(f"upload{site}.{view.stage}")
    if upload.retry_at is not None:
        why = upload.problem.kind if isinstance(upload.problem, UploadProblem) else ""
        key = _WAITS.get(why, "upload.interrupted")
        return say(key, time=dates.shown(scene, upload.retry_at, dates.SECONDS))
    if isinstance(upload.problem, UploadProblem) and upload.problem.kind == "slow":
        return say("upload.gave_way")
    return say.plural("upload.ahead", view.ahead) if view.ahead else say("upload.next")


def progress_lines(say: Speaker, view: UploadView) -> list[Html]:
    """Return the bar, the amounts, the speed and the time that is left, as far as they are known."""
    if view.stage not in (Stage.FETCHING, Stage.SENDING):
        return []
    facts: list[Html] = []
    if view.total:
        facts.append(say("upload.amount", sent=size(view.sent), total=size(view.total)))
    elif view.sent:
        facts.append(say("upload.amount_open", sent=size(view.sent)))
    if view.speed:
        facts.append(say("upload.speed", size=size(view.speed)))
    if view.speed and view.seconds_left is not None:
        facts.append(say("upload.left", time=duration(say, view.seconds_left)))
    lines = [bar(say, view.sent, view.total)] if view.total else []
    return [*lines, Html(" · ".join(facts))] if facts else lines


def bar(say: Speaker, sent: int, total: int) -> Html:
    """Return a bar with the per cent; only what is whole is shown as whole."""
    share = min(1.0, max(0.0, sent / max(total, 1)))
    full = math.floor(BAR * share)
    return say("upload.bar", bar="▰" * full + "▱" * (BAR - full), percent=math.floor(100 * share))


def duration(say: Speaker, seconds: float) -> Html:
    """Return a time span as people say it: the nearer its end, the finer."""
    whole = max(1, math.ceil(seconds))
    if whole < _MINUTE:
        return say.plural("wait.seconds", whole)
    if whole < _HOUR:
        return say.plural("wait.minutes", math.ceil(whole / _MINUTE))
    hours, rest = divmod(math.ceil(whole / _MINUTE), _MINUTE)
    return say("upload.hours", hours=hours, minutes=rest)


def _done(scene: Scene[Any], upload: Upload) -> View:
    say, stored = scene.say, upload.stored
    facts = size((stored.size if stored else 0) or upload.size or 0)
    lines = [say("upload.done", name=bold(name_of(say, upload)))]
    lines.append(say("upload.where", size=facts, folder=folder_name(say, upload.folder)))
    if stored is not None and stored.instant:
        lines.append(say("upload.was_known"))
    row: list[Button] = []
    if stored is not None and stored.file_id is not None and "drive_file" in scene.home.routes.cards:
        row.append(Press(say.label("button.open_in_drive"), "open"))
        row.append(Press(say.label("button.download_link"), "download"))
    return View(Html("\n".join(lines)), (row, _close(say)))


def failed(scene: Scene[Any], upload: Upload) -> View:
    """Show why an upload failed, and what can be done about it."""
    say, problem = scene.say, upload.problem
    reason = problems.sentence(say, problem) if problem is not None else say("problem.unknown")
    text = say("upload.failed", name=bold(name_of(say, upload)))
    rows: list[Row] = [problems.steps(scene, problem)] if problem is not None else []
    row: list[Button] = []
    if isinstance(problem, UploadProblem) and problem.kind == "no_folder":
        row.append(Press(say.label("button.upload_folder"), "folder"))
    if problem is None or problems.may_repeat(problem):
        row.append(Press(say.label("button.retry"), "retry"))
    return View(Html(f"{text}\n{reason}"), (*rows, [*row, *_close(say)]))


def _cancelled(scene: Scene[Any], upload: Upload) -> View:
    say = scene.say
    row = [Press(say.label("button.upload_again"), "retry"), *_close(say)]
    key = "upload.cancelled" if upload.about is None else "upload.mika.cancelled"
    return View(say(key, name=bold(name_of(say, upload))), (row,))


def _close(say: Speaker) -> list[Button]:
    return [Press(say.label("button.close"), "close")]
