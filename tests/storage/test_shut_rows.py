"""One row whose key is gone takes no other of its list with it, and none of its person's ways out."""

from dataclasses import replace
from typing import Any

from services.subscriptions.telling import wishes_of
from storage import (
    cards,
    deadletters,
    dialogs,
    erasure,
    inbox,
    jobs,
    leases,
    links,
    subscriptions,
    unlocks,
    uploads,
    watches,
)
from storage.database import Database
from storage.tx import Tx
from tests.fixtures.shut import open_again, shut

NOW, ONE, OTHER = 100.0, 1, 2


async def followed(db: Database, user_id: int, title: str = "movie_1") -> int:
    made = await db.write(
        lambda tx: subscriptions.add(
            tx, user_id=user_id, chat_id=user_id, topic=None, title=title, detail={"name": "Dune"}, now=NOW
        )
    )
    assert made is not None
    return made.id


async def test_an_account_whose_tokens_do_not_open_is_lost_until_its_key_is_back(db: Database) -> None:
    new = links.NewLink(ONE, "hdhive", "access", "refresh", scopes=("query",), account_name="X")
    kept = await db.write(lambda tx: links.save(tx, new, NOW))
    await db.write(lambda tx: shut(tx, "links"))
    await db.write(lambda tx: links.save(tx, links.NewLink(ONE, "disktop", "other"), NOW))
    first, second = await db.read(lambda tx: links.all_of(tx, ONE))
    assert (first.service, first.state, first.access_token, first.shut) == (
        "disktop",
        "active",
        "other",
        False,
    )
    assert (second.service, second.state, second.access_token, second.shut) == ("hdhive", "lost", "", True)
    assert (second.refresh_token, second.account_name) == (None, "X")
    await db.write(lambda tx: open_again(tx, "links"))
    assert await db.read(lambda tx: links.by_id(tx, kept.id)) == kept, "nothing was written over it"


async def test_who_can_be_told_of_a_title_is_told_though_others_filters_do_not_open(db: Database) -> None:
    gone = await followed(db, ONE)
    held = await db.read(lambda tx: subscriptions.get(tx, gone))
    assert held is not None
    await db.write(lambda tx: subscriptions.change(tx, _auto(held), NOW))
    await db.write(lambda tx: shut(tx, "subscriptions"))
    there = await followed(db, OTHER)
    assert [one.id for one in await db.read(lambda tx: subscriptions.of_title(tx, "movie_1"))] == [there]
    assert [one.id for one in await db.read(lambda tx: subscriptions.of_kind(tx, "movie"))] == [there]
    (own,) = await db.read(lambda tx: subscriptions.of_chat(tx, ONE))
    assert (own.id, own.detail, own.auto) == (gone, {}, False), "shown, and nothing is spent unasked"
    assert wishes_of(own).filters == 0
    await db.write(lambda tx: subscriptions.change(tx, replace(own, muted=True), NOW))
    await db.write(lambda tx: open_again(tx, "subscriptions"))
    back = await db.read(lambda tx: subscriptions.get(tx, gone))
    assert back is not None
    assert (back.detail, back.muted) == ({"name": "Dune"}, True), "silenced meanwhile, and nothing lost"
    await db.write(lambda tx: shut(tx, "subscriptions"))
    await db.write(lambda tx: subscriptions.change(tx, replace(own, detail={"wishes": {}}), NOW))
    anew = await db.read(lambda tx: subscriptions.get(tx, gone))
    assert anew is not None
    assert (anew.detail, anew.shut) == ({"wishes": {}}, False), "what is chosen anew counts"
    await db.write(lambda tx: shut(tx, "subscriptions"))
    assert await db.write(lambda tx: subscriptions.remove(tx, gone))


def _auto(held: subscriptions.Subscription) -> subscriptions.Subscription:
    return replace(held, auto=True)


async def test_lists_go_on_without_what_does_not_open(db: Database) -> None:
    async def add(tx: Tx) -> int:
        row = await uploads.add(
            tx,
            user_id=ONE,
            chat_id=ONE,
            card_id=None,
            service="disktop",
            folder="/",
            detail={"n": 1},
            now=NOW,
        )
        return row.id

    await db.write(add)
    await db.write(lambda tx: shut(tx, "uploads"))
    second = await db.write(add)
    assert [row.id for row in await db.read(lambda tx: uploads.of(tx, ONE, 5))] == [second]


async def test_a_card_a_question_and_a_watch_that_do_not_open_are_none(db: Database) -> None:
    card = await db.write(lambda tx: cards.open(tx, ONE, ONE, "r", {"n": 1}, NOW))
    await db.write(lambda tx: dialogs.ask(tx, ONE, ONE, "code", {"n": 1}, NOW + 60))
    await db.write(lambda tx: watches.keep(tx, ONE, "hdhive", 7, {"n": 1}, NOW))
    assert await db.write(lambda tx: shut(tx, "cards", "dialogs", "watches")) == 3
    assert await db.read(lambda tx: cards.get(tx, card.id)) is None
    assert await db.read(lambda tx: cards.latest(tx, ONE, ONE, "r")) is None
    assert await db.read(lambda tx: dialogs.current(tx, ONE, ONE, NOW)) is None
    assert await db.read(lambda tx: watches.get(tx, ONE, "hdhive")) is None
    await db.write(lambda tx: watches.keep(tx, ONE, "hdhive", 7, {"n": 2}, NOW))
    again = await db.read(lambda tx: watches.get(tx, ONE, "hdhive"))
    assert again is not None
    assert again.state == {"n": 2}, "what is known from now on is kept"


async def test_what_does_not_open_is_told_as_that(db: Database) -> None:
    await db.write(lambda tx: inbox.store(tx, [inbox.Entry(5, ONE, {"a": 1}, NOW, owner_id=ONE)]))
    await followed(db, ONE)
    assert await db.write(lambda tx: shut(tx, "inbox", "subscriptions")) == 2
    held = await db.read(lambda tx: erasure.held(tx, ONE))
    assert [row["payload"] for row in held["inbox"]] == [erasure.SHUT]
    assert [(row["title"], row["detail"]) for row in held["subscriptions"]] == [("movie_1", erasure.SHUT)]


async def test_an_unlock_in_doubt_is_found_whatever_opens(db: Database) -> None:
    claim: dict[str, Any] = {"user_id": ONE, "link_id": 1, "account_key": "a", "price": 1, "card_id": None}
    done = await db.write(lambda tx: unlocks.claim(tx, **claim, slug="s", now=NOW))
    open_ = await db.write(lambda tx: unlocks.claim(tx, **claim, slug="t", now=NOW))
    assert done is not None
    assert open_ is not None
    await db.write(lambda tx: unlocks.done(tx, done.id, "u", "c", "f", False, NOW))
    assert await db.write(lambda tx: shut(tx, "unlocks")) == 3
    assert [row.id for row in await db.read(unlocks.unsettled)] == [open_.id]
    assert [row.id for row in await db.read(lambda tx: unlocks.unsettled_of(tx, ONE))] == [open_.id]


async def test_dead_letters_that_do_not_open_are_listed_among_the_others(db: Database) -> None:
    async def given_up(kind: str, at: float) -> int:
        await db.write(lambda tx: jobs.enqueue(tx, kind, "k", {}, at))
        (job,) = await db.write(lambda tx: leases.claim(tx, [kind], "me", NOW, 9.0, 1))
        await db.write(lambda tx: leases.bury(tx, job, "boom"))
        return job.id

    first = await given_up("mail", 1.0)
    await db.write(lambda tx: inbox.store(tx, [inbox.Entry(5, ONE, {"a": 1}, 2.0, owner_id=ONE)]))
    await db.write(lambda tx: inbox.bury(tx, 5, "bang"))
    assert await db.write(lambda tx: shut(tx, "jobs", "inbox")) == 4
    second = await given_up("mail", 3.0)
    told = [(one.id, one.error, one.shut) for one in await db.read(lambda tx: deadletters.page(tx, 0, 9))]
    assert told == [
        (second, "boom", ()),
        (5, None, ("error", "payload")),
        (first, None, ("error", "payload")),
    ]
    assert [await db.read(lambda tx, n=n: deadletters.opens(tx, "job", n)) for n in (first, second)] == [
        False,
        True,
    ]
    assert not await db.read(lambda tx: deadletters.opens(tx, "update", 5))
    assert await db.write(lambda tx: deadletters.drop(tx, "update", 5))
    assert await db.write(lambda tx: deadletters.drop(tx, "job", first))
    assert [one.id for one in await db.read(lambda tx: deadletters.page(tx, 0, 9))] == [second]
