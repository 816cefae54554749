import pytest

AUTHORIZE = "/hdhive/openapi/authorize"
TOKEN = "/hdhive/api/public/openapi/oauth/token"
CALLBACK = "http://127.0.0.1:8080/oauth/hdhive/callback"


@pytest.fixture
def asked(box):
    return {
        "client_id": box.world.credentials.hdhive_client_id,
        "redirect_uri": CALLBACK,
        "scope": "query unlock",
        "state": "opaque&state",
    }


@pytest.fixture
def key(box):
    return {"X-API-Key": box.world.credentials.hdhive_app_secret}


async def refresh(web, key, token):
    body = {"grant_type": "refresh_token", "refresh_token": token}
    return await web.post(TOKEN, json=body, headers=key)


async def test_the_page_asks_who_is_there_and_then_for_consent(web, asked):
    who = await web.get(AUTHORIZE, params=asked)
    assert "小雨" in who.text
    assert 'id="allow"' not in who.text
    signed_in = await web.get("/hdhive/session", params={"person": 1002, "next": "/x?y=1"})
    assert signed_in.headers["location"] == "/x?y=1"
    assert signed_in.cookies["sandbox_person"] == "1002"
    page = await web.get(AUTHORIZE, params=asked)
    assert "Big Ben" in page.text
    assert 'id="allow"' in page.text
    assert 'id="deny"' in page.text
    assert 'data-scope="unlock"' in page.text


async def test_sign_in_redirects_only_within_the_sandbox(web):
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        answer = await web.get("/hdhive/session", params={"person": 1001, "next": target})
        assert answer.headers["location"] == "/"


async def test_allow_and_deny(web, asked):
    web.cookies.set("sandbox_person", "1001")
    back = await web.post(AUTHORIZE, data=asked | {"decision": "allow"})
    assert back.status_code == 303
    assert back.headers["location"].startswith(CALLBACK + "?code=")
    assert back.headers["location"].endswith("&state=opaque%26state")
    no = await web.post(AUTHORIZE, data=asked | {"decision": "deny"})
    assert no.headers["location"] == f"{CALLBACK}?error=access_denied&state=opaque%26state"


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "app_other"},
        {"redirect_uri": "https://evil.example/oauth/hdhive/callback"},
        {"redirect_uri": "http://127.0.0.1:8080/elsewhere"},
        {"scope": "everything"},
        {"scope": ""},
    ],
)
async def test_a_wrong_request_is_never_redirected(web, asked, change):
    web.cookies.set("sandbox_person", "1001")
    answer = await web.post(AUTHORIZE, data=asked | change | {"decision": "allow"})
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_json_authorize_wants_a_cookie(web, asked):
    path = "/hdhive/api/public/openapi/oauth/authorize"
    assert (await web.get(path, params=asked)).status_code == 401
    web.cookies.set("sandbox_person", "1001")
    shown = (await web.get(path, params=asked)).json()["data"]
    assert shown["requested_scopes"] == ["query", "unlock"]
    assert shown["user"]["nickname"] == "雨夜放映员"
    made = (await web.post(path, json=asked)).json()["data"]
    assert made["redirect_uri"] == CALLBACK
    assert made["expires_in"] == 600


async def test_codes_are_bound_and_good_once(box, web, asked, key):
    web.cookies.set("sandbox_person", "1001")
    path = "/hdhive/api/public/openapi/oauth/authorize"

    async def code():
        return (await web.post(path, json=asked)).json()["data"]["code"]

    async def exchange(code, uri=CALLBACK, headers=key):
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": uri}
        return await web.post(TOKEN, json=body, headers=headers)

    one = await code()
    assert (await exchange(one, headers={})).json()["code"] == "MISSING_API_KEY"
    assert (await exchange(one, headers={"X-API-Key": "no"})).json()["code"] == "INVALID_API_KEY"
    assert (await exchange(one, uri=CALLBACK + "x")).status_code == 400
    answer = (await exchange(one)).json()["data"]
    assert answer["token_type"] == "Bearer"
    assert answer["scopes"] == ["query", "unlock"]
    assert (await exchange(one)).json()["code"] == "INVALID_GRANT"
    late = await code()
    box.world.clock.advance(601)
    assert (await exchange(late)).json()["code"] == "INVALID_GRANT"


async def test_rotation_is_strict_and_reuse_ends_the_grant(web, hdhive, key):
    first = await hdhive()
    second = (await refresh(web, key, first["refresh_token"])).json()["data"]
    assert second["refresh_token"] != first["refresh_token"]
    assert (await refresh(web, key, first["refresh_token"])).json()["code"] == "OPENAPI_REAUTH_REQUIRED"
    assert (await refresh(web, key, second["refresh_token"])).json()["code"] == "OPENAPI_REAUTH_REQUIRED"


async def test_grace_keep_and_none(box, web, hdhive, key):
    box.world.options.hdhive_refresh = "grace"
    first = await hdhive()
    second = (await refresh(web, key, first["refresh_token"])).json()["data"]
    again = (await refresh(web, key, first["refresh_token"])).json()["data"]
    assert again["refresh_token"] == second["refresh_token"]
    box.world.clock.advance(61)
    assert (await refresh(web, key, first["refresh_token"])).status_code == 401
    kept = await hdhive(1002)
    box.world.options.hdhive_refresh = "keep"
    answer = (await refresh(web, key, kept["refresh_token"])).json()["data"]
    assert answer["refresh_token"] == kept["refresh_token"]
    box.world.options.hdhive_refresh = "none"
    answer = (await refresh(web, key, kept["refresh_token"])).json()["data"]
    assert "refresh_token" not in answer


async def test_expired_and_revoked_tokens(web, hdhive, key):
    linked = await hdhive()
    me = "/hdhive/api/open/me"
    expire = {"service": "hdhive", "person": 1001, "which": "access"}
    assert (await web.post("/control/tokens/expire", json=expire)).json() == {"expired": 1}
    assert (await web.get(me, headers=linked["headers"])).json()["code"] == "OPENAPI_REFRESH_REQUIRED"
    other = await web.post(
        "/hdhive/api/public/openapi/oauth/refresh",
        json={"refresh_token": linked["refresh_token"]},
        headers=key,
    )
    fresh = other.json()["data"]
    headers = key | {"Authorization": f"Bearer {fresh['access_token']}"}
    assert (await web.get(me, headers=headers)).status_code == 200
    revoke = "/hdhive/api/public/openapi/oauth/revoke"
    assert (await web.post(revoke, json={"refresh_token": fresh["refresh_token"]}, headers=key)).json()[
        "success"
    ]
    assert (await web.get(me, headers=headers)).json()["code"] == "OPENAPI_REAUTH_REQUIRED"
    unknown = key | {"Authorization": "Bearer nobody"}
    assert (await web.get(me, headers=unknown)).json()["code"] == "INVALID_OPENAPI_USER_TOKEN"
    nobody = await web.get(me, headers=key)
    assert (nobody.status_code, nobody.json()["code"]) == (403, "OPENAPI_USER_REQUIRED")
