"""Ask a group for an authorization where nobody lends one for what it follows any more.

Who lent theirs may unlink, lose it, or be forgotten: what the group follows stays, and nobody in it would
know why it is told of nothing. It is asked once; again only when a title was looked up since.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from services.names import Service
from storage import followed, jobs, leases, subscriptions
from storage.subscriptions import Subscription
from storage.tx import Tx

UNLENT = "subscription.unlent"
# In a subscription's detail: when its group was asked last.
ASKED = "unlent"


async def ask(
    tx: Tx, titles: Sequence[str], now: float, at: float, outside: Collection[int] = frozenset()
) -> None:
    """Have each group asked that follows one of some titles for which nobody lends; in one message each.

    Who is `outside` lends nothing. By `at` all titles have been found that somebody lent for who lends
    no more.
    """
    if not titles:
        return
    lent = await subscriptions.lenders(tx, titles, Service.HDHIVE)
    alone = [title for title in titles if all(user in outside for user in lent.get(title, ()))]
    for subscription in await subscriptions.of_groups(tx, alone) if alone else ():
        if await _was_asked(tx, subscription):
            continue
        key = str(subscription.chat_id)
        together = await leases.due_at(tx, UNLENT, key)
        payload = {"chat_id": subscription.chat_id, "subscription": subscription.id}
        due = at if together is None else max(now, together)
        dedup = str(subscription.id)
        await jobs.enqueue(tx, UNLENT, key, payload, due, dedup=dedup, owner=jobs.NOBODY)


async def note(tx: Tx, ids: Iterable[int], now: float) -> None:
    """Note that a group was asked about some subscriptions: in the commit that knows of the message."""
    for sub_id in ids:
        held = await subscriptions.hold(tx, sub_id)
        if held is not None:
            await subscriptions.change(tx, asked(held, now), now)


def asked(subscription: Subscription, now: float) -> Subscription:
    """Return a subscription whose group knows that nobody lends for it."""
    return replace(subscription, detail={**subscription.detail, ASKED: now})


async def _was_asked(tx: Tx, subscription: Subscription) -> bool:
    """Tell whether the group was asked since the title was looked up last."""
    when: float | None = subscription.detail.get(ASKED)
    if when is None:
        return False
    title = await followed.get(tx, subscription.title)
    looked_at = None if title is None else title.looked_at
    return (-math.inf if looked_at is None else looked_at) <= when
