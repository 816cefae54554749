"""What people type for a size and for a setting: read as it is meant, or refused."""

from typing import Any

import pytest

from handlers.publish.answers import size_in
from handlers.site.setting import Unfit, value_of

KIB = 1024
GIB = KIB**3


@pytest.mark.parametrize(
    ("words", "size"),
    [
        ("5.3 GB", int(5.3 * GIB)),
        ("5.3G", int(5.3 * GIB)),
        ("5,3 GB", int(5.3 * GIB)),
        ("５．３ＧＢ", int(5.3 * GIB)),
        ("700MiB", 700 * KIB**2),
        ("1,024 KB", KIB**2),
        ("1,048,576 B", KIB**2),
        ("1048576", KIB**2),
        ("12", None),
        ("5.3", None),
        ("GB", None),
        ("1.2.3 GB", None),
        ("0 GB", None),
        ("big", None),
        ("", None),
    ],
)
def test_a_size(words: str, size: int | None) -> None:
    assert size_in(words) == size


@pytest.mark.parametrize(
    ("words", "old"),
    [("NaN", 1.5), ("1e999", 1.5), ("-Infinity", 1.5), ("[NaN]", []), ("[" * 1000, []), ("1", True)],
)
def test_what_is_no_value_of_a_setting(words: str, old: Any) -> None:
    with pytest.raises(Unfit):
        value_of(words, old)


@pytest.mark.parametrize(
    ("words", "old", "value"),
    [
        ("2.5", 1.5, 2.5),
        ("2", 1.5, 2),
        ("true", False, True),
        ('{"a": [1]}', {}, {"a": [1]}),
        ("1", "x", "1"),
    ],
)
def test_a_value_of_the_same_kind(words: str, old: Any, value: Any) -> None:
    assert value_of(words, old) == value
