"""No pattern takes long over a hostile message: the longest there is, of what it may stumble over."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

PACKAGES = ("bot", "clients", "handlers", "services", "storage")
# As long as a message of Telegram.
LONGEST = 4_096
PIECES = (
    " ",
    "a",
    "1",
    "#",
    "*",
    "_",
    "-",
    "=",
    ":",
    "/",
    ".",
    ",",
    "[",
    "(",
    "<",
    "{",
    "`",
    "%",
    "\n",
    "\t",
)
PAIRS = (
    "a ",
    "1 ",
    "- ",
    "# ",
    "a.",
    "1.",
    "a:",
    "s1",
    "e1",
    "[(",
    "![",
    "](",
    "<a",
    "a-",
    "1-",
    "第1",
    "a=",
    "a/",
    "a@",
)
BEGINNINGS = ("", "# a", "- ", "> ", "[a](", "https://a.b/", "magnet:?", "s01", "第1", '"', "<a")
ENDS = ("", "b", "\x00")


def patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Every pattern that a module holds, with where it stands."""
    seen: set[int] = set()
    for package in map(importlib.import_module, PACKAGES):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("__main__") or ".migrations" in module.name:
                continue
            for name, value in vars(importlib.import_module(module.name)).items():
                for at, one in enumerate(value if isinstance(value, tuple | list) else [value]):
                    if isinstance(one, re.Pattern) and id(one) not in seen:
                        seen.add(id(one))
                        yield f"{module.name}.{name}[{at}]", one


def hostile() -> Iterator[str]:
    for piece in PIECES + PAIRS:
        for beginning in BEGINNINGS:
            for end in ENDS:
                yield beginning + piece * ((LONGEST - len(beginning) - 1) // len(piece)) + end


HOSTILE = tuple(hostile())


@pytest.mark.timeout(60)
@pytest.mark.parametrize("pattern", [pytest.param(one, id=where) for where, one in patterns()])
def test_a_pattern_reads_a_hostile_message_in_time(pattern: re.Pattern[str] | re.Pattern[bytes]) -> None:
    """One that goes back and forth in the third power would need minutes for one message: the time-out."""
    if isinstance(pattern.pattern, bytes):
        for text in HOSTILE:
            pattern.search(text.encode())  # type: ignore[arg-type]
        return
    for text in HOSTILE:
        pattern.search(text)  # type: ignore[arg-type]
        pattern.match(text)  # type: ignore[arg-type]
        pattern.fullmatch(text)  # type: ignore[arg-type]
