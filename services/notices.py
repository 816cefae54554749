"""Ask, in the commit of a fact, for somebody to be told of it."""

from contextvars import ContextVar
from typing import Any

from storage import jobs
from storage.tx import Tx

NOTICE = "notice"
CARD = "card.refresh"
# Set where a job is at work: what it finds out follows no press of anybody.
at_work: ContextVar[bool] = ContextVar("at_work", default=False)


async def notice(tx: Tx, user_id: int, kind: str, *, now: float, **data: Any) -> None:
    """Have a user told; jobs of one user keep their order."""
    origin = {"by_job": True} if at_work.get() else {}
    payload = {"user_id": user_id, "kind": kind, **data, **origin}
    await jobs.enqueue(tx, NOTICE, str(user_id), payload, now, owner=user_id)


async def card_changed(tx: Tx, user_id: int, card_id: str | None, *, now: float) -> None:
    """Have a user's card shown anew; one that never was there needs nothing."""
    if card_id is not None:
        await jobs.enqueue(tx, CARD, card_id, {"card_id": card_id}, now, owner=user_id)
