"""The table of pictures people sent, on both databases."""

from storage import pictures
from storage.crypto import KeyRing
from storage.database import Database
from storage.maintenance import rotate
from storage.rotation import FEW

WHO, OTHER = 1, 2


async def add(db: Database, number: int, user: int = WHO, content: bytes = b"\xff\xd8jpeg") -> str:
    name = f"name-{user}-{number}.jpg"
    return await db.write(lambda tx: pictures.add(tx, user, number, name, content, float(number)))


async def seen(db: Database, name: str) -> bytes | None:
    found = await db.read(lambda tx: pictures.get(tx, name))
    return None if found is None else found.content


async def test_what_is_kept_is_seen_by_its_name_only(db: Database) -> None:
    name = await add(db, 1)
    assert await seen(db, name) == b"\xff\xd8jpeg"
    assert await seen(db, name.upper()) is None
    assert await seen(db, "") is None
    found = await db.read(lambda tx: pictures.get(tx, name))
    assert "jpeg" not in repr(found)


async def test_a_message_brings_one_picture_however_often_it_comes(db: Database) -> None:
    name = await add(db, 1)
    again = await db.write(lambda tx: pictures.add(tx, WHO, 1, "another.jpg", b"x", 9.0))
    assert again == name
    assert await seen(db, "another.jpg") is None
    assert await db.read(lambda tx: pictures.brought(tx, WHO, 1)) == name
    assert await db.read(lambda tx: pictures.brought(tx, OTHER, 1)) is None
    assert await db.read(lambda tx: pictures.kept(tx, WHO)) == pictures.Kept(1, 6)


async def test_each_has_their_own(db: Database) -> None:
    own, others = await add(db, 1), await add(db, 1, OTHER)
    assert await db.read(lambda tx: pictures.known(tx, WHO, [own, others, "none"])) == {own}
    assert await db.write(lambda tx: pictures.turn(tx, WHO, [others], "published")) == 0
    assert await db.write(lambda tx: pictures.drop(tx, WHO, [own, others])) == 1
    assert await seen(db, own) is None
    assert await seen(db, others) is not None
    assert await db.read(lambda tx: pictures.kept(tx, WHO)) == pictures.Kept(0, 0)


async def test_what_is_published_stays(db: Database) -> None:
    first, second, third = [await add(db, number) for number in (1, 2, 30)]
    assert await db.write(lambda tx: pictures.turn(tx, WHO, [first], "published")) == 1
    assert await db.write(lambda tx: pictures.drop(tx, WHO, [first])) == 0
    assert await db.write(lambda tx: pictures.purge(tx, 20.0)) == 1
    assert [await seen(db, name) is not None for name in (first, second, third)] == [True, False, True]
    assert await db.write(lambda tx: pictures.turn(tx, WHO, [first], "draft")) == 1
    assert await db.write(lambda tx: pictures.drop(tx, WHO, [first])) == 1


async def test_they_come_under_the_newest_key_a_few_at_a_time(any_url: str) -> None:
    old, new = b"o" * 32, b"n" * 32
    first = await Database.open(any_url, KeyRing([old]))
    names = [await add(first, number, content=bytes([number]) * 1000) for number in range(FEW + 3)]
    await first.close()
    both = await Database.open(any_url, KeyRing([new, old]))
    assert await rotate(both) == FEW + 3
    await both.close()
    last = await Database.open(any_url, KeyRing([new]))
    assert [await seen(last, name) for name in names] == [bytes([n]) * 1000 for n in range(FEW + 3)]
    await last.close()
