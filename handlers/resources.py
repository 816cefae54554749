"""How titles and resources are written on cards."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clients.hdhive.models import PanType, Resource, Sharer, Validity
from clients.tmdb.models import Title
from handlers.texts import Html, Speaker, bold, escape, plain
from services.sharelinks.finding import Drive

# What fits a button's data beside the card's id; HDHive's own are 32 hex digits, with or without hyphens.
SLUG = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
# A list of five of these, with every value at its longest, still fits one message.
ROW_TITLE, ROW_FACT, FACT = 120, 24, 120
ICONS = {"movie": "🎬", "tv": "📺"}
DRIVES = frozenset(drive.value for drive in Drive)


def title_name(say: Speaker, title: Title) -> Html:
    """Return a title with its year."""
    return say("title.year", title=title.title, year=title.year) if title.year else escape(title.title)


def heading(say: Speaker, title: Title) -> Html:
    """Return a title's headline: icon, name, year, original name, rating."""
    lines = [say("title.heading", icon=ICONS[title.media_type], title=title_name(say, title))]
    if title.original_title and title.original_title != title.title:
        lines.append(say("title.original", title=title.original_title))
    facts = [say(f"title.{title.media_type}")]
    if title.vote_average:
        facts.append(say("title.rating", rating=f"{title.vote_average:.1f}"))
    return Html("\n".join([*lines, Html(" · ").join(facts)]))


def drive_name(say: Speaker, drive: Drive | str) -> Html:
    """Return a drive's name as people know it; an unknown one keeps its own."""
    word = str(drive).lower()
    return say(f"drive.{word}") if word in DRIVES else escape(str(drive))


def pan_name(say: Speaker, resource: Resource) -> Html:
    """Return the name of the drive a resource lies on; a drive we do not know keeps HDHive's word for it."""
    if resource.pan_type is not PanType.UNKNOWN:
        return drive_name(say, resource.pan_type)
    return drive_name(say, plain(resource.pan_type_raw or "unknown", ROW_FACT))


def _sharer(user: Sharer | None) -> str:
    return (user.nickname or user.username or "") if user else ""


def price_label(say: Speaker, *, owned: bool, points: int) -> str:
    """Return what a resource costs this person, for a button."""
    if owned:
        return "✓ " + say.label("resource.yours")
    return say.label("resource.points", points=points) if points else say.label("resource.free")


def named(say: Speaker, title: str | None, film: str = "") -> str:
    """Return a resource's own title; one without goes by the film's or series' name."""
    return title or film or say("resource.untitled")


def row(say: Speaker, number: int, resource: Resource, film: str) -> Html:
    """Return a resource as two lines of a list."""
    title = escape(named(say, resource.title, film), ROW_TITLE)
    return say("resource.row", number=number, title=title, details=_details(say, resource))


def _details(say: Speaker, resource: Resource) -> Html:
    facts = [bold(pan_name(say, resource))]
    facts += [escape(x, ROW_FACT) for x in (resource.share_size, *resource.video_resolution[:2]) if x]
    facts.append(bold(price_label(say, owned=resource.is_unlocked, points=resource.unlock_points)))
    if resource.validate_status is Validity.INVALID:
        facts.append(Html("⚠️"))
    return Html(" · ".join(facts))


def facts(say: Speaker, resource: Resource, film: str) -> Html:
    """Return everything that is known of a resource before it is unlocked."""
    lines = [say("resource.heading", title=named(say, resource.title, film))]
    lines += _fact(say, "drive", [pan_name(say, resource)])
    lines += _fact(say, "size", [resource.share_size or ""])
    lines += _fact(say, "quality", resource.video_resolution)
    lines += _fact(say, "source", resource.source)
    lines += _fact(say, "subtitles", [*resource.subtitle_language, *resource.subtitle_type])
    lines += _fact(say, "sharer", [_sharer(resource.user)])
    lines += _fact(say, "remark", [resource.remark or ""])
    if resource.validate_status is Validity.INVALID:
        lines.append(say("resource.dead"))
    return Html("\n".join(lines))


def _fact(say: Speaker, key: str, values: Sequence[str]) -> list[Html]:
    text = plain(say.listed(value for value in values if value), FACT)
    return [say(f"resource.{key}", value=text)] if text else []
