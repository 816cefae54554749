"""How own shares look: a row of the list, and every field with what was refused of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from clients.hdhive.models import OwnShare, Share, Validity
from clients.linkcheck.models import Verdict
from clients.moments import moment
from handlers.resources import ROW_FACT, ROW_TITLE, drive_name
from handlers.scenes import Scene
from handlers.shares.state import ShareFields, drive_of
from handlers.texts import Html, Speaker, bold, code, escape, link, plain
from handlers.views import opens
from services import zones
from services.linkchecks.linkchecks import CheckedLink
from services.sharedfilms import Film
from services.sharelinks.finding import Drive, extract

URL_SHOWN = 60
TITLE_SHOWN = 200
REFUSAL_SHOWN = 200
# Links of these drives nearly always need a code.
CODED = frozenset({Drive.P115, Drive.BAIDU, Drive.XUNLEI, Drive.TIANYI})
_VERDICTS = {Verdict.ALIVE: "alive", Verdict.DEAD: "dead", Verdict.LOCKED: "locked"}


def price(say: Speaker, points: int) -> str:
    """Return what an unlock costs others."""
    return say.label("share.points", points=points) if points else say.label("share.free")


def film_name(say: Speaker, film: Film) -> str:
    """Return what a share is of; without a name by its number."""
    if film.name:
        return film.name
    key = f"share.film.{film.kind or film.source}"
    return say.label(key, number=film.number)


def state_of(scene: Scene[Any], share: Share, url: str | None, code_: str | None) -> str:
    """Return the word for how a link is, our own check's before HDHive's; empty where neither knows."""
    found = extract(url or "")
    if found:
        item = CheckedLink.of(found[0]).model_copy(update={"code": code_ or found[0].code})
        verdict = scene.services.linkchecks.known(item).verdict
        if verdict in _VERDICTS:
            return scene.say.label(f"share.link.{_VERDICTS[verdict]}")
    if share.validate_status is Validity.UNKNOWN:
        return ""
    return scene.say.label(f"share.valid.{share.validate_status}")


def row(scene: Scene[Any], number: int, share: OwnShare, film: str) -> Html:
    """Return a share as two lines of the list."""
    say = scene.say
    facts = [bold(price(say, share.unlock_points)), escape(drive_name(say, drive_of(share) or "unknown"))]
    facts += [
        escape(x, ROW_FACT)
        for x in (share.share_size, state_of(scene, share, share.url, share.access_code))
        if x
    ]
    if share.unlocked_users_count:
        facts.append(say("share.unlocked_short", n=share.unlocked_users_count))
    title = escape(share.title or film or say("resource.untitled"), ROW_TITLE)
    return say("resource.row", number=number, title=title, details=Html(" · ".join(facts)))


def field_lines(
    say: Speaker,
    fields: ShareFields,
    faults: Mapping[str, str],
    *,
    strange: bool = False,
    only: Collection[str] | None = None,
) -> list[Html]:
    """Return every field, or `only` some, as a line, each with what was refused of it right below."""
    shown: list[tuple[str, Html]] = [
        ("link", _link(say, fields)),
        ("code", _code(say, fields)),
        ("film", _film(say, fields)),
        ("title", say("share.field.title", title=escape(fields.title or say("share.none"), TITLE_SHOWN))),
        ("price", say("share.field.price", price=price(say, fields.price))),
        ("anonymous", say("share.field.anonymous", on=yes(say, on=fields.anonymous))),
        ("hidden", say("share.field.hidden", on=yes(say, on=fields.hidden))),
    ]
    lines: list[Html] = []
    for name, line in shown:
        if only is not None and name not in only:
            continue
        lines.append(line)
        if name == "link" and strange:
            lines.append(say("share.strange"))
        if name in faults:
            lines.append(refusal(say, faults[name]))
    return [refusal(say, faults[""]), *lines] if "" in faults else lines


def refusal(say: Speaker, words: str) -> Html:
    """Return what HDHive said of a field."""
    return say("share.refused", words=escape(words, REFUSAL_SHOWN))


def yes(say: Speaker, *, on: bool | None) -> str:
    """Return yes, no, or that it is not known."""
    return say.label("share.unknown" if on is None else "share.yes" if on else "share.no")


def _link(say: Speaker, fields: ShareFields) -> Html:
    drive = drive_name(say, fields.drive or "unknown")
    if not fields.url:
        return say("share.field.drive", drive=drive)
    shown = plain(fields.url.partition("://")[2] or fields.url, URL_SHOWN)
    return say(
        "share.field.link", drive=drive, link=link(shown, fields.url) if opens(fields.url) else code(shown)
    )


def _code(say: Speaker, fields: ShareFields) -> Html:
    if fields.code:
        return say("share.field.code", code=code(fields.code))
    if not fields.url:
        return say("share.field.code", code=say("share.unknown"))
    return say("share.field.code_missing" if fields.drive in CODED else "share.field.no_code")


def _film(say: Speaker, fields: ShareFields) -> Html:
    if fields.film is None:
        return say("share.field.film", film=say("share.unknown"))
    return say("share.field.film", film=bold(film_name(say, fields.film)))


def record(scene: Scene[Any], share: Share, fields: ShareFields) -> list[Html]:
    """Return what became of a published share: how its link is, who unlocked it, since when it is there."""
    say, lines = scene.say, []
    state = state_of(scene, share, fields.url, fields.code)
    if state:
        checked = _day(scene, share.last_validated_at)
        lines.append(
            say("share.state_on", state=state, date=checked) if checked else say("share.state", state=state)
        )
    if share.validate_message:
        lines.append(say("share.state_words", words=escape(share.validate_message, REFUSAL_SHOWN)))
    if share.unlocked_users_count is not None:
        lines.append(say.plural("share.unlocked", share.unlocked_users_count))
    since = _day(scene, share.created_at)
    return [*lines, say("share.since", date=since)] if since else lines


def _day(scene: Scene[Any], written: str | None) -> str:
    at = moment(written)
    if at is None:
        return ""
    try:
        return f"{zones.local(at, scene.person.preferences.timezone):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return ""
