"""The picture of /usage: calls by day and by endpoint, and how full what can be full is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from handlers.charts import ACCENTS, BAD, EMPTY, GOOD, INK, MUTED, plain_axes
from handlers.sizes import size
from handlers.texts import Speaker
from handlers.usage.report import DAYS, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDPOINTS = 8
NAME_LIMIT = 36
LABEL_EVERY = 5
ROOM = 1.18
# What every font has; a dollar would begin a formula.
_UNDRAWABLE = re.compile(r"[^ -#%-~]")


@dataclass(frozen=True)
class Count:
    """Calls of a day or an endpoint, the good and the failed ones."""

    name: str
    good: int
    failed: int

    @classmethod
    def of(cls, name: str, calls: int, failed: int) -> Count:
        """Read counts as HDHive sends them."""
        bad = min(max(0, failed), max(0, calls))
        return cls(name, max(0, calls) - bad, bad)

    @property
    def all(self) -> int:
        """Return the calls in all."""
        return self.good + self.failed


@dataclass(frozen=True)
class Gauge:
    """How much of something is used."""

    name: str
    used: float
    label: str


@dataclass(frozen=True)
class Words:
    """The words of the picture."""

    days: str
    endpoints: str
    good: str
    failed: str


@dataclass(frozen=True)
class Picture:
    """The figures and words of one picture."""

    words: Words
    days: Sequence[Count]
    endpoints: Sequence[Count]
    gauges: Sequence[Gauge]

    @classmethod
    def of(cls, say: Speaker, report: Report) -> Picture | None:
        """Put a picture together in a language that can be drawn; None where there are no calls to draw."""
        days, endpoints = by_day(report), by_endpoint(report)
        if not any(count.all for count in (*days, *endpoints)):
            return None
        words = Words(
            days=say.label("usage.chart.days", n=DAYS),
            endpoints=say.label("usage.chart.endpoints"),
            good=say.label("usage.chart.good"),
            failed=say.label("usage.chart.failed"),
        )
        return cls(words, days, endpoints, gauges(say, report))

    @property
    def height(self) -> float:
        """Return how high the picture is, in inches."""
        return 3.4 + 0.7 + 0.3 * len(self.endpoints) + (0.4 + 0.35 * len(self.gauges) if self.gauges else 0)

    def paint(self, figure: Figure) -> None:
        """Draw it."""
        heights = [3.4, 0.7 + 0.3 * len(self.endpoints)]
        if self.gauges:
            heights.append(0.4 + 0.35 * len(self.gauges))
        # Each part keeps its own margins: the days need not stand as far in as the endpoints' names.
        parts = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
        self._days(parts[0].subplots())
        self._endpoints(parts[1].subplots())
        if self.gauges:
            self._gauges(parts[2].subplots())

    def _days(self, axes: Axes) -> None:
        from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - loaded on first use

        plain_axes(axes, self.words.days)
        places = range(len(self.days))
        good = [count.good for count in self.days]
        axes.bar(places, good, color=GOOD, width=0.7, label=self.words.good)
        failed = [count.failed for count in self.days]
        axes.bar(places, failed, bottom=good, color=BAD, width=0.7, label=self.words.failed)
        axes.set_xlim(-0.6, len(self.days) - 0.4)
        axes.set_ylim(0, max(1, *(count.all for count in self.days)) * ROOM)
        shown = range(len(self.days) - 1, -1, -LABEL_EVERY)
        axes.set_xticks(list(shown), [_day(self.days[n].name) for n in shown])
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        corner = (1.0, 1.0)
        axes.legend(
            loc="lower right", bbox_to_anchor=corner, ncols=2, frameon=False, fontsize=9, borderaxespad=0.2
        )

    def _endpoints(self, axes: Axes) -> None:
        plain_axes(axes, self.words.endpoints)
        axes.grid(visible=False)
        axes.spines["bottom"].set_visible(False)
        places = range(len(self.endpoints))
        good = [count.good for count in self.endpoints]
        axes.barh(places, good, color=GOOD, height=0.6)
        bars = axes.barh(places, [c.failed for c in self.endpoints], left=good, color=BAD, height=0.6)
        labels = [str(count.all) for count in self.endpoints]
        axes.bar_label(bars, labels, padding=4, fontsize=9, color=INK)
        axes.set_yticks(places, [count.name for count in self.endpoints], fontsize=9, color=INK)
        axes.set_xticks([])
        axes.set_xlim(0, max(1, *(count.all for count in self.endpoints), 1) * ROOM)
        axes.invert_yaxis()

    def _gauges(self, axes: Axes) -> None:
        axes.set_axis_off()
        axes.set_xlim(0, 1)
        axes.set_ylim(len(self.gauges) - 0.4, -0.6)
        for place, gauge in enumerate(self.gauges):
            axes.barh(place, 0.55, left=0.2, color=EMPTY, height=0.5)
            axes.barh(place, 0.55 * gauge.used, left=0.2, color=ACCENTS[place], height=0.5)
            axes.text(0.185, place, gauge.name, ha="right", va="center", fontsize=10, color=INK)
            axes.text(0.765, place, gauge.label, ha="left", va="center", fontsize=10, color=MUTED)


def by_day(report: Report) -> list[Count]:
    """Return the calls of each of the last days; a day that HDHive leaves out had none."""
    told = {day.date[:10]: day for day in report.month.daily_stats} if report.month is not None else {}
    names = [day.isoformat() for day in report.days]
    return [
        Count.of(name, told[name].calls, told[name].failed) if name in told else Count(name, 0, 0)
        for name in names
    ]


def by_endpoint(report: Report) -> list[Count]:
    """Return the endpoints that were called most."""
    told = report.month.endpoint_stats if report.month is not None else ()
    ranked = sorted(told, key=lambda one: -one.calls)[:ENDPOINTS]
    return [Count.of(drawable(one.endpoint), one.calls, one.failed) for one in ranked]


def drawable(name: str) -> str:
    """Return an endpoint's name in signs that every font has."""
    plain = _UNDRAWABLE.sub("?", name)
    return plain if len(plain) <= NAME_LIMIT else f"{plain[: NAME_LIMIT - 3]}..."


def gauges(say: Speaker, report: Report) -> list[Gauge]:
    """Return what can be full: the free unlocks of the week, the drive."""
    found: list[Gauge] = []
    weekly, space = report.weekly, report.space
    if weekly is not None and weekly.limit > 0 and not weekly.has_no_limit:
        label = f"{weekly.used} / {weekly.limit}"
        found.append(Gauge(say.label("usage.chart.weekly"), _share(weekly.used, weekly.limit), label))
    if space is not None and space.total_bytes > 0:
        label = f"{size(space.used_bytes)} / {size(space.total_bytes)}"
        found.append(Gauge(say.label("service.disktop"), _share(space.used_bytes, space.total_bytes), label))
    return found


def _share(used: float, total: float) -> float:
    return min(1.0, max(0.0, used / total))


def _day(name: str) -> str:
    day = date.fromisoformat(name)
    return f"{day.month}/{day.day}"
