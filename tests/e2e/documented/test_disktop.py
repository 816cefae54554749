"""Every call and every error of Disk.Top's document: seen on the wire, told to somebody.

Most of it the other tests of this folder do. This one keeps the list, looks for their evidence, and does what
nobody else does.
"""

import ast
import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.routing import Mount, Route

from bot.wiring import House
from sandbox import disktop
from sandbox.server import Sandbox
from tests.conftest import Start, linked
from tests.driver import Browser, Control, Journal, Person
from tests.e2e.documented.evidence import modules, questions, tree
from tests.e2e.faults.test_linking import ticket, way_back
from tests.e2e.linking.test_device import Ahead
from tests.e2e.process import flying
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import KIB, digest, stored
from tests.e2e.words import Words

UP, API = "disktop-upload", "disktop"

# The document's calls, by its chapters. `7280` and `8d2f3a` are its own examples of ids.
CALLS = (
    (API, "GET", "/oauth/authorize"),
    (API, "POST", "/oauth/token"),
    (API, "POST", "/oauth/device-code"),
    (API, "POST", "/oauth/device-token"),
    (API, "GET", "/v1/user/info"),
    (API, "GET", "/v1/user/quota"),
    (API, "POST", "/v1/user/share-enable"),
    (API, "GET", "/v1/files"),
    (API, "GET", "/v1/files/search"),
    (API, "GET", "/v1/files/7280"),
    (API, "GET", "/v1/files/7280/download"),
    (API, "GET", "/v1/files/7280/stream"),
    (API, "POST", "/v1/files/folder"),
    (API, "POST", "/v1/files/manage"),
    (API, "POST", "/v1/files/upload/precreate"),
    (UP, "POST", "/u"),
    (UP, "GET", "/u/a747/parts"),
    (UP, "POST", "/u/a747/complete"),
    (UP, "POST", "/u/a747/abort"),
    (API, "POST", "/v1/share/8d2f3a/verify-pwd"),
    (API, "GET", "/v1/share/8d2f3a/info"),
    (API, "GET", "/v1/share/8d2f3a/files"),
    (API, "POST", "/v1/share/8d2f3a/transfer"),
    (API, "GET", "/v1/share/8d2f3a/stream"),
    (API, "GET", "/v1/share/8d2f3a/video-meta"),
    (API, "GET", "/v1/share/8d2f3a/download"),
)
# What one call does for several ends, by the field that says which.
KINDS = {
    "action": {"rename", "move", "copy", "delete"},
    "grant_type": {"authorization_code", "refresh_token"},
}
# The document's errors, and the test in which one is seen to come from the service and somebody reads of it.
ERRORS = {
    "invalid_client": "documented.test_disktop.test_a_refused_exchange_is_told",
    "invalid_grant": "documented.test_disktop.test_a_refused_exchange_is_told",
    "invalid_redirect_uri": "documented.test_disktop.test_a_refused_exchange_is_told",
    "access_denied": "drive.test_errors.test_a_no_comes_back_as_the_document_says",
    "unsupported_response_type": (
        "documented.test_disktop.test_a_refused_authorization_is_told_in_the_browser"
    ),
    "authorization_pending": "linking.test_device.test_allowed",
    "expired_token": "drive.test_errors.test_a_code_that_the_service_calls_expired",
    "incomplete": "documented.test_disktop.test_what_complete_misses_is_sent",
    "502": "drive.test_errors.test_a_drive_that_cannot_complete_is_asked_again",
    "invalid_surl": "save.test_files.test_links_that_lead_nowhere_say_why",
    "share_not_found": "save.test_files.test_links_that_lead_nowhere_say_why",
    "pwd_required_or_wrong": "save.test_files.test_a_code_that_changed_is_asked_for_again",
    "file_not_found": "save.test_files.test_a_file_that_is_gone_meanwhile_is_said_to_be",
}


# The list and its evidence


def answered(question: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    return [call for call in CALLS if all(map(re.fullmatch, question, call))]


def test_every_call_is_looked_for_on_the_wire() -> None:
    asked = [answered(question) for module in modules() for question in questions(module)]
    # A question that several calls would answer proves none of them.
    seen = {found[0] for found in asked if len(found) == 1}
    assert not set(CALLS) - seen


def test_every_kind_of_a_call_is_looked_for_on_the_wire() -> None:
    dicts = [node for module in modules() for node in ast.walk(tree(module)) if isinstance(node, ast.Dict)]
    for field, kinds in KINDS.items():
        seen = {
            value.value
            for node in dicts
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == field and isinstance(value, ast.Constant)
        }
        assert not kinds - seen, field


def test_every_error_is_told_in_a_test() -> None:
    for error, where in [*ERRORS.items(), ("access_denied", "linking.test_device.test_denied")]:
        module, _, test = where.rpartition(".")
        found = [n for n in tree(module).body if isinstance(n, ast.AsyncFunctionDef) and n.name == test]
        assert found, f"{error}: no {where}"
        inside = list(ast.walk(found[0]))
        words = [node.value for node in inside if isinstance(node, ast.Constant)]
        assert any(error in word for word in words if isinstance(word, str)), f"{where} does not name {error}"
        # By the journal, or by the address with which the service sends a browser back.
        looks = {node.attr for node in inside if isinstance(node, ast.Attribute)}
        assert looks & {"errno", "returned"}, f"{where} does not look at what the service said"


def test_the_list_is_what_the_stand_in_serves(box: Sandbox) -> None:
    documented = re.compile(r"/oauth/(authorize|token|device-.*)|/v1/(user|files|share)\b.*|/u\b.*")
    served = {
        (mount.path.strip("/"), method, re.sub(r"\{id.*?\}", "7280", route.path))
        for mount in disktop.routes(box.world)
        if isinstance(mount, Mount)
        for route in mount.routes
        if isinstance(route, Route) and documented.fullmatch(route.path)
        for method in (route.methods or set()) - {"HEAD"}
    }
    examples = {"{surl}": "8d2f3a", "{upload_id}": "a747"}
    for part, example in examples.items():
        served = {(service, method, path.replace(part, example)) for service, method, path in served}
    # The buttons of the consent page come back to its own address.
    assert served - {(API, "POST", "/oauth/authorize")} == set(CALLS)


# What no other test does


async def test_linking_in_the_browser(bot: House, person: Person, box: Sandbox, journal: Journal) -> None:
    await journal.forget()
    await linked(person, "disktop")
    asked = (await journal.calls(API, "GET", "/oauth/authorize"))[0].query
    own = box.world.credentials
    assert (asked["client_id"], asked["response_type"]) == (own.disktop_client_id, "code")
    assert asked["code_challenge_method"] == "S256"
    assert set(asked["scope"].split()) >= {"user.read", "files.app_data", "share.read"}
    (exchange,) = await journal.calls(API, "POST", "/oauth/token")
    verifier, code = exchange.form["code_verifier"], exchange.form["code"]
    assert exchange.form == {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": own.disktop_client_id,
        "client_secret": own.disktop_client_secret,
        "redirect_uri": asked["redirect_uri"],
        "code_verifier": verifier,
    }
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert asked["code_challenge"] == challenge
    (info,) = await journal.calls(API, "GET", "/v1/user/info")
    assert info.headers["authorization"].startswith("Bearer ")
    assert box.world.people[person.id].disktop_nickname in (await person.last()).text


async def test_an_expired_token_is_renewed_without_a_word(
    bot: House, person: Person, control: Control, journal: Journal
) -> None:
    await linked(person, "disktop")
    (first,) = await journal.calls(API, "POST", "/oauth/token")
    await control.expire("disktop", person.id, "access")
    await journal.forget()
    await person.send("/drive")
    await person.until("🗂")
    (refresh,) = await journal.calls(API, "POST", "/oauth/token")
    assert refresh.form == {
        "grant_type": "refresh_token",
        "refresh_token": refresh.form["refresh_token"],
        "client_id": first.form["client_id"],
        "client_secret": first.form["client_secret"],
    }


@pytest.mark.parametrize(
    ("error", "status", "key"),
    [
        ("invalid_grant", 400, "problem.attempt.failed"),
        ("invalid_client", 401, "problem.misconfigured"),
        ("invalid_redirect_uri", 400, "problem.code.invalid_redirect_uri"),
    ],
)
async def test_a_refused_exchange_is_told(
    bot: House,
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    error: str,
    status: int,
    key: str,
) -> None:
    payload = await way_back(person, "disktop")
    await control.fault(API, "/oauth/token", "status", status=status, body={"error": error})
    await person.start(payload)
    told = await person.until(say(key, service="Disk.Top"))
    assert told.find(say("button.link", service="Disk.Top")) is not None
    assert [call.errno for call in await journal.calls(API, "POST", "/oauth/token")] == [error]
    await linked(person, "disktop")


async def test_a_refused_authorization_is_told_in_the_browser(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    address = await ticket(person, "disktop")
    async with Browser(person.id) as browser:
        asked = parse_qs(urlsplit(await browser.bind(address)).query)
        refused = f"{asked['redirect_uri'][0]}?error=unsupported_response_type&state={asked['state'][0]}"
        assert await browser.returned(refused) == ""
        assert say("web.problem.failed.title", service="Disk.Top") in browser.page
        assert "unsupported_response_type" in browser.page
    assert not await journal.calls(API, "POST", "/oauth/token")
    await linked(person, "disktop")


DATA = bytes(range(256)) * 1000


async def test_what_complete_misses_is_sent(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await linked(person, "disktop")
    await control.options(disktop_chunk_bytes=64 * KIB)
    await control.fault(UP, "/u?*part_seq=3", "lose")
    await journal.forget()
    await person.send_file("a.bin", DATA)
    await uploading.done(person, say, "a.bin")
    completes = await journal.calls(UP, "POST", "*/complete")
    assert [(call.status, call.errno) for call in completes] == [(425, "incomplete"), (200, None)]
    assert len(await journal.calls(UP, "GET", "*/parts")) == 1
    sent = [call.query["part_seq"] for call in await journal.calls(UP, "POST", "/u")]
    assert sorted(sent[:4]) == ["1", "2", "3", "4"]
    assert sent[4:] == ["3"], "what is missing, and nothing else"
    item = stored(box, person, "a.bin")
    assert item is not None
    assert item.md5 == digest(DATA)


class Leaping(Ahead):
    """A clock whose waits can be made to pass by."""

    def advance(self, seconds: float) -> None:
        self.more += seconds


async def test_a_drive_that_never_has_all_of_it_is_told(
    start: Start, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    clock, words = Leaping(), {"errno": 425, "errmsg": "incomplete: 3/4"}
    await control.telegram("options", limits=False)
    await control.fault(UP, "*/complete", "status", status=425, body=words, times=0)
    async with start(clock=clock):
        await linked(person, "disktop")
        await person.send_file("a.bin", DATA)
        await person.until(say("upload.finishing"), 30, since=0)
        async with flying(clock, control):
            told = await uploading.failed(person, say, "a.bin", 60)
        assert say("problem.upload.corrupt", service="Disk.Top") in told.text
        assert stored(box, person, "a.bin") is None
        await control.mend()
        await person.press(told, say("button.retry"))
        assert (await uploading.done(person, say, "a.bin")).id == told.id
