"""The picture of /stats shows its words in both languages, and every day of its range."""

from datetime import date, timedelta

import pytest

from handlers import charts
from handlers.stats.chart import Days, Picture, Series
from handlers.texts import Texts

TEXTS = Texts.load()
FIRST = date(2026, 2, 20)


async def drawn(language: str, kind: str, count: int) -> bytes:
    say = await charts.speaker(TEXTS, language)
    series = tuple(
        Series(say.label(f"stats.chart.{kind}_{part}"), [n * 997 for n in range(count)], charts.GOOD)
        for part in ("new", "all")
    )
    return await charts.draw(Picture(FIRST, series).paint)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["videos", "users"])
@pytest.mark.parametrize("count", [1, 7, 90])
async def test_every_label_has_its_glyphs(language: str, kind: str, count: int) -> None:
    """A missing glyph is a warning of matplotlib's, and a warning fails the test."""
    assert (await drawn(language, kind, count)).startswith(b"\x89PNG\r\n")


@pytest.mark.skipif(charts.chinese_font() is None, reason="no font with Chinese is installed")
async def test_chinese_pictures_have_chinese_words() -> None:
    assert (await charts.speaker(TEXTS, "zh")).language == "zh"
    assert await drawn("zh", "videos", 7) != await drawn("en", "videos", 7)


def test_days_that_the_site_leaves_out_had_none() -> None:
    last = FIRST + timedelta(days=3)
    told = [(FIRST + timedelta(days=2), 5, 7), (None, 9, 9), (FIRST - timedelta(days=1), 9, 9)]
    days = Days.of(FIRST, last, told)
    assert (days.upper, days.lower, days.last) == ([0, 0, 5, 0], [0, 0, 7, 0], last)


def test_numbers_below_none_are_none() -> None:
    assert Days.of(FIRST, FIRST, [(FIRST, -3, 4)]).upper == [0]
