"""Followed titles of a chat that muted us: looked up for it, so that nothing is missed meanwhile."""

import pytest

from storage import chats, subscriptions
from storage.chats import State
from storage.database import Database
from tests.storage.test_subscriptions import DUNE, GROUP, follow, link


@pytest.mark.parametrize(
    ("state", "heard"), [("muted", True), ("blocked", False), ("kicked", False), ("deleted", False)]
)
async def test_only_a_chat_that_may_come_back_unseen_is_looked_up_for(
    db: Database, state: State, heard: bool
) -> None:
    assert await follow(db, 1, GROUP)
    await link(db, 1)
    await db.write(lambda tx: chats.pause(tx, GROUP, state, 2.0))
    of_title = await db.read(lambda tx: subscriptions.of_title(tx, DUNE))
    of_kind = await db.read(lambda tx: subscriptions.of_kind(tx, "movie_"))
    lenders = await db.read(lambda tx: subscriptions.lenders(tx, (DUNE,), "hdhive"))
    assert (bool(of_title), bool(of_kind), DUNE in lenders) == (heard, heard, heard)
