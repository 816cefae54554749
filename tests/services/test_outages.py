"""Trouble that comes again and again is told once of each kind, and its end."""

import logging

import pytest

from services.outages import Outage

WHAT = "the table cannot be read"


def test_each_kind_is_told_once_and_the_end(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(logging.getLogger("test"), WHAT)
    outage.over()
    for error in (OSError("a"), OSError("b"), ValueError("c"), OSError("d")):
        outage.failed(error)
    outage.over()
    outage.over()
    outage.failed(OSError("e"))
    told = [(record.levelname, record.exc_info and str(record.exc_info[1])) for record in caplog.records]
    assert told == [("ERROR", "a"), ("ERROR", "c"), ("WARNING", None), ("ERROR", "e")]
    assert caplog.messages[2] == f"over: {WHAT}, 4 times"
