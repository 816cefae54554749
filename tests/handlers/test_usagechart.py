"""The picture of /usage shows its words in both languages, whatever HDHive calls its endpoints."""

import asyncio
from datetime import date, timedelta

import pytest

from clients.disktop.models import Space
from clients.hdhive.models import Usage, WeeklyQuota
from handlers import charts
from handlers.texts import Texts
from handlers.usage.chart import ENDPOINTS, NAME_LIMIT, Picture, drawable
from handlers.usage.report import DAYS, Report, total

TEXTS = Texts.load()
TODAY = date(2026, 3, 18)
WEEKLY = WeeklyQuota(is_forever_vip=True, limit=3, used=1, remaining=2)
SPACE = Space(total_bytes=10 * 2**30, used_bytes=2**30, free_bytes=9 * 2**30)


def report(days: int = DAYS, names: tuple[str, ...] = ("GET /me", "POST /checkin"), calls: int = 7) -> Report:
    """A month that ends today; the stand-in's spelling of the fields."""
    month = Usage.model_validate(
        {
            "daily_stats": [
                {
                    "date": (TODAY - timedelta(days=n)).isoformat(),
                    "total_calls": calls * n,
                    "failed_calls": n % 3,
                }
                for n in range(days)
            ],
            "endpoint_stats": [{"endpoint": name, "total_calls": calls, "failed_calls": 1} for name in names],
        }
    )
    return Report(today=TODAY, month=month, weekly=WEEKLY, space=SPACE)


async def drawn(language: str, shown: Report) -> bytes:
    picture = Picture.of(await charts.speaker(TEXTS, language), shown)
    assert picture is not None
    return await charts.draw(picture.paint, height=picture.height)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_label_has_its_glyphs(language: str) -> None:
    """A missing glyph is a warning of matplotlib's, and a warning fails the test."""
    first, second = await asyncio.gather(drawn(language, report()), drawn(language, report()))
    assert first.startswith(b"\x89PNG\r\n")
    assert first == second


@pytest.mark.skipif(charts.chinese_font() is None, reason="no font with Chinese is installed")
async def test_chinese_labels_are_chinese_and_in_the_font() -> None:
    from matplotlib import font_manager, ft2font

    say = await charts.speaker(TEXTS, "zh")
    assert say.language == "zh"
    picture = Picture.of(say, report())
    assert picture is not None
    words = "".join([*vars(picture.words).values(), *(gauge.name + gauge.label for gauge in picture.gauges)])
    assert "每日调用次数" in words
    font = ft2font.FT2Font(font_manager.findfont(str(charts.chinese_font())))
    assert not [sign for sign in words if not font.get_char_index(ord(sign))]
    assert await drawn("zh", report()) != await drawn("en", report())


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "names",
    [
        (),
        ("",),
        ("$x^{2$ & <b>", "签到 🎬 \u202e", "x" * 500),
        tuple(f"GET /endpoint/{n}" for n in range(40)),
    ],
)
async def test_any_names_can_be_drawn(language: str, names: tuple[str, ...]) -> None:
    assert await drawn(language, report(names=names))


async def test_huge_and_odd_counts_can_be_drawn() -> None:
    assert await drawn("zh", report(calls=2**50))
    assert await drawn("en", report(days=2))
    assert await drawn("en", Report(today=TODAY, month=report().month))


def test_nothing_is_drawn_of_no_calls() -> None:
    say = TEXTS.speaker("en")
    assert Picture.of(say, Report(today=TODAY, weekly=WEEKLY, space=SPACE)) is None
    assert Picture.of(say, Report(today=TODAY, month=Usage())) is None


def test_days_that_are_left_out_had_no_calls() -> None:
    picture = Picture.of(TEXTS.speaker("en"), report(days=3))
    assert picture is not None
    assert len(picture.days) == DAYS
    assert [count.all for count in picture.days][-3:] == [14, 7, 0]
    assert not any(count.all for count in picture.days[:-3])


def test_the_busiest_endpoints_are_shown() -> None:
    names = tuple(f"GET /{n}" for n in range(20))
    picture = Picture.of(TEXTS.speaker("en"), report(names=names))
    assert picture is not None
    assert len(picture.endpoints) == ENDPOINTS
    assert len(drawable("x" * 500)) == NAME_LIMIT


@pytest.mark.parametrize(
    ("told", "calls"),
    [
        ({"summary": {"total_calls": 9, "failed_calls": 2}}, 9),
        ({"total_calls": 4}, 4),
        ({"daily_stats": [{"date": "2026-03-18", "calls": 3}, {"date": "2026-03-17", "calls": 2}]}, 5),
        ({"endpoint_stats": [{"endpoint": "a", "calls": 6}]}, 6),
        ({}, 0),
    ],
)
def test_calls_are_counted_where_hdhive_does_not(told: dict[str, object], calls: int) -> None:
    assert total(Usage.model_validate(told)).calls == calls
