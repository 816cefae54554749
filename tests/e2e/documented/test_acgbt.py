"""Every call and every error code of ACGBT's document: the list, and the evidence that people meet each.

test_acgbt_walk.py makes all nineteen calls in both ways to sign in; what each says in all its cases
is shown by the other tests of this folder.
"""

import re

from sandbox import acgbt
from sandbox.server import Sandbox
from tests.e2e.documented.evidence import modules, questions, tree

# The document's calls, in its order; the first six are open to everybody.
OPEN = (
    ("GET", "/api/v1"),
    ("GET", "/api/v1/resources"),
    ("GET", "/api/v1/resources/7"),
    ("GET", "/api/v1/categories"),
    ("GET", "/api/v1/search"),
    ("GET", "/api/v1/resources/7/comments"),
)
CALLS = (
    *OPEN,
    ("POST", "/api/v1/publish"),
    ("POST", "/api/v1/comments"),
    ("DELETE", "/api/v1/comments/7"),
    ("GET", "/api/v1/user/profile"),
    ("POST", "/api/v1/user/avatar"),
    ("POST", "/api/v1/user/avatar/upload"),
    ("GET", "/api/v1/user/keys"),
    ("POST", "/api/v1/user/keys"),
    ("GET", "/api/v1/messages"),
    ("GET", "/api/v1/messages/unread-count"),
    ("GET", "/api/v1/messages/7"),
    ("POST", "/api/v1/messages/7/read"),
    ("POST", "/api/v1/messages/read-all"),
)
# The document's error codes, and the test in which somebody reads of each.
ERRORS = {
    400: "documented.test_acgbt_walk.test_a_bad_request_is_told_in_the_services_own_words",
    401: "documented.test_acgbt_walk.test_a_key_that_is_refused_is_lost_and_the_way_to_link_is_there",
    403: "documented.test_acgbt_walk.test_a_missing_permission_is_told_with_what_helps",
    404: "documented.test_acgbt_walk.test_what_is_not_there_is_said_to_be_gone",
    429: "documented.test_acgbt_walk.test_too_many_calls_are_told_with_the_time_to_wait",
    500: "documented.test_acgbt_walk.test_a_broken_service_is_told_and_tried_again",
}


# The list and its evidence


def answered(question: tuple[str, str, str]) -> list[tuple[str, str]]:
    service, method, path = question
    if not re.fullmatch(service, "acgbt"):
        return []
    return [call for call in CALLS if re.fullmatch(method, call[0]) and re.fullmatch(path, call[1])]


def test_there_are_nineteen_calls() -> None:
    assert len(set(CALLS)) == 19


def test_every_call_is_looked_for_on_the_wire() -> None:
    asked = [answered(question) for module in modules() for question in questions(module)]
    # A question that several calls would answer proves none of them.
    seen = {found[0] for found in asked if len(found) == 1}
    assert not set(CALLS) - seen


def test_every_error_is_told_in_a_test() -> None:
    for error, where in ERRORS.items():
        module, _, test = where.rpartition(".")
        names = {getattr(node, "name", "") for node in tree(module).body}
        assert test in names, f"{error}: no {where}"


def test_the_list_is_what_the_stand_in_serves(box: Sandbox) -> None:
    (mount,) = acgbt.routes(box.world)
    paths = {re.sub(r"\{id.*?\}", "7", route.path).rstrip("/") for route in mount.routes}  # type: ignore[attr-defined]
    api = {path for path in paths if path.startswith("/api") and "{" not in path}
    assert api == {path for _, path in CALLS}
