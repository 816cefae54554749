"""How videos look on cards: rows of a list, the facts of one, its categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clients.mika.models import Category, Video
from handlers import dates
from handlers.scenes import Scene
from handlers.sizes import length, size
from handlers.texts import Html, Speaker, bold, escape, plain
from handlers.views import Button, Copy, Open, copies, opens

ROW_TITLE, TITLE_LIMIT, TAG_LIMIT, NAME_LIMIT = 90, 200, 24, 40
DESCRIPTION_LIMIT = 500
MOST_TAGS = 12


def title_of(say: Speaker, video: Video) -> str:
    """Return what a video goes by."""
    return video.title or say.label("video.untitled", id=video.id)


def row(scene: Scene[Any], number: int, video: Video) -> Html:
    """Return a video as two lines of a list."""
    say = scene.say
    title = escape(title_of(say, video), ROW_TITLE)
    facts = [escape(length(video.duration))] if video.duration else []
    facts.append(say.plural("video.views", video.views))
    if video.category is not None and video.category.name:
        facts.append(escape(video.category.name, NAME_LIMIT))
    if video.created_at:
        facts.append(escape(dates.shown(scene, video.created_at)))
    return say("videos.row", number=number, title=title, details=Html(" · ".join(facts)))


def facts(scene: Scene[Any], video: Video, way: Sequence[Category]) -> list[Html]:
    """Return all that is known of a video, line by line."""
    say = scene.say
    lines = [say("video.heading", title=bold(escape(title_of(say, video), TITLE_LIMIT)))]
    if where := category_name(say, video, way):
        lines.append(say("video.category", name=where))
    known = [length(video.duration) if video.duration else "", video.resolution]
    known.append(size(video.file_size) if video.file_size else "")
    told = [escape(fact, NAME_LIMIT) for fact in known if fact]
    lines.append(Html(" · ".join([*told, say.plural("video.views", video.views)])))
    if video.tags:
        lines.append(say("video.tags", tags=tag_list(say, video.tags)))
    if video.created_at:
        lines.append(say("video.added", date=dates.shown(scene, video.created_at)))
    if video.description:
        words = escape(video.description, DESCRIPTION_LIMIT)
        lines += [Html(""), Html(f"<blockquote expandable>{words}</blockquote>")]
    return lines


def category_name(say: Speaker, video: Video, way: Sequence[Category]) -> Html:
    """Return the way to a video's category, or its own name where the tree does not have it."""
    if way:
        return crumbs(say, way)
    return escape(video.category.name, NAME_LIMIT) if video.category is not None else Html("")


def crumbs(say: Speaker, way: Sequence[Category]) -> Html:
    """Return the way from the top to a category."""
    return Html(" › ".join(escape(label_of(say, one), NAME_LIMIT) for one in way))


def label_of(say: Speaker, category: Category) -> str:
    """Return what a category goes by."""
    return plain(category.name) or say.label("category.unnamed", id=category.id)


def tag_list(say: Speaker, tags: Sequence[str]) -> Html:
    """Return tags side by side."""
    shown = [escape(tag, TAG_LIMIT) for tag in tags[:MOST_TAGS]]
    more = [Html("…")] if len(tags) > MOST_TAGS else []
    return Html(say("video.tag_gap").join([*shown, *more]))


def play_buttons(say: Speaker, url: str | None) -> list[Button]:
    """Return the buttons of a play list; one that Telegram refuses is given to copy."""
    if url is None:
        return []
    row: list[Button] = [Open(say.label("button.watch"), url)] if opens(url) else []
    if copies(url):
        row.append(Copy(say.label("button.copy_play"), url))
    return row
