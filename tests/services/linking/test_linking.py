"""Linking through the browser: tickets, states and nonces, each used once, by the one who asked."""

import asyncio
import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from services.errors import AttemptProblem, ServiceOff
from services.linking.tickets import challenge
from services.names import Service
from storage.database import Database

BOTH = pytest.mark.parametrize("service", [Service.HDHIVE, Service.DISKTOP])


async def problem(awaitable: Any) -> AttemptProblem:
    with pytest.raises(AttemptProblem) as caught:
        await awaitable
    assert str(caught.value).startswith(caught.value.kind)
    return caught.value


async def dump(db: Database) -> str:
    async def read(tx: Any) -> str:
        return repr((await tx.conn.execute(text("SELECT * FROM attempts"))).all())

    return await db.read(read)


@BOTH
async def test_the_whole_way_ends_in_a_link_with_its_account(house, service):
    linking = house.services.linking
    ticket = await house.ticket(1001, service)
    view = await linking.look(ticket)
    assert (view.service, view.display_name, view.language) == (service, "小雨", "zh")
    bound = await linking.bind(ticket)
    query = await house.consent(bound.authorize_url, 1001)
    back = await linking.returned(service, query["state"], query["code"], None, bound.cookie_value)
    assert back.payload.startswith("l_")
    assert len(back.payload) == 45
    assert await house.calls(service, "POST", "/oauth/token") == []
    linked = await linking.finish(1001, back.payload)
    assert linked.also == ()
    link = linked.link
    assert link.account_name == ("雨夜放映员" if service == "hdhive" else "小雨的云盘")
    assert link.account_id == ("48213" if service == "hdhive" else "1701")
    assert set(link.scopes) == set(linking.scopes_wanted(service))
    assert len(await house.calls(service, "POST", "/oauth/token")) == 1


async def test_who_is_not_premium_is_linked_without_a_name(house):
    link = await house.link(1002)
    assert (link.account_id, link.account_name, link.state) == (None, None, "active")


async def test_an_account_that_cannot_be_described_now_stays_unnamed(house):
    house.fault("disktop", "*/user/info", "status", status=500, times=0)
    link = await house.link(1001, Service.DISKTOP)
    assert link.account_name is None


async def test_the_second_service_is_told_of_the_first(house):
    await house.link(1001, Service.DISKTOP)
    payload = await house.payload(1001)
    assert (await house.services.linking.finish(1001, payload)).also == ("disktop",)


async def test_a_service_that_is_off_cannot_be_linked(build):
    house = build(off=["hdhive"])
    with pytest.raises(ServiceOff):
        await house.ticket()
    with pytest.raises(ServiceOff):
        house.services.linking.scopes_wanted("hdhive")


async def test_looking_changes_nothing(house):
    ticket = await house.ticket()
    before = await dump(house.services.db)
    for _ in range(50):
        await house.services.linking.look(ticket)
    assert await dump(house.services.db) == before
    await house.services.linking.bind(ticket)


async def test_every_bind_has_new_secrets_and_the_last_browser_counts(house):
    linking, ticket = house.services.linking, await house.ticket(1001, Service.DISKTOP)
    bounds = [await linking.bind(ticket) for _ in range(20)]
    queries = [parse_qs(urlsplit(bound.authorize_url).query) for bound in bounds]
    assert len({q["code_challenge"][0] for q in queries}) == 20
    assert len({q["state"][0] for q in queries}) == 20
    assert len({bound.cookie_value for bound in bounds}) == 20
    assert {q["code_challenge_method"][0] for q in queries} == {"S256"}
    assert {q["redirect_uri"][0] for q in queries} == {"http://127.0.0.1:8080/oauth/disktop/callback"}
    first = await house.consent(bounds[0].authorize_url, 1001)
    assert (
        await problem(
            linking.returned("disktop", first["state"], first["code"], None, bounds[0].cookie_value)
        )
    ).kind == "unknown"
    last = await house.consent(bounds[-1].authorize_url, 1001)
    await linking.returned("disktop", last["state"], last["code"], None, bounds[-1].cookie_value)


def test_the_challenge_is_that_of_the_rfc():
    # RFC 7636, appendix B.
    assert (
        challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )
    assert len(base64.urlsafe_b64decode(challenge("x") + "=")) == hashlib.sha256().digest_size


async def test_no_secret_is_stored_in_plain(house):
    ticket = await house.ticket(1001, Service.DISKTOP)
    bound = await house.services.linking.bind(ticket)
    query = await house.consent(bound.authorize_url, 1001)
    back = await house.services.linking.returned(
        "disktop", query["state"], query["code"], None, bound.cookie_value
    )
    stored = await dump(house.services.db)
    for secret in (ticket, bound.cookie_value, query["state"], query["code"], back.payload[2:]):
        assert secret not in stored


async def test_tickets_states_and_nonces_grow_old(house):
    linking, clock = house.services.linking, house.clock
    ticket = await house.ticket()
    bound = await linking.bind(ticket)
    query = await house.consent(bound.authorize_url, 1001)
    payload = await house.payload()
    clock.advance(301)
    assert (await problem(linking.finish(1001, payload))).kind == "expired"
    clock.advance(300)
    assert (await problem(linking.look(ticket))).kind == "expired"
    assert (await problem(linking.bind(ticket))).kind == "expired"
    late = linking.returned("hdhive", query["state"], query["code"], None, bound.cookie_value)
    assert (await problem(late)).kind == "expired"
    assert await house.calls("hdhive", "POST", "/oauth/token") == []


async def test_what_nobody_made_is_unknown(house):
    linking = house.services.linking
    assert (await problem(linking.look("x"))).kind == "unknown"
    assert (await problem(linking.bind(""))).kind == "unknown"
    assert (await problem(linking.returned("hdhive", None, "c", None, None))).kind == "unknown"
    assert (await problem(linking.finish(1001, "l_nothing"))).kind == "unknown"


async def test_another_browser_is_refused_and_burns_the_attempt(house):
    linking = house.services.linking
    bound = await linking.bind(await house.ticket())
    query = await house.consent(bound.authorize_url, 1001)
    for cookie, kind in ((None, "browser"), (bound.cookie_value, "used")):
        answer = linking.returned("hdhive", query["state"], query["code"], None, cookie)
        assert (await problem(answer)).kind == kind


async def test_the_state_of_one_service_is_nothing_at_another(house):
    linking = house.services.linking
    bound = await linking.bind(await house.ticket())
    query = await house.consent(bound.authorize_url, 1001)
    answer = linking.returned("disktop", query["state"], query["code"], None, bound.cookie_value)
    assert (await problem(answer)).kind == "unknown"


@pytest.mark.parametrize(
    ("error", "code", "kind", "detail"),
    [
        ("access_denied", None, "denied", "access_denied"),
        ("server_error", "c", "failed", "server_error"),
        (None, None, "failed", "no_code"),
        (None, "c" * 5000, "failed", "no_code"),
        ("x" * 500, None, "failed", "x" * 100),
    ],
)
async def test_a_denied_or_failed_consent_ends_the_attempt(house, error, code, kind, detail):
    linking, ticket = house.services.linking, await house.ticket()
    bound = await linking.bind(ticket)
    state = parse_qs(urlsplit(bound.authorize_url).query)["state"][0]
    answer = await problem(linking.returned("hdhive", state, code, error, bound.cookie_value))
    assert (answer.kind, answer.detail, answer.service) == (kind, detail, "hdhive")
    assert (await problem(linking.look(ticket))).kind == "denied"
    again = linking.returned("hdhive", state, "code", None, bound.cookie_value)
    assert (await problem(again)).kind == "denied"


async def test_deny_on_the_real_consent_page(house):
    bound = await house.services.linking.bind(await house.ticket(1001, Service.DISKTOP))
    query = await house.consent(bound.authorize_url, 1001, decision="deny")
    answer = house.services.linking.returned(
        "disktop", query["state"], query.get("code"), query["error"], bound.cookie_value
    )
    assert (await problem(answer)).kind == "denied"


async def test_somebody_else_burns_the_attempt_and_the_owner_is_told(house):
    linking, payload = house.services.linking, await house.payload(1001)
    answer = await problem(linking.finish(1002, payload))
    assert (answer.kind, answer.attempt.user_id, answer.service) == ("foreign", 1001, "hdhive")
    assert (await problem(linking.finish(1001, payload))).kind == "used"
    (told,) = await house.jobs("notice")
    assert told.payload == {"user_id": 1001, "kind": "link_burned", "service": "hdhive"}
    assert await house.calls("hdhive", "POST", "/oauth/token") == []


async def test_of_parallel_replays_one_wins(house):
    linking = house.services.linking
    bound = await linking.bind(await house.ticket())
    query = await house.consent(bound.authorize_url, 1001)

    async def come_back() -> str:
        return (
            await linking.returned("hdhive", query["state"], query["code"], None, bound.cookie_value)
        ).payload

    answers = await asyncio.gather(*(come_back() for _ in range(50)), return_exceptions=True)
    (payload,) = [x for x in answers if isinstance(x, str)]
    ends = await asyncio.gather(*(linking.finish(1001, payload) for _ in range(50)), return_exceptions=True)
    assert len([x for x in ends if not isinstance(x, BaseException)]) == 1
    # While the winner is on its way, its own person's replays look like a way that was broken off.
    assert {x.kind for x in ends if isinstance(x, AttemptProblem)} <= {"used", "interrupted"}
    assert len(await house.calls("hdhive", "POST", "/oauth/token")) == 1
    # Who presses again after it worked can be told so.
    assert (await problem(linking.finish(1001, payload))).link.user_id == 1001
    assert (await problem(linking.finish(1002, payload))).link is None


async def test_a_used_nonce_without_a_newer_link_has_none(house):
    payload = await house.payload()
    house.fault("hdhive", "*/oauth/token", "status", status=500)
    failed = await problem(house.services.linking.finish(1001, payload))
    assert (failed.kind, failed.detail) == ("failed", "UpstreamBroken")
    assert (await problem(house.services.linking.finish(1001, payload))).link is None
    await house.link()
    house.clock.advance(5)
    later = await house.payload()
    house.fault("hdhive", "*/oauth/token", "html")
    await problem(house.services.linking.finish(1001, later))
    assert (await problem(house.services.linking.finish(1001, later))).link is None


async def test_a_refused_code_fails_with_its_reason(house):
    bound = await house.services.linking.bind(await house.ticket(1001, Service.DISKTOP))
    query = await house.consent(bound.authorize_url, 1001)
    back = await house.services.linking.returned("disktop", query["state"], "wrong", None, bound.cookie_value)
    failed = await problem(house.services.linking.finish(1001, back.payload))
    assert (failed.kind, failed.detail) == ("failed", "invalid_grant")
