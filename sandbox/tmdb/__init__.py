"""The stand-in of TMDB's API v3: search, details, images, languages, and the pictures themselves."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox.catalogue import Title
from sandbox.tmdb.posters import draw
from sandbox.world import World

PER_PAGE = 20
KINDS = ("movie", "tv")
WIDTHS = {"original": 780}
LANGUAGES = (
    ("zh", "Mandarin", "普通话"),
    ("cn", "Cantonese", "广州话 / 廣州話"),
    ("en", "English", "English"),
    ("ja", "Japanese", "日本語"),
    ("ko", "Korean", "한국어/조선말"),
    ("fr", "French", "Français"),
    ("ru", "Russian", "Pусский"),
)
PEOPLE = (
    (137427, "Denis Villeneuve", "丹尼斯·维伦纽瓦"),
    (607, "Zhang Yimou", "张艺谋"),
    (525, "Christopher Nolan", "克里斯托弗·诺兰"),
    (608, "Hayao Miyazaki", "宫崎骏"),
)
Handler = Callable[[World, Request], Awaitable[Response]]


class Refusal(Exception):
    """An error answer of TMDB."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"success": False, "status_code": code, "status_message": message}


NOT_FOUND = (404, 34, "The resource you requested could not be found.")
BAD_PAGE = (400, 22, "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer.")
BAD_KEY = (401, 7, "Invalid API key: You must be granted a valid key.")


def routes(world: World) -> list[BaseRoute]:
    """Return the routes under /tmdb."""
    api = [
        _route(world, "/search/multi", _search),
        _route(world, "/configuration/languages", _languages),
        _route(world, "/{kind}/{id:int}", _details),
        _route(world, "/{kind}/{id:int}/images", _images),
        _route(world, "/{rest:path}", _nothing),
    ]

    async def picture(request: Request) -> Response:
        return await _picture(world, request)

    return [Mount("/tmdb", routes=[Mount("/3", routes=api), Route("/t/p/{size}/{name}", picture)])]


def _route(world: World, path: str, work: Handler) -> Route:
    async def handle(request: Request) -> Response:
        try:
            if request.headers.get("authorization") != f"Bearer {world.credentials.tmdb_token}":
                return JSONResponse(Refusal(*BAD_KEY).body, BAD_KEY[0])
            return await work(world, request)
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.status)

    return Route(path, handle, methods=["GET"])


def _texts(title: Title, language: str) -> tuple[str, str]:
    short = language.split("-", maxsplit=1)[0].lower() or "en"
    if short not in title.title:
        return title.original_title, ""
    return title.title[short], title.overview[short]


def _public(title: Title, language: str) -> dict[str, Any]:
    shown, overview = _texts(title, language)
    names = ("title", "original_title", "release_date")
    if title.media_type == "tv":
        names = ("name", "original_name", "first_air_date")
    return {
        "adult": False,
        "backdrop_path": title.picture("backdrop"),
        "genre_ids": list(title.genre_ids),
        "id": title.id,
        "media_type": title.media_type,
        "original_language": title.original_language,
        "overview": overview,
        "popularity": round(title.vote_average * 11.7, 3),
        "poster_path": title.picture("poster"),
        "vote_average": title.vote_average,
        "vote_count": 1000 + title.id % 20_000,
        names[0]: shown,
        names[1]: title.original_title,
        names[2]: title.date,
    }


def _person(number: int, name: str) -> dict[str, Any]:
    return {
        "adult": False,
        "id": number,
        "media_type": "person",
        "name": name,
        "original_name": name,
        "popularity": 20.5,
        "profile_path": None,
        "known_for": [],
    }


def _found(world: World, query: str, language: str) -> list[dict[str, Any]]:
    titles = [title for title in world.catalogue.titles.values() if title.matches(query)]
    exact = query.casefold().strip()

    def rank(title: Title) -> tuple[bool, float]:
        names = {title.original_title.casefold(), *(name.casefold() for name in title.title.values())}
        return exact not in names, -title.vote_average

    found = [_public(title, language) for title in sorted(titles, key=rank)]
    chinese = language.startswith("zh")
    for number, en, zh in PEOPLE:
        if exact in en.casefold() or exact in zh:
            found.append(_person(number, zh if chinese else en))
    return found


async def _search(world: World, request: Request) -> Response:
    query, page = request.query_params.get("query", "").strip(), request.query_params.get("page", "1")
    if not page.isdecimal() or not 1 <= int(page) <= 500:
        raise Refusal(*BAD_PAGE)
    found = _found(world, query, request.query_params.get("language", "en-US")) if query else []
    start = (int(page) - 1) * PER_PAGE
    return JSONResponse(
        {
            "page": int(page),
            "results": found[start : start + PER_PAGE],
            "total_pages": max(1, -(-len(found) // PER_PAGE)),
            "total_results": len(found),
        }
    )


def _title(world: World, request: Request) -> Title:
    title = world.catalogue.titles.get((request.path_params["kind"], request.path_params["id"]))
    if title is None:
        raise Refusal(*NOT_FOUND)
    return title


async def _details(world: World, request: Request) -> Response:
    title = _title(world, request)
    body = _public(title, request.query_params.get("language", "en-US"))
    body["genres"] = [{"id": genre, "name": str(genre)} for genre in body.pop("genre_ids")]
    del body["media_type"]
    body |= {"status": "Released", "tagline": "", "homepage": "", "imdb_id": f"tt{title.id:07d}"}
    if title.media_type == "movie":
        return JSONResponse(body | {"runtime": title.runtime})
    seasons = [
        {"season_number": n, "episode_count": episodes, "name": f"Season {n}", "id": title.id * 100 + n}
        for n, episodes in enumerate(title.seasons, 1)
    ]
    counts = {"number_of_seasons": len(seasons), "number_of_episodes": sum(title.seasons)}
    return JSONResponse(body | counts | {"seasons": seasons})


def _image(title: Title, what: str, width: int, height: int) -> dict[str, Any]:
    return {
        "aspect_ratio": round(width / height, 3),
        "file_path": title.picture(what),
        "height": height,
        "width": width,
        "iso_639_1": None,
        "vote_average": 5.4,
        "vote_count": 12,
    }


async def _images(world: World, request: Request) -> Response:
    title = _title(world, request)
    return JSONResponse(
        {
            "id": title.id,
            "backdrops": [_image(title, "backdrop", 1280, 720)],
            "posters": [_image(title, "poster", 780, 1170)],
            "logos": [],
        }
    )


async def _languages(_world: World, _request: Request) -> Response:
    return JSONResponse([{"iso_639_1": c, "english_name": en, "name": name} for c, en, name in LANGUAGES])


async def _nothing(_world: World, _request: Request) -> Response:
    raise Refusal(*NOT_FOUND)


async def _picture(world: World, request: Request) -> Response:
    size, name = request.path_params["size"], "/" + request.path_params["name"]
    width = int(size[1:]) if re.fullmatch(r"w\d{2,4}", size) else WIDTHS.get(size, 0)
    if not 40 <= width <= 1280:
        return Response("unknown size", 404)
    for title in world.catalogue.titles.values():
        for what, ratio in (("poster", 1.5), ("backdrop", 0.5625)):
            if title.picture(what) == name:
                drawn = await asyncio.to_thread(draw, name, width, round(width * ratio))
                return Response(drawn, media_type="image/png", headers={"cache-control": "max-age=86400"})
    return Response("no such picture", 404)
