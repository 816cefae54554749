"""Titles as people write and copy them are found: in quotes, with season, release, year, in wide letters."""

import pytest

from bot.wiring import House
from sandbox.catalogue import Title
from tests.driver import Journal, Person
from tests.e2e import ways
from tests.e2e.words import Words

ODD = ["《{}》", "{} 第一季", "{} S01E03 1080p", "【{}】4K 国语中字"]


@pytest.mark.parametrize("written", ODD)
async def test_what_is_no_part_of_a_title_hides_no_title(
    bot: House, person: Person, say: Words, journal: Journal, written: str
) -> None:
    title = ways.TITLE[say.language]
    await person.send(written.format(title))
    card = await person.until(ways.YEAR)
    assert written.format(title).partition(" ")[0] in card.text.replace("\u2060", ""), "as it was written"
    asked = [call.query["query"] for call in await journal.calls("tmdb", "GET", "/3/search/multi")]
    assert asked[0] == written.format(title), "first as it was written"
    assert title in asked


async def test_wide_letters_are_letters(bot: House, person: Person) -> None:
    await person.send("/search ＤＵＮＥ")
    await person.until(ways.YEAR)


def without_year(title: Title, words: str) -> bool:
    """Whether a title has all words in its names, and not in its date."""
    names = " ".join([title.original_title, *title.title.values()]).casefold()
    return all(word in names for word in words.casefold().split())


async def test_the_film_of_the_year_comes_first(
    bot: House, person: Person, say: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Title, "matches", without_year)
    title = ways.TITLE[say.language]
    for year in ("1984", "2021"):
        await person.send(f"{title} ({year})")
        card = await person.until(lambda m, year=year: "1. " in m.text and year in m.text)  # type: ignore[misc]
        first = next(line for line in card.text.splitlines() if line.startswith("1. "))
        assert year in first


async def test_what_nobody_has_is_asked_once(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send("qwxzv zzz")
    await person.until(say("search.none", query="qwxzv zzz"))
    assert len(await journal.calls("tmdb", "GET", "/3/search/multi")) == 1
