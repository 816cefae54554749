"""Pictures really show their words: a missing glyph is a warning, and warnings are errors here."""

import asyncio
from datetime import date, timedelta

import pytest
from matplotlib.figure import Figure

from handlers import charts
from handlers.checkin.charts import Picture
from handlers.texts import Texts
from storage.checkins import CheckInRow, State

TEXTS = Texts.load()
TODAY = date(2026, 3, 18)
STATES: tuple[State, ...] = ("done", "already", "premium", "later", "missed")


def rows() -> list[CheckInRow]:
    return [
        CheckInRow(
            id=n,
            user_id=1,
            account_key="user:1",
            day=(TODAY - timedelta(days=n)).isoformat(),
            state=STATES[n % len(STATES)],
            automatic=True,
            sent=False,
            tries=1,
            gained=7 - n if n % len(STATES) == 0 else None,
            points=100,
            reason=None,
            words=None,
            next_at=None,
            created_at=0.0,
            updated_at=0.0,
        )
        for n in range(30)
    ]


async def drawn(language: str, shown: list[CheckInRow]) -> bytes:
    say = await charts.speaker(TEXTS, language)
    return await charts.draw(Picture.of(say, TODAY, shown, 3).paint)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_picture_is_the_same_bytes_for_the_same_figures(language: str) -> None:
    first, second = await asyncio.gather(drawn(language, rows()), drawn(language, rows()))
    assert first.startswith(b"\x89PNG\r\n")
    assert first == second
    assert await drawn(language, rows()[3:]) != first


async def test_nothing_can_be_drawn_too() -> None:
    assert len(await drawn("zh", [])) > 1000


@pytest.mark.skipif(charts.chinese_font() is None, reason="no font with Chinese is installed")
async def test_chinese_has_its_glyphs() -> None:
    assert (await charts.speaker(TEXTS, "zh")).language == "zh"
    assert await drawn("zh", rows()) != await drawn("en", rows())


async def test_without_a_font_the_labels_are_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "chinese_font", lambda: None)
    assert (await charts.speaker(TEXTS, "zh")).language == "en"
    with pytest.raises(UserWarning, match="missing from font"):
        await charts.draw(lambda figure: _write(figure, "签到"))
    await drawn("zh", rows())


def _write(figure: Figure, words: str) -> None:
    figure.text(0.5, 0.5, words)
