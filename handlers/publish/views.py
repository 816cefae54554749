"""How a draft looks: every field, with what was refused of it right below."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from handlers import markdown
from handlers.publish.state import PublishFields
from handlers.sizes import size
from handlers.texts import Html, Speaker, code, escape, link, plain
from handlers.views import opens
from services.magnets import BadMagnet, read_magnet

TITLE_SHOWN = 200
DESCRIPTION_SHOWN = 900
PICTURES_SHOWN = 6
ADDRESS_SHOWN = 48
FAULT_SHOWN = 200
NAME_SHOWN = 60
HASH_SHOWN = 64


def field_lines(
    say: Speaker, fields: PublishFields, faults: Mapping[str, str], only: Collection[str] | None = None
) -> list[Html]:
    """Return every field, or `only` some, as lines, each with what was refused of it right below."""
    shown = {
        "title": say("publish.field.title", title=escape(fields.title or _none(say), TITLE_SHOWN)),
        "category": say(
            "publish.field.category", category=escape(fields.category_name or _none(say), NAME_SHOWN)
        ),
        "link": _link(say, fields),
        "size": say("publish.field.size", size=size(fields.size) if fields.size else _none(say)),
        "pictures": _pictures(say, fields),
        "layout": say(f"publish.field.layout.{fields.layout}") if len(fields.images) > 1 else Html(""),
        "description": _description(say, fields, short=only is not None),
    }
    lines = [fault_line(say, faults[""])] if "" in faults else []
    for name, line in shown.items():
        if only is None or name in only:
            lines += [line] if line else []
            lines += [fault_line(say, faults[name])] if name in faults else []
    return lines


def fault_line(say: Speaker, words: str) -> Html:
    """Return what is wrong with a field."""
    return say("publish.fault", words=escape(words, FAULT_SHOWN))


def _none(say: Speaker) -> str:
    return say.label("publish.none")


def _link(say: Speaker, fields: PublishFields) -> Html:
    lines = []
    if fields.magnet:
        lines += [say("publish.field.magnet", hash=code(one, HASH_SHOWN)) for one in hashes(fields.magnet)]
    if fields.cid:
        lines.append(say("publish.field.cid", cid=code(fields.cid, 130)))
    return Html("\n".join(lines)) if lines else say("publish.field.no_link")


def hashes(magnet: str) -> list[str]:
    """Return what a magnet link leads to, version 1 first."""
    try:
        found = read_magnet(magnet)
    except BadMagnet:
        return []
    return [one for one in (found.v1, found.v2) if one]


def _pictures(say: Speaker, fields: PublishFields) -> Html:
    if not fields.images:
        return say("publish.field.no_pictures")
    rows = [say.plural("publish.field.pictures", len(fields.images))]
    rows += [picture_line(say, fields, n, url) for n, url in enumerate(fields.images[:PICTURES_SHOWN], 1)]
    if len(fields.images) > PICTURES_SHOWN:
        rows.append(Html("…"))
    return Html("\n".join(rows))


def picture_line(say: Speaker, fields: PublishFields, number: int, url: str) -> Html:
    """Return a picture as a line: its number and its address, or that it was sent here."""
    parts = urlsplit(url)
    # What is no address is shown as it is.
    name = plain(f"{parts.hostname}{parts.path}" if parts.hostname else url, ADDRESS_SHOWN)
    if url in fields.sent:
        name = say.label("publish.picture_sent")
    shown = link(name, url) if opens(url) else code(name)
    key = "publish.picture_unseen" if url in fields.unseen else "publish.picture"
    return say(key, number=number, link=shown)


def _description(say: Speaker, fields: PublishFields, *, short: bool) -> Html:
    if not fields.description:
        return say("publish.field.no_description")
    body, more = markdown.cut(fields.description, 120 if short else DESCRIPTION_SHOWN)
    quoted = Html(f"<blockquote expandable>{body}{' …' if more else ''}</blockquote>")
    return Html(f"{say('publish.field.description')}\n{quoted}")
