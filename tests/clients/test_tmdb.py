import json
from typing import Any

import pytest

from clients.errors import (
    BadResponse,
    ClientError,
    Forbidden,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    UpstreamBroken,
)
from clients.reply import Reply
from clients.tmdb.client import TMDB
from clients.tmdb.errors import error_for
from clients.tmdb.models import MediaType
from tests.clients.scripts import Connect, Script, Server, answer, html


@pytest.fixture
def tmdb(connect: Connect) -> TMDB:
    return TMDB(connect("tmdb"), "tok", "https://img/t/p/")


FILM = {
    "media_type": "movie",
    "id": 1,
    "title": "流浪地球",
    "original_title": "X",
    "release_date": "2019-02-05",
}
SERIES = {"media_type": "tv", "id": "2", "name": "Dark", "original_name": "Dark", "first_air_date": ""}
PERSON = {"media_type": "person", "id": 3, "name": "Ben"}


async def test_search_gives_films_and_series_in_one_shape(tmdb: TMDB, server: Server) -> None:
    server.will(answer({"page": 1, "results": [FILM, PERSON, SERIES], "total_pages": 2, "total_results": 23}))
    page = await tmdb.search("流浪 & 地球", "zh-CN", 1)
    assert server.last.target == (
        "/3/search/multi?query=%E6%B5%81%E6%B5%AA+%26+%E5%9C%B0%E7%90%83&language=zh-CN&page=1&include_adult=false"
    )
    assert server.last.headers["authorization"] == "Bearer tok"
    assert [(t.media_type, t.id, t.title, t.year) for t in page.results] == [
        (MediaType.MOVIE, 1, "流浪地球", 2019),
        (MediaType.TV, 2, "Dark", None),
    ]
    assert (page.total_pages, page.total_results) == (2, 23)


async def test_details_images_languages(tmdb: TMDB, server: Server) -> None:
    server.will(
        answer(
            {
                "id": 1,
                "title": "T",
                "runtime": 125,
                "genres": [{"id": 1, "name": "科幻"}],
                "release_date": None,
            }
        ),
        answer(
            {
                "id": 2,
                "name": "S",
                "number_of_seasons": 3,
                "episode_run_time": [50],
                "first_air_date": "2017-12-01",
            }
        ),
        answer({"id": 2, "name": "S", "episode_run_time": []}),
        answer({"posters": [{"file_path": "/a.jpg", "iso_639_1": None}], "backdrops": None}),
        answer([{"iso_639_1": "zh", "english_name": "Mandarin", "name": "普通话"}]),
    )
    film = await tmdb.details("movie", 1, "zh-CN")
    assert server.last.target == "/3/movie/1?language=zh-CN"
    assert (film.runtime_minutes, film.genres[0].name, film.year) == (125, "科幻", None)
    series = await tmdb.details("tv", 2, "en-US")
    assert (series.title, series.seasons, series.runtime_minutes, series.year) == ("S", 3, 50, 2017)
    assert (await tmdb.details("tv", 2, "en-US")).runtime_minutes is None
    pictures = await tmdb.images("tv", 2)
    assert server.last.target == "/3/tv/2/images"
    assert (pictures.posters[0].path, pictures.posters[0].language, pictures.backdrops) == (
        "/a.jpg",
        None,
        (),
    )
    assert (await tmdb.languages())[0].code == "zh"


@pytest.mark.parametrize(
    ("path", "size", "expected"),
    [
        ("/a-B_1.jpg", "w500", "https://img/t/p/w500/a-B_1.jpg"),
        ("/a.jpg", "original", "https://img/t/p/original/a.jpg"),
        (None, "w500", None),
        ("a.jpg", "w500", None),
        ("/../x", "w500", None),
        ("/a.jpg", "../w1", None),
    ],
)
async def test_picture_addresses(tmdb: TMDB, path: str | None, size: str, expected: str | None) -> None:
    assert tmdb.image_url(path, size) == expected


@pytest.mark.parametrize(
    "script",
    [
        answer("x"),
        answer(body=b""),
        answer([]),
        answer({}),
        answer({"results": None}),
        answer({"results": ["x"]}),
        answer({"results": [{**FILM, "id": None}]}),
        answer({"results": [{**FILM, "title": ["x"]}]}),
    ],
)
async def test_nonsense_is_a_bad_response(tmdb: TMDB, server: Server, script: Script) -> None:
    server.will(script)
    with pytest.raises(BadResponse):
        await tmdb.search("x", "en-US")


async def test_details_of_no_object(tmdb: TMDB, server: Server) -> None:
    server.will(answer([]))
    with pytest.raises(BadResponse):
        await tmdb.details("movie", 1, "en-US")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"status_code": 7, "status_message": "Invalid API key"}, Misconfigured),
        (403, {"status_code": 10, "status_message": "Suspended"}, Misconfigured),
        (403, {}, Forbidden),
        (404, {"status_code": 34}, NotFound),
        (200, {"success": False, "status_code": 34}, NotFound),
        (400, {"success": False, "status_code": 22}, Rejected),
        (429, {}, RateLimited),
        (400, {"status_code": 25}, RateLimited),
        (503, {}, UpstreamBroken),
        (200, b"<html>", UpstreamBroken),
        (200, {"results": []}, type(None)),
    ],
)
def test_errors(status: int, body: Any, kind: type[ClientError]) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = error_for("tmdb", "op", Reply(status, {}, content))
    assert type(error) is kind
    if isinstance(error, Misconfigured):
        assert error.message


async def test_reads_are_repeated(tmdb: TMDB, server: Server) -> None:
    server.will(html(502), answer({"results": []}, 503), answer({"results": []}))
    assert (await tmdb.search("x", "en-US")).results == ()
