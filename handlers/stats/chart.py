"""The picture of /stats: two rows of bars, one day each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from handlers.charts import plain_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROOM = 1.15
# More names of days than this stand in each other's way.
MOST_NAMES = 8


@dataclass(frozen=True)
class Days:
    """Numbers of each day of a range; a day that the site leaves out had none."""

    first: date
    upper: Sequence[int]
    lower: Sequence[int]

    @classmethod
    def of(cls, first: date, last: date, told: Iterable[tuple[date | None, int, int]]) -> Days:
        """Put days into their places; what lies outside the range is left out."""
        known = {day: (upper, lower) for day, upper, lower in told if day is not None}
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        pairs = [known.get(day, (0, 0)) for day in days]
        return cls(first, [max(0, pair[0]) for pair in pairs], [max(0, pair[1]) for pair in pairs])

    @property
    def last(self) -> date:
        """Return the last day."""
        return self.first + timedelta(days=len(self.upper) - 1)


@dataclass(frozen=True)
class Series:
    """Bars of one colour under a heading."""

    heading: str
    numbers: Sequence[int]
    colour: str


@dataclass(frozen=True)
class Picture:
    """The series of one picture, which begin on the same day."""

    first: date
    series: Sequence[Series]

    def paint(self, figure: Figure) -> None:
        """Draw it."""
        parts = figure.subplots(len(self.series), 1, squeeze=False)[:, 0]
        for axes, series in zip(parts, self.series, strict=True):
            self._bars(axes, series)

    def _bars(self, axes: Axes, series: Series) -> None:
        from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415 - loaded on first use

        plain_axes(axes, series.heading)
        count = len(series.numbers)
        axes.bar(range(count), series.numbers, color=series.colour, width=0.72)
        axes.set_xlim(-0.6, count - 0.4)
        axes.set_ylim(0, max(1, *series.numbers) * ROOM)
        step = max(1, -(-count // MOST_NAMES))
        # Counted from the last day: that one is named always.
        shown = list(range(count - 1, -1, -step))
        axes.set_xticks(shown, [self._name(n) for n in shown])
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))

    def _name(self, number: int) -> str:
        day = self.first + timedelta(days=number)
        return f"{day.month}/{day.day}"
