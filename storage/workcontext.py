"""For whom work is being done: what began before its person was forgotten writes nothing afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkContext:
    """Be a piece of work for one person: since when it is under way, and the update that began it."""

    person: int
    since: float
    update_id: int | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """Be the moment somebody was forgotten, and the update by which they asked for it."""

    at: float
    update_id: int | None = None

    def voids(self, work: WorkContext) -> bool:
        """Tell whether work began before; an update that was sent before may have been late itself."""
        if work.since <= self.at:
            return True
        return None not in (work.update_id, self.update_id) and work.update_id <= self.update_id  # type: ignore[operator]


class Forgotten(Exception):
    """Say that the person was forgotten after this work began: nothing of it is kept."""


# Set by who hands work out: for an update, for a run of a job. Work for nobody has none.
current_work: ContextVar[WorkContext | None] = ContextVar("current_work", default=None)


@contextmanager
def work_context(work: WorkContext | None) -> Iterator[None]:
    """Do the work inside for a person; with None for nobody, so that it is kept whatever happens."""
    token = current_work.set(work)
    try:
        yield
    finally:
        current_work.reset(token)
