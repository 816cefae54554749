"""The table of promises at the end of a run."""

from collections.abc import Iterable, Mapping

import pytest

from tests.guarantees import figures


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        figures.forget()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines, taken = list(figures.table()), seconds(terminalreporter.stats)
    if len(lines) > 1 and taken:
        terminalreporter.section(f"guarantees, {'full' if figures.FULL else 'small'} size")
        for line in lines:
            terminalreporter.write_line(line)
        workers = getattr(terminalreporter.config.option, "numprocesses", None) or 1
        # Told only: a machine that is busy with other things breaks no promise.
        terminalreporter.write_line(figures.time_taken(taken, workers))


def seconds(stats: Mapping[str, Iterable[object]]) -> float:
    """Return how long the tests of the promises took, with what they build and tear down."""
    reports = [report for of_a_kind in stats.values() for report in of_a_kind]
    found = [report for report in reports if isinstance(report, pytest.TestReport)]
    return sum(report.duration for report in found if report.nodeid.startswith("tests/guarantees/"))
