"""kill -9 in the middle of an album: every picture is in the draft once, in order, and none is left over."""

from pathlib import Path

import pytest

from sandbox.server import Sandbox
from storage import pictures
from storage.crypto import KeyRing
from storage.database import Database
from tests.conftest import environment
from tests.driver import Control, Journal, Person
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.process import Shift, running
from tests.e2e.publish.picturing import SITE, counts, look, number_of, photo, send_album, sent_images
from tests.e2e.publish.publishing import MAGNET, asks, linked_acgbt, to_pictures
from tests.e2e.words import Words
from tests.fixtures.databases import KEY
from tests.guarantees.traces import as_setting

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
HELD = 60.0


@pytest.mark.parametrize("step", ["picture.kept", "send.sent"])
async def test_an_album_outlives_kills(
    box: Sandbox, tmp_path: Path, xiaoyu: Person, control: Control, journal: Journal, step: str
) -> None:
    say, shift = Words("zh"), Shift(tmp_path)
    await control.telegram("options", limits=False)
    linked_acgbt(box, xiaoyu)
    env = environment(box, tmp_path, PUBLIC_URL=SITE, SECRET_KEYS=as_setting(KEY))
    async with running(env, tmp_path, shift=shift) as bot:
        await link_acgbt(xiaoyu)
        await to_pictures(xiaoyu, say)
        for turn in range(3):
            shift.kill_at(step)
            if not turn:
                await send_album(xiaoyu, [photo(n) for n in range(5)], "a1")
            await bot.dies()
            # What the dead one held on to is free again after a while.
            shift.advance(HELD)
            await control.advance(HELD)
            await bot.start()
            await bot.ready()
        await xiaoyu.until(counts(say, 5), timeout=60)
        await xiaoyu.press(None, say("button.done"))
        await xiaoyu.press(None, say("publish.button.layout.2"))
        await xiaoyu.until(asks(say, "link"))
        await xiaoyu.send(MAGNET)
        await xiaoyu.until(lambda m: m.find(say("button.publish")) is not None)
        await xiaoyu.press(None, say("button.publish"))
        await xiaoyu.until(say.starts("publish.done_number"), timeout=30)
        port = int(env["LISTEN"].rpartition(":")[2])
        images = await sent_images(journal)
        assert [number_of((await look(port, image))[1]) for image in images] == [0, 1, 2, 3, 4]
    db = await Database.open(env["DATABASE_URL"], KeyRing([KEY]))
    assert (await db.read(lambda tx: pictures.kept(tx, xiaoyu.id))).number == 5
    await db.close()
