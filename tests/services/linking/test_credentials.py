"""Keys and logins that people bring: kept, lent, lost once, and told of before they end."""

import asyncio
from typing import Any

import pytest

from clients.credentials import ApiKey, Bearer, Credential
from clients.errors import NotAuthorized, RateLimited, Unreachable, UpstreamBroken
from services.credentials import ENDING
from services.errors import LinkLost, NotLinked, ServiceOff
from services.forgetting import FORGET
from services.names import Service
from storage import links
from storage.links import Link
from tests.services.conftest import House

ACGBT, MIKA = Service.ACGBT, Service.MIKA
KEY, OTHER, LOGIN = ApiKey("ak_1", "s1"), ApiKey("ak_2", "s2", signed=False), Bearer("jwt-1")
DAY = 86_400.0


async def connected(
    house: House, what: Credential = KEY, service: Service = ACGBT, user: int = 1001, **more: Any
) -> Link:
    whose: dict[str, Any] = {"account_id": "7", "account_name": "xiaoyu"}
    return await house.services.credentials.connect(user, service, what, **whose, **more)


async def stored(house: House, service: Service = ACGBT) -> Link:
    link = await house.services.db.read(lambda tx: links.get(tx, 1001, service))
    assert link is not None
    return link


def accepting(*good: Credential, error: Exception | None = None) -> Any:
    """Be a service that takes some credentials, and returns what it was shown."""

    async def work(credential: Credential) -> Credential:
        await asyncio.sleep(0)
        if credential not in good:
            raise error or NotAuthorized("acgbt", "x", "401", None)
        return credential

    return work


@pytest.mark.parametrize("what", [KEY, OTHER, LOGIN])
async def test_a_call_gets_what_was_brought(house: House, what: Credential) -> None:
    link = await connected(house, what)
    assert await house.services.credentials.call(1001, ACGBT, accepting(what)) == what
    assert await house.services.credentials.maybe(1001, ACGBT) == what
    assert await stored(house) == link
    assert (link.account_id, link.account_name, link.state) == ("7", "xiaoyu", "active")


async def test_without_a_link_nothing_is_called(house: House, build: Any) -> None:
    keys = house.services.credentials
    with pytest.raises(NotLinked):
        await keys.call(1001, ACGBT, accepting(KEY))
    assert await keys.maybe(1001, ACGBT) is None
    off = build(off=["acgbt"]).services.credentials
    with pytest.raises(ServiceOff):
        await off.call(1001, ACGBT, accepting(KEY))
    with pytest.raises(ServiceOff):
        await off.connect(1001, ACGBT, KEY, account_id=None, account_name=None)
    assert await off.maybe(1001, ACGBT) is None


async def test_a_refused_key_is_lost_once_and_told_once(house: House) -> None:
    await connected(house)
    keys = house.services.credentials
    answers = await asyncio.gather(
        *(keys.call(1001, ACGBT, accepting()) for _ in range(10)), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {LinkLost}
    link = await stored(house)
    assert (link.state, link.access_token, link.secret) == ("lost", "", None)
    (told,) = await house.jobs("notice")
    assert told.payload == {"user_id": 1001, "kind": "link_lost", "service": "acgbt"}
    with pytest.raises(LinkLost):
        await keys.call(1001, ACGBT, accepting(KEY))
    assert await keys.maybe(1001, ACGBT) is None


@pytest.mark.parametrize(
    "error",
    [
        UpstreamBroken("acgbt", "x", 500),
        Unreachable("acgbt", "x", "timeout", sent=True),
        RateLimited("acgbt", "x", 5.0),
    ],
)
async def test_faults_never_lose_a_key(house: House, error: Exception) -> None:
    await connected(house)
    with pytest.raises(type(error)):
        await house.services.credentials.call(1001, ACGBT, accepting(error=error))
    assert (await stored(house)).state == "active"
    assert await house.jobs("notice") == []


async def test_who_links_anew_while_the_old_key_is_refused_loses_nothing(house: House) -> None:
    await connected(house)

    async def replaced_meanwhile(credential: Credential) -> Any:
        if credential == KEY:
            await connected(house, OTHER)
        return await accepting(OTHER)(credential)

    assert await house.services.credentials.call(1001, ACGBT, replaced_meanwhile) == OTHER
    link = await stored(house)
    assert (link.state, link.access_token, link.scheme) == ("active", "ak_2", "plain")


async def test_a_new_key_that_is_refused_as_well_is_lost(house: House) -> None:
    await connected(house)

    async def never(credential: Credential) -> Any:
        if credential == KEY:
            await connected(house, OTHER)
        raise NotAuthorized("acgbt", "x", "401", None)

    with pytest.raises(LinkLost):
        await house.services.credentials.call(1001, ACGBT, never)
    assert (await stored(house)).state == "lost"


async def test_a_rate_limit_is_kept_for_its_person_alone(house: House) -> None:
    await connected(house)
    await connected(house, OTHER, user=1002)
    keys = house.services.credentials
    with pytest.raises(RateLimited):
        await keys.call(1001, ACGBT, accepting(error=RateLimited("acgbt", "x", 30.0)))
    with pytest.raises(RateLimited) as caught:
        await keys.call(1001, ACGBT, accepting(KEY))
    assert 0 < caught.value.retry_after <= 30.0
    assert await keys.call(1002, ACGBT, accepting(OTHER)) == OTHER
    house.clock.advance(31.0)
    assert await keys.call(1001, ACGBT, accepting(KEY)) == KEY


@pytest.mark.parametrize(("lasts", "before"), [(30 * DAY, DAY), (DAY, DAY / 4)])
async def test_a_login_that_ends_is_told_before_and_once(house: House, lasts: float, before: float) -> None:
    began = house.clock.now()
    await connected(house, LOGIN, MIKA, expires_at=began + lasts)
    assert await house.work(kinds=[ENDING], until=lasts) == [ENDING]
    assert house.clock.now() == pytest.approx(began + lasts - before, abs=5.0)
    (told,) = await house.jobs("notice")
    payload = {"user_id": 1001, "kind": "link_ending", "service": "mika", "ends_at": began + lasts}
    assert told.payload == payload


@pytest.mark.parametrize("how", ["replaced", "unlinked", "lost", "forgotten", "over"])
async def test_who_has_seen_to_it_is_not_told(house: House, how: str) -> None:
    await connected(house, LOGIN, MIKA, expires_at=house.clock.now() + 10 * DAY)
    services = house.services
    if how == "replaced":
        await connected(house, KEY, MIKA)
    elif how == "unlinked":
        assert await services.linking.unlink(1001, MIKA)
    elif how == "lost":
        with pytest.raises(LinkLost):
            await services.credentials.call(1001, MIKA, accepting())
    elif how == "forgotten":
        await services.forgetting.forget(1001, 1001, None, "zh")
        await house.work(kinds=[FORGET])
    else:
        house.clock.advance(11 * DAY)
    await house.work(kinds=[ENDING], until=10 * DAY)
    told = [job.payload["kind"] for job in await house.jobs("notice")]
    assert told == (["link_lost"] if how == "lost" else [])


async def test_a_login_of_minutes_warns_of_nothing(house: House) -> None:
    await connected(house, LOGIN, MIKA, expires_at=house.clock.now() + 600)
    assert await house.jobs(ENDING) == []


async def test_keys_live_on_at_the_service_and_logins_do_not(house: House) -> None:
    await connected(house)
    await connected(house, LOGIN, MIKA)
    outlook = await house.services.forgetting.outlook(1001)
    assert outlook.linked == ("acgbt", "mika")
    assert outlook.by_hand == ("acgbt",)


async def test_what_is_told_of_somebody_holds_no_secret(house: House) -> None:
    await connected(house, ApiKey("ak_canary", "secret-canary"))
    await connected(house, Bearer("jwt-canary"), MIKA)
    told = (await house.services.privacy.export(1001)).content
    assert b"xiaoyu" in told
    assert b"canary" not in told


def real(house: House) -> ApiKey:
    own = house.box.world.acgbt.main_key(1001)
    return ApiKey(own.key, own.secret)


async def test_a_refused_signature_of_a_good_key_unlinks_nobody(house: House) -> None:
    await connected(house, real(house))
    house.box.world.options.change({"acgbt_refuse_signatures": True})
    profile = await house.services.credentials.call(1001, ACGBT, house.services.acgbt.profile)
    assert profile.username == "xiaoyu_acg"
    assert (await stored(house)).scheme == "plain"
    before = len(await house.calls("acgbt"))
    await house.services.credentials.call(1001, ACGBT, house.services.acgbt.profile)
    assert len(await house.calls("acgbt")) == before + 1, "from now on without a signature"
    assert await house.jobs("notice") == []


async def test_where_that_cannot_be_looked_up_nothing_is_lost(house: House) -> None:
    await connected(house, real(house))
    house.fault("acgbt", "*", "status", status=500, times=0)
    with pytest.raises(UpstreamBroken):
        await house.services.credentials.call(1001, ACGBT, accepting())
    link = await stored(house)
    assert (link.state, link.scheme) == ("active", "signed")


async def test_the_linked_key_is_replaced_by_one_with_the_same_rights(house: House) -> None:
    old = real(house)
    await connected(house, old)
    assert await house.services.signins.rotate(1001, "LinkHive") == old.key
    link, site = await stored(house), house.box.world.acgbt
    assert link.secret is not None
    assert site.keys[link.access_token].secret == link.secret
    assert site.keys[link.access_token].permissions == site.main_key(1001).permissions
    assert link.access_token != old.key
