import struct

import pytest


@pytest.fixture
def token(box):
    return {"Authorization": f"Bearer {box.world.credentials.tmdb_token}"}


async def test_search_in_both_languages(web, token):
    for query, language, shown in (("沙丘", "zh-CN", "沙丘"), ("dune", "en-US", "Dune")):
        params = {"query": query, "language": language}
        body = (await web.get("/tmdb/3/search/multi", params=params, headers=token)).json()
        assert body["total_results"] == len(body["results"]) == 3
        assert [row["title"] for row in body["results"][:2]] == [shown, shown]
        assert {row["release_date"][:4] for row in body["results"]} == {"1984", "2021", "2024"}


async def test_search_mixes_in_people_and_finds_nothing(web, token):
    body = (await web.get("/tmdb/3/search/multi", params={"query": "nolan"}, headers=token)).json()
    assert body["results"][0]["media_type"] == "person"
    none = (await web.get("/tmdb/3/search/multi", params={"query": "zzzz"}, headers=token)).json()
    assert none["results"] == []
    pages = await web.get("/tmdb/3/search/multi", params={"query": "a", "page": 2}, headers=token)
    assert pages.json()["page"] == 2


async def test_details_images_languages(web, token):
    film = (await web.get("/tmdb/3/movie/31439", params={"language": "zh-CN"}, headers=token)).json()
    assert (film["title"], film["runtime"]) == ("活着", 132)
    series = (await web.get("/tmdb/3/tv/108545", params={"language": "en-US"}, headers=token)).json()
    assert (series["name"], series["number_of_episodes"]) == ("3 Body Problem", 8)
    images = (await web.get("/tmdb/3/movie/31439/images", headers=token)).json()
    assert images["posters"][0]["file_path"] == film["poster_path"]
    languages = (await web.get("/tmdb/3/configuration/languages", headers=token)).json()
    assert {row["iso_639_1"] for row in languages} >= {"zh", "en"}


async def test_errors(web, token):
    nobody = await web.get("/tmdb/3/movie/550")
    assert (nobody.status_code, nobody.json()["status_code"]) == (401, 7)
    missing = await web.get("/tmdb/3/movie/1", headers=token)
    assert (missing.status_code, missing.json()["status_code"]) == (404, 34)
    page = await web.get("/tmdb/3/search/multi", params={"query": "a", "page": 501}, headers=token)
    assert page.json()["status_code"] == 22


async def test_posters_are_pictures_and_differ(web, token):
    found = (await web.get("/tmdb/3/search/multi", params={"query": "dune"}, headers=token)).json()["results"]
    pictures = []
    for row in found[:2]:
        answer = await web.get(f"/tmdb/t/p/w342{row['poster_path']}")
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")
        assert struct.unpack(">II", answer.content[16:24]) == (342, 513)
        pictures.append(answer.content)
    assert pictures[0] != pictures[1]
    assert (await web.get("/tmdb/t/p/w342/none.jpg")).status_code == 404
