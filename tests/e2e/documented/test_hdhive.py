"""Every call and every error of HDHive's document: reached by what people do, told to somebody.

The 15 business endpoints and the revocation are walked here and seen on the wire; what each says in all its
cases is shown by the other tests of this folder. This one also keeps the list and looks for their evidence.
"""

import ast
import re

import pytest
from starlette.routing import Mount, Route

from bot.wiring import House
from sandbox import hdhive
from sandbox.server import Sandbox
from tests.conftest import Start, linked
from tests.driver import Call, Control, Journal, Person
from tests.e2e import ways
from tests.e2e.conftest import PEOPLE
from tests.e2e.documented.evidence import modules, questions, tree
from tests.e2e.shares import sharing
from tests.e2e.words import Words

HDHIVE, OPEN, OAUTH = "hdhive", "/api/open", "/api/public/openapi/oauth"

# The document's business endpoints, in its order, and the calls of linking that are an application's own. The
# two of `oauth/authorize` are what HDHive's own page asks its own server, with the cookie of its site.
BUSINESS = (
    ("GET", "/api/open/ping"),
    ("GET", "/api/open/quota"),
    ("GET", "/api/open/usage"),
    ("GET", "/api/open/usage/today"),
    ("GET", "/api/open/resources/movie/438631"),
    ("GET", "/api/open/shares/8d2f3a"),
    ("POST", "/api/open/check/resource"),
    ("POST", "/api/open/resources/unlock"),
    ("GET", "/api/open/shares"),
    ("POST", "/api/open/shares"),
    ("PATCH", "/api/open/shares/8d2f3a"),
    ("DELETE", "/api/open/shares/8d2f3a"),
    ("GET", "/api/open/me"),
    ("POST", "/api/open/checkin"),
    ("GET", "/api/open/vip/weekly-free-quota"),
)
CALLS = (
    *BUSINESS,
    ("GET", "/openapi/authorize"),
    ("POST", "/api/public/openapi/oauth/token"),
    ("POST", "/api/public/openapi/oauth/revoke"),
)
GRANTS = {"authorization_code", "refresh_token"}
# The document's errors of an unlock, and the test in which somebody reads of each.
ERRORS = {
    "400": "documented.test_hdhive.test_a_refused_unlock_is_told_and_costs_nothing",
    "OPENAPI_USER_REQUIRED": "documented.test_hdhive.test_a_refused_unlock_is_told_and_costs_nothing",
    "404": "documented.test_hdhive.test_a_refused_unlock_is_told_and_costs_nothing",
    "INSUFFICIENT_POINTS": (
        "faults.test_bad_input.test_without_points_nothing_is_charged_and_the_next_step_is_there"
    ),
    "RATE_LIMIT_EXCEEDED": "faults.test_unlocks.test_an_unlock_that_is_put_off_costs_nothing",
}


# The list and its evidence


def answered(question: tuple[str, str, str]) -> list[tuple[str, str]]:
    service, method, path = question
    if not re.fullmatch(service, HDHIVE):
        return []
    return [call for call in CALLS if re.fullmatch(method, call[0]) and re.fullmatch(path, call[1])]


def test_there_are_fifteen_business_endpoints() -> None:
    assert len(set(BUSINESS)) == 15


def test_every_call_is_looked_for_on_the_wire() -> None:
    asked = [answered(question) for module in modules() for question in questions(module)]
    # A question that several calls would answer proves none of them.
    seen = {found[0] for found in asked if len(found) == 1}
    assert not set(CALLS) - seen


def test_both_grants_are_looked_for_on_the_wire() -> None:
    found = {
        value.value
        for node in ast.walk(tree("documented.test_hdhive"))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "grant_type" and isinstance(value, ast.Constant)
    }
    assert not GRANTS - found


def test_every_error_is_told_in_a_test() -> None:
    for error, where in ERRORS.items():
        module, _, test = where.rpartition(".")
        names = [node.name for node in tree(module).body if isinstance(node, ast.AsyncFunctionDef)]
        assert test in names, f"{error}: no {where}"


def test_the_list_is_what_the_stand_in_serves(box: Sandbox) -> None:
    (mount,) = (one for one in hdhive.routes(box.world) if isinstance(one, Mount))
    (business,) = (one for one in mount.routes if isinstance(one, Mount) and one.path == OPEN)
    examples = {"{type}": "movie", "{tmdb_id}": "438631", "{slug}": "8d2f3a"}
    served = set()
    for route in business.routes:
        assert isinstance(route, Route)
        path = f"{OPEN}{route.path}"
        for part, example in examples.items():
            path = path.replace(part, example)
        served.add(path)
    assert served - {f"{OPEN}/{{rest:path}}"} == {path for _, path in BUSINESS}


# The walk


def signed(box: Sandbox, person: Person, call: Call) -> bool:
    """Tell whether a call carries the application's key and this person's token."""
    token = call.headers["authorization"].removeprefix("Bearer ")
    grant = box.world.hdhive.grants.by_access(token)
    own = call.headers["x-api-key"] == box.world.credentials.hdhive_app_secret
    return own and grant is not None and grant.person == person.id


async def test_linking_renewing_and_unlinking(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await journal.forget()
    await linked(person, "hdhive")
    asked = (await journal.calls("hdhive", "GET", "/openapi/authorize"))[0].query
    assert asked["client_id"] == box.world.credentials.hdhive_client_id
    assert set(asked["scope"].split()) == {"meta", "query", "unlock", "write", "vip"}
    (exchange,) = await journal.calls("hdhive", "POST", "/api/public/openapi/oauth/token")
    assert exchange.headers["x-api-key"] == box.world.credentials.hdhive_app_secret
    assert exchange.json == {
        "grant_type": "authorization_code",
        "code": exchange.json["code"],
        "redirect_uri": asked["redirect_uri"],
    }
    grant = box.world.hdhive.grants.all[-1]
    first = grant.refresh_token
    await control.expire("hdhive", person.id, "access")
    await journal.forget()
    await person.send("/accounts")
    await person.until(box.world.people[person.id].hdhive_nickname)
    (refresh,) = await journal.calls("hdhive", "POST", "/api/public/openapi/oauth/token")
    assert refresh.json == {"grant_type": "refresh_token", "refresh_token": first}
    await person.send("/unlink hdhive")
    await person.press(await person.until(say.starts("unlink.ask")), say("button.confirm"))
    await person.until(say("unlink.done", service="HDHive"))
    await bot.jobs.idle()
    (revoke,) = await journal.calls("hdhive", "POST", "/api/public/openapi/oauth/revoke")
    assert revoke.headers["x-api-key"] == box.world.credentials.hdhive_app_secret
    assert revoke.json == {"refresh_token": grant.refresh_token}
    assert revoke.json["refresh_token"] != first, "the latest one, not the one that was spent"
    assert grant.revoked


async def test_a_title_its_price_and_its_link(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "hdhive")
    slug = ways.resource(box, "quark", 5).slug
    await journal.forget()
    await ways.title(person, say)
    (titles,) = await journal.calls("hdhive", "GET", "/api/open/resources/movie/438631")
    card = await ways.asked(person, say, slug)
    (price, *_) = await journal.calls("hdhive", "GET", "/api/open/shares/*")
    assert price.path == f"{OPEN}/shares/{slug}"
    assert not await journal.calls("hdhive", "POST", "/api/open/resources/unlock")
    await person.press(card, say("button.confirm"))
    await person.until(lambda message: message.find(say("button.open")) is not None)
    (bought,) = await journal.calls("hdhive", "POST", "/api/open/resources/unlock")
    assert bought.json == {"slug": slug}
    assert all(signed(box, person, call) for call in (titles, price, bought))


async def test_own_shares_made_changed_and_deleted(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    sharing.nothing_shared(box, person)
    await journal.forget()
    preview = await sharing.to_preview(person, say)
    (listed, *_) = await journal.calls("hdhive", "GET", "/api/open/shares")
    assert set(listed.query) == {"page", "page_size"}
    (kind,) = await journal.calls("hdhive", "POST", "/api/open/check/resource")
    assert kind.json == {"url": sharing.LINK}
    await person.press(preview, say("button.publish"))
    card = await person.until(say("share.published"))
    (made,) = await journal.calls("hdhive", "POST", "/api/open/shares")
    assert made.json == {
        "url": sharing.LINK,
        "tmdb_id": "438631",
        "media_type": "movie",
        "title": "4K WEB-DL",
        "unlock_points": 5,
        "is_anonymous": False,
        "hide_link": False,
    }
    (share,) = sharing.mine(box, person)
    await person.press(card, say("button.field_price"))
    await person.until(say("share.head_change"))
    await person.send("12")
    card = await person.until(say("share.changed"))
    (patched,) = await journal.calls("hdhive", "PATCH", "/api/open/shares/*")
    assert (patched.path, patched.json) == (f"{OPEN}/shares/{share.slug}", {"unlock_points": 12})
    await person.press(card, say("button.delete_share"))
    await person.press(await person.until(say.starts("share.delete_ask")), say("button.delete_point"))
    await person.until(say("share.deleted"))
    (deleted,) = await journal.calls("hdhive", "DELETE", "/api/open/shares/*")
    assert deleted.path == f"{OPEN}/shares/{share.slug}"
    assert all(signed(box, person, call) for call in (listed, kind, made, patched, deleted))
    assert not sharing.mine(box, person)


async def test_account_quota_usage_and_the_daily_check_in(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await linked(person, "hdhive")
    await journal.forget()
    await person.send("/usage")
    await person.until(lambda message: message.find(say("button.refresh")) is not None)
    (me,) = await journal.calls("hdhive", "GET", "/api/open/me")
    (quota,) = await journal.calls("hdhive", "GET", "/api/open/quota")
    (today,) = await journal.calls("hdhive", "GET", "/api/open/usage/today")
    (usage,) = await journal.calls("hdhive", "GET", "/api/open/usage")
    (weekly,) = await journal.calls("hdhive", "GET", "/api/open/vip/weekly-free-quota")
    assert set(usage.query) == {"start_date", "end_date"}
    await person.send("/checkin lucky")
    await bot.jobs.idle()
    await person.settled()
    (checkin,) = await journal.calls("hdhive", "POST", "/api/open/checkin")
    assert checkin.json == {"is_gambler": True}
    assert all(signed(box, person, call) for call in (me, quota, today, usage, weekly, checkin))


async def test_the_operator_sees_whether_the_key_is_good(
    start: Start, person: Person, say: Words, control: Control, journal: Journal, box: Sandbox, language: str
) -> None:
    await control.telegram("options", limits=False)
    async with start(admin_ids=str(PEOPLE[language])):
        await person.send("/admin")
        card = await person.until(say.starts("admin.title"))
        up = say("admin.up", service="HDHive", state=say("admin.state.ok"))
        if up not in card.text:
            await person.press(card, say("button.refresh"))
            await person.until(up)
        (ping, *_) = await journal.calls("hdhive", "GET", "/api/open/ping")
        assert ping.headers["x-api-key"] == box.world.credentials.hdhive_app_secret
        assert "authorization" not in ping.headers


@pytest.mark.parametrize(
    ("status", "code", "key"),
    [
        (400, "400", "problem.rejected"),
        (403, "OPENAPI_USER_REQUIRED", "problem.forbidden.unlinked"),
        (404, "404", "problem.not_found"),
    ],
)
async def test_a_refused_unlock_is_told_and_costs_nothing(
    bot: House,
    person: Person,
    say: Words,
    box: Sandbox,
    control: Control,
    status: int,
    code: str,
    key: str,
) -> None:
    await linked(person, "hdhive")
    card = await ways.asked(person, say, ways.resource(box, "quark", 5).slug)
    body = {"success": False, "code": code, "description": f"说明 {code}"}
    await control.fault("hdhive", "/api/open/resources/unlock", "status", status=status, body=body)
    await person.press(card, say("button.confirm"))
    told = await person.until(say(key, service="HDHive"))
    assert f"说明 {code}" in told.text, "HDHive's own words"
    assert not box.world.hdhive.charges
    assert box.world.people[person.id].points == 120
