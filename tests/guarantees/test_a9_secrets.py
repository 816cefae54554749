"""A9: the canaries of the whole way in tests/e2e/test_secrets.py, counted."""

from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.driver import Control, Journal, Person
from tests.e2e.test_secrets import (
    Canaries,
    group,
    kept,
    met_by_the_services,
    test_no_secret_is_left_lying_about as go_the_whole_way,
)
from tests.guarantees import figures


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a9_no_secret_lies_in_plain_anywhere(
    box: Sandbox, tmp_path: Path, xiaoyu: Person, ben: Person, journal: Journal, control: Control
) -> None:
    """The way looks for itself, at metrics too; here all files and the group are counted again."""
    await go_the_whole_way(box, tmp_path, xiaoyu, ben, journal, control)
    canaries = Canaries()
    await met_by_the_services(box, journal, canaries)
    places = kept(tmp_path) | {"group": await group(xiaoyu)}
    leaks = [(place, name) for place, text in places.items() for name in canaries.in_(text)]
    figures.at_least(
        "A9",
        "kinds of secret met on the whole way, killed and restarted",
        len(set(canaries.found.values())),
        30,
    )
    figures.exactly("A9", "found in log (DEBUG), database, WAL, backup, group", len(leaks))
