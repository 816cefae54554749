"""How an upload to Mika looks: what the video is to be, how far it is, and its transcoding after that."""

from __future__ import annotations

from typing import Any

from handlers.scenes import Scene
from handlers.sizes import size
from handlers.texts import Html, Speaker, block, bold, escape
from handlers.transcode.views import bar, log_end
from handlers.upload import views
from handlers.upload.views import name_of, progress_lines, stage_line
from handlers.views import Button, Press, Row, View
from services.names import Service
from services.uploads import About, Stage, Transcode, Upload, UploadView

WORDS_SHOWN, TITLE_SHOWN = 200, 200


def draw(scene: Scene[Any], view: UploadView, other: Service | None = None) -> View:
    """Show one upload, to the drive or to Mika; `other` is where else it could go."""
    if view.upload.about is None:
        return _offering(scene, views.draw(scene, view), view, other)
    match view.stage:
        case Stage.DONE:
            return _done(scene, view.upload, view.upload.about)
        case Stage.FAILED:
            return _failed(scene, view.upload)
        case Stage.CANCELLED:
            return views.draw(scene, view)
    return _offering(scene, _under_way(scene, view, view.upload.about), view, other)


def _offering(scene: Scene[Any], drawn: View, view: UploadView, other: Service | None) -> View:
    if other is None or view.stage.over:
        return drawn
    return View(drawn.text, (*drawn.rows, [Press(scene.say.label(f"button.rather_{other}"), "elsewhere")]))


def _under_way(scene: Scene[Any], view: UploadView, about: About) -> View:
    say, upload = scene.say, view.upload
    lines = [say("upload.heading", name=bold(name_of(say, upload))), *said(say, upload, about), Html("")]
    lines += [stage_line(scene, view), *progress_lines(say, view)]
    return View(Html("\n".join(lines)), (_editing(say), [Press(say.label("button.cancel"), "cancel")]))


def said(say: Speaker, upload: Upload, about: About) -> list[Html]:
    """Return what the video is to be, and where that is."""
    name = escape(about.category, TITLE_SHOWN)
    to = say("upload.mika.to", category=name) if about.category else say("upload.mika.to_site")
    return [to, *_words(say, upload, about)]


def _words(say: Speaker, upload: Upload, about: About) -> list[Html]:
    lines = []
    if upload.name or about.title:
        title = escape(about.titled(upload.name), TITLE_SHOWN)
        lines.append(say("upload.mika.title", title=title))
    if about.description:
        lines.append(say("upload.mika.words", words=escape(about.description, WORDS_SHOWN)))
    return lines


def _editing(say: Speaker) -> Row:
    return [
        Press(say.label("button.mika_title"), "title"),
        Press(say.label("button.mika_words"), "about"),
        Press(say.label("button.mika_category"), "category"),
    ]


def _failed(scene: Scene[Any], upload: Upload) -> View:
    drawn = views.failed(scene, upload)
    # What the site does not like may be the title or the category.
    return View(drawn.text, (_editing(scene.say), *drawn.rows))


def _done(scene: Scene[Any], upload: Upload, about: About) -> View:
    say, seen = scene.say, upload.transcode or Transcode()
    lines = [say("upload.mika.done", name=bold(name_of(say, upload)), size=size(upload.size or 0))]
    if about.category:
        lines.append(say("upload.mika.filed", category=escape(about.category, TITLE_SHOWN)))
    lines += [*_words(say, upload, about), Html("")]
    blind = seen.blind and not seen.over
    lines.append(say("upload.mika.blind") if blind else say(f"upload.mika.state.{seen.state}"))
    if seen.state == "processing" or (seen.state == "failed" and seen.progress):
        lines.append(bar(say, seen.progress))
    if seen.refused:
        lines.append(say("upload.mika.refused", words=escape(seen.refused, WORDS_SHOWN)))
    if seen.state == "failed" and (end := log_end(seen.log)):
        lines += [Html(""), block(end)]
    return View(Html("\n".join(lines)), _ways(say, upload, seen))


def _ways(say: Speaker, upload: Upload, seen: Transcode) -> list[Row]:
    rows: list[Row] = [] if seen.over else [_editing(say)]
    acting: list[Button] = []
    if seen.state in ("failed", "cancelled") and seen.task_id is not None:
        acting.append(Press(say.label("button.transcode_again"), "again"))
    if upload.stored is not None and upload.stored.file_id is not None and seen.state != "gone":
        acting.append(Press(say.label("button.to_video"), "video"))
    return [*rows, [*acting, Press(say.label("button.close"), "close")]]
