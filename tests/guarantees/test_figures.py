"""The table of promises itself: what counts as reached, in the small run too, and the time all of it took."""

from pathlib import Path
from typing import Any

import pytest

from tests.guarantees import figures, report


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep what is noted here out of the table."""
    monkeypatch.setattr(figures, "FOLDER", tmp_path)


@pytest.mark.parametrize("full", [False, True])
def test_a_limit_holds_in_the_small_run_too(monkeypatch: pytest.MonkeyPatch, full: bool) -> None:
    monkeypatch.setattr(figures, "FULL", full)
    figures.below("D6", "slowest", 59.9, 60)
    with pytest.raises(AssertionError, match="D6 slowest"):
        figures.below("D6", "slowest", 60.1, 60)


def test_a_latency_may_be_missed_on_a_busy_machine_only_there_and_only_so_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "FULL", False)
    figures.swiftly("C2", "p99", 499, 50)
    with pytest.raises(AssertionError):
        figures.swiftly("C2", "p99", 501, 50)
    monkeypatch.setattr(figures, "FULL", True)
    with pytest.raises(AssertionError):
        figures.swiftly("C2", "p99", 51, 50)
    assert [line[0] for line in list(figures.table())[1:]] == ["✗"], "a miss that is let pass is shown as one"


def done(nodeid: str, when: Any, seconds: float) -> pytest.TestReport:
    return pytest.TestReport(nodeid, ("", 0, ""), {}, "passed", None, when, duration=seconds)


def test_the_time_is_that_of_the_promises_by_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    stats = {
        "": [done("tests/guarantees/test_x.py::a", "setup", 2), "no report"],
        "passed": [done("tests/guarantees/test_x.py::a", "call", 10), done("tests/e2e/y.py::b", "call", 99)],
        "failed": [done("tests/guarantees/test_x.py::c", "call", 8)],
    }
    assert report.seconds(stats) == 20
    monkeypatch.setattr(figures, "FULL", False)
    assert "20 s, by 2 workers: 10 s each" in figures.time_taken(20, 2)
    assert "below 360 s" in figures.time_taken(20, 0)
    monkeypatch.setattr(figures, "FULL", True)
    assert "360" not in figures.time_taken(20, 2)
