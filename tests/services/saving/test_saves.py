"""Saves as jobs: one at a time of a person, shown on the way, stopped, taken up again after a restart."""

import asyncio

import pytest

from clients.disktop.models import SharedFile
from clients.errors import UpstreamBroken
from sandbox.catalogue.shares import Node, Share
from services.errors import TransferProblem
from services.names import Service
from services.saving import saves as module
from services.saving.copying import Progress
from services.saving.saves import RUN, Moment
from services.saving.trees import Pick
from storage import leases
from tests.services.conftest import Crash, House


class Shown:
    """What cards were told."""

    def __init__(self, house: House) -> None:
        self.told: list[tuple[str, Moment, bool]] = []
        house.services.saves.on_change = self

    async def __call__(self, card_id: str, moment: Moment, final: bool) -> None:
        self.told.append((card_id, moment, final))

    @property
    def last(self) -> Moment:
        assert self.told[-1][2]
        return self.told[-1][1]


@pytest.fixture
async def home(house: House) -> House:
    await house.link(1001, Service.DISKTOP)
    return house


def many(house: House, count: int) -> list[Pick]:
    nodes = [Node(880_000 + n, f"Film {n:03d}.mkv", 1024) for n in range(count)]
    house.box.world.catalogue.shares["b16b16"] = Share("b16b16", "Many", nodes)
    return [Pick(folder="/", file=SharedFile(id=n.id, name=n.name, size=n.size)) for n in nodes]


async def begin(house: House, picks: list[Pick], card: str = "card1", dest: str = "/Saved") -> bool:
    return await house.services.saves.start(1001, card, "b16b16", picks, dest, None)


async def test_a_save_tells_its_end(home):
    shown = Shown(home)
    assert await begin(home, many(home, 3))
    assert not await begin(home, many(home, 3)), "this card's save is under way"
    await home.work(kinds=[RUN])
    result = shown.last.result
    assert result is not None
    assert (result.saved, result.already, result.dest, result.bytes) == (3, 0, "/Saved", 3072)
    assert result.names == ("Film 000.mkv", "Film 001.mkv", "Film 002.mkv")
    assert [final for _, _, final in shown.told] == [True], "what is over soon shows no progress"
    assert await home.jobs(RUN) == []
    assert home.services.saves.progress("card1") is None


async def test_an_error_ends_a_save_and_is_told(home):
    shown = Shown(home)
    home.fault("disktop", "*/transfer", "status", status=500)
    await begin(home, many(home, 1))
    await home.work(kinds=[RUN])
    assert isinstance(shown.last.error, UpstreamBroken)
    home.box.world.people[1001].disk_used = home.box.world.people[1001].disk_total
    await begin(home, many(home, 1))
    await home.work(kinds=[RUN])
    full = shown.last.error
    assert isinstance(full, TransferProblem)
    assert (full.kind, full.needed, full.free) == ("full", 1024, 0)
    assert await home.jobs(RUN) == []


async def test_a_drive_that_fills_up_on_the_way(home):
    shown = Shown(home)
    refusal = {"errno": "quota_exceeded"}

    async def fill() -> None:
        home.fault("disktop", "*/transfer", "status", status=403, body=refusal)

    home.steps.at["save.copied"] = fill
    await begin(home, many(home, 150))
    await home.work(kinds=[RUN])
    filled = shown.last.error
    assert isinstance(filled, TransferProblem)
    assert (filled.kind, filled.saved, filled.needed) == ("filled", 100, 50 * 1024)
    assert filled.free > 0


async def test_progress_is_shown_now_and_then(home, monkeypatch):
    monkeypatch.setattr(module, "TELL_EVERY", 0.0)
    shown = Shown(home)
    await begin(home, many(home, 250))
    await home.work(kinds=[RUN])
    counts = [(moment.progress.done, moment.progress.files) for _, moment, _ in shown.told]
    assert counts == [(0, 250), (100, 250), (200, 250), (250, 250), (250, 250)]


async def test_progress_that_cannot_be_shown_ends_nothing(home, monkeypatch, caplog):
    monkeypatch.setattr(module, "TELL_EVERY", 0.0)
    ends = []

    async def shaky(card_id: str, moment: Moment, final: bool) -> None:
        if not final:
            raise OSError("no Telegram")
        ends.append(moment)

    home.services.saves.on_change = shaky
    await begin(home, many(home, 2))
    await home.work(kinds=[RUN])
    assert ends[0].result.saved == 2
    assert "could not be shown" in caplog.text


async def test_a_stopped_save_copies_no_more_and_says_nothing(home):
    shown = Shown(home)
    home.fault("disktop", "*/transfer", "delay", seconds=0.3, times=0)
    await begin(home, many(home, 450))
    task = asyncio.create_task(home.work(kinds=[RUN]))
    while not (home.services.saves.progress("card1") or Progress()).saved:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await home.services.saves.stop("card1")
    await task
    assert shown.told == []
    assert 1 <= len(await home.calls("disktop", "POST", "/transfer")) <= 3
    assert await home.jobs(RUN) == []
    await home.services.saves.stop("nothing")


async def test_a_save_that_is_stopped_elsewhere_ends_quietly(home, build):
    shown = Shown(home)
    home.fault("disktop", "*/transfer", "delay", seconds=0.2, times=0)
    await begin(home, many(home, 450))
    task = asyncio.create_task(home.work(kinds=[RUN]))
    while not (home.services.saves.progress("card1") or Progress()).saved:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await build().services.saves.stop("card1")
    await task
    assert shown.told == []
    assert len(await home.calls("disktop", "POST", "/transfer")) < 5


async def test_a_restart_goes_on_and_counts_what_was_saved_before(home, build):
    async def crash() -> None:
        raise Crash

    home.steps.at["save.copied"] = crash
    await begin(home, many(home, 150))
    with pytest.raises(Crash):
        await home.work(kinds=[RUN])
    (job,) = await home.jobs(RUN)
    assert job.payload["saved"] == 100
    home.clock.advance(31)
    restarted = build()
    shown = Shown(restarted)
    await restarted.work(kinds=[RUN])
    assert shown.last.result.saved == 150
    assert shown.last.result.already == 0
    assert shown.last.result.bytes == 150 * 1024
    calls = await home.calls("disktop", "POST", "/transfer")
    assert sum(call["body"].count("file_ids") for call in calls) == 150, "nothing twice"


async def test_an_end_that_cannot_be_shown_is_told_again(home):
    async def broken(card_id: str, moment: Moment, final: bool) -> None:
        raise OSError("no Telegram")

    home.services.saves.on_change = broken
    await begin(home, many(home, 2))
    with pytest.raises(OSError, match="no Telegram"):
        await home.work(kinds=[RUN])
    (job,) = await home.jobs(RUN)
    home.clock.advance(31)
    shown = Shown(home)
    await home.work(kinds=[RUN])
    assert shown.last.result.saved == 2
    assert job.payload["saved"] == 2


async def test_two_saves_of_one_person_go_one_after_the_other(home):
    await begin(home, many(home, 2))
    await begin(home, many(home, 2), card="card2", dest="/Other")
    now = home.clock.now()
    claimed = await home.services.db.write(lambda tx: leases.claim(tx, [RUN], "w", now, 30.0, 10))
    assert len(claimed) == 1


async def test_films_can_be_looked_into(home):
    transfers = home.services.transfers
    (film,) = await transfers.listing(1001, "51f11e")
    meta = await transfers.video_meta(1001, "51f11e", film.id)
    assert (meta.width, meta.height, meta.codec) == (1920, 1080, "h264")
    stream = await transfers.stream(1001, "51f11e", film.id)
    assert [quality.name for quality in stream.qualities] == ["1080p", "720p"]
    assert (await transfers.download(1001, "51f11e", film.id)).expires_in == 600
    with pytest.raises(TransferProblem) as caught:
        await transfers.stream(1001, "51f11e", 1)
    assert caught.value.kind == "file_gone"


async def test_a_server_that_forgot_the_code_is_told_once_more(home):
    transfers = home.services.transfers
    (season, *_) = await transfers.listing(1001, "c0de12", "/", "1234")
    (episode, *_) = await transfers.listing(1001, "c0de12", f"/{season.name}", "1234")
    home.box.world.disktop.verified.clear()
    assert (await transfers.video_meta(1001, "c0de12", episode.id, "1234")).codec == "h264"
    assert len(await home.calls("disktop", "POST", "/verify-pwd")) == 1
    home.box.world.disktop.verified.clear()
    with pytest.raises(TransferProblem) as caught:
        await transfers.video_meta(1001, "c0de12", episode.id, "9999")
    assert caught.value.kind == "wrong_code"


async def test_patterns_look_through_the_whole_share_once(home):
    transfers = home.services.transfers
    found = await transfers.matching(1001, "c0de12", "/", "1234", "E01")
    assert [pick.path for pick in found] == [
        "/Season 01/示例剧.S01E01.mkv",
        "/Season 02/示例剧.S02E01.mkv",
    ]
    looked = len(await home.calls("disktop", "GET", "/files"))
    assert len(await transfers.matching(1001, "c0de12", "/", "1234", "S01")) == 4
    assert len(await home.calls("disktop", "GET", "/files")) == looked
    home.clock.advance(301)
    await transfers.matching(1001, "c0de12", "/Season 01", "1234", "1-2")
    assert len(await home.calls("disktop", "GET", "/files")) == looked + 1
