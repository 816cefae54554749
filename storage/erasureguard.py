"""Know who was forgotten lately, and refuse the late writes of what began before."""

from collections.abc import Mapping

from sqlalchemy import bindparam, select

from storage import erasure
from storage.crypto import KeyRing
from storage.schema import erasures, users
from storage.tx import Tx, both
from storage.workcontext import Erased, Forgotten, WorkContext

_AT = (erasures.c.at, erasures.c.update_id)
# Whoever erases deletes this row first, and so waits for the end of a write that holds on to it.
_HOLD = both(
    lambda d: (
        select(*_AT)
        .select_from(users.outerjoin(erasures, d.among(erasures.c.mark, "marks")))
        .where(users.c.id == bindparam("whose"))
        .with_for_update(read=True, key_share=True, of=users)
    )
)
_LOOK = both(lambda d: select(*_AT).where(d.among(erasures.c.mark, "marks")))


class ErasureGuard:
    """Hold the marks of the last day; `turn` counts how often there were new ones."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._known: dict[str, Erased] = {}
        self.turn = 0

    def learn(self, found: Mapping[str, Erased]) -> bool:
        """Note marks; tell whether any of them is new."""
        if all(self._known.get(mark) == erased for mark, erased in found.items()):
            return False
        self._known.update(found)
        self.turn += 1
        return True

    async def load(self, tx: Tx) -> bool:
        """Read what this process, or another, noted; tell whether any of it is new."""
        found = await erasure.noted(tx)
        for mark in self._known.keys() - found.keys():
            del self._known[mark]
        return self.learn(found)

    def void(self, work: WorkContext | None) -> bool:
        """Tell whether work is for somebody forgotten since it began, as far as this process knows."""
        if work is None or not self._known:
            return False
        found = (self._known.get(mark) for mark in self._ring.marks(str(work.person)))
        return any(erased is not None and erased.voids(work) for erased in found)

    async def check(self, tx: Tx, work: WorkContext | None) -> None:
        """Raise Forgotten where a write is for somebody who was forgotten since its work began.

        On SQLite all erasures are this process's own. On PostgreSQL another's may be under way: it waits for
        this write to end, or this write for it.
        """
        if self.void(work) or (tx.dialect != "sqlite" and work is not None and await self._is_void(tx, work)):
            raise Forgotten

    async def _is_void(self, tx: Tx, work: WorkContext) -> bool:
        marks = tx.many(self._ring.marks(str(work.person)))
        rows = (await tx.conn.execute(_HOLD[tx.dialect], {"marks": marks, "whose": work.person})).all()
        if not rows:
            rows = (await tx.conn.execute(_LOOK[tx.dialect], {"marks": marks})).all()
        return any(at is not None and Erased(at, update_id).voids(work) for at, update_id in rows)
