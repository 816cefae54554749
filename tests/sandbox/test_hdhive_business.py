import asyncio

import httpx
import pytest

OPEN = "/hdhive/api/open"
DUNE = f"{OPEN}/resources/movie/438631"


async def priced(web, linked, price):
    rows = (await web.get(DUNE, headers=linked["headers"])).json()["data"]
    return next(row for row in rows if row["unlock_points"] == price)


async def buy(web, linked, slug):
    return await web.post(f"{OPEN}/resources/unlock", json={"slug": slug}, headers=linked["headers"])


async def test_resources_of_a_title(web, hdhive):
    linked = await hdhive()
    answer = (await web.get(DUNE, headers=linked["headers"])).json()
    assert answer["meta"]["total"] == len(answer["data"]) == 8
    assert {"slug", "pan_type", "is_unlocked", "unlock_points", "video_resolution", "user"} <= set(
        answer["data"][0]
    )
    assert "url" not in answer["data"][0]
    empty = await web.get(f"{OPEN}/resources/movie/999999", headers=linked["headers"])
    assert empty.json()["data"] == []
    assert (await web.get(f"{OPEN}/resources/book/1", headers=linked["headers"])).status_code == 400


async def test_points_are_spent_once(box, web, hdhive):
    linked = await hdhive()
    row = await priced(web, linked, 5)
    got = (await buy(web, linked, row["slug"])).json()["data"]
    assert got["already_owned"] is False
    assert got["full_url"].startswith(got["url"])
    assert box.world.people[1001].points == 115
    hyphened = f"{row['slug'][:8]}-{row['slug'][8:12]}-{row['slug'][12:]}"
    again = (await buy(web, linked, hyphened)).json()["data"]
    assert again["already_owned"] is True
    assert box.world.people[1001].points == 115
    assert len(box.world.hdhive.charges) == 1
    share = (await web.get(f"{OPEN}/shares/{row['slug']}", headers=linked["headers"])).json()["data"]
    assert share["is_unlocked"] is True
    assert share["actual_unlock_points"] == 0
    ledger = (await web.get("/control/charges")).json()["charges"]
    assert [(c["person"], c["slug"], c["points"]) for c in ledger] == [(1001, row["slug"], 5)]


async def test_refusals(web, hdhive):
    poor = await hdhive(1003)
    row = await priced(web, poor, 5)
    answer = await buy(web, poor, row["slug"])
    assert (answer.status_code, answer.json()["code"]) == (402, "INSUFFICIENT_POINTS")
    assert answer.json()["description"]
    missing = await buy(web, poor, "0" * 32)
    assert (missing.status_code, missing.json()["code"]) == (404, "404")
    assert (await buy(web, poor, "")).json()["code"] == "400"
    for path in ("/me", "/vip/weekly-free-quota"):
        answer = await web.get(OPEN + path, headers=poor["headers"])
        assert (answer.status_code, answer.json()["code"]) == (403, "VIP_REQUIRED")
    assert (await web.post(f"{OPEN}/checkin", headers=poor["headers"])).json()["code"] == "VIP_REQUIRED"


async def test_scopes(web, hdhive):
    narrow = await hdhive(1001, "query")
    row = await priced(web, narrow, 5)
    answer = await buy(web, narrow, row["slug"])
    assert (answer.status_code, answer.json()["code"]) == (403, "USER_SCOPE_NOT_ALLOWED")
    await web.post("/control/options", json={"hdhive_app_scopes": ["meta"]})
    assert (await web.get(DUNE, headers=narrow["headers"])).json()["code"] == "SCOPE_NOT_ALLOWED"


async def test_the_unlock_ladder(box, web, hdhive):
    linked = await hdhive()
    box.world.options.unlock_limit = 2
    row = await priced(web, linked, 0)
    for _ in range(2):
        assert (await buy(web, linked, row["slug"])).status_code == 200
    waits = []
    for _ in range(3):
        answer = await buy(web, linked, row["slug"])
        assert answer.status_code == 429
        assert answer.json()["limit_scope"] == "user"
        waits.append(int(answer.headers["retry-after"]))
    assert waits == [60, 300, 1800]
    box.world.clock.advance(1801)
    assert (await buy(web, linked, row["slug"])).status_code == 200


async def test_a_charge_can_land_after_the_caller_has_gone(box, web, hdhive):
    linked = await hdhive()
    row = await priced(web, linked, 5)
    await web.post("/control/options", json={"unlock_lands_after": 30})
    await web.post(
        "/control/faults",
        json={"service": "hdhive", "kind": "reset_after", "path": "*/unlock", "seconds": 0.05},
    )
    with pytest.raises(httpx.ReadError):
        await buy(web, linked, row["slug"])
    assert box.world.people[1001].points == 120
    box.world.clock.advance(31)
    await asyncio.sleep(0.05)
    assert box.world.people[1001].points == 115


@pytest.mark.parametrize(("races", "left"), [(False, 115), (True, 110)])
async def test_a_racy_server_charges_two_requests_at_once_twice(box, web, hdhive, races, left):
    linked = await hdhive()
    row = await priced(web, linked, 5)
    await web.post("/control/options", json={"unlock_lands_after": 0.2, "unlock_races": races})
    both = await asyncio.gather(*(buy(web, linked, row["slug"]) for _ in range(2)))
    assert [answer.status_code for answer in both] == [200, 200]
    assert box.world.people[1001].points == left
    third = (await buy(web, linked, row["slug"])).json()["data"]
    assert third["already_owned"] is True
    assert box.world.people[1001].points == left


async def test_checkin_once_a_beijing_day(box, web, hdhive):
    linked = await hdhive()
    first = (await web.post(f"{OPEN}/checkin", json={}, headers=linked["headers"])).json()
    assert first["data"]["checked_in"] is True
    again = (await web.post(f"{OPEN}/checkin", json={}, headers=linked["headers"])).json()
    assert again["success"] is True
    assert again["data"]["checked_in"] is False
    quota = (await web.get(f"{OPEN}/quota", headers=linked["headers"])).json()["data"]
    box.world.clock.advance(quota["daily_reset"] - box.world.now() + 1)
    await web.post("/control/tokens/expire", json={"service": "hdhive", "which": "grant"})
    linked = await hdhive()
    body = {"is_gambler": True}
    third = (await web.post(f"{OPEN}/checkin", json=body, headers=linked["headers"])).json()
    assert third["data"]["checked_in"] is True


async def test_own_shares(box, web, hdhive):
    linked = await hdhive(1002)
    shares = f"{OPEN}/shares"
    before = (await web.get(shares, headers=linked["headers"])).json()["meta"]["total"]
    wish = {
        "url": "https://pan.quark.cn/s/abcdef123456",
        "tmdb_id": "550",
        "media_type": "movie",
        "unlock_points": 3,
    }
    assert (await web.post(shares, json={"url": wish["url"]}, headers=linked["headers"])).status_code == 400
    made = (await web.post(shares, json=wish, headers=linked["headers"])).json()["data"]
    assert made["pan_type"] == "quark"
    page = await web.get(shares, params={"page": 1, "page_size": 1}, headers=linked["headers"])
    assert page.json()["meta"] == {
        "total": before + 1,
        "page": 1,
        "page_size": 1,
        "total_pages": before + 1,
    }
    one = f"{shares}/{made['slug']}"
    changed = await web.patch(one, json={"title": "Better", "unlock_points": 0}, headers=linked["headers"])
    assert changed.json()["data"]["title"] == "Better"
    other = await hdhive(1003)
    assert (await web.patch(one, json={"title": "x"}, headers=other["headers"])).status_code == 403
    assert (await web.delete(one, headers=linked["headers"])).json()["success"] is True
    assert box.world.people[1002].points == 7
    assert (await web.delete(one, headers=linked["headers"])).status_code == 404
    assert (await web.patch(one, json={}, headers=linked["headers"])).status_code == 400


async def test_usage_is_counted_from_real_calls(web, hdhive):
    linked = await hdhive(1003)
    await web.get(f"{OPEN}/ping", headers=linked["headers"])
    await web.get(f"{OPEN}/me", headers=linked["headers"])
    data = (await web.get(f"{OPEN}/usage/today", headers=linked["headers"])).json()["data"]
    assert (data["total_calls"], data["failed_calls"]) == (2, 1)
    history = (await web.get(f"{OPEN}/usage", headers=linked["headers"])).json()["data"]
    assert {row["endpoint"] for row in history["endpoint_stats"]} >= {"GET /ping", "GET /me"}
    bad = await web.get(f"{OPEN}/usage", params={"start_date": "soon"}, headers=linked["headers"])
    assert bad.status_code == 400


async def test_check_resource(web, hdhive):
    linked = await hdhive()
    body = {"url": "https://115.com/s/example 访问码:1234"}
    data = (await web.post(f"{OPEN}/check/resource", json=body, headers=linked["headers"])).json()["data"]
    assert (data["pan_type"], data["access_code"]) == ("115", "1234")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("unlock_points", 1001, "unlock_points"),
        ("title", "x" * 201, "title"),
        ("access_code", "not a code", "access_code"),
        ("url", "no link at all", "url"),
        ("is_anonymous", "yes", "is_anonymous"),
    ],
)
async def test_a_share_that_is_refused_says_which_field_is_wrong(web, hdhive, field, value, said):
    linked = await hdhive()
    wish = {"url": "https://pan.quark.cn/s/abcdef123456", "tmdb_id": "550", "media_type": "movie"}
    answer = await web.post(f"{OPEN}/shares", json=wish | {field: value}, headers=linked["headers"])
    assert (answer.status_code, answer.json()["code"]) == (400, "400")
    assert said in answer.json()["description"]


async def test_every_field_of_a_share_can_be_changed(box, web, hdhive):
    linked = await hdhive()
    wish = {"url": "https://pan.quark.cn/s/abcdef123456", "tmdb_id": "550", "media_type": "movie"}
    made = (await web.post(f"{OPEN}/shares", json=wish, headers=linked["headers"])).json()["data"]
    changes = {"tmdb_id": "1399", "media_type": "tv", "access_code": "ab12", "hide_link": True}
    one = f"{OPEN}/shares/{made['slug']}"
    changed = (await web.patch(one, json=changes, headers=linked["headers"])).json()["data"]
    assert changes.items() <= changed.items()
    assert made["slug"] in {r.slug for r in box.world.catalogue.of_title("tv", 1399)}
    bare = (await web.patch(one, json={"access_code": "", "title": ""}, headers=linked["headers"])).json()
    assert (bare["data"]["access_code"], bare["data"]["title"]) == (None, None)


async def test_an_app_that_people_look_at_has_a_past(box, web, hdhive):
    box.world.hdhive.live(box.world.now(), box.world.rng)
    linked = await hdhive()
    data = (await web.get(f"{OPEN}/usage", headers=linked["headers"])).json()["data"]
    assert len(data["daily_stats"]) == 29
    assert sum(day["total_calls"] for day in data["daily_stats"]) > 1000
    today = (await web.get(f"{OPEN}/usage/today", headers=linked["headers"])).json()["data"]
    assert today["total_calls"] == 1
