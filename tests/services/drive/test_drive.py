"""The person's own drive: reading large folders, orders, changes that are read back."""

import time

import pytest

from clients.disktop.models import DriveFile, Folder, Listing
from clients.errors import Forbidden, NotFound, UpstreamBroken
from services.drive import Entry, Sort
from services.drive.entries import ordered
from services.drive.memory import Known, Memory
from services.drive.reading import Folders
from services.errors import DriveProblem, NotLinked, ServiceOff
from services.names import Service
from services.order import natural
from tests.services.conftest import House


@pytest.fixture
async def home(house: House) -> House:
    await house.link(1001, Service.DISKTOP)
    return house


def put(house: House, path: str, size: int = 1000) -> Entry:
    drive, now = house.box.world.disktop.drive(1001, house.box.world.now()), house.box.world.now()
    if path.endswith("/"):
        made = drive.make_path(drive.app_root, path, now)
    else:
        folder, _, name = path.rpartition("/")
        made = drive.add(drive.make_path(drive.app_root, folder, now).id, name, now, size=size)
    return Entry(made.id, made.name, made.is_dir, made.size)


async def names(house: House, path: str = "/") -> list[str]:
    return [entry.name for entry in await house.services.drive.folders.whole(1001, path, fresh=True)]


async def problem(awaitable) -> DriveProblem:
    with pytest.raises(DriveProblem) as caught:
        await awaitable
    return caught.value


async def test_a_large_folder_is_read_whole_once(home):
    drive = home.box.world.disktop.drive(1001, home.box.world.now())
    home.box.world.options.disktop_list_times = True
    drive.fill(drive.make_path(drive.app_root, "Many", home.box.world.now()).id, 10_000, home.clock.now())
    folders, told = home.services.drive.folders, []

    async def reading(done: int, total: int) -> None:
        told.append((done, total))

    page = await folders.page(1001, "/Many", Sort.SERVER, 0, 8, reading)
    assert (page.total, page.pages, page.first, len(page.entries), told) == (10_000, 1250, 1, 8, [])
    began = time.perf_counter()
    page = await folders.page(1001, "/Many", Sort.NEWEST, 0, 8, reading)
    assert time.perf_counter() - began < 60
    assert page.entries[0].name.endswith("00001.jpg")
    assert told[0] == (200, 10_000)
    listed = await home.calls("disktop", "GET", "/v1/files")
    assert len(listed) == 50
    began = time.perf_counter()
    assert (await folders.page(1001, "/Many", Sort.SIZE, 1249, 8)).page == 1249
    assert (await folders.page(1001, "/Many", Sort.NAME, 9999, 8)).page == 1249
    assert time.perf_counter() - began < 5
    assert len(await home.calls("disktop", "GET", "/v1/files")) == 50


class Server:
    """Pages of a folder as servers give them."""

    def __init__(
        self, files: int, folders: int = 0, *, repeats: bool = False, total: int | None = None
    ) -> None:
        self.entries = [Folder(id=n, name=f"d{n}") for n in range(1, folders + 1)]
        self.files = [DriveFile(id=n, name=f"f{n}", size=n) for n in range(1, files + 1)]
        self.repeats, self.total, self.calls = repeats, files + folders if total is None else total, 0

    async def __call__(self, user_id: int, path: str, page: int, limit: int) -> Listing:
        self.calls += 1
        cut = slice((page - 1) * limit, page * limit)
        if self.repeats:
            return Listing(folders=tuple(self.entries), files=tuple(self.files[cut]), total=self.total)
        shown = [*self.entries, *self.files][cut]
        folders = tuple(entry for entry in shown if isinstance(entry, Folder))
        return Listing(
            folders=folders, files=tuple(e for e in shown if isinstance(e, DriveFile)), total=self.total
        )


class Still:
    def now(self) -> float:
        return 1000.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError


def reader(server: Server, memory: Memory | None = None) -> Folders:
    return Folders(Still(), server, memory)


@pytest.mark.parametrize("files", [0, 1, 8, 9, 199, 200, 201, 400, 999])
@pytest.mark.parametrize("folders", [0, 3, 250])
@pytest.mark.parametrize("repeats", [False, True])
async def test_every_entry_is_on_one_page(files, folders, repeats):
    seen: list[tuple[bool, int]] = []
    reading = reader(Server(files, folders, repeats=repeats))
    page = await reading.page(1, "/")
    for number in range(page.pages):
        page = await reading.page(1, "/", Sort.SERVER, number)
        assert page.page == number
        seen += [entry.key for entry in page.entries]
    assert seen == [(True, n) for n in range(1, folders + 1)] + [(False, n) for n in range(1, files + 1)]
    assert page.total == files + folders


async def test_a_folder_without_a_total_is_read_to_its_end():
    page = await reader(Server(450, total=0)).page(1, "/", Sort.SERVER, 99)
    assert (page.total, page.page, len(page.entries)) == (450, 56, 2)


async def test_a_folder_that_shrank_is_looked_at_again():
    server = Server(450)
    reading = reader(server)
    await reading.page(1, "/")
    del server.files[210:]
    server.total = 210
    page = await reading.page(1, "/", Sort.SERVER, 50)
    assert (page.total, page.page, page.entries[-1].id) == (210, 26, 210)


async def test_a_folder_beyond_all_measure_is_cut():
    server = Server(25_000)
    page = await reader(server).page(1, "/", Sort.NAME)
    assert (page.total, page.cut, server.calls) == (20_000, True, 100)


async def test_all_folders_are_found_without_reading_all_files():
    server = Server(5_000, 250)
    found = await reader(server).folders(1, "/")
    assert (len(found), server.calls) == (250, 3)
    assert [entry.name for entry in found[:2]] == ["d1", "d2"]


def test_the_memory_is_bounded_and_forgets_what_is_used_least():
    memory = Memory(25)
    for number in range(4):
        page = tuple(Entry(n, "x", False) for n in range(10))
        memory.put((number % 2, f"/{number}"), Known(10, True, {1: page}, until=5.0))
    assert memory.weight <= 25
    assert memory.get((0, "/0"), 0.0) is None
    assert memory.get((1, "/3"), 0.0) is not None
    assert memory.get((1, "/3"), 5.0) is None
    memory.forget(0)
    assert memory.weight == 0


def test_orders():
    entries = [Entry(1, "E10", False, 5), Entry(2, "E2", False, 9), Entry(3, "b", True), Entry(4, "A", True)]

    def ids(sort: Sort) -> list[int]:
        return [entry.id for entry in ordered(entries, sort)]

    assert ids(Sort.SERVER) == [3, 4, 1, 2]
    assert ids(Sort.NAME) == [4, 3, 2, 1]
    assert ids(Sort.SIZE) == [4, 3, 2, 1]
    assert ids(Sort.NEWEST) == [4, 3, 2, 1]
    dated = [Entry(1, "a", False, created=9.0), Entry(2, "b", False, created=1.0)]
    assert [entry.id for entry in ordered(dated, Sort.NEWEST)] == [1, 2]
    assert sorted(["s1e10", "S1E2", "9" * 5000, "中2", "中10"], key=natural)[:2] == ["9" * 5000, "S1E2"]


async def test_a_folder_cannot_go_into_itself(home):
    films = put(home, "Films/Old/")
    del films
    drive, films = home.services.drive, put(home, "Films/")
    for dest in ("/Films", "/Films/Old"):
        assert (await problem(drive.changes.move(1001, "/", [films], dest))).kind == "inside"
        assert (await problem(drive.changes.copy(1001, "/", [films], dest))).kind == "inside"
    assert not await home.calls("disktop", "POST", "/v1/files/manage")


async def test_moving_to_a_folder_that_is_gone(home):
    note = put(home, "note.md")
    found = await problem(home.services.drive.changes.move(1001, "/", [note], "/Nowhere"))
    assert (found.kind, found.dest) == ("dest_gone", "/Nowhere")


async def test_renaming_twice_is_no_conflict(home):
    changes, note = home.services.drive.changes, put(home, "note.md")
    await changes.rename(1001, "/", note, "n.md")
    await changes.rename(1001, "/", note, "n.md")
    put(home, "other.md")
    assert (await problem(changes.rename(1001, "/", note, "other.md"))).kind == "conflict"
    home.fault("disktop", "/v1/files/manage", "reset_after")
    await changes.rename(1001, "/", note, "m.md")
    assert "m.md" in await names(home)
    home.fault("disktop", "/v1/files/manage", "status", status=500)
    with pytest.raises(UpstreamBroken):
        await changes.rename(1001, "/", note, "k.md")


async def test_a_folder_made_in_doubt_is_looked_for(home):
    home.fault("disktop", "/v1/files/folder", "reset_after")
    assert await home.services.drive.changes.make_folder(1001, "/", "Neu") is True
    assert "Neu" in await names(home)
    assert await home.services.drive.changes.make_folder(1001, "/", "Neu") is False
    assert (await problem(home.services.drive.changes.make_folder(1001, "/Nope", "x"))).kind == "gone"


async def test_deleting_what_is_gone_is_no_error(home):
    changes, note, cat = home.services.drive.changes, put(home, "note.md"), put(home, "cat.jpg")
    assert (await changes.delete(1001, "/", [note])).count == 1
    done = await changes.delete(1001, "/", [note, cat])
    assert (done.count, done.gone) == (1, 1)
    assert (await changes.delete(1001, None, [cat])).gone == 1
    assert [entry.name for entry in await home.services.drive.folders.whole(1001, "/")] == []


async def test_weighing_counts_what_folders_hold(home):
    put(home, "Films/a.mkv", 100)
    put(home, "Films/Old/b.mkv", 50)
    note, films = put(home, "note.md", 7), put(home, "Films/")
    found = await home.services.drive.weigh(1001, "/", [note, films])
    assert (found.files, found.folders, found.bytes, found.more) == (3, 2, 157, False)


async def test_dates_are_asked_once_and_a_failing_one_is_left_out(home):
    entries = [put(home, f"f{n}.md") for n in range(4)]
    home.fault(
        "disktop", f"/v1/files/{entries[0].id}", "status", status=404, body={"errno": "file_not_found"}
    )
    assert set(await home.services.drive.dates(1001, entries)) == {entry.id for entry in entries[1:]}
    before = len(await home.calls("disktop", "GET"))
    await home.services.drive.dates(1001, entries[1:])
    assert len(await home.calls("disktop", "GET")) == before


async def test_a_date_that_takes_long_is_not_waited_for(home):
    entry = put(home, "slow.md")
    home.fault("disktop", f"/v1/files/{entry.id}", "delay", seconds=20)
    began = time.perf_counter()
    assert await home.services.drive.dates(1001, [entry]) == {}
    assert time.perf_counter() - began < 10


async def test_paths_of_details_lead_to_folders(home):
    drive = home.services.drive
    assert await drive.reachable(1001, "/我的应用数据/LinkHive/Films/a.mkv") == "/Films/a.mkv"
    assert await drive.reachable(1001, "/elsewhere/a.mkv") is None
    assert await drive.reachable(1001, None) is None


async def test_without_an_account_or_a_service(house, build):
    with pytest.raises(NotLinked):
        await house.services.drive.folders.page(1001, "/")
    assert await house.services.drive.space(1001) is None
    with pytest.raises(ServiceOff):
        await build(off=["disktop"]).services.drive.folders.page(1001, "/")


async def test_a_folder_that_is_not_there_and_one_that_is_not_allowed(home):
    with pytest.raises(NotFound):
        await home.services.drive.folders.page(1001, "/Nope")
    home.box.world.people[1001].scopes = ["user.read"]
    with pytest.raises(Forbidden):
        await home.services.drive.folders.page(1001, "/")
