import asyncio

from storage import links
from storage.database import Database
from storage.links import Link, NewLink

GRANT = NewLink(1, "hdhive", "access-1", "refresh-1", 100.0, 900.0, ("query", "unlock"), "42", "小雨")


async def refresh(db: Database, link: Link, holder: str, **changes: object) -> Link | None:
    tokens = {
        "access_token": "access-2",
        "refresh_token": "refresh-2",
        "expires_at": 200.0,
        "refresh_expires_at": None,
        "scopes": None,
        "now": 50.0,
    }
    return await db.write(
        lambda tx: links.refreshed(tx, link, holder, **(tokens | changes))  # type: ignore[arg-type]
    )


async def test_a_link_comes_back_as_it_was_saved(db: Database) -> None:
    saved = await db.write(lambda tx: links.save(tx, GRANT, 5.0))
    assert saved.access_token == "access-1"
    assert await db.read(lambda tx: links.get(tx, 1, "hdhive")) == saved
    assert await db.read(lambda tx: links.by_id(tx, saved.id)) == saved
    assert await db.read(lambda tx: links.get(tx, 1, "disktop")) is None
    assert await db.read(lambda tx: links.by_id(tx, 1)) is None
    assert "access-1" not in repr(saved)


async def test_a_new_grant_replaces_the_old_one(db: Database) -> None:
    old = await db.write(lambda tx: links.save(tx, GRANT, 5.0))
    assert await db.write(lambda tx: links.take_lease(tx, old, "a", 6.0, 60))
    bare = NewLink(1, "hdhive", "access-9")
    new = await db.write(lambda tx: links.save(tx, bare, 7.0))
    await db.write(lambda tx: links.save(tx, NewLink(1, "disktop", "d"), 7.0))
    assert [link.service for link in await db.read(lambda tx: links.all_of(tx, 1))] == ["disktop", "hdhive"]
    assert await db.read(lambda tx: links.get(tx, 1, "hdhive")) == new
    assert await refresh(db, old, "a") is None
    assert await db.write(lambda tx: links.take_lease(tx, new, "b", 8.0, 60))


async def test_a_key_comes_back_with_its_secret_and_loses_both(db: Database) -> None:
    key = NewLink(1, "acgbt", "ak_1", secret="secret-1", scheme="signed")
    saved = await db.write(lambda tx: links.save(tx, key, 5.0))
    assert await db.read(lambda tx: links.get(tx, 1, "acgbt")) == saved
    assert (saved.access_token, saved.secret, saved.scheme) == ("ak_1", "secret-1", "signed")
    assert "secret-1" not in repr(saved)
    assert "secret-1" not in repr(key)
    assert await db.write(lambda tx: links.lose(tx, saved.id, 1, 9.0))
    lost = await db.read(lambda tx: links.by_id(tx, saved.id))
    assert lost is not None
    assert (lost.access_token, lost.secret, lost.scheme) == ("", None, "signed")
    oauth = await db.write(lambda tx: links.save(tx, GRANT, 9.0))
    assert (oauth.secret, oauth.scheme) == (None, "oauth")


async def test_describe_and_delete(db: Database) -> None:
    link = await db.write(lambda tx: links.save(tx, GRANT, 5.0))
    await db.write(lambda tx: links.describe(tx, link.id, "43", "Ben"))
    gone = await db.write(lambda tx: links.delete(tx, 1, "hdhive"))
    assert gone is not None
    assert (gone.account_id, gone.account_name, gone.refresh_token) == ("43", "Ben", "refresh-1")
    assert await db.write(lambda tx: links.delete(tx, 1, "hdhive")) is None


async def test_one_holder_refreshes_and_a_stale_one_cannot_write(db: Database) -> None:
    link = await db.write(lambda tx: links.save(tx, GRANT, 5.0))
    assert await db.write(lambda tx: links.take_lease(tx, link, "a", 10.0, 20))
    assert not await db.write(lambda tx: links.take_lease(tx, link, "b", 29.0, 20))
    assert await db.write(lambda tx: links.take_lease(tx, link, "a", 29.0, 1))
    assert await db.write(lambda tx: links.take_lease(tx, link, "b", 30.0, 20))
    assert await refresh(db, link, "a") is None
    new = await refresh(db, link, "b")
    assert new is not None
    assert (new.access_token, new.refresh_token, new.version) == ("access-2", "refresh-2", 2)
    assert (new.expires_at, new.refresh_expires_at, new.scopes) == (200.0, 900.0, ("query", "unlock"))
    assert await refresh(db, link, "b") is None


async def test_a_lease_is_for_one_version(db: Database) -> None:
    link = await db.write(lambda tx: links.save(tx, GRANT, 5.0))
    await db.write(lambda tx: links.take_lease(tx, link, "a", 10.0, 20))
    new = await refresh(db, link, "a")
    assert new is not None
    assert not await db.write(lambda tx: links.take_lease(tx, link, "a", 11.0, 20))
    assert await db.write(lambda tx: links.take_lease(tx, new, "a", 11.0, 20))
    await db.write(lambda tx: links.release_lease(tx, link, "a"))
    assert not await db.write(lambda tx: links.take_lease(tx, new, "b", 12.0, 20))


async def test_no_new_refresh_token_keeps_the_old_one(db: Database) -> None:
    link = await db.write(lambda tx: links.save(tx, GRANT, 5.0))
    await db.write(lambda tx: links.take_lease(tx, link, "a", 10.0, 20))
    new = await refresh(db, link, "a", refresh_token=None, expires_at=None, scopes=["meta"])
    assert new is not None
    assert (new.refresh_token, new.expires_at, new.scopes) == ("refresh-1", None, ("meta",))


async def test_release_lets_the_next_one_in(db: Database) -> None:
    link = await db.write(lambda tx: links.save(tx, GRANT, 5.0))
    await db.write(lambda tx: links.take_lease(tx, link, "a", 10.0, 20))
    await db.write(lambda tx: links.release_lease(tx, link, "b"))
    assert not await db.write(lambda tx: links.take_lease(tx, link, "b", 11.0, 20))
    await db.write(lambda tx: links.release_lease(tx, link, "a"))
    assert await db.write(lambda tx: links.take_lease(tx, link, "b", 11.0, 20))


async def test_a_lost_grant_is_told_once_and_loses_its_tokens(db: Database) -> None:
    link = await db.write(lambda tx: links.save(tx, GRANT, 5.0))
    told = await asyncio.gather(*(db.write(lambda tx: links.lose(tx, link.id, 1, 9.0)) for _ in range(20)))
    assert sum(told) == 1
    lost = await db.read(lambda tx: links.by_id(tx, link.id))
    assert lost is not None
    assert (lost.state, lost.access_token, lost.refresh_token) == ("lost", "", None)


async def test_a_lost_grant_is_not_under_refresh(db: Database) -> None:
    link = await db.write(lambda tx: links.save(tx, GRANT, 5.0))
    await db.write(lambda tx: links.take_lease(tx, link, "a", 10.0, 20))
    assert [one.link_id for one in await db.read(links.refreshing)] == [link.id]
    await db.write(lambda tx: links.lose(tx, link.id, 1, 9.0))
    assert await db.read(links.refreshing) == []


async def test_of_many_takers_one_gets_the_lease(db: Database) -> None:
    link = await db.write(lambda tx: links.save(tx, GRANT, 5.0))

    async def take(holder: str) -> bool:
        return await db.write(lambda tx: links.take_lease(tx, link, holder, 10.0, 20))

    assert sum(await asyncio.gather(*(take(f"h{number}") for number in range(30)))) == 1
