"""Linking by a device code: the rules of the polling as pure data, and the job on the sandbox."""

import json
from dataclasses import asdict, replace

import pytest

from clients.disktop.errors import DeviceDenied, DeviceExpired, DevicePending, DeviceSlowDown
from clients.disktop.models import DeviceCode
from clients.errors import (
    BadResponse,
    Forbidden,
    ForbiddenReason,
    Misconfigured,
    RateLimited,
    Rejected,
    Unreachable,
    UpstreamBroken,
)
from clients.transport import LONGEST_CALL_SECONDS
from services.errors import ServiceOff
from services.linking.devicecode import POLL
from services.linking.devicepolls import SLACK_SECONDS, Polling, after, end_of
from services.names import Service
from storage import links

AT = ("disktop", "poll_device")


def begun(interval: float = 5.0) -> Polling:
    given = DeviceCode(
        device_code="secret",
        user_code="AB-CD",
        verification_uri="https://x",
        expires_in=600,
        interval=interval,
    )
    return Polling.begin(given, 1000.0)


def waits(polling: Polling | None, now: float) -> float:
    assert polling is not None
    return round(polling.next_at - now - SLACK_SECONDS, 6)


def test_the_first_question_waits_for_an_interval():
    assert waits(begun(), 1000.0) == 5.0
    assert waits(begun(0.0), 1000.0) == 1.0
    assert begun().expires_at == 1600.0
    assert "secret" not in repr(begun())


def test_slow_down_adds_five_seconds_for_good():
    polling = after(begun(), DeviceSlowDown(*AT), 1010.0)
    assert waits(polling, 1010.0) == 10.0
    polling = after(polling, DeviceSlowDown(*AT), 1020.0)
    assert waits(polling, 1020.0) == 15.0
    assert waits(after(polling, DevicePending(*AT), 1035.0), 1035.0) == 15.0


@pytest.mark.parametrize(
    "fault",
    [
        Unreachable(*AT, "timeout", sent=True),
        UpstreamBroken(*AT, 502),
        BadResponse(*AT, "no JSON"),
        RateLimited(*AT, 1.0),
    ],
)
def test_faults_wait_longer_each_time_until_an_answer_comes(fault):
    polling, seen = begun(), []
    for _ in range(6):
        polling = after(polling, fault, 2000.0)
        seen.append(waits(polling, 2000.0))
    assert seen == [
        10.0,
        40.0 if fault.doubtful else 20.0,
        60.0 if fault.doubtful else 40.0,
        60.0,
        60.0,
        60.0,
    ]
    # An answer that was lost may have been slow_down; a clear one was not.
    added = 30.0 if fault.doubtful else 0.0
    assert waits(after(polling, DevicePending(*AT), 2000.0), 2000.0) == 5.0 + added
    slow = replace(polling, interval=90.0)
    assert waits(after(slow, fault, 2000.0), 2000.0) == 90.0 + added / 6


def test_a_limit_is_kept_to():
    assert waits(after(begun(), RateLimited(*AT, 300.0), 2000.0), 2000.0) == 300.0


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (DeviceDenied(*AT), "denied"),
        (DeviceExpired(*AT), "expired"),
        (Rejected(*AT, "invalid_grant"), "failed"),
        (Misconfigured(*AT, "invalid_client"), "failed"),
        (Forbidden(*AT, ForbiddenReason.OTHER), "failed"),
    ],
)
def test_any_other_error_ends_it(answer, end):
    assert after(begun(), answer, 2000.0) is None
    assert end_of(answer) == end


def test_the_state_is_plain_data():
    polling = after(begun(), DeviceSlowDown(*AT), 1010.0)
    assert Polling(**json.loads(json.dumps(asdict(polling)))) == polling
    # Whoever takes over while a question may be under way waits for it as well.
    assert waits(polling.asked(1020.0), 1020.0) == LONGEST_CALL_SECONDS + 15.0


def device(house):
    return list(house.box.world.disktop.devices.values())[-1]


def allow(house, person=1001):
    found = device(house)
    found.stage, found.person = "allowed", person


async def told(house):
    return [job.payload["kind"] for job in await house.jobs("notice")]


async def test_an_allowed_code_becomes_a_link(house):
    shown = await house.services.devices.start(1001)
    assert shown.user_code in (shown.verification_uri_complete or "")
    assert "user_code" not in repr(shown)
    began = house.clock.now()
    assert await house.work(kinds=[POLL], until=12) == [POLL, POLL]
    assert house.clock.now() - began >= 10
    allow(house)
    assert await house.work(kinds=[POLL]) == [POLL]
    assert await house.jobs(POLL) == []
    assert await told(house) == ["device_linked"]
    link = await house.services.db.read(lambda tx: links.get(tx, 1001, Service.DISKTOP))
    assert link is not None
    assert (link.state, link.account_name) == ("active", "小雨的云盘")
    assert "user.read" in link.scopes


async def test_a_link_whose_account_cannot_be_told_stays_unnamed(house):
    await house.services.devices.start(1001)
    allow(house)
    house.fault("disktop", "*/user/info", "status", status=500, times=0)
    await house.work(kinds=[POLL])
    link = await house.services.db.read(lambda tx: links.get(tx, 1001, Service.DISKTOP))
    assert link is not None
    assert link.account_name is None


async def test_a_denied_or_expired_code_ends_and_the_user_is_told(house):
    await house.services.devices.start(1001)
    device(house).stage = "denied"
    await house.work(kinds=[POLL])
    house.box.world.options.disktop_device_seconds = 60
    await house.services.devices.start(1002)
    done = await house.work(kinds=[POLL])
    assert 10 <= len(done) <= 12
    assert await told(house) == ["device_denied", "device_expired"]
    assert len(await house.calls("disktop", "POST", "/device-token")) <= len(done) + 1


async def test_a_new_code_takes_the_place_of_the_old_one(house):
    await house.services.devices.start(1001)
    await house.services.devices.start(1001)
    (job,) = await house.jobs(POLL)
    assert job.payload["polling"]["device_code"] == device(house).device_code


async def test_a_cancelled_code_brings_nothing_even_while_it_is_asked_for(house):
    devices = house.services.devices
    await devices.start(1001)
    assert await devices.cancel(1001) is True
    assert await devices.cancel(1001) is False
    await devices.start(1001)
    allow(house)
    house.steps.at["device.granted"] = lambda: devices.cancel(1001)
    assert await house.work(kinds=[POLL]) == [POLL]
    assert await house.services.db.read(lambda tx: links.get(tx, 1001, Service.DISKTOP)) is None
    assert await told(house) == []


async def test_a_job_that_comes_too_early_asks_nothing(house):
    await house.services.devices.start(1001)
    (job,) = await house.jobs(POLL)
    from services.jobs import Lease, RetryLater

    lease = Lease(house.services.db, house.clock, job, 30.0)
    with pytest.raises(RetryLater) as caught:
        await house.services.devices.poll(job, lease)
    assert caught.value.at == job.payload["polling"]["next_at"]
    assert await house.calls("disktop", "POST", "/device-token") == []


async def test_a_service_that_is_off_gives_no_code_and_ends_the_old_one(house, build):
    await house.services.devices.start(1001)
    off = build(off=["disktop"])
    with pytest.raises(ServiceOff):
        await off.services.devices.start(1002)
    await off.work(kinds=[POLL])
    assert await told(off) == ["device_failed"]
