import asyncio
from dataclasses import replace
from typing import Any

import pytest

from clients.linkcheck.client import LinkCheck
from clients.linkcheck.following import Patience
from clients.linkcheck.models import Verdict
from clients.transport import Timeouts, Transport
from services.checkrun import FOLLOW, Pace
from services.errors import NoLinks
from services.linkchecks import MAX_LINKS, CheckedLink, LinkChecks, Snapshot
from services.names import Service
from services.sharelinks import extract
from tests.services.conftest import Crash, House

V = Verdict


class Shown:
    """What a card was told."""

    def __init__(self, house: House) -> None:
        self.told: list[tuple[str, Snapshot, bool]] = []
        house.services.linkchecks.on_change = self

    async def __call__(self, card_id: str, snapshot: Snapshot, final: bool) -> None:
        self.told.append((card_id, snapshot, final))

    @property
    def last(self) -> Snapshot:
        assert self.told[-1][2]
        return self.told[-1][1]


def items(*texts: str) -> list[CheckedLink]:
    return [CheckedLink.of(link) for text in texts for link in extract(text)]


def quark(*names: str) -> list[CheckedLink]:
    return items(*(f"https://pan.quark.cn/s/{name}" for name in names))


def verdicts(snapshot: Snapshot) -> list[Any]:
    return [item.verdict for item in snapshot.items]


async def follow(house: House, given: list[CheckedLink], card: str = "card1") -> Shown:
    shown = Shown(house)
    await house.services.linkchecks.start(1001, card, given)
    await house.work(kinds=[FOLLOW])
    return shown


async def test_every_link_gets_its_verdict(house):
    given = quark("alive1", "dead1", "locked1", "uncertain1") + items(
        "https://mypikpak.com/s/VNabc", "magnet:?xt=urn:btih:" + "a" * 40, "https://x115.com/s/abcd"
    )
    run = await house.services.linkchecks.start(1001, "card1", given)
    assert (run.card_id, run.dropped, run.snapshot.done) == ("card1", 0, 2)
    shown = Shown(house)
    await house.work(kinds=[FOLLOW])
    assert verdicts(shown.last) == [V.ALIVE, V.DEAD, V.LOCKED, V.UNCERTAIN] + [V.UNSUPPORTED] * 3
    assert (shown.last.finished, shown.last.stopped, shown.last.done) == (True, False, 7)
    (made,) = await house.calls("linkcheck", "POST", "/jobs")
    assert "magnet" not in made["body"]
    assert await house.jobs(FOLLOW) == []


async def test_the_code_goes_with_the_link(house):
    await follow(house, items("https://pan.quark.cn/s/abcd 提取码：x1y2"))
    (made,) = await house.calls("linkcheck", "POST", "/jobs")
    assert "https://pan.quark.cn/s/abcd?pwd=x1y2" in made["body"]


async def test_verdicts_are_remembered_each_for_its_time(house):
    names = ("alive1", "dead1", "uncertain1")
    await follow(house, quark(*names))
    for passed, asked in ((1, 0), (200, 1), (3700, 2), (6 * 3600, 3)):
        house.clock.advance(passed)
        began = len(await house.calls("linkcheck", "POST", "/jobs"))
        run = await house.services.linkchecks.start(1001, "card2", quark(*names))
        assert 3 - run.snapshot.done == asked
        await house.work(kinds=[FOLLOW])
        assert len(await house.calls("linkcheck", "POST", "/jobs")) - began == (1 if asked else 0)


async def test_asking_again_asks_for_what_was_uncertain(house):
    shown = await follow(house, quark("uncertain1", "alive1"))
    fresh = [item.model_copy(update={"verdict": None, "reason": None}) for item in shown.last.items]
    run = await house.services.linkchecks.start(1001, "card2", fresh)
    assert verdicts(run.snapshot) == [V.UNCERTAIN, V.ALIVE], "not asked for: it is remembered for a while"
    run = await house.services.linkchecks.start(1001, "card2", fresh, again=True)
    assert verdicts(run.snapshot) == [None, V.ALIVE]


async def test_a_link_that_has_its_verdict_keeps_it(house):
    (known,) = quark("dead1")
    run = await house.services.linkchecks.start(1001, "card1", [known.judged(V.ALIVE)])
    assert verdicts(run.snapshot) == [V.ALIVE]


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


async def test_a_stopped_run_of_shares_only_has_nothing_to_cancel(house):
    await house.link(1001, Service.DISKTOP)
    shown = Shown(house)
    house.fault("disktop", "*/info", "delay", seconds=0.5)
    await house.services.linkchecks.start(1001, "card1", items("https://disk.top/s/8d2f3a"))
    task = asyncio.create_task(house.work(kinds=[FOLLOW]))
    while "card1" not in house.services.linkchecks._runs:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    await house.services.linkchecks.stop("card1")
    await task
    assert (shown.last.stopped, shown.last.done) == (True, 0)
    assert await house.calls("linkcheck") == []


async def test_too_many_and_too_few_links(house):
    with pytest.raises(NoLinks):
        await house.services.linkchecks.start(1001, "card1", [])
    run = await house.services.linkchecks.start(
        1001, "card1", quark(*(f"n{i:03d}" for i in range(MAX_LINKS + 7)))
    )
    assert (len(run.snapshot.items), run.dropped) == (MAX_LINKS, 7)


async def test_two_hundred_links_in_one_run_with_progress(house):
    shown = await follow(house, quark(*(f"n{i:03d}" for i in range(MAX_LINKS))))
    assert None not in verdicts(shown.last)
    counts = [snapshot.done for _, snapshot, _ in shown.told]
    assert counts == sorted(counts)
    assert len(counts) > 2


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
        pace = Pace(every=0.05, asking=asking, patience=Patience(silence=1.0, pause=0.02, tries=3))
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


async def running(house: House, names: list[str]) -> asyncio.Task[Any]:
    house.box.world.options.change({"linkcheck_seconds": 0.05})
    await house.services.linkchecks.start(1001, "card1", quark(*names))
    task = asyncio.create_task(house.work(kinds=[FOLLOW]))
    while not house.box.world.linkcheck.checked:  # noqa: ASYNC110 - the sandbox tells nobody
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.03)
    return task


async def test_stop_ends_a_run_and_keeps_what_is_known(house):
    shown = Shown(house)
    task = await running(house, [f"alive{i}" for i in range(40)])
    await house.services.linkchecks.stop("card1")
    await task
    assert (shown.last.finished, shown.last.stopped) == (True, True)
    assert 0 < shown.last.done < 40
    assert set(verdicts(shown.last)) == {V.ALIVE, None}
    assert len(await house.calls("linkcheck", "DELETE")) == 1
    assert await house.jobs(FOLLOW) == []
    await house.services.linkchecks.stop("nothing")


async def test_stop_in_another_process_ends_the_run_quietly(house, build):
    shown = Shown(house)
    task = await running(house, [f"alive{i}" for i in range(40)])
    await build().services.linkchecks.stop("card1")
    await task
    assert not any(final for _, _, final in shown.told)


async def test_urgent_puts_what_waits_first(house):
    task = await running(house, [f"alive{i}" for i in range(15)])
    assert await house.services.linkchecks.urgent("card1") is True
    await task
    (call,) = await house.calls("linkcheck", "POST", "/urgent")
    assert call["status"] == 200
    assert await house.services.linkchecks.urgent("card1") is False


async def test_urgent_that_fails_is_only_not_urgent(house):
    task = await running(house, [f"alive{i}" for i in range(10)])
    house.fault("linkcheck", "*/urgent", "status", status=500, times=0)
    assert await house.services.linkchecks.urgent("card1") is False
    await task


async def test_urgent_before_the_job_is_made_counts_too(house):
    shown = Shown(house)
    house.fault("linkcheck", "/jobs", "delay", seconds=0.3)
    await house.services.linkchecks.start(1001, "card1", quark("alive1", "alive2"))
    task = asyncio.create_task(house.work(kinds=[FOLLOW]))
    while "card1" not in house.services.linkchecks._runs:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert await house.services.linkchecks.urgent("card1") is True
    await task
    assert len(await house.calls("linkcheck", "POST", "/urgent")) == 1
    assert shown.last.done == 2


async def test_starting_again_on_a_card_replaces_the_run(house):
    shown = Shown(house)
    task = await running(house, [f"alive{i}" for i in range(40)])
    await house.services.linkchecks.start(1001, "card1", quark("dead7"))
    await task
    await house.work(kinds=[FOLLOW])
    # The old run says nothing more: the card belongs to the new one.
    assert [verdicts(snapshot) for _, snapshot, final in shown.told if final] == [[V.DEAD]]


DISKTOP = [
    ("https://disk.top/s/8d2f3a", V.ALIVE, "all_checks_passed"),
    ("https://disk.top/s/c0de12?pwd=1234", V.ALIVE, "all_checks_passed"),
    ("https://disk.top/s/c0de12", V.LOCKED, "code_needed"),
    ("https://disk.top/s/c0de12?pwd=9999", V.LOCKED, "wrong_code"),
    ("https://disk.top/s/dead00", V.DEAD, "share_not_found"),
    ("https://disk.top/s/0ld000", V.DEAD, "share_expired"),
]


async def test_disktop_links_are_judged_by_the_users_own_account(house):
    await house.link(1001, Service.DISKTOP)
    shown = await follow(house, items(*(text for text, *_ in DISKTOP)))
    found = {(i.text, i.verdict, i.reason) for i in shown.last.items}
    assert (DISKTOP[0][0], V.ALIVE, "all_checks_passed") in found
    for text, verdict, reason in DISKTOP:
        shown = await follow(house, items(text), f"card-{verdict}-{reason}")
        assert [(i.verdict, i.reason) for i in shown.last.items] == [(verdict, reason)]
    assert await house.calls("linkcheck", "POST", "/jobs") == []


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


async def test_without_a_listener_nothing_is_told(house):
    await house.services.linkchecks.start(1001, "card1", quark("alive1"))
    await house.work(kinds=[FOLLOW])
    assert (await house.services.linkchecks.start(1001, "card2", quark("alive1"))).snapshot.done == 1
