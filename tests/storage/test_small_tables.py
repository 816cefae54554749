"""Users, preferences, chats, cool-downs, dialogs and the process's own values, on both databases."""

from storage import attempts, cards, chats, cooldowns, dialogs, meta, preferences, users
from storage.database import Database


async def test_a_user_is_remembered_and_updated(db: Database) -> None:
    assert await db.read(lambda tx: users.get(tx, 7_000_000_000)) is None
    await db.write(lambda tx: users.remember(tx, 7_000_000_000, language_code="zh", first_name="雨", now=1.5))
    again = await db.write(
        lambda tx: users.remember(tx, 7_000_000_000, language_code=None, first_name="小雨", now=2.5)
    )
    assert again == users.User(7_000_000_000, None, "小雨", 1.5, 2.5)
    assert await db.read(lambda tx: users.get(tx, 7_000_000_000)) == again


async def test_preferences_have_defaults_and_change_one_by_one(db: Database) -> None:
    assert await db.read(lambda tx: preferences.get(tx, 1)) == preferences.Preferences(1)
    await db.write(lambda tx: preferences.change(tx, 1, language="en"))
    changed = await db.write(lambda tx: preferences.change(tx, 1, unlock_limit=5, default_folder="/电影"))
    assert changed == preferences.Preferences(1, "en", "Asia/Shanghai", 5, "/电影")
    assert await db.read(lambda tx: preferences.get(tx, 1)) == changed


async def test_a_lost_chat_comes_back_when_it_speaks(db: Database) -> None:
    await db.write(lambda tx: chats.remember(tx, -5, kind="group", title="G", now=1.0))
    await db.write(lambda tx: chats.pause(tx, -5, "kicked", 2.0))
    assert (await db.read(lambda tx: chats.get(tx, -5))) == chats.Chat(-5, "group", "G", "kicked", None)
    back = await db.write(lambda tx: chats.remember(tx, -5, kind="group", title="H", now=3.0))
    assert (back.state, back.title) == ("active", "H")
    await db.write(lambda tx: chats.pause(tx, -6, "deleted", 4.0))
    assert (await db.read(lambda tx: chats.get(tx, -6))) == chats.Chat(-6, "group", None, "deleted", None)


async def test_migration_moves_cards_dialogs_and_attempts_once(db: Database) -> None:
    old, new = -5, -1_001_234_567_890
    await db.write(lambda tx: chats.remember(tx, old, kind="group", title="G", now=1.0))
    card = await db.write(lambda tx: cards.open(tx, 1, old, "search", {"q": "x"}, 1.0))
    await db.write(lambda tx: dialogs.ask(tx, 1, old, "key", {"n": 1}, 99.0))
    await db.write(lambda tx: dialogs.ask(tx, 1, new, "key", {"n": 2}, 99.0))
    attempt = await db.write(
        lambda tx: attempts.create(
            tx,
            user_id=1,
            chat_id=old,
            message_id=3,
            service="hdhive",
            display_name="Ben",
            scopes=(),
            language="en",
            ticket_hash="t",
            expires_at=9.0,
            now=1.0,
        )
    )
    for _ in range(2):
        await db.write(lambda tx: chats.migrate(tx, old, new, 2.0))
        moved = await db.read(lambda tx: cards.get(tx, card.id))
        assert moved is not None
        assert (moved.chat_id, moved.state) == (new, {"q": "x"})
        dialog = await db.read(lambda tx: dialogs.current(tx, 1, new, 2.0))
        assert dialog is not None
        assert dialog.state == {"n": 1}
        waiting = await db.read(lambda tx: attempts.by_ticket(tx, "t"))
        assert waiting is not None
        assert (waiting.id, waiting.chat_id) == (attempt.id, new)
        group = await db.read(lambda tx: chats.get(tx, old))
        assert group is not None
        assert group.migrated_to == new
        supergroup = await db.read(lambda tx: chats.get(tx, new))
        assert supergroup == chats.Chat(new, "supergroup", "G", "active", None)


async def test_an_unknown_group_migrates_too(db: Database) -> None:
    await db.write(lambda tx: chats.migrate(tx, -1, -2, 2.0))
    assert await db.read(lambda tx: chats.get(tx, -2)) == chats.Chat(-2, "supergroup", None, "active", None)


async def test_the_longest_cool_down_counts(db: Database) -> None:
    await db.write(lambda tx: cooldowns.set(tx, "hdhive", "user:1", 50.0))
    await db.write(lambda tx: cooldowns.set(tx, "hdhive", "user:1", 40.0))
    await db.write(lambda tx: cooldowns.set(tx, "hdhive", "global", 60.0))

    async def until(*scopes: str, now: float = 10.0) -> float | None:
        return await db.read(lambda tx: cooldowns.until(tx, "hdhive", scopes, now))

    assert await until("user:1") == 50.0
    assert await until("user:1", "global") == 60.0
    assert await until("user:1", now=50.0) is None
    assert await until("user:2") is None
    assert await until() is None


async def test_one_dialog_a_user_and_chat(db: Database) -> None:
    await db.write(lambda tx: dialogs.ask(tx, 1, 1, "key", {"secret": "a"}, 20.0))
    await db.write(lambda tx: dialogs.ask(tx, 1, 1, "secret", {"secret": "b"}, 30.0))
    current = await db.read(lambda tx: dialogs.current(tx, 1, 1, 25.0))
    assert current == dialogs.Dialog(1, 1, "secret", {"secret": "b"}, 30.0)
    assert await db.read(lambda tx: dialogs.current(tx, 1, 1, 30.0)) is None
    assert await db.read(lambda tx: dialogs.current(tx, 2, 1, 25.0)) is None
    assert await db.write(lambda tx: dialogs.end(tx, 1, 1))
    assert not await db.write(lambda tx: dialogs.end(tx, 1, 1))


async def test_values_of_the_process(db: Database) -> None:
    assert await db.read(lambda tx: meta.get(tx, "offset")) is None
    await db.write(lambda tx: meta.put(tx, "offset", "1"))
    await db.write(lambda tx: meta.put(tx, "offset", "2"))
    assert await db.read(lambda tx: meta.get(tx, "offset")) == "2"


async def test_a_card_is_changed_by_one_at_a_time(db: Database) -> None:
    card = await db.write(lambda tx: cards.open(tx, 1, 2, "search", {"page": 1, "标题": "流浪地球"}, 1.0))
    assert len(card.id) == 10
    assert await db.read(lambda tx: cards.get(tx, card.id)) == card
    turned = await db.write(lambda tx: cards.update(tx, card.id, 1, state={"page": 2}, now=2.0))
    assert turned is not None
    assert (turned.version, turned.state, turned.route, turned.message_id) == (2, {"page": 2}, "search", None)
    assert await db.write(lambda tx: cards.update(tx, card.id, 1, state={}, now=3.0)) is None
    placed = await db.write(lambda tx: cards.update(tx, card.id, 2, message_id=77, route="title", now=3.0))
    assert placed is not None
    assert (placed.message_id, placed.route, placed.state) == (77, "title", {"page": 2})
    assert await db.write(lambda tx: cards.update(tx, "nocardhere", 1, now=3.0)) is None


async def test_the_latest_card_of_a_route(db: Database) -> None:
    first = await db.write(lambda tx: cards.open(tx, 1, 2, "search", {}, 1.0))
    second = await db.write(lambda tx: cards.open(tx, 1, 2, "search", {}, 2.0))
    assert await db.read(lambda tx: cards.latest(tx, 1, 2, "search")) == second
    await db.write(lambda tx: cards.update(tx, first.id, 1, now=3.0))
    latest = await db.read(lambda tx: cards.latest(tx, 1, 2, "search"))
    assert latest is not None
    assert latest.id == first.id
    assert await db.read(lambda tx: cards.latest(tx, 1, 3, "search")) is None
    assert await db.write(lambda tx: cards.purge(tx, 3.0)) == 1
    assert await db.read(lambda tx: cards.get(tx, second.id)) is None
