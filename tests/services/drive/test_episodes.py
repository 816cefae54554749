"""Which episode a file is, and what people mean by a range."""

import pytest

from services.saving.episodes import Place, place_of, wanted


@pytest.mark.parametrize(
    ("folder", "name", "place"),
    [
        ("/Season 02", "示例剧.S02E03.mkv", (2, 3)),
        ("/", "Show.1x05.720p.mkv", (1, 5)),
        ("/S02", "05.mkv", (2, 5)),
        ("/", "[Group] Show [12][1080p].mkv", (None, 12)),
        ("/", "[G] Show - 07 (1920x1080 x265 10bit).mkv", (None, 7)),
        ("/", "第3集.mp4", (None, 3)),
        ("/第2季", "第12话.mp4", (2, 12)),
        ("/", "2021.Movie.1080p.x264.mkv", (None, None)),
        ("/", "Show EP05.mkv", (None, 5)),
        ("/", "1080p.mkv", (None, None)),
        ("/", "01 4K.mp4", (None, 1)),
        ("/", "Dune.2021.2160p.DDP5.1.mkv", (None, None)),
        ("/", "Show.E1000.mkv", (None, 1000)),
        ("/", "Show 03.mkv", (None, 3)),
        ("/", "se7en.mkv", (None, None)),
        ("/", "ｓ０１ｅ０２.mkv", (1, 2)),
        ("/", "", (None, None)),
    ],
)
def test_where_a_file_stands(folder: str, name: str, place: tuple[int | None, int | None]) -> None:
    assert place_of(folder, name) == Place(*place)


SHOW = [(f"/Season {s:02d}", f"Show.S{s:02d}E{e:02d}.2160p.x265.mkv") for s in (1, 2) for e in range(1, 5)]


@pytest.mark.parametrize(
    ("pattern", "episodes"),
    [
        ("E01-E02", "101 102 201 202"),
        ("1-2", "101 102 201 202"),
        ("1 - 2", "101 102 201 202"),
        ("1～2", "101 102 201 202"),
        ("第1-2集", "101 102 201 202"),
        ("S02", "201 202 203 204"),
        ("s02 1-2", "201 202"),
        ("Season 02 e01", "201"),
        ("第2季 3", "203"),
        ("S02E02-03", "202 203"),
        ("S01E03-E04", "103 104"),
        ("S01E03-S02E02", "103 104 201 202"),
        ("s01-s02", "101 102 103 104 201 202 203 204"),
        ("1,3-4", "101 103 104 201 203 204"),
        ("3", "103 203"),
        ("S02E9", ""),
        ("2160", "101 102 103 104 201 202 203 204"),
        ("show season 1", "101 102 103 104"),
        ("*e0[12]*", "101 102 201 202"),
        ("/season 01/*", "101 102 103 104"),
        ("e01", "101 201"),
        ("1-", ""),
        ("-", ""),
    ],
)
def test_what_people_mean(pattern: str, episodes: str) -> None:
    fits = wanted(pattern)
    assert fits is not None
    found = [f"{name[7]}{name[9:11]}" for folder, name in SHOW if fits(folder, name)]
    assert found == episodes.split()


def test_nothing_means_nothing() -> None:
    assert wanted("  ") is None
    fits = wanted("S01E01-S02E01")
    assert fits is not None
    assert not fits("/", "Show E01.mkv"), "without a season nobody can tell"
