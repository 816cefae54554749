"""Link checks: each link gets its verdict once, which is remembered for its time; progress is shown."""

import pytest

from services.errors import NoLinks
from services.linkchecks.linkchecks import MAX_LINKS
from services.linkchecks.run import FOLLOW
from services.names import Service
from tests.services.linkchecks.linkchecking import Shown, V, follow, items, quark, verdicts


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


async def test_without_a_listener_nothing_is_told(house):
    await house.services.linkchecks.start(1001, "card1", quark("alive1"))
    await house.work(kinds=[FOLLOW])
    assert (await house.services.linkchecks.start(1001, "card2", quark("alive1"))).snapshot.done == 1
