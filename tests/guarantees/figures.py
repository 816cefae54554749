"""What was promised and what was reached: noted by the tests, printed at the end of the run."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

FULL = os.environ.get("GUARANTEES") == "full"
FOLDER = Path("artifacts") / "guarantees"
SMALL_RUN_SLACK = 10
SMALL_RUN_SECONDS = 360


def size(small: int, full: int) -> int:
    """Return how often to try: small in `make test`, full in `make guarantees`."""
    return full if FULL else small


@dataclass(frozen=True)
class Figure:
    """One line of the table: a promise of the README's table, a figure of it, and whether it was reached."""

    promise: str
    what: str
    promised: str
    reached: str
    holds: bool
    at: float = 0.0

    def note(self) -> None:
        """Write the line down, for the table at the end; workers write files of their own."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        with (FOLDER / f"{os.getpid()}.jsonl").open("a") as file:
            file.write(json.dumps({**asdict(self), "at": time.time()}, ensure_ascii=False) + "\n")


def exactly(promise: str, what: str, reached: int, promised: int = 0) -> None:
    """Note a count that must be just so (0 wrong links, one charge each), and fail when it is not."""
    _settle(Figure(promise, what, str(promised), str(reached), reached == promised))


def at_least(promise: str, what: str, reached: float, promised: float) -> None:
    """Note how much was tried or done, and fail when it is less than promised."""
    _settle(Figure(promise, what, f"≥ {promised:,g}", f"{reached:,g}", reached >= promised))


def below(promise: str, what: str, reached: float, limit: float) -> None:
    """Note a figure that must stay below a limit, and fail when it does not."""
    _settle(_below(promise, what, reached, limit))


def swiftly(promise: str, what: str, reached: float, limit: float) -> None:
    """Note a latency that must stay below a limit of a second or less, and fail when it does not.

    The small run shares its processors with every other test, so there only a gross miss fails.
    """
    figure = _below(promise, what, reached, limit)
    _settle(figure, holds=figure.holds or (not FULL and reached < limit * SMALL_RUN_SLACK))


def _below(promise: str, what: str, reached: float, limit: float) -> Figure:
    return Figure(promise, what, f"< {limit:,g}", f"{reached:,.3g}", reached < limit)


def _settle(figure: Figure, *, holds: bool | None = None) -> None:
    figure.note()
    kept = figure.holds if holds is None else holds
    assert kept, f"{figure.promise} {figure.what}: {figure.reached}, promised {figure.promised}"


def time_taken(seconds: float, workers: int) -> str:
    """Return the line that tells how long the promises took, their tests' times shared among the workers."""
    each = seconds / max(workers, 1)
    words = (
        f"the tests of the promises took {seconds:,.0f} s, by {max(workers, 1)} workers: {each:,.0f} s each"
    )
    return words if FULL else f"{words}; the small run should stay below {SMALL_RUN_SECONDS} s"


def forget() -> None:
    """Start a new table."""
    for file in FOLDER.glob("*.jsonl"):
        file.unlink()


def table() -> Iterator[str]:
    """Return the lines of the table, by promise."""
    notes = [
        Figure(**json.loads(line))
        for file in FOLDER.glob("*.jsonl")
        for line in file.read_text().splitlines()
    ]
    last = {(note.promise, note.what): note for note in sorted(notes, key=lambda note: note.at)}
    yield f"{'':3}{'promise':<9}{'what':<58}{'promised':>14}{'reached':>14}"
    for note in sorted(last.values(), key=lambda n: (n.promise[0], int(n.promise[1:]), n.at)):
        mark = "✓" if note.holds else "✗"
        yield f"{mark:<3}{note.promise:<9}{note.what:<58}{note.promised:>14}{note.reached:>14}"
