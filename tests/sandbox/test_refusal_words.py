"""The journal keeps the word by which a stand-in refused, whatever status it came with."""

import httpx
import pytest

from sandbox.gate import word_of
from sandbox.server import Sandbox


async def test_refusals_are_noted_with_their_word(box: Sandbox, web: httpx.AsyncClient) -> None:
    await web.get("/disktop/v1/user/info", headers={"Authorization": "Bearer nobody"})
    await web.post("/disktop/oauth/device-token", data={"device_code": "x", "client_id": "nobody"})
    wish = {"service": "disktop", "kind": "status", "status": 200, "body": {"errno": "quota_exceeded"}}
    await web.post("/control/faults", json=wish)
    await web.get("/disktop/v1/user/quota")
    log = (await web.get("/control/journal")).json()["entries"]
    assert [entry["errno"] for entry in log] == ["invalid_token", "invalid_client", "quota_exceeded"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b'{"errno": 0, "data": {}}', None),
        (b'{"errno": 502, "errmsg": "complete failed"}', "502"),
        (b'{"error": "slow_down"}', "slow_down"),
        (b'{"error": {"deep": 1}}', None),
        (b"{", None),
        (b'{"errno": "' + b"x" * 5000 + b'"}', None),
        (b"<html>", None),
    ],
)
def test_words(body: bytes, word: str | None) -> None:
    assert word_of(body) == word
