"""The table of promises at the end of a run."""

import pytest

from tests.guarantees import figures


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        figures.forget()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = list(figures.table())
    if len(lines) > 1:
        terminalreporter.section(f"guarantees, {'full' if figures.FULL else 'small'} size")
        for line in lines:
            terminalreporter.write_line(line)
