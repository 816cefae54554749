"""A clock that went wrong, ours or the site's: a signature refused for it is made anew by the site's time."""

from collections.abc import AsyncIterator
from email.utils import formatdate
from typing import Any

import pytest

from clients.credentials import ApiKey, Bearer
from clients.errors import NotAuthorized
from clients.mika.client import Mika
from tests.clients.scripts import Connect, Script, Server, answer

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


async def test_a_login_has_no_clock(mika: Mika, server: Server) -> None:
    server.will(refused())
    with pytest.raises(NotAuthorized):
        await mika.profile(Bearer("eyJ.tok.en"))
    assert len(server.requests) == 1
