"""Another account is linked in the middle of something: what was begun for one is not done with another."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.errors import LinkLost, Relinked
from services.names import Service
from services.saving.copying import Progress
from services.unlocking.ledger import SETTLE
from services.unlocking.settling import WINDOW_SECONDS
from services.unlocking.unlocking import OutcomeState
from storage import checkins, links, unlocks
from storage.links import Link
from tests.services.checkins import checkindays
from tests.services.checkins.checkindays import linked  # noqa: F401
from tests.services.conftest import House
from tests.services.saving import test_saves
from tests.services.subscriptions import following
from tests.services.subscriptions.test_automatic import Shown
from tests.services.unlocking.unlocks import UNLOCK, charges, known, paid, posts, press

XIAOYU, BEN = 1001, 1002
CHECKINS = "/checkin"


@pytest.fixture(autouse=True)
def _no_free_unlocks(box):
    box.world.people[XIAOYU].forever_premium = False


def to_another(house: House, service: Service = Service.HDHIVE) -> Callable[[], Awaitable[object]]:
    """Return the step in which 小雨 links the account of another person."""

    async def link() -> None:
        await house.link(XIAOYU, service, person=BEN)

    return link


@pytest.mark.parametrize("step", ["unlock.priced", "unlock.claimed"])
async def test_the_account_that_pays_is_the_one_whose_price_was_read(house, step):
    await house.link()
    resource = paid(house)
    resource.unlocked_by.add(XIAOYU)  # the first account owns it: to this one it costs nothing
    house.steps.at[step] = to_another(house)
    if step == "unlock.priced":
        with pytest.raises(Relinked):
            await press(house, resource.slug, 0)
    else:
        outcome = await press(house, resource.slug, 0)
        assert (outcome.state, type(outcome.error)) == (OutcomeState.REFUSED, Relinked)
    assert (await posts(house), charges(house)) == (0, 0)
    assert await house.services.db.read(unlocks.unsettled) == []
    again = await press(house, resource.slug)
    assert (again.state, charges(house)) == (OutcomeState.DONE, 1), "asked for anew, the new account pays"


async def test_the_same_account_linked_anew_pays(house):
    await house.link()
    resource = paid(house)
    house.steps.at["unlock.priced"] = house.link
    house.steps.at["unlock.claimed"] = house.link
    assert (await press(house, resource.slug)).state is OutcomeState.DONE
    assert charges(house) == 1


async def test_an_account_that_gets_its_name_between_two_presses_pays_once(house):
    link = await house.link()
    db = house.services.db
    await db.write(lambda tx: links.describe(tx, link.id, None, None))
    resource = paid(house)

    async def named_and_pressed() -> None:
        await db.write(lambda tx: links.describe(tx, link.id, "1001", "x"))
        house.fault("hdhive", f"*{UNLOCK}", "status", status=500)
        assert (await press(house, resource.slug)).state is OutcomeState.DOUBTFUL

    house.steps.at["unlock.priced"] = named_and_pressed
    assert (await press(house, resource.slug)).state is OutcomeState.DOUBTFUL
    assert await posts(house) == 1, "no second POST while the first one may still land"


async def test_what_is_unlocked_by_itself_is_looked_at_again_for_the_new_account(house):
    await house.link()
    followed = await following.follow(house)
    await house.services.subscriptions.follows.automatic(followed.subscription.id, auto=True)
    await house.services.people.change(XIAOYU, unlock_limit=5, auto_unlock_budget=12)
    shown = Shown(house)
    (made,) = following.new(house, drive="quark", unlock_points=3)
    house.steps.at["unlock.priced"] = to_another(house)
    await following.live(house)
    assert shown.steps(made.slug)[-1] == "unlocked"
    assert [(charge.person, charge.points) for charge in house.box.world.hdhive.charges] == [(BEN, 3)]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("step", ["settle.looking", "settle.owned"])
async def test_what_one_account_paid_is_not_fetched_with_another(house, step, named):
    # HDHive tells the ids of accounts to Premium members only.
    house.box.world.people[XIAOYU].premium = named
    assert ((await house.link()).account_id is not None) is named
    resource = paid(house)
    house.fault("hdhive", f"*{UNLOCK}", "status", status=500, after=True)
    doubtful = await press(house, resource.slug)
    assert doubtful.state is OutcomeState.DOUBTFUL
    house.steps.at[step] = to_another(house)
    await house.work(kinds=[SETTLE], until=200)
    assert [charge.person for charge in house.box.world.hdhive.charges] == [XIAOYU]
    row = await house.services.db.read(lambda tx: unlocks.get(tx, doubtful.unlock.id))
    assert (row.state, row.error) == ("refused", "NotLinked"), "whether the first one paid nobody can tell"
    assert len(await house.calls("hdhive", "GET", resource.slug)) == 1 + (step == "settle.owned")


async def test_what_another_account_owns_says_nothing_of_what_one_paid(house):
    await house.link()
    resource, tokens = paid(house), house.services.tokens
    house.fault("hdhive", f"*{UNLOCK}", "status", status=500, after=True)
    doubtful = await press(house, resource.slug)
    look = tokens.link

    async def then_linked_anew(*whose: Any) -> Link:
        tokens.link, link = look, await look(*whose)
        await to_another(house)()
        return link

    tokens.link = then_linked_anew
    house.clock.advance(WINDOW_SECONDS + 1)
    await house.work(kinds=[SETTLE], until=200)
    row = await house.services.db.read(lambda tx: unlocks.get(tx, doubtful.unlock.id))
    assert (row.state, row.error) == ("refused", "NotLinked")


async def test_a_check_in_is_of_one_account(house):
    await house.link()
    house.steps.at["checkin.pressed"] = to_another(house)
    with pytest.raises(Relinked):
        await house.services.checkins.check_in(XIAOYU, gambler=True)
    assert await house.calls("hdhive", "POST", CHECKINS) == []


async def test_a_check_in_that_counted_stays_in_the_history_whatever_comes_after_it(house):
    await house.link()
    house.box.world.people[BEN].premium = True
    hdhive = house.services.hdhive
    ask = hdhive.checkin

    async def then_linked_anew(token: str, gambler: bool) -> object:
        got = await ask(token, gambler)
        await to_another(house)()
        return got

    hdhive.checkin = then_linked_anew
    outcome = await house.services.checkins.check_in(XIAOYU)
    assert (outcome.checked_in, outcome.points) == (True, None), "what another account has is not told"
    assert (await house.services.checkins.history(XIAOYU)).rows == (), "it is the first account's"
    hdhive.checkin = ask
    await house.link()
    (row,) = (await house.services.checkins.history(XIAOYU)).rows
    assert row.state == "done"


async def test_a_daily_check_in_is_of_the_account_whose_row_was_claimed(linked):  # noqa: F811
    first = await linked.services.tokens.link(XIAOYU, Service.HDHIVE)
    linked.box.world.people[BEN].premium = True
    await linked.services.people.change(XIAOYU, checkin_at="09:00")
    linked.steps.at["checkin.sending"] = to_another(linked)
    day = (await checkindays.at_beijing(linked, 9.0)).isoformat()
    await checkindays.live(linked, 3 * 3600)
    second = await linked.services.tokens.link(XIAOYU, Service.HDHIVE)
    ends = [
        await linked.services.db.read(lambda tx, one=one: checkins.of_day(tx, [f"account:{one}"], day))
        for one in (first.account_id, second.account_id)
    ]
    assert [(row.state, row.reason) for row in ends] == [("later", "Relinked"), ("done", None)]
    assert checkindays.posts(linked) == 1


async def test_a_save_does_not_go_on_in_another_drive(house):
    await house.link(XIAOYU, Service.DISKTOP)
    picks = test_saves.many(house, 150)

    async def told(progress: Progress) -> None:
        if progress.saved == 100:
            await to_another(house, Service.DISKTOP)()

    with pytest.raises(Relinked):
        await house.services.transfers.save(XIAOYU, "b16b16", picks, "/Saved", told=told)
    assert len(await house.calls("disktop", "POST", "/transfer")) == 1
    result = await house.services.transfers.save(XIAOYU, "b16b16", picks, "/Saved")
    assert (result.saved, result.already) == (150, 0), "asked for anew, all of it goes to the new one"


async def test_a_call_is_of_the_account_it_is_meant_for(house):
    link = await house.link()
    tokens, quota = house.services.tokens, house.services.hdhive.quota
    await house.link()
    assert await tokens.call(XIAOYU, Service.HDHIVE, quota, of=link), "the same account, linked anew"
    before = len(await house.calls("hdhive", "GET", "/quota"))
    await to_another(house)()
    with pytest.raises(Relinked):
        await tokens.call(XIAOYU, Service.HDHIVE, quota, of=link)
    other = await tokens.link(XIAOYU, Service.HDHIVE)
    await house.services.db.write(lambda tx: links.lose(tx, other.id, other.version, 0.0))
    with pytest.raises(LinkLost):
        await tokens.call(XIAOYU, Service.HDHIVE, quota, of=link)
    assert len(await house.calls("hdhive", "GET", "/quota")) == before


async def test_the_row_of_an_unlock_names_the_link_that_paid(house):
    await house.link()
    resource = paid(house)
    house.steps.at["unlock.priced"] = house.link
    await press(house, resource.slug)
    link = await house.services.tokens.link(XIAOYU, Service.HDHIVE)
    assert (await known(house, resource.slug)).link_id == link.id
