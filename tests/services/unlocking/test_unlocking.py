"""Unlocking: prices, presses, refusals."""

import asyncio
from typing import Any

import pytest

from clients.errors import Forbidden, NotFound, RateLimited, Rejected, UpstreamBroken
from services.errors import LinkLost, NotLinked, ServiceOff
from services.unlocking.ledger import SETTLE, one_spelling
from services.unlocking.unlocking import OutcomeState
from storage import unlocks
from storage.database import Database
from tests.services.unlocking.unlocks import UNLOCK, charges, known, paid, posts, press


@pytest.fixture(autouse=True)
def _no_free_unlocks(box):
    # 小雨 has weekly free unlocks; here everything costs what it says.
    box.world.people[1001].forever_premium = False


async def test_a_quote_tells_the_price_for_this_user(house):
    await house.link()
    resource = paid(house)
    quote = await house.services.unlocking.quote(1001, resource.slug)
    assert (quote.price, quote.owned, quote.known) == (resource.unlock_points, False, None)
    await press(house, resource.slug)
    quote = await house.services.unlocking.quote(1001, resource.slug)
    assert (quote.price, quote.owned, quote.known.state) == (0, True, "done")


async def test_one_press_is_one_post_and_one_charge(house):
    await house.link()
    resource = paid(house)
    outcome = await press(house, resource.slug, resource.unlock_points)
    assert outcome.state is OutcomeState.DONE
    assert (outcome.unlock.url, outcome.unlock.access_code) == (resource.url, resource.access_code)
    assert (outcome.unlock.price, outcome.unlock.already_owned) == (resource.unlock_points, False)
    assert (await posts(house), charges(house)) == (1, 1)
    assert await house.jobs(SETTLE) == []
    spent = [step for step in house.steps.seen if step.startswith("unlock.")]
    assert spent == ["unlock.priced", "unlock.claimed", "unlock.sending", "unlock.answered", "unlock.written"]


async def test_a_second_press_is_answered_from_the_ledger(house):
    await house.link()
    resource = paid(house)
    first = await press(house, resource.slug)
    again = await press(house, resource.slug)
    assert (again.state, again.unlock.id) == (OutcomeState.DONE, first.unlock.id)
    assert await posts(house) == 1


async def test_both_spellings_of_an_id_are_one_resource(house):
    await house.link()
    slug = paid(house).slug
    spelled = "-".join((slug[:8], slug[8:12], slug[12:16], slug[16:20], slug[20:])).upper()
    first = await press(house, spelled)
    assert (await press(house, slug)).unlock.id == first.unlock.id
    assert (await known(house, spelled)).id == first.unlock.id
    assert one_spelling("not-hex") == "not-hex"


async def test_the_index_decides_where_two_replicas_look_at_once(house, monkeypatch):
    await house.link()
    resource = paid(house)
    await press(house, resource.slug)

    async def blind(*args: Any) -> None:
        return None

    # What the other replica committed after our look is not seen by it, but by the index.
    monkeypatch.setattr("services.unlocking.unlocking.find", blind)
    assert (await press(house, resource.slug)).state is OutcomeState.BUSY
    assert await posts(house) == 1


async def test_a_row_settled_during_the_post_stays_as_it_is(house):
    await house.link()
    resource = paid(house)

    async def settle() -> None:
        row = await known(house, resource.slug)
        await house.services.db.write(lambda tx: unlocks.release(tx, row.id, 1.0))

    house.fault("hdhive", f"*{UNLOCK}", "status", status=500)
    house.steps.at["unlock.failed"] = settle
    assert (await press(house, resource.slug)).state is OutcomeState.DOUBTFUL
    assert (await known(house, resource.slug)).state == "released"


async def test_parallel_presses_in_several_processes_charge_once(build, sqlite_url, ring):
    first = build()
    await first.link()
    opened = [await Database.open(sqlite_url, ring) for _ in range(3)]
    houses = [first, *(build(db=db) for db in opened)]
    resource = paid(first)
    outcomes = await asyncio.gather(*(press(house, resource.slug) for house in houses for _ in range(10)))
    assert (await posts(first), charges(first)) == (1, 1)
    assert {o.state for o in outcomes} <= {OutcomeState.DONE, OutcomeState.BUSY}
    for db in opened:
        await db.close()


async def test_what_is_owned_already_costs_nothing(house):
    await house.link()
    resource = paid(house)
    resource.unlocked_by.add(1001)
    outcome = await press(house, resource.slug, 0)
    assert (outcome.state, outcome.unlock.already_owned, outcome.unlock.price) == (OutcomeState.DONE, True, 0)
    assert charges(house) == 0


async def test_a_press_from_long_ago_spends_nothing(house):
    await house.link()
    assert (await press(house, paid(house).slug, ago=121)).state is OutcomeState.STALE
    assert await posts(house) == 0


async def test_a_press_that_grows_old_while_the_price_is_read_spends_nothing(house):
    await house.link()
    house.fault("hdhive", "*/shares/*", "delay", seconds=0.6)
    assert (await press(house, paid(house).slug, ago=119.7)).state is OutcomeState.STALE
    assert await posts(house) == 0


async def test_never_above_the_price_that_was_shown(house):
    await house.link()
    resource = paid(house)
    shown = resource.unlock_points
    resource.unlock_points = shown + 1
    outcome = await press(house, resource.slug, shown)
    assert (outcome.state, outcome.price, outcome.unlock) == (OutcomeState.REPRICED, shown + 1, None)
    assert (await posts(house), await known(house, resource.slug)) == (0, None)
    resource.unlock_points = shown - 1
    assert (await press(house, resource.slug, shown)).unlock.price == shown - 1


async def test_without_a_link_or_a_service_nothing_happens(house, build):
    with pytest.raises(NotLinked):
        await press(house, "x")
    with pytest.raises(ServiceOff):
        await press(build(off=["hdhive"]), "x")
    with pytest.raises(ServiceOff):
        build(off=["hdhive"]).services.unlocking._client()


async def test_a_price_that_cannot_be_read_spends_nothing(house):
    await house.link()
    outcome = await press(house, "0" * 32)
    assert (outcome.state, type(outcome.error)) == (OutcomeState.REFUSED, NotFound)
    house.fault("hdhive", "*/shares/*", "status", status=500, times=0)
    assert type((await press(house, paid(house).slug)).error) is UpstreamBroken
    assert await posts(house) == 0


REFUSALS = [
    ({"status": 402, "body": {"success": False, "code": "INSUFFICIENT_POINTS"}}, Rejected),
    ({"status": 404, "body": {"success": False, "code": "404"}}, NotFound),
    ({"status": 400, "body": {"success": False, "code": "400"}}, Rejected),
    ({"status": 403, "body": {"success": False, "code": "USER_SCOPE_NOT_ALLOWED"}}, Forbidden),
]


@pytest.mark.parametrize(("more", "error"), REFUSALS)
async def test_a_clear_refusal_is_final_and_frees_the_way(house, more, error):
    await house.link()
    resource = paid(house)
    house.fault("hdhive", f"*{UNLOCK}", "status", **more)
    outcome = await press(house, resource.slug)
    assert (outcome.state, type(outcome.error)) == (OutcomeState.REFUSED, error)
    assert (outcome.unlock.state, await posts(house)) == ("refused", 1)
    assert await house.jobs(SETTLE) == []
    assert (await press(house, resource.slug)).state is OutcomeState.DONE
    assert charges(house) == 1


async def test_too_few_points_are_refused_by_the_real_stand_in(house):
    await house.link(1003)
    resource = paid(house, user_id=1003)
    outcome = await house.services.unlocking.unlock(1003, resource.slug, 99, None, house.clock.now())
    assert (outcome.state, outcome.error.code) == (OutcomeState.REFUSED, "INSUFFICIENT_POINTS")


async def test_a_limit_is_a_refusal_with_its_wait_and_stops_the_next_press(house):
    await house.link()
    resource = paid(house)
    house.fault("hdhive", f"*{UNLOCK}", "retry_after", status=429, retry_after=60)
    outcome = await press(house, resource.slug)
    assert (outcome.state, outcome.error.retry_after) == (OutcomeState.REFUSED, 60)
    again = await press(house, resource.slug)
    assert type(again.error) is RateLimited
    assert await posts(house) == 1


async def test_a_token_refused_at_the_post_is_refreshed_and_the_post_made(house):
    await house.link()
    resource = paid(house)
    house.steps.at["unlock.claimed"] = lambda: house.web.post(
        "/control/tokens/expire", json={"service": "hdhive", "person": 1001, "which": "access"}
    )
    assert (await press(house, resource.slug)).state is OutcomeState.DONE
    assert charges(house) == 1


async def test_a_refresh_that_fails_after_a_refused_post_is_no_doubt(house):
    await house.link()
    resource = paid(house)

    async def spoil() -> None:
        await house.web.post(
            "/control/tokens/expire", json={"service": "hdhive", "person": 1001, "which": "access"}
        )
        house.fault("hdhive", "*/oauth/*", "status", status=500, times=0)

    house.steps.at["unlock.claimed"] = spoil
    outcome = await press(house, resource.slug)
    assert (outcome.state, type(outcome.error)) == (OutcomeState.REFUSED, UpstreamBroken)
    assert (outcome.unlock.state, charges(house)) == ("refused", 0)


async def test_a_grant_lost_at_the_post_is_a_refusal(house):
    await house.link()
    resource = paid(house)
    house.steps.at["unlock.claimed"] = lambda: house.web.post(
        "/control/tokens/expire", json={"service": "hdhive", "person": 1001, "which": "grant"}
    )
    outcome = await press(house, resource.slug)
    assert (outcome.state, type(outcome.error)) == (OutcomeState.REFUSED, LinkLost)


async def test_a_process_that_slept_before_its_post_does_not_send_it(house):
    await house.link()
    resource = paid(house)

    async def sleep() -> None:
        house.clock.advance(11)

    house.steps.at["unlock.claimed"] = sleep
    assert (await press(house, resource.slug)).state is OutcomeState.STALE
    assert (await posts(house), (await known(house, resource.slug)).state) == (0, "refused")


async def test_a_process_that_slept_until_its_row_was_settled_changes_nothing(house):
    await house.link()
    resource = paid(house)

    async def sleep() -> None:
        house.clock.advance(120)
        assert await house.work(kinds=[SETTLE]) == [SETTLE]

    house.steps.at["unlock.claimed"] = sleep
    outcome = await press(house, resource.slug)
    assert (outcome.state, (await known(house, resource.slug)).state) == (OutcomeState.STALE, "released")
    assert await posts(house) == 0
