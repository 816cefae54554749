"""HDHive's client through every endpoint of the sandbox: consent, unlocks, own shares, refreshes."""

from typing import Any

import pytest

from clients.errors import Forbidden, ForbiddenReason, Misconfigured, NotAuthorized, NotFound, Rejected
from clients.hdhive.client import HDHive
from clients.hdhive.publishing import NewShare, ShareChanges
from sandbox.server import Sandbox
from tests.clients.sandboxed import *  # noqa: F403
from tests.clients.sandboxed import BEN, CALLBACK, DUNE, LAOCHEN, XIAOYU, consent, way


async def hive_token(hive: HDHive, person: int, scopes: str = "meta query unlock write vip") -> Any:
    callback = CALLBACK.format("hdhive")
    back = await consent(hive.authorize_url(callback, scopes.split(), "st"), person)
    assert back["state"] == "st"
    return await hive.exchange_code(back["code"], callback)


async def test_hdhive_from_consent_to_check_in(box: Sandbox, hive: HDHive) -> None:
    grant = await hive_token(hive, XIAOYU)
    token = grant.access_token
    assert (grant.expires_in, set(grant.scopes)) == (7200, {"meta", "query", "unlock", "write", "vip"})
    assert (await hive.ping()).message == "pong"
    assert (await hive.quota(token)).daily_reset
    me = await hive.me(token)
    assert me.points == box.world.people[XIAOYU].points
    found = await hive.resources(token, "movie", DUNE)
    paid = next(one for one in found if one.unlock_points and not one.is_unlocked)
    share = await hive.share(token, paid.slug)
    unlocked = await hive.unlock(token, paid.slug)
    assert not unlocked.already_owned
    assert (await hive.me(token)).points == (me.points or 0) - share.price_for_user
    assert (await hive.unlock(token, paid.slug)).already_owned
    assert (await hive.share(token, paid.slug)).is_unlocked
    assert (await hive.check_resource(token, unlocked.full_url)).pan_type == paid.pan_type
    assert (await hive.checkin(token)).checked_in
    again = await hive.checkin(token, gambler=True)
    assert (again.checked_in, bool(again.message)) == (False, True)
    assert (await hive.weekly_free_quota(token)).limit >= 0
    usage, today = await hive.usage(token), await hive.usage_today(token)
    assert usage.summary is not None
    assert today.summary is not None
    assert usage.summary.calls >= today.summary.calls - 1 > 0
    assert usage.daily_stats[0].date
    assert await hive.resources(token, "tv", 999999999) == ()


async def test_hdhive_own_shares(hive: HDHive) -> None:
    token = (await hive_token(hive, XIAOYU)).access_token
    before = len([share async for share in hive.iter_my_shares(token, 500)])
    made = await hive.create_share(
        token,
        NewShare("https://pan.quark.cn/s/abcdef", tmdb_id=str(DUNE), media_type="movie", unlock_points=3),
    )
    assert (made.url, made.unlock_points) == ("https://pan.quark.cn/s/abcdef", 3)
    await hive.update_share(token, made.slug, ShareChanges(title="新的", unlock_points=0))
    changed = await hive.share(token, made.slug)
    assert (changed.title, changed.unlock_points) == ("新的", 0)
    page = await hive.my_shares(token, 1, 1)
    assert (len(page.shares), page.total) == (1, before + 1)
    await hive.delete_share(token, made.slug)
    with pytest.raises(NotFound):
        await hive.delete_share(token, made.slug)
    with pytest.raises(Rejected):
        await hive.update_share(token, made.slug, ShareChanges(title="x"))
    with pytest.raises(Rejected):
        await hive.create_share(token, NewShare(""))


async def test_hdhive_refusals(box: Sandbox, env: dict[str, str], hive: HDHive) -> None:
    callback = CALLBACK.format("hdhive")
    assert await consent(hive.authorize_url(callback, ["query"], "st"), BEN, "deny") == {
        "error": "access_denied",
        "state": "st",
    }
    with pytest.raises(Rejected):
        await hive.exchange_code("nonsense", callback)
    stranger = HDHive(way(env, "hdhive"), "app", "wrong")
    with pytest.raises(Misconfigured):
        await stranger.ping()
    await stranger.aclose()
    with pytest.raises(NotAuthorized) as gone:
        await hive.me("nonsense")
    assert not gone.value.refreshable
    token = (await hive_token(hive, LAOCHEN)).access_token
    with pytest.raises(Forbidden) as premium:
        await hive.checkin(token)
    assert premium.value.reason is ForbiddenReason.PREMIUM
    paid = next(one for one in await hive.resources(token, "movie", DUNE) if one.unlock_points)
    with pytest.raises(Rejected) as poor:
        await hive.unlock(token, paid.slug)
    assert poor.value.code == "INSUFFICIENT_POINTS"
    assert "积分不足" in (poor.value.message or "")
    with pytest.raises(NotFound):
        await hive.share(token, "0" * 32)
    narrow = (await hive_token(hive, XIAOYU, "query")).access_token
    with pytest.raises(Forbidden) as scope:
        await hive.unlock(narrow, paid.slug)
    assert scope.value.reason is ForbiddenReason.USER_SCOPE
    box.world.options.disabled_endpoints.append("GET /me")
    with pytest.raises(Forbidden) as disabled:
        await hive.me(narrow)
    assert disabled.value.reason is ForbiddenReason.DISABLED


async def test_hdhive_refresh_in_each_mode(box: Sandbox, hive: HDHive) -> None:
    grant = await hive_token(hive, XIAOYU)
    box.world.expire("hdhive", XIAOYU, "access")
    with pytest.raises(NotAuthorized) as expired:
        await hive.me(grant.access_token)
    assert expired.value.refreshable
    fresh = await hive.refresh(grant.refresh_token)
    assert fresh.refresh_token not in (None, grant.refresh_token)
    box.world.options.hdhive_refresh = "none"
    assert (await hive.refresh(fresh.refresh_token or "")).refresh_token is None
    box.world.faults.add({"service": "hdhive", "kind": "status", "path": "*/token", "status": 405})
    assert (await hive.refresh(fresh.refresh_token or "")).access_token
    await hive.revoke(fresh.refresh_token or "")
    with pytest.raises(NotAuthorized) as gone:
        await hive.refresh(fresh.refresh_token or "")
    assert not gone.value.refreshable
