"""One person's claim of the whole disk holds up nobody's upload, and who waits for room is told so."""

import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from services import jobs
from tests.conftest import linked
from tests.driver import Control, Person
from tests.e2e.hurried import Hurried
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import MIB, source, stored
from tests.e2e.words import Words

GIB = 1024**3
DRIP = 20_000


async def test_who_claims_the_disk_and_sends_a_drip_holds_up_nobody(
    bot: House, xiaoyu: Person, laochen: Person, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=20 * GIB // 4096, f_frsize=4096))
    say = Words("zh")
    for person in (xiaoyu, laochen):
        await linked(person, "disktop")
    claim = source(box, "large.mkv", size=16 * GIB, rate=DRIP)
    card = await uploading.started(xiaoyu, say, f"/upload {claim}")
    await xiaoyu.until(lambda message: "16.0 GB" in message.text, 20, since=0)
    # More than the claim would leave.
    other = source(box, "other.mkv", size=8 * GIB, rate=DRIP)
    await laochen.send(f"/upload {other}")
    told = await laochen.until(lambda message: "8.0 GB" in message.text, 20, since=0)
    assert say("upload.fetching") in told.text
    await laochen.press(told, say("button.cancel"))
    await laochen.send(f"/upload {source(box, 'a.bin', size=100_000, seed='a')}")
    await uploading.done(laochen, say, "a.bin")
    await xiaoyu.press(card, say("button.cancel"))


async def test_who_waits_for_room_is_told_so(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, clock: Hurried
) -> None:
    await linked(person, "disktop")
    spool = bot.services.uploads._spool
    spool._limit = 3 * MIB
    # Somebody else's file, whole and on its way to the drive.
    spool.room.found(1, 1, 2 * MIB + MIB // 2)
    await person.send(f"/upload {source(box, 'a.bin', size=MIB)}")
    waits = await person.until(say.starts("upload.no_room"), 20, since=0)
    assert waits.find(say("button.cancel")) is not None
    spool.room.leave(1)
    clock.forward(60)
    done = await uploading.done(person, say, "a.bin", 30)
    assert done.id == waits.id
    assert stored(box, person, "a.bin") is not None


async def test_who_drips_lets_who_waits_go_first_and_is_told_so(
    bot: House, xiaoyu: Person, laochen: Person, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CLAIMED_WITHIN", 0.1)
    # There is one place, and everything is slow.
    bot.uploads._limit = 1
    running = bot.services.uploads._running
    running._pace = replace(running._pace, slow=100 * MIB, slow_after=0.5)
    say = Words("zh")
    for person in (xiaoyu, laochen):
        await linked(person, "disktop")
    card = await uploading.started(xiaoyu, say, f"/upload {source(box, 'slow.mkv', size=MIB, rate=5 * DRIP)}")
    await xiaoyu.until(lambda message: "1.0 MB" in message.text, 20, since=0)
    await laochen.send(f"/upload {source(box, 'a.bin', size=100_000, seed='a')}")
    await laochen.until(lambda message: say("upload.next") in message.text, 20, since=0)
    await xiaoyu.until(lambda message: say("upload.gave_way") in message.text, 20, since=0)
    await uploading.done(laochen, say, "a.bin")
    done = await uploading.done(xiaoyu, say, "slow.mkv", 30)
    assert done.id == card.id
    assert stored(box, xiaoyu, "slow.mkv") is not None
