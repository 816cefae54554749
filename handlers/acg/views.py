"""How resources, categories and dates of ACGBT are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from clients.acgbt.models import Resource
from clients.errors import Forbidden
from handlers import dates
from handlers.scenes import Scene
from handlers.sizes import size
from handlers.texts import Html, Speaker, escape, plain
from handlers.views import visible_units

# Eight of these, with every value at its longest, still fit one message.
ROW_TITLE, ROW_NAME = 110, 24
NAME = 40
MAGNET = "magnet:?"
SIGN = "🌸"
_CID = re.compile(r"[A-Za-z0-9]{20,120}", re.ASCII)
_GATEWAY = "https://ipfs.io/ipfs/"


def advice(error: Exception) -> str | None:
    """Name the text that helps whose key may not do this."""
    return "acg.advice.forbidden" if isinstance(error, Forbidden) else None


def day(scene: Scene[Any], at: float | None) -> str:
    """Return a day by the person's own clock."""
    return "" if at is None else dates.shown(scene, at)


def minute(scene: Scene[Any], at: float | None) -> str:
    """Return a moment by the person's own clock."""
    return "" if at is None else dates.shown(scene, at, dates.MINUTE)


def row(scene: Scene[Any], number: int, resource: Resource) -> Html:
    """Return a resource as two lines of a list."""
    facts = [escape(resource.category_name or "", ROW_NAME), *_measures(scene.say, resource)]
    if resource.created_at is not None:
        facts.append(escape(day(scene, resource.created_at)))
    return scene.say(
        "acg.row",
        number=number,
        title=escape(named(scene.say, resource.title), ROW_TITLE),
        facts=Html(" · ").join(fact for fact in facts if fact),
    )


def short(scene: Scene[Any], resource: Resource) -> Html:
    """Return a resource as one line beside others."""
    parts = [escape(named(scene.say, resource.title), 80), *_measures(scene.say, resource)]
    return Html(f"{SIGN} {Html(' · ').join(parts)}")


def told_row(say: Speaker, number: int, item: Mapping[str, Any]) -> Html:
    """Return what a notice keeps of a resource as two lines."""
    facts = [escape(str(item.get("category_name") or ""), ROW_NAME)]
    if item.get("size"):
        facts.append(escape(size(float(item["size"]))))
    facts.append(say("acg.seeders", seeders=int(item.get("seeders") or 0)))
    title = escape(named(say, str(item.get("title") or "")), ROW_TITLE)
    return say("acg.row", number=number, title=title, facts=Html(" · ").join(fact for fact in facts if fact))


def named(say: Speaker, title: str) -> str:
    """Return a resource's title; one without has a word for it."""
    return plain(title) or say.label("resource.untitled")


def _measures(say: Speaker, resource: Resource) -> list[Html]:
    found = [] if not resource.size else [escape(size(resource.size))]
    return [*found, say("acg.seeders", seeders=resource.seeders)]


def facts(scene: Scene[Any], resource: Resource) -> Html:
    """Return everything that is told of a resource in short."""
    say = scene.say
    lines: list[Html] = [say("acg.title", title=named(say, resource.title))]
    where = [escape(resource.category_name or "", NAME)]
    if resource.created_at is not None:
        where.append(escape(minute(scene, resource.created_at)))
    if resource.author:
        where.append(say("acg.author", name=escape(resource.author, NAME)))
    lines.append(Html(" · ".join(fact for fact in where if fact)))
    counts = [] if not resource.size else [say("acg.size", size=size(resource.size))]
    counts += [
        say("acg.seeders", seeders=resource.seeders),
        say("acg.leechers", leechers=resource.leechers),
        say("acg.downloads", downloads=resource.downloads),
    ]
    return Html("\n".join(filter(None, [*lines, Html(" · ").join(counts)])))


def magnet_of(resource: Resource) -> str | None:
    """Return the magnet link, None for what is none."""
    told = "".join((resource.magnet_link or "").split())
    return told if told.casefold().startswith(MAGNET) and told.isprintable() else None


def ipfs_of(resource: Resource) -> str | None:
    """Return the address under which a browser finds what lies on IPFS."""
    cid = (resource.ipfs_cid or "").strip().removeprefix("ipfs://")
    return f"{_GATEWAY}{cid}" if _CID.fullmatch(cid) else None


def words(text: str, limit: int) -> Html:
    """Return what people wrote, with its lines and nothing else: whose words they are, nobody here knows."""
    lines = [escape(line, limit) for line in text.splitlines()]
    kept = Html("\n".join(lines).strip())
    return kept if visible_units(kept) <= limit else escape(text, limit)
