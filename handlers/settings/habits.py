"""Sections of /settings: language, time zone, notices, accounts looked after, quiet hours."""

from __future__ import annotations

import re
from typing import Any

from handlers.scenes import Scene
from handlers.settings.parts import OFF, ON, Drawn, Field, Section, choice, one_of
from handlers.settings.words import inbox_line, notices_line, quiet_line, watch_line, zone_line
from handlers.views import Row, grid
from services import zones
from storage.preferences import Changes, Notices

LANGUAGES = ("zh", "en", "auto")
ZONES = (
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
)
NOTICES: tuple[Notices, ...] = ("all", "failures", "weekly")
QUIET_HOURS = ("22:00-07:00", "23:00-08:00", "00:00-09:00")
_BETWEEN = re.compile(r"-|–|—|－|~|～|到|至|to", re.IGNORECASE)


async def _language(scene: Scene[Any]) -> Drawn:
    say, now = scene.say, scene.person.preferences.language or "auto"
    buttons = [choice(say.label(f"settings.language.{key}"), key, chosen=now == key) for key in LANGUAGES]
    return [say("settings.language.about")], [buttons[:2], buttons[2:]]


def _language_chosen(arg: str) -> Changes:
    return {"language": None if one_of(arg, LANGUAGES) == "auto" else arg}


async def _zone(scene: Scene[Any]) -> Drawn:
    say, now = scene.say, scene.person.preferences.timezone
    cities = {name: name.rpartition("/")[2].lower() for name in ZONES}
    buttons = [choice(say.label(f"zone.{city}"), name, chosen=now == name) for name, city in cities.items()]
    return [zone_line(scene), say("settings.zone.about")], grid(buttons, 2)


def _zone_chosen(arg: str) -> Changes:
    return {"timezone": one_of(arg, ZONES)}


def _zone_typed(words: str) -> Changes | None:
    name = zones.find(words)
    return None if name is None else {"timezone": name}


async def _notices(scene: Scene[Any]) -> Drawn:
    say, now = scene.say, scene.person.preferences.notices
    rows: list[Row] = [
        [choice(say.label(f"settings.notices.{key}"), key, chosen=now == key)] for key in NOTICES
    ]
    return [notices_line(scene), say("settings.notices.about")], rows


def _notices_chosen(arg: str) -> Changes:
    one_of(arg, NOTICES)
    return {"notices": next(key for key in NOTICES if key == arg)}


async def _watch(scene: Scene[Any]) -> Drawn:
    say, now = scene.say, scene.person.preferences.watch
    choices = [(ON, now), (OFF, not now)]
    row = [choice(say.label(f"settings.{key}"), key, chosen=chosen) for key, chosen in choices]
    return [watch_line(scene), say("settings.watch.about")], [row]


def _watch_chosen(arg: str) -> Changes:
    return {"watch": one_of(arg, (ON, OFF)) == ON}


async def _inbox(scene: Scene[Any]) -> Drawn:
    say, now = scene.say, scene.person.preferences.inbox
    choices = [(ON, now), (OFF, not now)]
    row = [choice(say.label(f"settings.{key}"), key, chosen=chosen) for key, chosen in choices]
    return [inbox_line(scene), say("settings.inbox.about")], [row]


def _inbox_chosen(arg: str) -> Changes:
    return {"inbox": one_of(arg, (ON, OFF)) == ON}


async def _quiet(scene: Scene[Any]) -> Drawn:
    say, chosen = scene.say, scene.person.preferences
    now = f"{chosen.quiet_from}-{chosen.quiet_to}" if chosen.quiet_from else OFF
    rows: list[Row] = [[choice(hours.replace("-", "–"), hours, chosen=now == hours)] for hours in QUIET_HOURS]
    rows.append([choice(say.label("settings.off"), OFF, chosen=now == OFF)])
    return [quiet_line(scene), say("settings.quiet.about"), zone_line(scene)], rows


def _quiet_chosen(arg: str) -> Changes:
    if arg == OFF:
        return {"quiet_from": None, "quiet_to": None}
    first, _, last = one_of(arg, QUIET_HOURS).partition("-")
    return {"quiet_from": first, "quiet_to": last}


def _quiet_typed(words: str) -> Changes | None:
    first, *rest = (zones.clock_time(part) for part in _BETWEEN.split(words.strip()))
    if len(rest) != 1 or None in (first, rest[0]) or first == rest[0]:
        return None
    return {"quiet_from": first, "quiet_to": rest[0]}


LANGUAGE = Section(_language, _language_chosen)
ZONE = Section(_zone, _zone_chosen, (Field.of("zone", "name", _zone_typed),))
NOTICE = Section(_notices, _notices_chosen)
WATCH = Section(_watch, _watch_chosen)
INBOX = Section(_inbox, _inbox_chosen)
QUIET = Section(_quiet, _quiet_chosen, (Field.of("quiet", "hours", _quiet_typed),))
