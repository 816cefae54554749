"""Link checks that meet faults: restarts, cut streams, a service that is off or hangs, a card not drawn."""

from dataclasses import replace
from typing import Any

import pytest

from clients.linkcheck.client import LinkCheck
from clients.linkcheck.following import Patience
from clients.transport import Timeouts, Transport
from services.linkchecks.linkchecks import LinkChecks, Snapshot
from services.linkchecks.run import FOLLOW, LinkCheckPace
from services.names import Service
from tests.services.conftest import Crash
from tests.services.linkchecks.linkchecking import Shown, V, follow, items, quark, verdicts


async def test_progress_that_cannot_be_shown_ends_nothing(house, caplog):
    house.box.world.options.change({"linkcheck_seconds": 0.05})
    finals = []

    async def shaky(card_id: str, snapshot: Snapshot, final: bool) -> None:
        if not final:
            raise OSError("no Telegram")
        finals.append(snapshot)

    house.services.linkchecks.on_change = shaky
    await house.services.linkchecks.start(1001, "card1", quark(*(f"alive{i}" for i in range(6))))
    await house.work(kinds=[FOLLOW])
    assert [snapshot.done for snapshot in finals] == [6]
    assert "could not be shown" in caplog.text


async def test_a_cut_and_repeating_stream_gives_each_verdict_once(house):
    house.box.world.options.change({"linkcheck_repeats": 3, "linkcheck_seconds": 0.01})
    for events in (1, 3, 4):
        house.fault("linkcheck", "*/events", "cut", events=events)
    shown = await follow(house, quark(*(f"alive{i}" for i in range(20))))
    assert verdicts(shown.last) == [V.ALIVE] * 20
    assert len(await house.calls("linkcheck", "POST", "/jobs")) == 1


async def test_a_restart_resumes_the_same_job(house, build):
    house.box.world.options.change({"linkcheck_seconds": 0.03})
    shown = Shown(house)
    await house.services.linkchecks.start(1001, "card1", quark(*(f"alive{i}" for i in range(12))))

    async def crash(card_id: str, snapshot: Snapshot, final: bool) -> None:
        if snapshot.done >= 3:
            raise Crash

    house.services.linkchecks.on_change = crash
    with pytest.raises(Crash):
        await house.work(kinds=[FOLLOW])
    (job,) = await house.jobs(FOLLOW)
    assert job.payload["job_id"]
    assert job.payload["last_event_id"]
    house.clock.advance(31)
    restarted = build()
    shown = Shown(restarted)
    await restarted.work(kinds=[FOLLOW])
    assert verdicts(shown.last) == [V.ALIVE] * 12
    assert len(await house.calls("linkcheck", "POST", "/jobs")) == 1
    streams = await house.calls("linkcheck", "GET", "/events")
    assert streams[-1]["headers"]["last-event-id"] == job.payload["last_event_id"]


async def test_a_service_that_is_off_leaves_the_rest_uncertain(build):
    house = build(off=["linkcheck"])
    shown = await follow(house, quark("alive1") + items("https://disk.top/s/8d2f3a"))
    assert verdicts(shown.last) == [V.UNCERTAIN, V.UNCERTAIN]
    assert [item.reason for item in shown.last.items] == ["service_off", "not_linked"]


@pytest.mark.parametrize(
    "fault",
    [("status", {"status": 500}), ("html", {}), ("reset", {}), ("bad_json", {}), ("status", {"status": 401})],
)
async def test_a_service_that_is_down_leaves_the_rest_uncertain(house, fault):
    kind, more = fault
    house.fault("linkcheck", "/jobs", kind, times=0, **more)
    shown = await follow(house, quark("alive1"))
    assert [(i.verdict, i.reason) for i in shown.last.items] == [(V.UNCERTAIN, "service_down")]
    house.box.world.faults.clear()
    # A service's fault says nothing about the link: it is not remembered.
    assert verdicts((await follow(house, quark("alive1"), "card2")).last) == [V.ALIVE]


async def test_a_service_that_hangs_is_not_asked_again_and_again(house):
    transport = Transport("linkcheck", f"{house.box.url}/linkcheck", timeout=Timeouts(read=0.3), backoff=0.01)
    client = LinkCheck(transport, house.box.world.credentials.linkcheck_api_key)
    services = house.services
    for asking, asked in ((0.2, 1), (20.0, 3)):
        pace = LinkCheckPace(every=0.05, asking=asking, patience=Patience(silence=1.0, pause=0.02, tries=3))
        impatient = LinkChecks(services.db, services.clock, client, None, services.tokens, pace=pace)
        finals = []

        async def told(card_id: str, snapshot: Snapshot, final: bool, into: list[Any] = finals) -> None:
            into.extend([snapshot] * final)

        impatient.on_change = told
        house.fault("linkcheck", "/jobs", "hang", times=0)
        began = len(await house.calls("linkcheck", "POST", "/jobs"))
        await impatient.start(1001, "card1", quark("alive1"))
        await replace(house, services=replace(services, linkchecks=impatient)).work(kinds=[FOLLOW])
        house.box.world.faults.clear()
        assert [(i.verdict, i.reason) for i in finals[0].items] == [(V.UNCERTAIN, "service_down")]
        assert len(await house.calls("linkcheck", "POST", "/jobs")) - began == asked
    await transport.aclose()


async def test_a_service_that_goes_down_midway_loses_nothing(house):
    house.box.world.options.change({"linkcheck_seconds": 0.02})
    house.fault("linkcheck", "*/events", "cut", events=3)
    house.fault("linkcheck", "/jobs/*", "status", status=503, times=0)
    shown = await follow(house, quark(*(f"alive{i}" for i in range(10))))
    found = verdicts(shown.last)
    assert found.count(V.ALIVE) >= 1
    assert found.count(V.UNCERTAIN) == 10 - found.count(V.ALIVE)


async def test_a_job_the_service_forgot_is_made_anew(house):
    shown = Shown(house)
    await house.services.linkchecks.start(1001, "card1", quark("alive1", "dead1"))
    house.fault("linkcheck", "*/events", "status", status=404)
    await house.work(kinds=[FOLLOW])
    assert verdicts(shown.last) == [V.ALIVE, V.DEAD]
    assert len(await house.calls("linkcheck", "POST", "/jobs")) == 2


async def test_disktop_off_or_down_is_uncertain(house, build):
    await house.link(1001, Service.DISKTOP)
    house.fault("disktop", "*/info", "status", status=500, times=0)
    shown = await follow(house, items("https://disk.top/s/8d2f3a"))
    assert shown.last.items[0].reason == "service_down"
    off = build(off=["disktop"])
    shown = await follow(off, items("https://disk.top/s/8d2f3a"), "card2")
    assert shown.last.items[0].reason == "service_off"


async def test_a_run_that_takes_too_long_ends(house):
    house.box.world.options.change({"linkcheck_seconds": 30})
    await house.services.linkchecks.start(1001, "card1", quark("alive1"))
    house.clock.advance(700)
    shown = Shown(house)
    await house.work(kinds=[FOLLOW])
    assert [(i.verdict, i.reason) for i in shown.last.items] == [(V.UNCERTAIN, "timeout")]


async def test_a_card_that_cannot_be_drawn_is_tried_again(house):
    async def broken(card_id: str, snapshot: Snapshot, final: bool) -> None:
        raise OSError("no Telegram")

    house.services.linkchecks.on_change = broken
    await house.services.linkchecks.start(1001, "card1", quark("alive1"))
    with pytest.raises(OSError, match="no Telegram"):
        await house.work(kinds=[FOLLOW])
    assert len(await house.jobs(FOLLOW)) == 1
