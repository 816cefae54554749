"""The stand-in of ACGBT: its door, its limits, its refusals, and the bytes it serves."""

import hashlib
import hmac
from typing import Any

import httpx
import pytest

from sandbox.catalogue.torrents import bencode, cid
from sandbox.server import Sandbox

API = "/acgbt/api/v1"
MAGNET = "magnet:?xt=urn:btih:" + "ab" * 20


def plain(box: Sandbox, person: int = 1001) -> dict[str, str]:
    key = box.world.acgbt.main_key(person)
    return {"X-API-Key": key.key, "X-API-Secret": key.secret}


def signed(box: Sandbox, person: int = 1001, shift: float = 0) -> dict[str, str]:
    key, stamp = box.world.acgbt.main_key(person), str(int(box.world.now() + shift))
    proof = hmac.new(key.secret.encode(), (stamp + key.key).encode(), hashlib.sha256).hexdigest()
    return {"X-API-Key": key.key, "X-Timestamp": stamp, "X-Signature": proof}


async def test_both_ways_in(box: Sandbox, web: httpx.AsyncClient) -> None:
    for headers in (plain(box), signed(box), signed(box, shift=-299), signed(box, shift=299)):
        body = (await web.get(f"{API}/user/profile", headers=headers)).json()
        assert (body["code"], body["message"], body["data"]["username"]) == (0, "success", "xiaoyu_acg")
        assert abs(body["timestamp"] - box.world.now()) < 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"X-API-Key": "ak_nobody"}, "API 密钥无效"),
        ({"X-Signature": "0" * 64}, "签名错误"),
        ({"X-Timestamp": "1"}, "时间戳无效或已过期"),
        ({"X-Timestamp": "soon"}, "时间戳无效或已过期"),
    ],
)
async def test_wrong_proofs(box: Sandbox, web: httpx.AsyncClient, change: dict[str, str], words: str) -> None:
    answer = await web.get(f"{API}/user/profile", headers={**signed(box), **change})
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (401, 401, words)


async def test_no_proof_and_options(box: Sandbox, web: httpx.AsyncClient) -> None:
    assert (await web.get(f"{API}/user/profile")).status_code == 401
    wrong = {**plain(box), "X-API-Secret": "x"}
    assert (await web.get(f"{API}/resources", headers=wrong)).status_code == 401
    box.world.options.acgbt_refuse_signatures = True
    assert (await web.get(f"{API}/resources", headers=signed(box))).status_code == 401
    assert (await web.get(f"{API}/resources", headers=plain(box))).status_code == 200
    assert (await web.get(f"{API}/nothing")).json()["code"] == 404
    assert (await web.delete(f"{API}/resources")).status_code == 404


async def test_sixty_a_minute(box: Sandbox, web: httpx.AsyncClient) -> None:
    for _ in range(60):
        assert (await web.get(f"{API}/categories", headers=plain(box, 1002))).status_code == 200
    refused = await web.get(f"{API}/categories", headers=plain(box, 1002))
    assert (refused.status_code, refused.json()["code"]) == (429, 429)
    assert 0 < int(refused.headers["retry-after"]) <= 61
    assert (await web.get(f"{API}/categories")).status_code == 200
    box.world.clock.advance(61)
    assert (await web.get(f"{API}/categories", headers=plain(box, 1002))).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "长" * 201}, "title"),
        ({"title": None}, "title"),
        ({"category_id": 99}, "category_id"),
        ({"category_id": "1"}, "category_id"),
        ({"description": 5}, "description"),
        ({"images": ["ftp://x/y.png"]}, "images"),
        ({"images": "https://x/y.png"}, "images"),
        ({"images": ["https://x/y.png"] * 21}, "images"),
        ({"image_layout": 4}, "image_layout"),
        ({"magnet_link": "magnet:?xt=urn:btih:abc"}, "magnet_link"),
        ({"magnet_link": None}, "magnet_link"),
        ({"ipfs_cid": "QmShort"}, "ipfs_cid"),
        ({"torrent_file": "/uploads/torrents/none.torrent"}, "torrent_file"),
        ({"file_size": -1}, "file_size"),
    ],
)
async def test_publishing_is_checked(
    box: Sandbox, web: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    body = {"title": "t", "category_id": 1, "magnet_link": MAGNET, **change}
    answer = await web.post(f"{API}/publish", json=body, headers=plain(box))
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert list(answer.json()["data"]["errors"]) == [field]
    assert answer.json()["message"] == answer.json()["data"]["errors"][field]


@pytest.mark.parametrize(
    "link",
    [
        {"magnet_link": "magnet:?dn=x&xt=urn:btih:" + "a2" * 16 + "&tr=y"},
        {"magnet_link": "magnet:?xt=urn:btmh:1220" + "ab" * 32},
        {"ipfs_cid": cid("a", modern=True)},
        {"ipfs_cid": cid("a", modern=False)},
    ],
)
async def test_every_kind_of_link_is_published(
    box: Sandbox, web: httpx.AsyncClient, link: dict[str, str]
) -> None:
    body = {"title": "t", "category_id": 1, **link}
    made = (await web.post(f"{API}/publish", json=body, headers=signed(box, 1003))).json()
    assert made["code"] == 0
    shown = (await web.get(f"{API}/resources/{made['data']['id']}")).json()["data"]
    assert (shown["author"], shown["image_layout"]) == ("laochen_acg", 1)
    assert {name: shown[name] for name in link} == link


async def test_only_keys_with_the_permission_publish(box: Sandbox, web: httpx.AsyncClient) -> None:
    body = {"title": "t", "category_id": 1, "magnet_link": MAGNET}
    assert (await web.post(f"{API}/publish", json=body)).status_code == 401
    assert (await web.post(f"{API}/publish", json=body, headers=plain(box, 1002))).status_code == 403
    await web.post("/control/acgbt", json={"person": 1002, "permissions": ["read", "publish"]})
    assert (await web.post(f"{API}/publish", json=body, headers=plain(box, 1002))).status_code == 200
    await web.post("/control/acgbt", json={"person": 1002, "revoked": True})
    assert (await web.post(f"{API}/publish", json=body, headers=plain(box, 1002))).status_code == 401


async def test_avatars_have_a_type_and_a_size(box: Sandbox, web: httpx.AsyncClient) -> None:
    place, png = f"{API}/user/avatar/upload", b"\x89PNG\r\n\x1a\n" + b"\0" * 100
    for data, words in ((png + b"\0" * 2 * 1024 * 1024, "2MB"), (b"BM", "格式"), (b"", "选择")):
        refused = await web.post(place, files={"avatar": ("a.png", data)}, headers=plain(box))
        assert refused.status_code == 400
        assert words in refused.json()["message"]
    assert (await web.post(place, content=png, headers=plain(box))).status_code == 400
    told = (await web.post(place, files={"avatar": ("a.png", png)}, headers=plain(box))).json()
    assert told["message"] == "头像上传成功"
    shown = await web.get(told["data"]["avatar"])
    assert (shown.content, shown.headers["content-type"]) == (png, "image/png")
    assert (await web.post(f"{API}/user/avatar", json={"avatar": "x"}, headers=plain(box))).status_code == 400


async def test_comments_have_a_length(box: Sandbox, web: httpx.AsyncClient) -> None:
    async def write(**body: Any) -> int:
        asked = {"resource_id": 1, "content": "x", **body}
        return (await web.post(f"{API}/comments", json=asked, headers=plain(box, 1002))).status_code

    assert await write(content=" ") == await write(content="字" * 1001) == 400
    assert await write(content="字" * 1000) == 200
    assert await write(resource_id="1") == 400
    assert await write(resource_id=9999) == await write(parent_id=9999) == 404


async def test_torrents_open_and_pictures_show(box: Sandbox, web: httpx.AsyncClient) -> None:
    with_torrent = [one for one in box.world.acgbt.resources.values() if one.torrent_file and one.magnet_link]
    assert len(with_torrent) > 20
    data = (await web.get(f"/acgbt{with_torrent[0].torrent_file}")).content
    info = data[data.index(b"4:info") + 6 : -1]
    assert hashlib.sha1(info).hexdigest() in str(with_torrent[0].magnet_link)
    listed = (await web.get(f"{API}/resources", params={"page_size": 100})).json()["data"]
    picture = next(one["images"][0] for one in listed["items"] if one["images"])
    assert (await web.get(picture)).content.startswith(b"\x89PNG")
    assert (await web.get("/acgbt/uploads/images/missing.png")).status_code == 404


async def test_control(box: Sandbox, web: httpx.AsyncClient) -> None:
    made = (await web.post("/control/acgbt/resources", json={"title": "新番", "category_id": 2})).json()["id"]
    listed = (await web.get(f"{API}/resources", params={"category_id": 2, "page_size": 1})).json()["data"]
    assert listed["items"][0]["id"] == made
    letter = (await web.post("/control/acgbt/messages", json={"type": "personal", "person": 1002})).json()[
        "id"
    ]
    assert (await web.get(f"{API}/messages/{letter}", headers=plain(box, 1002))).status_code == 200
    assert (await web.get(f"{API}/messages/{letter}", headers=plain(box, 1003))).status_code == 404
    for wrong in ({"person": 7}, {"person": 1001, "permissions": ["all"]}, {}):
        assert (await web.post("/control/acgbt", json=wrong)).status_code == 400
    assert (await web.post("/control/acgbt/messages", json={"type": "odd"})).status_code == 400
    assert (await web.post("/control/acgbt/resources", json={"category_id": 77})).status_code == 400
    box.world.reset()
    accounts = (await web.get("/control/acgbt")).json()["accounts"]
    assert [one["person"] for one in accounts] == [1001, 1002, 1003]
    assert (await web.get(f"{API}/user/profile", headers=plain(box, 1002))).status_code == 200


def test_bencode() -> None:
    assert bencode({"b": [1, -2, b"x"], "a": "é"}) == b"d1:a2:\xc3\xa91:bli1ei-2e1:xee"
