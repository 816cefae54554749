"""ACGBT's client: signatures, pace, errors, and what is never sent twice."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from clients.acgbt import models
from clients.acgbt.client import ACGBT
from clients.acgbt.errors import error_for
from clients.acgbt.ratelimit import CALLS, PATIENCE_SECONDS, KeyRateLimiter
from clients.acgbt.signing import headers_for, signature
from clients.credentials import ApiKey, Bearer
from clients.errors import (
    ClientError,
    Forbidden,
    NotAuthorized,
    NotFound,
    RateLimited,
    Rejected,
    UpstreamBroken,
)
from clients.reply import Reply
from tests.clients.acgbtways import *  # noqa: F403
from tests.clients.acgbtways import KEY, Open, ok
from tests.clients.scripts import Server, answer, reset


class Wait:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.mark.parametrize(
    ("key", "secret", "seconds", "expected"),
    [
        # Reckoned with `printf '1700000000ak_test' | openssl dgst -sha256 -hmac secret` and its like.
        ("ak_test", "secret", 1700000000, "2a5032bf51179781bb016e610ac93396b5d05a97dbec38a47afac04971d230b3"),
        ("ak_" + "x" * 32, "密钥", 1, "0e6367847676f71c341143851e8e19605c077fa19a0867567b7b8281386859cc"),
        ("ak_test", "", 1700000000, "c245f58e0fd887b08f9e5a2ff111f56a8f050f5721a4de109e63fc5ce132afd9"),
    ],
)
def test_signatures(key: str, secret: str, seconds: int, expected: str) -> None:
    assert signature(ApiKey(key, secret), seconds) == expected


def test_both_ways_to_sign_in() -> None:
    signed = headers_for(KEY, 1_700_000_000)
    proof = hmac.new(b"s3cr3t", b"1700000000" + KEY.key.encode(), hashlib.sha256).hexdigest()
    assert signed == {"x-api-key": KEY.key, "x-timestamp": "1700000000", "x-signature": proof}
    plain = headers_for(ApiKey(KEY.key, KEY.secret, signed=False), 1_700_000_000)
    assert plain == {"x-api-key": KEY.key, "x-api-secret": "s3cr3t"}


def test_secrets_are_not_shown() -> None:
    made = models.NewKey(api_key="ak_hidden", api_secret="hidden")
    assert "hidden" not in f"{made!r} {made.id} {KEY!r}"


async def test_a_signed_call(acgbt: ACGBT, server: Server) -> None:
    server.will(ok({"count": "3"}))
    assert await acgbt.unread(KEY) == 3
    assert server.last.target == "/api/v1/messages/unread-count"
    assert server.last.headers["x-signature"] == signature(KEY, 1_700_000_000)
    assert "x-api-secret" not in server.last.headers
    with pytest.raises(NotAuthorized):
        await acgbt.unread(Bearer("a token of another service"))
    assert len(server.requests) == 1


async def test_open_calls_hold_no_key(acgbt: ACGBT, server: Server) -> None:
    server.will(ok([]))
    assert await acgbt.categories(None) == ()
    assert not [name for name in server.last.headers if name.startswith("x-")]


async def test_a_clock_that_is_wrong_is_set_once(acgbt: ACGBT, server: Server) -> None:
    refused = {"code": 401, "message": "时间戳已过期", "timestamp": 1_700_009_000}
    server.will(answer(refused, 401), ok({"count": 1}), ok({"count": 2}))
    assert await acgbt.unread(KEY) == 1
    assert await acgbt.unread(KEY) == 2
    assert [r.headers["x-timestamp"] for r in server.requests] == ["1700000000", "1700009000", "1700009000"]
    server.will(answer(refused, 401))
    with pytest.raises(NotAuthorized):
        await acgbt.unread(KEY)
    assert len(server.requests) == 4


async def test_a_key_that_is_refused_by_either_clock_changes_nothing_for_others(
    acgbt: ACGBT, server: Server
) -> None:
    refused = answer({"code": 401, "message": "签名错误", "timestamp": 1_700_009_000}, 401)
    server.will(refused, refused, ok({"count": 1}))
    with pytest.raises(NotAuthorized):
        await acgbt.unread(KEY)
    assert await acgbt.unread(ApiKey("ak_other", "s")) == 1
    assert [r.headers["x-timestamp"] for r in server.requests] == ["1700000000", "1700009000", "1700000000"]


@pytest.mark.parametrize("told", [1_700_000_010, 1_000, None, "soon", 10**40])
async def test_a_refused_key_is_refused_at_once(acgbt: ACGBT, server: Server, told: Any) -> None:
    server.will(answer({"code": 401, "message": "签名错误", "timestamp": told}, 401))
    with pytest.raises(NotAuthorized) as refused:
        await acgbt.unread(KEY)
    assert (refused.value.refreshable, refused.value.message) == (False, "签名错误")
    assert len(server.requests) == 1


async def test_what_is_repeated_and_what_never(acgbt: ACGBT, server: Server) -> None:
    server.will(reset, ok({"count": 1}), reset, ok())
    assert await acgbt.unread(KEY) == 1
    await acgbt.mark_all_read(KEY)
    assert len(server.requests) == 4
    new = models.NewResource("t", 1)
    for call in (
        acgbt.publish(KEY, new),
        acgbt.comment(KEY, 1, "x"),
        acgbt.create_key(KEY, "n", ["read"], 60),
    ):
        server.will(reset)
        before = len(server.requests)
        with pytest.raises(ClientError) as failed:
            await call
        assert failed.value.doubtful
        assert len(server.requests) == before + 1


async def test_sixty_a_minute_are_kept_on_our_side(opened: Open, server: Server) -> None:
    wait = Wait()
    acgbt = opened(limiter=KeyRateLimiter(clock=wait, sleep=wait.sleep))
    server.always(ok({"count": 0}))
    for _ in range(CALLS):
        await acgbt.unread(KEY)
    with pytest.raises(RateLimited) as limited:
        await acgbt.unread(KEY)
    assert (limited.value.retry_after, limited.value.scope) == (60.0, "user")
    # Another key has its own minute; a short wait is waited out.
    await acgbt.unread(ApiKey("ak_other", "s"))
    wait.now += 60 - PATIENCE_SECONDS + 1
    await acgbt.unread(KEY)
    assert wait.slept == [PATIENCE_SECONDS - 1]
    assert len(server.requests) == CALLS + 2


async def test_a_429_closes_the_door_for_its_key_only(opened: Open, server: Server) -> None:
    wait = Wait()
    acgbt = opened(limiter=KeyRateLimiter(clock=wait, sleep=wait.sleep))
    server.will(answer({"code": 429, "message": "请求频率超限"}, 429, retry_after=33))
    for _ in range(2):
        with pytest.raises(RateLimited) as limited:
            await acgbt.unread(KEY)
        assert limited.value.retry_after == 33
    assert len(server.requests) == 1
    server.always(ok({"count": 0}))
    await acgbt.unread(ApiKey("ak_other", "s"))
    wait.now += 33
    await acgbt.unread(KEY)


async def test_the_limiter_remembers_a_bounded_number_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clients.acgbt.ratelimit.KEYS", 3)
    limiter = KeyRateLimiter()
    for number in range(9):
        assert await limiter.turn(f"key {number}") == 0
    assert len(limiter._turns) == 3


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"code": 0}, type(None)),
        (201, {"code": 200, "data": {}}, type(None)),
        (200, {"data": []}, type(None)),
        (400, {"code": 400, "message": "x"}, Rejected),
        (200, {"code": 400, "message": "x"}, Rejected),
        (401, {"code": 401}, NotAuthorized),
        (200, {"code": "401"}, NotAuthorized),
        (403, {"code": 403}, Forbidden),
        (200, {"code": 403}, Forbidden),
        (404, {"code": 404}, NotFound),
        (200, {"code": 404}, NotFound),
        (404, {}, NotFound),
        (429, {}, RateLimited),
        (200, {"code": 429}, RateLimited),
        (500, {"code": 500}, UpstreamBroken),
        (200, {"code": 500}, UpstreamBroken),
        (502, "<html>", UpstreamBroken),
        (200, "<!DOCTYPE html>", UpstreamBroken),
        (422, {"code": 422}, Rejected),
        (200, {"code": -1, "message": "失败"}, Rejected),
        (400, {"code": "odd"}, Rejected),
    ],
)
def test_errors(status: int, body: Any, kind: type[ClientError]) -> None:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    assert type(error_for("acgbt", "op", Reply(status, {}, content))) is kind


@pytest.mark.parametrize("place", ["top", "data"])
def test_what_is_wrong_with_each_field_is_told(place: str) -> None:
    errors = {"title": "标题不能为空", "images": ["图片链接无效", "x"], "odd": 5}
    body = {"code": 400, "message": "标题不能为空"} | (
        {"errors": errors} if place == "top" else {"data": {"errors": errors}}
    )
    error = error_for("acgbt", "publish", Reply(400, {}, json.dumps(body).encode()))
    assert isinstance(error, Rejected)
    assert (error.message, error.fields) == (
        "标题不能为空",
        {"title": "标题不能为空", "images": "图片链接无效"},
    )
