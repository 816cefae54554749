"""Moments as services write them: seconds, milliseconds, dates, with a zone or by Beijing's clock."""

import pytest

from clients.moments import moment


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("1730000000", 1.73e9),
        ("1730000000123", 1730000000.123),
        ("1970-01-01", -28_800.0),
        ("1970-01-01T00:00:00+00:00", 0.0),
        ("", None),
        ("²", None),
        ("9" * 400, None),
        ("20240102", 1_704_124_800.0),
        (1730000000123, 1730000000.123),
        (1730000000, 1.73e9),
        (True, None),
        (1e15, None),
        (None, None),
    ],
)
def test_moments_are_read_as_they_are_written(written: object, at: float | None) -> None:
    assert moment(written) == (None if at is None else pytest.approx(at))
