"""/usage: HDHive's quota, calls and free unlocks, and Disk.Top's space: a picture, and the numbers below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telegram import Update

from clients.hdhive.models import Me, Quota, Usage, WeeklyQuota
from clients.moments import moment
from handlers import cards, charts, commands, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.problems import LINKABLE, service_name
from handlers.scenes import Route, Scene, State
from handlers.sizes import size
from handlers.texts import Html, Speaker, code
from handlers.usage.chart import Picture, by_day
from handlers.usage.report import DAYS, Part, Report, gather, total
from handlers.views import Button, Press, Row, View
from services import zones
from services.names import Service

TOP = 5
NAME_LIMIT = 48
HDHIVE_PARTS: tuple[Part, ...] = ("account", "quota", "today", "month", "weekly")


class UsageState(State):
    """The usage remembers nothing: it shows what is."""


async def show(scene: Scene[UsageState]) -> View:
    """Show what is used and what is left, as far as each service tells."""
    report = await gather(scene)
    text = Html("\n".join([scene.say("usage.title"), *hdhive(scene, report), "", *disktop(scene, report)]))
    return View(text, _rows(scene, report), photo=await picture(scene, report))


async def picture(scene: Scene[UsageState], report: Report) -> bytes | None:
    """Draw the calls; there is nothing to draw where HDHive does not count any."""
    drawn = Picture.of(await charts.speaker(scene.home.texts, scene.person.language), report)
    return await charts.draw(drawn.paint, height=drawn.height) if drawn is not None else None


def hdhive(scene: Scene[UsageState], report: Report) -> list[Html]:
    """Return HDHive's lines."""
    say, name = scene.say, service_name(scene.say, Service.HDHIVE)
    if "hdhive" in report.errors:
        return [say("usage.service", service=name), problems.sentence(say, report.errors["hdhive"])]
    lines = [Html(" · ".join([say("usage.service", service=name), *_account(say, report.account)]))]
    if report.weekly is not None:
        lines.append(_weekly(say, report.weekly))
    lines += _calls(say, report)
    if report.quota is not None:
        lines += _quota(scene, report.quota)
    return [
        *lines,
        *_failures(say, {part: report.errors[part] for part in HDHIVE_PARTS if part in report.errors}),
    ]


def _account(say: Speaker, me: Me | None) -> list[Html]:
    if me is None:
        return []
    shown = [say("account.points", points=me.points)] if me.points is not None else []
    return [*shown, say("account.premium")] if me.is_vip else shown


def _weekly(say: Speaker, weekly: WeeklyQuota) -> Html:
    if weekly.has_no_limit:
        return say("usage.weekly_unlimited")
    if weekly.limit <= 0:
        return say("usage.weekly_none")
    line = say("usage.weekly", remaining=max(0, weekly.remaining), limit=weekly.limit)
    if weekly.bonus_quota_max <= 0:
        return line
    saved = say("usage.bonus", bonus=weekly.bonus_quota, most=weekly.bonus_quota_max)
    return Html(f"{line} · {saved}")


def _calls(say: Speaker, report: Report) -> list[Html]:
    """Return the calls of today and of the last days; they are those of the whole bot, and said to be so."""
    lines: list[Html] = []
    if report.now is not None or report.month is not None:
        lines.append(say("usage.calls_of"))
    if report.now is not None:
        lines.append(say("usage.today", calls=_counted(say, report.now)))
    if report.month is not None:
        lines.append(say("usage.month", days=DAYS, calls=_counted(say, report.month)))
        busiest = max(by_day(report), key=lambda day: day.all)
        if busiest.all:
            lines.append(say("usage.busiest", date=busiest.name, n=busiest.all))
        ranked = sorted(report.month.endpoint_stats, key=lambda one: -one.calls)[:TOP]
        lines += [say("usage.endpoint", name=code(one.endpoint, NAME_LIMIT), n=one.calls) for one in ranked]
    return lines


def _counted(say: Speaker, usage: Usage) -> Html:
    told = total(usage)
    calls = say.plural("usage.calls", told.calls)
    return Html(f"{calls} · {say('usage.failed', n=told.failed)}") if told.failed else calls


def _quota(scene: Scene[UsageState], quota: Quota) -> list[Html]:
    say, left, limit = scene.say, quota.endpoint_remaining, quota.endpoint_limit
    if limit is None:
        lines = [say("usage.no_quota")]
    else:
        lines = [say("usage.quota", left=limit if left is None else left, limit=limit)]
    # Only a moment is shown: smaller numbers may be anything.
    reset = moment(quota.daily_reset) if quota.daily_reset and quota.daily_reset > 1e9 else None
    if reset is None:
        return lines
    try:
        at = zones.local(reset, scene.person.preferences.timezone)
    except (ValueError, OverflowError, OSError):
        return lines
    return [*lines, say("usage.reset", at=f"{at:%m-%d %H:%M}")]


def _failures(say: Speaker, errors: Mapping[Part, Exception]) -> list[Html]:
    """Return each different failure once, with the parts it hides."""
    told: dict[Html, list[Part]] = {}
    for part, error in errors.items():
        told.setdefault(problems.sentence(say, error), []).append(part)
    lines: list[Html] = []
    for words, parts in told.items():
        if len(parts) == len(HDHIVE_PARTS):
            lines.append(words)
        else:
            names = Html(say.listed(say(f"usage.part.{part}") for part in parts))
            lines.append(say("usage.failure", parts=names, words=words))
    return lines


def disktop(scene: Scene[UsageState], report: Report) -> list[Html]:
    """Return Disk.Top's lines."""
    say, space = scene.say, report.space
    head = say("usage.service", service=service_name(say, Service.DISKTOP))
    if space is None:
        return [head, problems.sentence(say, report.errors["disktop"])]
    percent = round(100 * space.used_bytes / space.total_bytes) if space.total_bytes else 0
    used, total_ = size(space.used_bytes), size(space.total_bytes)
    free = size(max(0, space.free_bytes))
    return [head, say("usage.space", used=used, total=total_, percent=percent, free=free)]


def _rows(scene: Scene[UsageState], report: Report) -> Sequence[Row]:
    say = scene.say
    lost = dict.fromkeys(
        str(getattr(error, "service", ""))
        for error in report.errors.values()
        if problems.needs_link(error) and getattr(error, "service", "") in LINKABLE
    )
    linking: list[Button] = [problems.link_button(scene, service) for service in lost]
    last = [Press(say.label("button.refresh"), "refresh"), Press(say.label("button.close"), cards.CLOSE)]
    return [linking, last]


async def refresh(scene: Scene[UsageState], _arg: str) -> UsageState:
    """Ask once more."""
    return scene.state


USAGE = Route("usage", UsageState, show, {"refresh": refresh}, private=True)


async def usage(update: Update, context: LinkHiveContext) -> None:
    """Show the usage."""
    await cards.begin(update, context, USAGE, UsageState())


def register(home: LinkHiveApplication) -> None:
    """Offer the usage."""
    home.card(USAGE)
    commands.add(home, "usage", usage, private=True)
