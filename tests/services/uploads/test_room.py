"""The room of the spool is shared: what has come counts, and everybody gets some."""

import random
from dataclasses import dataclass, field

import pytest

from services.uploads import room
from services.uploads.pace import GIB, MIB
from services.uploads.room import FRESH, STEP, TURN, NoRoom, Room

TOTAL = 19 * GIB
ANN, BOB, CAT, DAN = range(1, 5)


@dataclass
class Disk:
    """A room whose files are numbers; an upload has the number of its person unless told otherwise."""

    total: int = TOTAL
    time: float = 1e9
    files: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.room = Room(self, lambda: self.total, lambda i: self.files.get(i, 0))

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError

    def begin(self, user: int, size: int | None, upload: int = 0) -> bool:
        try:
            self.room.begin(upload or user, user, size)
        except NoRoom as error:
            if error.ever:
                raise
            self.drop(upload or user)
            return False
        return True

    def come(self, upload: int, size: int, seconds: float = 0) -> bool:
        """Let bytes come, by steps."""
        blocks = -(-size // (128 * MIB))
        for block in range(blocks):
            self.time += seconds / blocks
            length = self.files.get(upload, 0) + min(128 * MIB, size - block * 128 * MIB)
            try:
                self.room.grow(upload, length)
            except NoRoom:
                self.drop(upload)
                return False
            self.files[upload] = length
        return True

    def drop(self, upload: int) -> None:
        self.files.pop(upload, None)
        self.room.leave(upload)


@pytest.fixture
def disk() -> Disk:
    return Disk()


def test_a_claim_that_is_not_kept_holds_a_step(disk: Disk) -> None:
    assert disk.begin(ANN, 16 * GIB)
    assert disk.come(ANN, 1 * MIB, 600)
    assert disk.room.held[ANN] <= MIB + STEP
    assert disk.begin(BOB, 100_000)
    assert disk.begin(CAT, 16 * GIB), "another large one, too"


def test_two_large_ones_that_come_fast_take_turns(disk: Disk) -> None:
    assert disk.begin(ANN, 15 * GIB)
    assert disk.come(ANN, GIB, 100)
    assert not disk.begin(BOB, 15 * GIB)
    assert disk.begin(CAT, 200 * MIB), "a small one meanwhile"
    assert disk.come(CAT, 200 * MIB, 10)
    assert disk.come(ANN, 14 * GIB, 1400)
    assert not disk.begin(BOB, 15 * GIB)
    disk.drop(ANN)
    assert disk.begin(BOB, 15 * GIB)
    assert disk.come(BOB, 15 * GIB, 1500)


def test_of_two_that_begin_together_the_earlier_goes_on(disk: Disk) -> None:
    assert disk.begin(ANN, 15 * GIB)
    assert disk.begin(BOB, 15 * GIB)
    lost = 0
    for _ in range(15):
        assert disk.come(ANN, GIB, 50)
        if BOB in disk.files or not lost:
            lost += not disk.come(BOB, GIB, 50)
    assert lost == 1
    disk.drop(ANN)
    assert disk.begin(BOB, 15 * GIB)


def test_a_cut_loses_no_place(disk: Disk) -> None:
    assert disk.begin(ANN, 15 * GIB)
    assert disk.come(ANN, 10 * GIB, 1000)
    assert not disk.begin(BOB, 15 * GIB)
    disk.room.rest(ANN, disk.files[ANN])
    assert disk.begin(ANN, 15 * GIB), "it goes on before who waits"
    assert disk.come(ANN, 5 * GIB, 500)


def test_a_size_that_grows_on_the_way_is_asked_for_anew(disk: Disk) -> None:
    assert disk.begin(BOB, 10 * GIB)
    assert disk.come(BOB, 2 * GIB, 100)
    assert disk.begin(ANN, MIB)
    disk.files[ANN] = 1000
    assert not disk.begin(ANN, 16 * GIB)


def test_what_really_fills_the_disk_leaves_room_for_others(disk: Disk) -> None:
    assert disk.begin(ANN, 16 * GIB)
    assert disk.come(ANN, 16 * GIB, 160)
    assert disk.begin(BOB, 2 * GIB)
    assert disk.come(BOB, 2 * GIB, 20)
    assert disk.begin(CAT, 500 * MIB)
    assert disk.come(CAT, 500 * MIB, 5)
    assert disk.begin(DAN, 50 * MIB)


def test_one_person_with_many_files_has_one_share(disk: Disk) -> None:
    for upload in range(10, 18):
        disk.files[upload] = 2 * GIB
        disk.room.found(upload, ANN, 2 * GIB)
    assert not disk.begin(ANN, GIB, upload=18)
    assert disk.begin(BOB, 250 * MIB)
    disk.drop(17)
    assert disk.begin(ANN, GIB, upload=19)


def test_who_waits_for_their_own_room_holds_up_nobody(disk: Disk) -> None:
    disk.files[10] = 5 * GIB
    disk.room.found(10, ANN, 5 * GIB)
    assert not disk.begin(ANN, 16 * GIB)
    assert disk.begin(BOB, 10 * GIB)


def test_large_ones_come_in_the_order_of_asking(disk: Disk) -> None:
    assert disk.begin(ANN, 15 * GIB)
    assert disk.come(ANN, 15 * GIB, 1500)
    assert not disk.begin(BOB, 12 * GIB)
    assert not disk.begin(CAT, 12 * GIB)
    disk.drop(ANN)
    assert not disk.begin(ANN, 15 * GIB, upload=20), "who just had the room comes after those who wait"
    assert not disk.begin(CAT, 12 * GIB)
    assert disk.begin(BOB, 12 * GIB)


def test_who_asks_no_more_waits_no_more(disk: Disk) -> None:
    assert disk.begin(ANN, 15 * GIB)
    assert disk.come(ANN, 15 * GIB, 1500)
    assert not disk.begin(BOB, 12 * GIB)
    disk.drop(ANN)
    assert not disk.begin(CAT, 12 * GIB)
    disk.time += FRESH + 1
    assert disk.begin(CAT, 12 * GIB)


def test_after_its_turn_a_large_one_gives_way_to_who_waits(disk: Disk) -> None:
    assert disk.begin(ANN, 16 * GIB)
    assert disk.come(ANN, 15 * GIB, 1500)
    disk.time += TURN
    assert disk.come(ANN, MIB, 60), "while nobody waits it goes on, however slowly"
    assert not disk.begin(BOB, 15 * GIB)
    assert not disk.come(ANN, MIB, 1)
    assert disk.begin(BOB, 15 * GIB)


def test_a_small_one_gives_way_to_nobody(disk: Disk) -> None:
    assert disk.begin(ANN, 15 * GIB)
    assert disk.begin(BOB, 200 * MIB)
    assert disk.come(ANN, 15 * GIB, 1500)
    disk.time += TURN
    assert not disk.begin(CAT, 15 * GIB)
    assert disk.come(BOB, 200 * MIB, 1)


def test_a_file_of_unknown_size_grows_until_it_is_in_the_way(disk: Disk) -> None:
    assert disk.begin(ANN, 10 * GIB)
    assert disk.come(ANN, GIB, 100)
    assert disk.begin(BOB, None)
    assert disk.come(BOB, 2 * GIB, 10)
    assert not disk.come(BOB, 8 * GIB, 10)
    assert disk.come(ANN, 9 * GIB, 900)


def test_a_file_begun_anew_gives_back_what_it_had(disk: Disk) -> None:
    assert disk.begin(ANN, 16 * GIB)
    assert disk.come(ANN, 16 * GIB, 160)
    disk.files[ANN] = 0
    assert disk.begin(ANN, 16 * GIB)
    assert disk.room.held[ANN] <= STEP


def test_what_can_never_fit_is_told_at_once(disk: Disk) -> None:
    with pytest.raises(NoRoom) as caught:
        disk.room.begin(ANN, ANN, 18 * GIB)
    assert caught.value.ever
    assert disk.begin(BOB, 16 * GIB), "and it does not wait"


def test_whatever_comes_no_more_is_held_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """People with any claims, speeds and ends; each leaves an eighth, so small ones always begin."""
    monkeypatch.setattr(room, "STEP", 64 * MIB)
    rng, refused, ended = random.Random(76), 0, 0
    for _ in range(60):
        disk, sizes = Disk(), dict[int, int]()
        for _ in range(300):
            user = rng.randrange(1, 6)
            if user not in sizes:
                size = int(GIB * 2 ** rng.uniform(-13, 4))
                if disk.begin(user, rng.choice([size, size, None])):
                    sizes[user] = size
                else:
                    refused += 1
                    assert size > TOTAL // 8**5
            else:
                there = disk.files.get(user, 0)
                more = min(sizes[user] - there, rng.randrange(1, 2 * GIB))
                whole = disk.come(user, more, rng.uniform(1, 3000)) and there + more == sizes[user]
                if whole or user not in disk.files or rng.random() < 0.1:
                    ended += whole
                    disk.drop(user)
                    del sizes[user]
            assert sum(disk.files.values()) <= sum(disk.room.held.values()) <= TOTAL
    assert refused > 50
    assert ended > 100


def test_the_operator_hears_now_and_then_that_files_find_no_room(caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk(total=0)
    for number in range(3):
        with pytest.raises(NoRoom):
            disk.begin(ANN, GIB)
        told = [vars(record) for record in caplog.records if record.name == room.__name__]
        assert [(one["needed"], one["room_in_all"]) for one in told] == [(GIB, 0)] * (1 + number // 2)
        disk.time += room.TELL_EVERY / 2
