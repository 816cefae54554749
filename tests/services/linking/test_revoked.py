"""Grants that are given back: at once, later when it fails, for as long as they may live."""

from services.names import Service
from storage import links


async def test_linking_again_replaces_and_revokes_the_old_grant(house):
    old, new = await house.link(), await house.link()
    assert old.id != new.id
    assert await house.work(kinds=["link.revoke"]) == ["link.revoke"]
    (call,) = await house.calls("hdhive", "POST", "/revoke")
    assert old.refresh_token in call["body"]
    first, second = await house.link(1001, Service.DISKTOP), await house.link(1001, Service.DISKTOP)
    assert first.id != second.id
    assert await house.jobs("link.revoke") == []


async def test_unlink_revokes_and_deletes(house):
    linking, db = house.services.linking, house.services.db
    link = await house.link()
    assert await linking.unlink(1001, "hdhive") is True
    assert await db.read(lambda tx: links.get(tx, 1001, "hdhive")) is None
    (call,) = await house.calls("hdhive", "POST", "/revoke")
    assert link.refresh_token in call["body"]
    assert await house.jobs("link.revoke") == []
    assert await linking.unlink(1001, "hdhive") is False
    await house.link(1001, Service.DISKTOP)
    assert await linking.unlink(1001, "disktop") is True
    assert await house.jobs("link.revoke") == []


async def test_a_revocation_that_fails_is_done_later(house):
    await house.link()
    house.fault("hdhive", "*/revoke", "status", status=503, times=3)
    assert await house.services.linking.unlink(1001, "hdhive") is True
    assert len(await house.jobs("link.revoke")) == 1
    assert await house.work(kinds=["link.revoke"]) == ["link.revoke"]
    assert [call["status"] for call in await house.calls("hdhive", "POST", "/revoke")] == [503, 503, 503, 200]


async def test_a_revocation_waits_for_limits_and_takes_no_for_done(house):
    await house.link()
    house.fault("hdhive", "*/revoke", "reset", times=3)
    await house.services.linking.unlink(1001, "hdhive")
    house.fault("hdhive", "*/revoke", "retry_after", status=429, retry_after=77)
    house.fault("hdhive", "*/revoke", "status", status=400)
    assert await house.work(kinds=["link.revoke"]) == ["link.revoke"] * 2
    assert await house.jobs("link.revoke") == []


async def test_a_grant_that_was_gone_needs_no_job(house):
    await house.link()
    house.fault("hdhive", "*/revoke", "status", status=400)
    assert await house.services.linking.unlink(1001, "hdhive") is True
    assert await house.jobs("link.revoke") == []


async def test_a_revocation_waits_for_a_service_that_is_switched_off(house, build):
    link = await house.link()
    house.fault("hdhive", "*/revoke", "status", status=503, times=3)
    await house.services.linking.unlink(1001, "hdhive")
    assert len(await build(off=["hdhive"]).work(kinds=["link.revoke"], until=86_400)) > 3
    assert await house.work(kinds=["link.revoke"], until=86_400) == ["link.revoke"]
    last = (await house.calls("hdhive", "POST", "/revoke"))[-1]
    assert (last["status"], link.refresh_token in last["body"]) == (200, True)
    assert await house.jobs("link.revoke") == []


async def test_a_service_that_is_switched_off_can_be_unlinked_and_is_told_later(house, build):
    link = await house.link()
    await house.link(1001, Service.DISKTOP)
    off = build(off=["hdhive", "disktop"]).services.linking
    assert await off.unlink(1001, "hdhive") is True
    assert await off.unlink(1001, "disktop") is True
    assert len(await house.jobs("link.revoke")) == 1, "Disk.Top has no such call"
    await house.work(kinds=["link.revoke"])
    (call,) = await house.calls("hdhive", "POST", "/revoke")
    assert link.refresh_token in call["body"]


async def test_a_service_that_stays_off_is_given_up_with_a_word(house, build, caplog):
    await house.link()
    off = build(off=["hdhive"])
    await off.services.linking.unlink(1001, "hdhive")
    await off.work(kinds=["link.revoke"], until=36 * 86_400)
    assert await house.jobs("link.revoke") == []
    (told,) = [record for record in caplog.records if record.name == "services.linking.unlinking"]
    assert (told.levelname, told.error) == ("WARNING", "ServiceOff")


async def test_a_wrong_app_secret_does_not_pass_for_revoked(house):
    link = await house.link()
    house.fault("hdhive", "*/revoke", "status", status=503, times=3)
    await house.services.linking.unlink(1001, "hdhive")
    house.fault(
        "hdhive", "*/revoke", "status", status=401, body={"success": False, "code": "INVALID_API_KEY"}
    )
    assert await house.work(kinds=["link.revoke"]) == ["link.revoke"] * 2
    assert [call["status"] for call in await house.calls("hdhive", "POST", "/revoke")][-2:] == [401, 200]
    assert link.refresh_token in (await house.calls("hdhive", "POST", "/revoke"))[-1]["body"]


async def test_a_revocation_goes_on_for_as_long_as_the_grant_may_live(house):
    await house.link()
    house.fault("hdhive", "*/revoke", "status", status=503, times=0)
    await house.services.linking.unlink(1001, "hdhive")
    assert len(await house.work(until=34 * 86_400, kinds=["link.revoke"])) > 100
    assert len(await house.jobs("link.revoke")) == 1
    await house.work(until=2 * 86_400, kinds=["link.revoke"])
    assert await house.jobs("link.revoke") == [], "nothing is left of a token that has ended by itself"
