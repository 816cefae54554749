"""Pages of Mika that do not count: what is on them is there all the same."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from clients.credentials import Bearer
from clients.errors import BadResponse
from clients.mika.client import Mika
from tests.clients.scripts import Connect, Server, answer

LOGIN = Bearer("eyJ.tok.en")
ONE, TWO = {"id": 1}, {"id": "2"}


@pytest.fixture
async def mika(connect: Connect) -> AsyncIterator[Mika]:
    made = Mika(connect("mika"))
    yield made
    await made.aclose()


@pytest.mark.parametrize(
    ("data", "total"),
    [
        ([ONE, TWO], 2),
        ({"list": [ONE, TWO]}, 2),
        ({"items": [ONE, TWO], "total": None}, 2),
        ({"list": [ONE, TWO], "total": "14", "page": 1, "size": 2}, 14),
        ({"list": [ONE, TWO], "pagination": {"total": 9}}, 9),
        ({"list": [ONE, TWO], "pagination": []}, 2),
    ],
)
@pytest.mark.parametrize("kind", ["tasks", "videos"])
async def test_what_is_listed_is_counted(
    mika: Mika, server: Server, kind: str, data: Any, total: int
) -> None:
    server.will(answer({"code": 0, "data": data}))
    page: Any = await getattr(mika, kind)(LOGIN)
    assert ([one.id for one in page.items], page.total) == ([1, 2], total)


@pytest.mark.parametrize("data", [None, "nothing", 5])
async def test_what_is_no_list_is_no_answer(mika: Mika, server: Server, data: Any) -> None:
    server.will(answer({"code": 0, "data": data}))
    with pytest.raises(BadResponse):
        await mika.tasks(LOGIN)


async def test_nothing_is_nothing(mika: Mika, server: Server) -> None:
    server.will(answer({"code": 0, "data": {"list": None}}))
    page = await mika.tasks(LOGIN)
    assert (page.items, page.total) == ((), 0)
