"""Cards: which message one is, and what it tells, are changed by several without losing either."""

from storage import cards
from storage.cards import Card
from storage.database import Database


async def opened(db: Database) -> Card:
    return await db.write(lambda tx: cards.open(tx, 1, 1, "search", {"page": 0}, 1.0))


async def test_a_message_is_noted_whatever_the_card_tells_by_then(db: Database) -> None:
    card = await opened(db)
    await db.write(lambda tx: cards.update(tx, card.id, card.version, state={"page": 1}, now=2.0))
    placed = await db.write(lambda tx: cards.place(tx, card.id, 77, 3.0, instead_of=None))
    assert placed is not None
    assert (placed.message_id, placed.state, placed.version) == (77, {"page": 1}, card.version + 1)
    # Who changes what it tells meanwhile does not lose to it.
    assert await db.write(lambda tx: cards.update(tx, card.id, placed.version, state={"page": 2}, now=4.0))


async def test_a_message_that_was_replaced_meanwhile_stays_replaced(db: Database) -> None:
    card = await opened(db)
    await db.write(lambda tx: cards.place(tx, card.id, 77, 2.0, instead_of=None))
    for late in (None, 76):
        kept = await db.write(lambda tx, late=late: cards.place(tx, card.id, 78, 3.0, instead_of=late))  # type: ignore[misc]
        assert kept is not None
        assert kept.message_id == 77
    moved = await db.write(lambda tx: cards.place(tx, card.id, 78, 4.0, instead_of=77))
    assert moved is not None
    assert moved.message_id == 78


async def test_a_card_that_is_gone_has_no_message(db: Database) -> None:
    assert await db.write(lambda tx: cards.place(tx, "0123456789", 77, 2.0, instead_of=None)) is None
