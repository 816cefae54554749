"""The picture of somebody's check-ins: a calendar of the last weeks, and the points of each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from handlers.charts import BAD, CALM, EMPTY, GOOD, INK, MUTED, plain_axes
from handlers.texts import Speaker
from storage.checkins import UNENDED, CheckInRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WEEKS = 5
DAYS_A_WEEK = 7
_COLOURS = {"done": GOOD, "already": CALM}
_MORE_LABELS_THAN_FIT = 10


@dataclass(frozen=True)
class Picture:
    """The figures and words of one picture."""

    today: date
    rows: Mapping[str, CheckInRow]
    weekdays: Sequence[str]
    heading: str
    points: str
    legend: Mapping[str, str]

    @classmethod
    def of(cls, say: Speaker, today: date, rows: Sequence[CheckInRow], streak: int) -> Picture:
        """Put a picture together in a language that can be drawn."""
        return cls(
            today=today,
            rows={row.day: row for row in rows},
            weekdays=say.label("chart.weekdays").split(),
            heading=say.label("chart.checkins", streak=streak),
            points=say.label("chart.points"),
            legend={
                GOOD: say.label("chart.done"),
                CALM: say.label("chart.already"),
                BAD: say.label("chart.failed"),
            },
        )

    @property
    def days(self) -> list[date]:
        """Return the days shown: whole weeks, this one the last."""
        monday = self.today - timedelta(days=self.today.weekday() + DAYS_A_WEEK * (WEEKS - 1))
        return [monday + timedelta(days=n) for n in range(WEEKS * DAYS_A_WEEK)]

    def colour(self, day: date) -> str:
        """Return what a day's square is filled with."""
        row = self.rows.get(day.isoformat())
        if row is None or row.state in UNENDED:
            return EMPTY
        return _COLOURS.get(row.state, BAD)

    def paint(self, figure: Figure) -> None:
        """Draw it."""
        upper, lower = figure.subplots(2, 1, height_ratios=(3, 2))
        self._calendar(upper)
        self._points(lower)

    def _calendar(self, axes: Axes) -> None:
        from matplotlib.patches import FancyBboxPatch, Patch  # noqa: PLC0415 - loaded on first use

        plain_axes(axes, self.heading)
        axes.grid(visible=False)
        axes.spines["bottom"].set_visible(False)
        for number, day in enumerate(self.days):
            across, down = number % DAYS_A_WEEK, number // DAYS_A_WEEK
            square = FancyBboxPatch(
                (across - 0.42, down - 0.36),
                0.84,
                0.72,
                boxstyle="round,pad=0,rounding_size=0.12",
                facecolor=self.colour(day),
                edgecolor=INK if day == self.today else "none",
                linewidth=1.4,
            )
            axes.add_patch(square)
            dark = self.colour(day) in (GOOD, BAD)
            shown = "white" if dark else (MUTED if day > self.today else INK)
            axes.text(across, down, self._label(day), ha="center", va="center", fontsize=8.5, color=shown)
        axes.set_xlim(-0.6, DAYS_A_WEEK - 0.4)
        axes.set_ylim(WEEKS - 0.4, -0.6)
        axes.set_xticks(range(DAYS_A_WEEK), self.weekdays)
        axes.xaxis.tick_top()
        axes.set_yticks([])
        patches = [Patch(color=colour, label=words) for colour, words in self.legend.items()]
        axes.legend(handles=patches, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=9)

    @staticmethod
    def _label(day: date) -> str:
        return f"{day.month}/{day.day}" if day.day == 1 else str(day.day)

    def _points(self, axes: Axes) -> None:
        plain_axes(axes, self.points)
        days = [day for day in self.days if day <= self.today]
        gained = [self._gained(day) for day in days]
        colours = [GOOD if points >= 0 else BAD for points in gained]
        bars = axes.bar(range(len(days)), gained, color=colours, width=0.7)
        axes.bar_label(bars, [f"{points:+d}" if points else "" for points in gained], fontsize=7, color=MUTED)
        axes.margins(y=0.18)
        axes.set_xlim(-0.6, len(days) - 0.4)
        step = 1 if len(days) <= _MORE_LABELS_THAN_FIT else DAYS_A_WEEK // 2
        shown = range(len(days) - 1, -1, -step)
        axes.set_xticks(list(shown), [f"{days[n].month}/{days[n].day}" for n in shown])

    def _gained(self, day: date) -> int:
        row = self.rows.get(day.isoformat())
        return 0 if row is None or row.gained is None else row.gained
