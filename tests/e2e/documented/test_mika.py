"""Every call and every error of Mika's document: the list, and the evidence that people meet each.

test_mika_walk.py makes the document's calls by a login and by a signed key; what each says in all
its cases is shown by the other tests of this folder.
"""

import re

from starlette.routing import Mount, Route

from sandbox import mika
from sandbox.server import Sandbox
from tests.e2e.documented.evidence import modules, questions, tree

API, ADMIN = "/api", "/api/admin"
TASKS = f"{ADMIN}/transcode/tasks"
# The document's calls, by its chapters; the first two are about who nobody is yet.
OPEN = (("POST", f"{API}/auth/login"), ("POST", f"{API}/auth/register"))
CALLS = (
    *OPEN,
    ("GET", f"{API}/user/profile"),
    ("PUT", f"{API}/user/profile"),
    ("GET", f"{API}/videos"),
    ("GET", f"{API}/videos/7"),
    ("POST", f"{API}/videos/upload"),
    ("POST", f"{API}/videos/upload/init"),
    ("POST", f"{API}/videos/upload/chunk"),
    ("POST", f"{API}/videos/upload/complete"),
    ("PUT", f"{API}/videos/7"),
    ("DELETE", f"{API}/videos/7"),
    ("GET", f"{API}/categories"),
    ("POST", f"{ADMIN}/categories"),
    ("PUT", f"{ADMIN}/categories/7"),
    ("DELETE", f"{ADMIN}/categories/7"),
    ("GET", TASKS),
    ("GET", f"{TASKS}/7"),
    ("POST", f"{TASKS}/7/retry"),
    ("POST", f"{TASKS}/7/cancel"),
    ("GET", f"{ADMIN}/statistics/overview"),
    ("GET", f"{ADMIN}/statistics/videos"),
    ("GET", f"{ADMIN}/statistics/users"),
    ("GET", f"{ADMIN}/settings"),
    ("PUT", f"{ADMIN}/settings"),
)
# The document's errors, and the test in which somebody reads of each.
ERRORS = {
    400: "videos.test_edit.test_what_the_site_says_against_fields_stands_beside_them",
    401: "documented.test_mika_walk.test_what_is_not_accepted_any_more_is_lost_and_the_way_to_link_is_there",
    403: "videos.test_edit.test_somebody_elses_video_may_not_be_changed",
    404: "videos.test_videos.test_a_video_that_went_meanwhile",
    429: "documented.test_mika_walk.test_too_many_calls_are_told_with_the_time_to_wait",
    500: "videos.test_videos.test_a_site_in_trouble_is_said_to_be",
}


# The list and its evidence


def answered(question: tuple[str, str, str]) -> list[tuple[str, str]]:
    service, method, path = question
    if not re.fullmatch(service, "mika"):
        return []
    return [call for call in CALLS if re.fullmatch(method, call[0]) and re.fullmatch(path, call[1])]


def test_there_are_twenty_five_calls() -> None:
    assert len(set(CALLS)) == 25


def test_every_error_is_told_in_a_test() -> None:
    for error, where in ERRORS.items():
        module, _, test = where.rpartition(".")
        names = {getattr(node, "name", "") for node in tree(module).body}
        assert test in names, f"{error}: no {where}"


def test_the_open_calls_are_looked_for_on_the_wire() -> None:
    asked = [answered(question) for module in modules() for question in questions(module)]
    seen = {found[0] for found in asked if len(found) == 1}
    assert not set(OPEN) - seen


def test_the_list_is_what_the_stand_in_serves(box: Sandbox) -> None:
    (whole,) = mika.routes(box.world)
    assert isinstance(whole, Mount)
    (api,) = (part for part in whole.routes if isinstance(part, Mount))
    served = {
        (method, f"{API}{re.sub(r'{id.*?}', '7', route.path)}")
        for route in api.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert served == set(CALLS)
