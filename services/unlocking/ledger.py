"""How unlocks are found in the ledger, and the job that settles each of them."""

import re

from clients.errors import ClientError
from services.errors import ServiceError
from storage import jobs, unlocks
from storage.links import Link
from storage.tx import Tx
from storage.unlocks import Unlock

SETTLE = "unlock.settle"
_SLUG = re.compile(r"[0-9a-f]{32}")


def account_key(user_id: int, link: Link | None) -> str:
    """Name the account that pays: HDHive tells ids to Premium users only, so the user stands for others."""
    return f"user:{user_id}" if link is None or link.account_id is None else f"account:{link.account_id}"


def account_keys(user_id: int, link: Link | None) -> tuple[str, ...]:
    """Name the account in every way it may have been named: by its own id first, where that is known."""
    return tuple(dict.fromkeys((account_key(user_id, link), account_key(user_id, None))))


def one_spelling(slug: str) -> str:
    """Return the one spelling of a resource's id: with and without hyphens it is the same resource."""
    plain = slug.replace("-", "").lower()
    return plain if _SLUG.fullmatch(plain) else slug


async def find(tx: Tx, user_id: int, link: Link | None, slug: str) -> Unlock | None:
    """Return the row that counts for a user's account; the account may have got its name after the row."""
    named = await unlocks.find(tx, account_key(user_id, link), slug)
    if named is not None and named.held:
        return named
    unnamed = await unlocks.find(tx, account_key(user_id, None), slug)
    if unnamed is not None and unnamed.held:
        return unnamed
    return named or unnamed


async def settle_at(tx: Tx, row: Unlock, run_at: float) -> None:
    """Have an unlock settled at a time; an earlier wish is replaced."""
    await jobs.cancel(tx, SETTLE, str(row.id))
    await _enqueue(tx, row, run_at)


async def _enqueue(tx: Tx, row: Unlock, run_at: float) -> int | None:
    key = str(row.id)
    return await jobs.enqueue(tx, SETTLE, key, {"unlock_id": row.id}, run_at, dedup=key, owner=row.user_id)


async def settle_left_over(tx: Tx, run_at: float) -> int:
    """Have every open unlock settled whose job was given up; one that has its job keeps that."""
    made = [await _enqueue(tx, row, run_at) for row in await unlocks.unsettled(tx)]
    return sum(job is not None for job in made)


def reason_of(error: ClientError | ServiceError) -> str:
    """Return the code of an error, else its class, for the ledger."""
    return str(getattr(error, "code", None) or type(error).__name__)
