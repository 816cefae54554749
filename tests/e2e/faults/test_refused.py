"""Who may not use the bot may not use it either where nobody could tell them so."""

from sqlalchemy import select

from bot.wiring import House
from sandbox.server import Sandbox
from storage import schema as tables
from storage.tx import Tx
from tests.conftest import XIAOYU, Start
from tests.driver import Control, Journal, Person
from tests.e2e.groups.test_life import handled, new_group
from tests.e2e.members import EN, answer

REFUSED = {"ok": False, "error_code": 400, "description": "Bad Request: message to be replied not found"}


async def test_a_refusal_that_does_not_arrive_opens_no_door(
    start: Start, ben: Person, control: Control, journal: Journal, box: Sandbox
) -> None:
    async with start(allowed_ids=str(XIAOYU)) as house:
        await control.fault("telegram", "*/sendMessage", "status", status=400, body=REFUSED)
        await ben.send("/check https://pan.quark.cn/s/alive0001")
        await handled(house, box)
        await ben.settled()
    assert not await journal.calls("linkcheck")
    assert not [message for message in await ben.messages() if message.buttons]


async def test_a_refusal_is_told_where_results_would_stand(start: Start, ben: Person) -> None:
    async with start(allowed_ids=str(XIAOYU)):
        answer = await ben.inline("Dune")
    assert answer.answered
    assert not answer.results
    assert answer.data["button"]["text"] == EN("arrival.refused")


async def test_of_who_is_refused_nothing_is_kept(start: Start, ben: Person, box: Sandbox) -> None:
    async with start(allowed_ids=str(XIAOYU)) as house:
        for words in ("/help", "/forget", "Dune"):
            assert await answer(ben, words) == EN("arrival.refused")
        await ben.inline("Dune")
        await ben.block()
        await ben.unblock()
        await handled(house, box)
        assert await kept(house) == ([], [])


async def test_of_groups_it_is_not_for_nothing_is_kept(start: Start, ben: Person, box: Sandbox) -> None:
    async with start(allowed_ids=str(XIAOYU)) as house:
        group = await new_group(ben, "group")
        await ben.send("/help@linkhive_bot", group)
        moved = int((await ben.post("/app/migrate", group))["chat"])
        await ben.post("/app/member", moved, status="kicked")
        await handled(house, box)
        assert await kept(house) == ([], [])


async def test_a_group_moves_whoever_makes_it_move(
    start: Start, ben: Person, xiaoyu: Person, box: Sandbox
) -> None:
    """What is kept of it already goes with it, and what became of it is noted."""
    async with start(allowed_ids=str(XIAOYU)) as house:
        group = await new_group(xiaoyu, "group")
        await handled(house, box)
        moved = int((await ben.post("/app/migrate", group))["chat"])
        await handled(house, box)
        assert house.services.chat_statuses.address(group) == moved
        await xiaoyu.post("/app/member", moved, user=ben.id, status="administrator")
        await ben.post("/app/member", moved, status="kicked")
        await handled(house, box)
        assert house.services.chat_statuses.noted(moved) == "kicked"


async def kept(house: House) -> tuple[list[int], list[int]]:
    """Whom and which chats there are rows of."""

    async def look(tx: Tx) -> tuple[list[int], list[int]]:
        people = list(await tx.conn.scalars(select(tables.users.c.id)))
        return people, list(await tx.conn.scalars(select(tables.chats.c.id)))

    return await house.db.read(look)
