from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest

SHARE = "/disktop/v1/share"
CALLBACK = "http://localhost:9000/oauth/disktop/callback"


@pytest.fixture
def app(box):
    own = box.world.credentials
    return {"client_id": own.disktop_client_id, "client_secret": own.disktop_client_secret}


async def code_for(web, app, verifier):
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": app["client_id"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "user.read share.read",
        "state": "x",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "decision": "allow",
    }
    back = await web.post("/disktop/oauth/authorize", data=asked)
    return parse_qs(urlsplit(back.headers["location"]).query)["code"][0]


async def test_pkce_is_checked(web, app):
    web.cookies.set("sandbox_person", "1001")
    verifier = "v" * 43
    form = app | {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    wrong = form | {"code": await code_for(web, app, verifier), "code_verifier": "w" * 43}
    answer = await web.post("/disktop/oauth/token", data=wrong)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    spent = await web.post("/disktop/oauth/token", data=wrong | {"code_verifier": verifier})
    assert spent.json()["error"] == "invalid_grant"
    right = form | {"code": await code_for(web, app, verifier), "code_verifier": verifier}
    answer = (await web.post("/disktop/oauth/token", data=right)).json()
    assert answer["token_type"] == "Bearer"
    assert answer["scope"] == "user.read share.read"
    stranger = await web.post("/disktop/oauth/token", data=right | {"client_secret": "no"})
    assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_client")


async def test_deny_and_bad_requests(web, app):
    web.cookies.set("sandbox_person", "1001")
    asked = {
        "client_id": app["client_id"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "user.read",
        "state": "x",
    }
    page = await web.get("/disktop/oauth/authorize", params=asked)
    assert "小雨的云盘" in page.text
    denied = await web.post("/disktop/oauth/authorize", data=asked | {"decision": "deny"})
    assert denied.headers["location"] == f"{CALLBACK}?error=access_denied&state=x"
    token = await web.get("/disktop/oauth/authorize", params=asked | {"response_type": "token"})
    assert "error=unsupported_response_type" in token.headers["location"]
    evil = await web.get("/disktop/oauth/authorize", params=asked | {"redirect_uri": "https://evil.example"})
    assert evil.status_code == 400


async def test_refresh_rotates_on_each_use(web, app, disktop):
    linked = await disktop()
    form = app | {"grant_type": "refresh_token", "refresh_token": linked["refresh_token"]}
    fresh = (await web.post("/disktop/oauth/token", data=form)).json()
    assert fresh["refresh_token"] != linked["refresh_token"]
    assert (await web.post("/disktop/oauth/token", data=form)).json()["error"] == "invalid_grant"


async def test_device_flow(box, web, app):
    begun = await web.post(
        "/disktop/oauth/device-code", data={"client_id": app["client_id"], "scope": "user.read"}
    )
    device = begun.json()
    poll = {"device_code": device["device_code"], "client_id": app["client_id"]}

    async def polled():
        return (await web.post("/disktop/oauth/device-token", data=poll)).json()

    assert (await polled())["error"] == "authorization_pending"
    assert (await polled())["error"] == "slow_down"
    box.world.clock.advance(6)
    assert (await polled())["error"] == "slow_down"
    box.world.clock.advance(16)
    assert (await polled())["error"] == "authorization_pending"
    web.cookies.set("sandbox_person", "1002")
    page = await web.get(device["verification_uri_complete"])
    assert "Ben&#x27;s disk" in page.text
    await web.post("/disktop/oauth/device", data={"user_code": device["user_code"], "decision": "allow"})
    box.world.clock.advance(30)
    tokens = await polled()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    info = (await web.get("/disktop/v1/user/info", headers=headers)).json()["data"]
    assert info["username"] == "ben.parker"
    assert (await polled())["error"] == "invalid_grant"


async def test_device_denied_and_expired(box, web, app):
    web.cookies.set("sandbox_person", "1002")
    ends = []
    for decision in ("deny", None):
        begun = await web.post(
            "/disktop/oauth/device-code", data={"client_id": app["client_id"], "scope": "user.read"}
        )
        device = begun.json()
        if decision:
            form = {"user_code": device["user_code"].lower(), "decision": decision}
            await web.post("/disktop/oauth/device", data=form)
        else:
            box.world.clock.advance(601)
        poll = {"device_code": device["device_code"], "client_id": app["client_id"]}
        ends.append((await web.post("/disktop/oauth/device-token", data=poll)).json()["error"])
    assert ends == ["access_denied", "expired_token"]
    assert (await web.get("/disktop/oauth/device", params={"user_code": "XXXX-XXX"})).status_code == 404


async def test_user_quota_and_share_enable(web, disktop):
    linked = await disktop(1002)
    quota = (await web.get("/disktop/v1/user/quota", headers=linked["headers"])).json()["data"]
    assert quota["free_bytes"] == quota["total_bytes"] - quota["used_bytes"] == 700 * 1024**2
    refused = await web.post("/disktop/v1/user/share-enable", headers=linked["headers"])
    assert (refused.status_code, refused.json()["errno"]) == (403, "insufficient_scope")
    wide = await disktop(1002, "user.read share.create")
    enabled = await web.post("/disktop/v1/user/share-enable", headers=wide["headers"])
    assert enabled.json()["data"]["enabled"] is True


async def test_a_bad_token_is_401_json(web, disktop):
    bad = await web.get("/disktop/v1/user/info", headers={"Authorization": "Bearer x"})
    assert (bad.status_code, bad.json()["errno"]) == (401, "invalid_token")
    linked = await disktop()
    await web.post("/control/tokens/expire", json={"service": "disktop", "which": "access"})
    assert (await web.get("/disktop/v1/user/info", headers=linked["headers"])).status_code == 401


@pytest.mark.parametrize(
    ("surl", "errno"),
    [("x!", "invalid_surl"), ("ffffff0", "share_not_found"), ("dead00", "share_not_found")],
)
async def test_missing_shares(web, disktop, surl, errno):
    linked = await disktop()
    answer = await web.get(f"{SHARE}/{surl}/info", headers=linked["headers"])
    assert answer.json()["errno"] == errno


async def test_codes_of_shares(web, disktop):
    linked = await disktop()
    files = f"{SHARE}/c0de12/files"
    info = (await web.get(f"{SHARE}/c0de12/info", headers=linked["headers"])).json()["data"]
    assert info["need_pwd"] is True
    assert (info["type"], info["source_count"]) == (1, 8)
    for pwd in ({}, {"pwd": "9999"}):
        answer = await web.get(files, params=pwd, headers=linked["headers"])
        assert answer.json()["errno"] == "pwd_required_or_wrong"
    wrong = await web.post(f"{SHARE}/c0de12/verify-pwd", data={"pwd": "0000"}, headers=linked["headers"])
    assert wrong.json()["errno"] == "pwd_required_or_wrong"
    right = await web.post(f"{SHARE}/c0de12/verify-pwd", data={"pwd": "1234"}, headers=linked["headers"])
    assert right.json()["data"] == {"verified": True}
    shown = (await web.get(files, headers=linked["headers"])).json()["data"]["files"]
    assert [(f["name"], f["is_dir"]) for f in shown] == [("Season 01", True), ("Season 02", True)]
    inner = await web.get(files, params={"path": "/Season 02"}, headers=linked["headers"])
    assert len(inner.json()["data"]["files"]) == 4


async def test_a_saved_share_really_lies_in_the_drive(box, web, disktop):
    linked = await disktop()
    files = (await web.get(f"{SHARE}/8d2f3a/files", headers=linked["headers"])).json()["data"]["files"]
    demo = next(f for f in files if f["name"] == "demo.mp4")
    used = box.world.people[1001].disk_used
    form = {"file_ids[]": [demo["id"]], "dest_path": "/Saved"}
    answer = await web.post(f"{SHARE}/8d2f3a/transfer", data=form, headers=linked["headers"])
    made = answer.json()["data"]
    assert made["transferred"] == 1
    assert box.world.people[1001].disk_used == used + demo["size"]
    saved = await web.get("/disktop/v1/files", params={"path": "/Saved"}, headers=linked["headers"])
    assert saved.json()["data"]["files"][0]["id"] == made["file_ids"][0]
    one = f"/disktop/v1/files/{made['file_ids'][0]}"
    meta = (await web.get(one, headers=linked["headers"])).json()["data"]
    assert meta["path"] == "/我的应用数据/LinkHive/Saved/demo.mp4"
    found = await web.get("/disktop/v1/files/search", params={"q": "DEMO"}, headers=linked["headers"])
    assert found.json()["data"]["total"] == 1
    link = (await web.get(f"{one}/download", headers=linked["headers"])).json()["data"]
    part = await web.get(link["url"], headers={"range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)


async def test_downloads_serve_bytes_only_with_their_signature(box, web, disktop):
    linked = await disktop()
    got = (await web.get(f"{SHARE}/51f11e/download", headers=linked["headers"])).json()["data"]
    whole = await web.get(got["url"])
    assert len(whole.content) == got["size"] == 3 * 1024**2
    assert (await web.get(got["url"].replace("size=", "size=1"))).status_code == 403
    box.world.clock.advance(601)
    assert (await web.get(got["url"])).status_code == 403


async def test_full_expired_premium_and_folders(web, disktop):
    ben = await disktop(1002)
    errnos = []
    for surl in ("b19b19", "0ld000", "9e0000"):
        listed = (await web.get(f"{SHARE}/{surl}/files", headers=ben["headers"])).json()
        ids = [f["id"] for f in listed.get("data", {}).get("files", [])] or [1]
        answer = await web.post(f"{SHARE}/{surl}/transfer", data={"file_ids[]": ids}, headers=ben["headers"])
        errnos.append(answer.json()["errno"])
    assert errnos == ["quota_exceeded", "share_not_found", "premium_required"]
    files = (await web.get(f"{SHARE}/8d2f3a/files", headers=ben["headers"])).json()["data"]["files"]
    folder = next(f["id"] for f in files if f["is_dir"])
    answer = await web.post(f"{SHARE}/8d2f3a/transfer", data={"file_ids[]": [folder]}, headers=ben["headers"])
    assert answer.json()["errno"] == "file_not_found"


async def test_streams_and_video_meta(web, disktop):
    linked = await disktop()
    files = (await web.get(f"{SHARE}/8d2f3a/files", headers=linked["headers"])).json()["data"]["files"]
    fid = next(f["id"] for f in files if f["name"] == "demo.mp4")
    data = (await web.get(f"{SHARE}/8d2f3a/stream", params={"fid": fid}, headers=linked["headers"])).json()
    assert (await web.get(data["data"]["stream_url"])).text.startswith("#EXTM3U")
    meta = await web.get(f"{SHARE}/8d2f3a/video-meta", params={"fid": fid}, headers=linked["headers"])
    assert meta.json()["data"]["codec"] == "h264"


async def test_folders_and_manage(web, disktop):
    linked = await disktop()
    base = "/disktop/v1/files"
    made = await web.post(
        f"{base}/folder", data={"parent_path": "/", "name": "Photos"}, headers=linked["headers"]
    )
    assert made.json()["data"]["path"] == "/我的应用数据/LinkHive/Photos"
    folder = made.json()["data"]["folder_id"]
    form = {"action": "rename", "folder_ids[]": [folder], "new_name": "Bilder"}
    assert (await web.post(f"{base}/manage", data=form, headers=linked["headers"])).json()["data"] == {
        "affected": 1
    }
    root = (await web.get(base, headers=linked["headers"])).json()["data"]
    assert [f["name"] for f in root["folders"]] == ["Bilder"]
    gone = {"action": "delete", "folder_ids[]": [folder]}
    await web.post(f"{base}/manage", data=gone, headers=linked["headers"])
    assert (await web.get(base, headers=linked["headers"])).json()["data"]["total"] == 0
