"""A clock that went wrong, ours or the site's: a signature refused for it is made anew by the site's time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from typing import Any

import pytest

from clients.credentials import ApiKey, Bearer
from clients.errors import NotAuthorized
from clients.mika.client import Mika
from tests.clients.scripts import Connect, Request, Script, Server, answer

NOW = 1_704_067_200
KEY = ApiKey("ak_1", "s3cret")
REFUSED = {"code": 401, "message": "时间戳无效或已过期"}
ME = {"code": 0, "data": {"id": 1}}
HOUR = 3600


@pytest.fixture
async def mika(connect: Connect) -> AsyncIterator[Mika]:
    made = Mika(connect("mika"), now=lambda: NOW)
    yield made
    await made.aclose()


def refused(ahead: int = HOUR) -> Script:
    return answer(REFUSED, 401, date=formatdate(NOW + ahead, usegmt=True))


def shown(server: Server) -> list[int]:
    return [int(request.headers["x-timestamp"]) - NOW for request in server.requests]


async def test_a_signature_refused_for_our_clock_is_made_by_the_sites(mika: Mika, server: Server) -> None:
    server.will(refused(), answer(ME), answer(ME))
    assert (await mika.profile(KEY)).id == 1
    await mika.profile(KEY)
    assert shown(server) == [0, HOUR, HOUR], "what was learned stays"


async def test_a_call_that_must_not_be_repeated_goes_out_once_more_only_after_that_refusal(
    mika: Mika, server: Server
) -> None:
    server.will(refused(), answer({"code": 0}))
    await mika.create_category(KEY, "短片")
    assert len(server.requests) == 2


async def test_our_clock_that_is_right_again_is_believed_again(mika: Mika, server: Server) -> None:
    server.will(refused(), answer(ME), refused(0), answer(ME))
    await mika.profile(KEY)
    await mika.profile(KEY)
    assert shown(server) == [0, HOUR, HOUR, 0]


async def test_a_key_that_is_refused_by_either_clock_changes_nothing_for_others(
    mika: Mika, server: Server
) -> None:
    server.will(refused(), refused(), answer(ME))
    with pytest.raises(NotAuthorized):
        await mika.profile(KEY)
    await mika.profile(ApiKey("ak_2", "other"))
    assert shown(server) == [0, HOUR, 0]


@pytest.mark.parametrize("told", [{}, {"date": formatdate(NOW + 5, usegmt=True)}, {"date": "yesterday"}])
async def test_where_the_clocks_agree_or_none_is_told_it_is_the_key(
    mika: Mika, server: Server, told: dict[str, Any]
) -> None:
    server.will(answer(REFUSED, 401, **told))
    with pytest.raises(NotAuthorized):
        await mika.profile(KEY)
    assert len(server.requests) == 1


CHUNK = b"the bytes of one chunk"


async def chunk() -> AsyncIterator[bytes]:
    yield CHUNK


async def send_chunk(mika: Mika, who: ApiKey | Bearer = KEY) -> None:
    await mika.send_chunk(who, "abc123", 0, chunk, len(CHUNK))


async def send_video(mika: Mika, who: ApiKey | Bearer = KEY) -> None:
    await mika.upload(who, "a.mp4", chunk, len(CHUNK), title="a")


@pytest.mark.parametrize("send", [send_chunk, send_video])
async def test_bytes_refused_for_our_clock_go_out_again_whole(
    mika: Mika, server: Server, send: Callable[..., Any]
) -> None:
    server.will(refused(), answer({"code": 0}), answer({"code": 0}))
    await send(mika)
    await send(mika)
    assert shown(server) == [0, HOUR, HOUR], "what was learned stays"
    assert [request.body.count(CHUNK) for request in server.requests] == [1, 1, 1]


@pytest.mark.parametrize("send", [send_chunk, send_video])
async def test_bytes_that_are_refused_for_the_key_are_not_sent_for_ever(
    mika: Mika, server: Server, send: Callable[..., Any]
) -> None:
    server.will(refused(0), refused(), refused(), refused())
    for requests in (1, 3):
        with pytest.raises(NotAuthorized):
            await send(mika)
        assert len(server.requests) == requests
    with pytest.raises(NotAuthorized):
        await send(mika, Bearer("eyJ.tok.en"))
    assert len(server.requests) == 4


async def test_who_is_refused_after_another_learned_the_clock_goes_by_it_as_well(
    mika: Mika, server: Server
) -> None:
    learned = asyncio.Event()

    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        await learned.wait()
        await refused()(request, writer)

    server.will(slow, refused(), answer(ME), answer({"code": 0}))
    sending = asyncio.create_task(send_chunk(mika))
    await server.until(1)
    await mika.profile(KEY)
    learned.set()
    await sending
    assert shown(server) == [0, 0, HOUR, HOUR]


async def test_a_login_has_no_clock(mika: Mika, server: Server) -> None:
    server.will(refused())
    with pytest.raises(NotAuthorized):
        await mika.profile(Bearer("eyJ.tok.en"))
    assert len(server.requests) == 1
