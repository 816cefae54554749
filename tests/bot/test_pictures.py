"""Pictures over real sockets: for everybody who knows a name, and for nobody else."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from bot.formats import Listen, is_public_site
from bot.web.pictures import BLOCK, PictureFiles
from bot.web.server import WebServer
from bot.wiring import House
from storage import pictures
from storage.pictures import Picture
from tests.e2e.process import until
from tests.e2e.publish.picturing import look

NAME = f"{'Az09_-' * 5}xy.jpg"
CONTENT = bytes(range(256)) * 1000


@pytest.fixture
async def port(house: House) -> int:
    await house.db.write(lambda tx: pictures.add(tx, 1, 1, NAME, CONTENT, 1.0))
    return house.web_port


async def test_a_picture_is_sent_whole_with_what_browsers_want_to_know(port: int) -> None:
    answer, body = await look(port, f"/pictures/{NAME}")
    assert (answer.status, body) == (200, CONTENT)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["cache-control"] == "public, max-age=86400, immutable"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    mark = answer.headers["etag"]
    head, nothing = await look(port, f"/pictures/{NAME}", "HEAD")
    told = ("etag", "content-length", "content-type", "cache-control")
    assert {name: head.headers[name] for name in told} == {name: answer.headers[name] for name in told}
    assert (head.status, nothing) == (200, b"")
    for had in (mark, f"W/{mark}", f'"x", {mark}', "*"):
        again, nothing = await look(port, f"/pictures/{NAME}", **{"if-none-match": had})
        assert (again.status, nothing, again.headers["etag"]) == (304, b"", mark)
        assert again.headers["cache-control"] == answer.headers["cache-control"]
    assert (await look(port, f"/pictures/{NAME}", **{"if-none-match": '"x"'}))[0].status == 200


async def test_what_is_not_there_looks_like_any_wrong_path(port: int) -> None:
    wrong, page = await look(port, "/nowhere")
    for name in (
        "",
        "x",
        f"{NAME}x",
        NAME.lower(),
        NAME.removesuffix(".jpg"),
        f"{'A' * 32}.jpg",
        "..%2f" * 9,
    ):
        answer, body = await look(port, f"/pictures/{name}")
        assert (answer.status, body) == (404, page), name
        assert answer.headers["cache-control"] == "no-store"
        assert {n for n in answer.headers if n != "Date"} == {n for n in wrong.headers if n != "Date"}
    assert (await look(port, f"/pictures/{NAME}", "POST"))[0].status == 405


class Shelf:
    """A house with one large picture."""

    async def show(self, _name: str) -> Picture:
        return Picture("mark", b"x" * 256 * BLOCK)


@pytest.fixture
async def small() -> AsyncIterator[WebServer]:
    shelf: Any = Shelf()
    files = PictureFiles(shelf, at_once=2, patience=0.5)
    server = WebServer(Starlette(routes=[Route("/{name}", files, methods=["GET"])]), Listen("127.0.0.1", 0))
    await server.start()
    yield server
    await server.stop(0.1)


async def test_who_does_not_read_holds_a_place_for_a_while_only(small: WebServer) -> None:
    lazy = []
    for _ in range(2):
        reader, writer = await asyncio.open_connection("127.0.0.1", small.port, limit=1024)
        writer.write(b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n")
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        lazy.append(writer)
    answer, _ = await look(small.port, "/x")
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    status = 503
    while status == 503:
        await asyncio.sleep(0.05)
        status = (await look(small.port, "/x"))[0].status
    assert status == 200
    for writer in lazy:
        writer.close()


async def test_who_goes_away_leaves_the_place(small: WebServer) -> None:
    for _ in range(6):
        reader, writer = await asyncio.open_connection("127.0.0.1", small.port, limit=1024)
        writer.write(b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readline()
        writer.transport.abort()
        await until(lambda: not small._state.connections, "it is gone")
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{small.port}/x") as answer:
        assert len(await answer.read()) == 256 * BLOCK


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("https://bot.example.org", True),
        ("https://bot.example.org:8443/bot", True),
        ("https://93.184.216.34", True),
        ("https://[2606:2800:220:1::1]", True),
        ("http://127.0.0.1:8080", False),
        ("http://bot.example.org", False),
        ("https://127.0.0.1", False),
        ("https://localhost", False),
        ("https://bot.localhost.", False),
        ("https://192.168.1.5", False),
        ("https://[::1]", False),
        ("https://nas", False),
        ("https://nas.local", False),
    ],
)
def test_which_address_everybody_can_open(address: str, public: bool) -> None:
    assert is_public_site(address) is public
