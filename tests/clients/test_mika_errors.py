"""Mika's errors: by status, by the envelope's code, and field by field."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from clients.credentials import Bearer
from clients.errors import (
    ClientError,
    Forbidden,
    NotAuthorized,
    NotFound,
    RateLimited,
    Rejected,
    UpstreamBroken,
)
from clients.mika.client import Mika
from tests.clients.scripts import Connect, Server, answer, html

LOGIN = Bearer("tok")


@pytest.fixture
async def mika(connect: Connect) -> AsyncIterator[Mika]:
    made = Mika(connect("mika"))
    yield made
    await made.aclose()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 400, Rejected),
        (401, 401, NotAuthorized),
        (403, 403, Forbidden),
        (404, 404, NotFound),
        (429, 429, RateLimited),
        (500, 500, UpstreamBroken),
        (502, 0, UpstreamBroken),
        (200, 400, Rejected),
        (200, 401, NotAuthorized),
        (200, 403, Forbidden),
        (200, 404, NotFound),
        (200, 429, RateLimited),
        (200, 500, UpstreamBroken),
        (200, 10023, Rejected),
        (200, "403", Forbidden),
        (422, 422, Rejected),
    ],
)
@pytest.mark.parametrize("operation", ["delete_video", "send_chunk"])
async def test_each_documented_error(
    mika: Mika, server: Server, status: int, code: Any, kind: type[ClientError], operation: str
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"x"

    chunk = operation == "send_chunk"
    call = mika.send_chunk(LOGIN, "abc", 0, body, 1) if chunk else mika.delete_video(LOGIN, 1)
    server.will(answer({"code": code, "message": "出错了"}, status, retry_after=7))
    with pytest.raises(ClientError) as failed:
        await call
    error = failed.value
    assert (type(error), error.operation, error.service) == (kind, operation, "mika")
    if isinstance(error, NotAuthorized):
        assert error.refreshable is False
    if isinstance(error, RateLimited):
        assert error.retry_after == 7
    if isinstance(error, NotFound):
        assert error.code == ("upload_not_found" if operation == "send_chunk" else "404")
    assert "出错了" not in str(error)


async def test_each_field_has_its_own_words(mika: Mika, server: Server) -> None:
    errors = {"username": "用户名不能为空", "password": ["密码长度至少 8 位", "x"], "email": None, "n": 5}
    server.will(answer({"code": 400, "message": "参数错误", "errors": errors}, 400))
    with pytest.raises(Rejected) as refused:
        await mika.register("", "x", "y")
    assert refused.value.fields == {"username": "用户名不能为空", "password": "密码长度至少 8 位"}
    assert (refused.value.message, refused.value.code) == ("参数错误", "400")


@pytest.mark.parametrize("errors", [None, [], "bad", {"a": {}}])
async def test_errors_of_another_shape_are_no_fields(mika: Mika, server: Server, errors: Any) -> None:
    server.will(answer({"code": 400, "message": "m", "errors": errors}, 400))
    with pytest.raises(Rejected) as refused:
        await mika.delete_video(LOGIN, 1)
    assert refused.value.fields == {}


@pytest.mark.parametrize("status", [401, 403])
async def test_a_wrong_password_ends_no_link(mika: Mika, server: Server, status: int) -> None:
    server.will(answer({"code": status, "message": "用户名或密码错误"}, status))
    with pytest.raises(Rejected) as refused:
        await mika.login("admin", "wrong")
    assert (refused.value.message, refused.value.code) == ("用户名或密码错误", str(status))


async def test_pages_of_a_proxy(mika: Mika, server: Server) -> None:
    server.will(html(502), html(200), html(413), answer(status=503, body=b""))
    for kind in (UpstreamBroken, UpstreamBroken, Rejected, UpstreamBroken):
        with pytest.raises(ClientError) as failed:
            await mika.delete_video(LOGIN, 1)
        assert type(failed.value) is kind
    server.will(html(413))
    with pytest.raises(Rejected) as refused:
        await mika.delete_video(LOGIN, 1)
    assert refused.value.code == "too_large"


async def test_only_reads_and_what_is_harmless_twice_are_repeated(mika: Mika, server: Server) -> None:
    server.always(answer({"code": 500, "message": "x"}, 500))
    for call, times in (
        (mika.video(LOGIN, 1), 3),
        (mika.edit_profile(LOGIN, "n"), 3),
        (mika.update_settings(LOGIN, {"a": 1}), 3),
        (mika.delete_video(LOGIN, 1), 1),
        (mika.retry_task(LOGIN, 1), 1),
        (mika.create_category(LOGIN, "n"), 1),
        (mika.begin_upload(LOGIN, "a.mp4", 1, "a"), 1),
        (mika.complete(LOGIN, "abc"), 1),
        (mika.login("a", "b"), 1),
        (mika.register("a", "b", "c"), 1),
    ):
        before = len(server.requests)
        with pytest.raises(UpstreamBroken):
            await call
        assert len(server.requests) - before == times
