"""Forget what nobody can need any more, an hour at a time."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from services import beijing
from services.clock import Clock
from storage import attempts, cards, checkins, erasure, inbox, pictures, savelocks, uploads
from storage.database import Database
from storage.tx import Tx

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
DAY = 86_400.0
# Telegram repeats nothing older than a day; a card that nobody touched for so long is in nobody's sight.
UPDATES_KEPT = 2 * DAY
ATTEMPTS_KEPT = DAY
CARDS_KEPT = 90 * DAY
# As far back as a streak is counted.
CHECKINS_KEPT = 400 * DAY
UPLOADS_KEPT = 30 * DAY
# Sent for a draft that nobody published.
PICTURES_KEPT = 7 * DAY
CLAIMS_KEPT = 3600.0


async def run(db: Database, clock: Clock, *also: Callable[[], Awaitable[None]]) -> None:
    """Clean up now and every hour, and do what else is to be done then."""
    while True:
        try:
            await db.write(lambda tx: clean(tx, clock.now()))
            await db.recall()
            for work in also:
                await work()
        except Exception:
            log.exception("cleaning up failed; it is tried again in an hour")
        await clock.sleep(EVERY_SECONDS)


async def clean(tx: Tx, now: float) -> None:
    """Delete what is past its time."""
    await inbox.purge_done(tx, now - UPDATES_KEPT)
    await inbox.purge_claims(tx, inbox.clock_of_claims(tx, now), CLAIMS_KEPT)
    await savelocks.purge(tx, now - CLAIMS_KEPT)
    await erasure.purge(tx, now - erasure.KEPT_SECONDS)
    await attempts.purge(tx, now - ATTEMPTS_KEPT)
    await cards.purge(tx, now - CARDS_KEPT)
    await checkins.purge(tx, beijing.day_of(now - CHECKINS_KEPT).isoformat())
    await uploads.purge(tx, now - UPLOADS_KEPT)
    await pictures.purge(tx, now - PICTURES_KEPT)
