import pytest

from clients.disktop.models import SharedFile
from clients.errors import Rejected, UpstreamBroken
from services.errors import NotLinked, ServiceOff, TransferProblem
from services.names import Service
from services.order import natural
from services.saving.transfers import kind_of, matching
from services.saving.trees import Pick, clean_path, common, joined, walk
from tests.services.conftest import House


@pytest.fixture
async def home(house: House) -> House:
    await house.link(1001, Service.DISKTOP)
    return house


async def tree(house: House, user_id: int = 1001, path: str = "/") -> dict[str, int]:
    """Return every file of the drive below a folder, with its size."""
    tokens, client = house.services.tokens, house.services.disktop
    page = await tokens.call(user_id, Service.DISKTOP, lambda t: client.files(t, path, 1, 200))
    base = path.rstrip("/")
    found = {f"{base}/{file.name}": file.size for file in page.files}
    for folder in page.folders:
        found |= await tree(house, user_id, f"{base}/{folder.name}")
    return found


async def everything(house: House, surl: str, code: str | None = None, path: str = "/", user: int = 1001):
    return picked(await house.services.transfers.listing(user, surl, path, code), path)


def picked(files, path: str = "/") -> list[Pick]:
    return [Pick(folder=path, file=file) for file in files]


async def problem(awaitable) -> TransferProblem:
    with pytest.raises(TransferProblem) as caught:
        await awaitable
    return caught.value


async def test_opening_tells_what_a_share_needs(home):
    transfers = home.services.transfers
    view = await transfers.open(1001, "8d2f3a")
    assert (view.needs_code, view.wrong_code, view.info.source_count) == (False, False, 3)
    locked = await transfers.open(1001, "c0de12")
    assert (locked.needs_code, locked.wrong_code) == (True, False)
    wrong = await transfers.open(1001, "c0de12", "0000")
    assert (wrong.needs_code, wrong.wrong_code) == (True, True)
    right = await transfers.open(1001, "c0de12", "1234")
    assert (right.needs_code, right.wrong_code) == (False, False)


@pytest.mark.parametrize(
    ("surl", "kind"), [("dead00", "gone"), ("0ld000", "expired"), ("ffffff", "gone"), ("x", "invalid")]
)
async def test_shares_that_cannot_be_opened(home, surl, kind):
    assert (await problem(home.services.transfers.open(1001, surl))).kind == kind


async def test_premium_shares_are_for_premium_users(home):
    assert (await home.services.transfers.open(1001, "9e0000")).info.premium
    await home.link(1002, Service.DISKTOP)
    assert (await problem(home.services.transfers.open(1002, "9e0000"))).kind == "premium"
    files = await everything(home, "9e0000", user=1002)
    assert (await problem(home.services.transfers.save(1002, "9e0000", files))).kind == "premium"


async def test_without_an_account_or_a_service(house, build):
    with pytest.raises(NotLinked):
        await house.services.transfers.open(1001, "8d2f3a")
    with pytest.raises(ServiceOff):
        await build(off=["disktop"]).services.transfers.open(1001, "8d2f3a")


async def test_faults_pass_through(home):
    home.fault("disktop", "*/verify-pwd", "status", status=500, times=0)
    with pytest.raises(UpstreamBroken):
        await home.services.transfers.open(1001, "c0de12", "1234")
    home.fault("disktop", "*/verify-pwd", "status", status=404, body={"errno": "share_not_found"})
    home.box.world.faults.waiting.reverse()
    assert (await problem(home.services.transfers.open(1001, "c0de12", "1234"))).kind == "gone"


async def test_listing_a_tree(home):
    top = await home.services.transfers.listing(1001, "8d2f3a")
    assert [(file.name, file.is_dir) for file in top] == [("docs", True), ("demo.mp4", False)]
    inner = await home.services.transfers.listing(1001, "8d2f3a", "//docs/")
    assert [file.name for file in inner] == ["封面 cover.jpg", "说明.txt"]
    assert (await problem(everything(home, "c0de12", "9999"))).kind == "wrong_code"


async def test_saving_everything_keeps_the_tree(home):
    files = await everything(home, "c0de12", "1234")
    result = await home.services.transfers.save(1001, "c0de12", files, "/影视/示例", "1234")
    assert (result.saved, result.already, result.dest) == (8, 0, "/影视/示例")
    found = await tree(home)
    assert len(found) == 8
    assert found["/影视/示例/Season 02/示例剧.S02E03.mkv"] == 32 * 1024**2
    assert result.bytes == 8 * 32 * 1024**2
    assert result.folders == 4


async def test_saving_again_copies_nothing(home):
    files = await everything(home, "8d2f3a")
    for _ in range(3):
        result = await home.services.transfers.save(1001, "8d2f3a", files, "/Saved")
    assert (result.saved, result.already) == (0, 3)
    assert len(await tree(home)) == 3
    assert len(await home.calls("disktop", "POST", "/transfer")) == 2


async def test_saving_only_what_is_missing(home):
    files = await everything(home, "8d2f3a")
    await home.services.transfers.save(1001, "8d2f3a", files[1:], "/Saved")
    result = await home.services.transfers.save(1001, "8d2f3a", files, "/Saved")
    assert (result.saved, result.already) == (2, 1)


async def test_picks_of_an_inner_folder_go_straight_to_the_destination(home):
    files = await everything(home, "c0de12", "1234", "/Season 01")
    result = await home.services.transfers.save(1001, "c0de12", files[:2], "/", "1234")
    assert (result.saved, result.dest) == (2, "/")
    assert sorted(await tree(home)) == ["/示例剧.S01E01.mkv", "/示例剧.S01E02.mkv"]


async def test_a_share_of_one_file(home):
    files = await everything(home, "51f11e")
    assert (await home.services.transfers.save(1001, "51f11e", files)).saved == 1


async def test_nothing_picked_saves_nothing(home):
    assert (await home.services.transfers.save(1001, "8d2f3a", [])).saved == 0
    assert await home.calls("disktop", "POST", "/transfer") == []


async def test_a_drive_that_is_too_full_is_known_before(home):
    await home.link(1002, Service.DISKTOP)
    files = await everything(home, "b19b19", user=1002)
    full = await problem(home.services.transfers.save(1002, "b19b19", files))
    assert (full.kind, full.needed) == ("full", 88 * 1024**3)
    assert full.free == 700 * 1024**2
    assert await home.calls("disktop", "POST", "/transfer") == []


async def test_a_drive_that_fills_up_meanwhile(home):
    files = await everything(home, "8d2f3a")
    home.fault("disktop", "*/transfer", "status", status=400, body={"errno": "quota_exceeded"})
    assert (await problem(home.services.transfers.save(1001, "8d2f3a", files))).kind == "full"


async def test_a_quota_that_is_not_told_stops_nothing(home):
    files = await everything(home, "8d2f3a")
    home.fault("disktop", "*/quota", "status", status=403, body={"errno": "insufficient_scope"})
    assert (await home.services.transfers.save(1001, "8d2f3a", files[1:])).saved == 1


@pytest.mark.parametrize("kind", ["reset_after", "bad_json", "html"])
async def test_a_doubtful_copy_is_looked_for_before_anything_else(home, kind):
    files = await everything(home, "8d2f3a")
    home.fault("disktop", "*/transfer", kind, after=True)
    result = await home.services.transfers.save(1001, "8d2f3a", files, "/Saved")
    assert (result.saved, len(await tree(home))) == (3, 3)


async def test_a_copy_that_did_not_happen_is_an_error_and_can_be_repeated(home):
    files = await everything(home, "8d2f3a")
    home.fault("disktop", "*/transfer", "status", status=500)
    with pytest.raises(UpstreamBroken):
        await home.services.transfers.save(1001, "8d2f3a", files, "/Saved")
    assert (await home.services.transfers.save(1001, "8d2f3a", files, "/Saved")).saved == 3


async def test_a_missing_folder_of_ones_own_is_not_a_missing_share(home):
    files = await everything(home, "8d2f3a")
    home.fault("disktop", "/v1/files/folder", "status", status=404, body={"errno": "path_not_found"})
    got = await problem(home.services.transfers.save(1001, "8d2f3a", files, "/Saved"))
    assert got.kind == "bad_folder"


async def test_a_folder_somebody_else_just_made_is_fine(home):
    files = await everything(home, "8d2f3a")
    home.fault(
        "disktop", "/v1/files/folder", "status", status=409, body={"errno": "name_conflict"}, after=True
    )
    assert (await home.services.transfers.save(1001, "8d2f3a", files[1:], "/Saved")).saved == 1


async def test_other_refusals_of_a_folder_pass(home):
    files = await everything(home, "8d2f3a")
    home.fault("disktop", "/v1/files/folder", "status", status=400, body={"errno": "invalid_param"})
    with pytest.raises(Rejected):
        await home.services.transfers.save(1001, "8d2f3a", files[1:], "/Saved")


async def test_long_folders_are_read_page_by_page(home):
    drive = home.box.world.disktop.drive(1001, home.clock.now())
    files = await everything(home, "8d2f3a")
    await home.services.transfers.save(1001, "8d2f3a", files[1:], "/")
    for number in range(250):
        drive.add(drive.app_root, f"a{number:03d}.txt", 0.0, size=1)
    assert (await home.services.transfers.save(1001, "8d2f3a", files[1:], "/")).already == 1


def file(name: str, number: int = 1, *, size: int = 1, is_dir: bool = False) -> SharedFile:
    return SharedFile(id=number, name=name, size=size, is_dir=is_dir)


def test_patterns():
    found = picked([file("Show.S01E01.1080p.mkv"), file("Show.S01E02.2160p.mkv"), file("字幕.ass")], "/剧")
    names = [pick.file.name for pick in found]

    def matched(pattern: str) -> list[str]:
        return [pick.file.name for pick in matching(found, pattern)]

    assert matched("*.MKV") == names[:2]
    assert matched("s01e0? 1080p") == []
    assert matched("*s01e0?*1080p*") == names[:1]
    assert matched("show 2160") == names[1:2]
    assert matched("字幕") == ["字幕.ass"]
    assert matched("E02-E05") == names[1:2]
    assert matched("剧") == names
    assert matched("  ") == []


def test_people_count_in_numbers():
    names = ["E10", "E2", "e1", "第10集", "第9集", "E" + "9" * 40]
    assert sorted(names, key=natural)[:3] == ["e1", "E2", "E10"]
    assert sorted(["第10集", "第9集"], key=natural) == ["第9集", "第10集"]


def test_paths():
    assert [clean_path(p) for p in ("", "/", "a//b/", "../x/./y", "\\a\\b", " /a / b ")] == [
        "/",
        "/",
        "/a/b",
        "/x/y",
        "/a/b",
        "/a/b",
    ]
    assert [joined("/a", n) for n in ("b", "b/c", "..", "", " x ")] == [
        "/a/b",
        "/a/b_c",
        "/a/_",
        "/a/_",
        "/a/x",
    ]


async def test_walks_have_limits():
    async def deep(path: str) -> list[SharedFile]:
        return [file("d", is_dir=True)]

    with pytest.raises(TransferProblem) as caught:
        await walk(deep, picked([file("d", is_dir=True)]))
    assert caught.value.kind == "too_many_folders"

    async def nothing(path: str) -> list[SharedFile]:
        return []

    with pytest.raises(TransferProblem) as caught:
        await walk(nothing, picked([file(f"f{n}", n) for n in range(2001)]))
    assert caught.value.limit == 2000
    with pytest.raises(TransferProblem):
        await walk(nothing, picked([file(f"d{n}", n, is_dir=True) for n in range(300)]))


async def test_picks_of_several_folders_keep_their_tree():
    inside = {"/A/x": [file("deep.mkv", 9)]}

    async def listed(path: str) -> list[SharedFile]:
        return inside[path]

    first, second = Pick(folder="/A", file=file("1.mkv", 1)), Pick(folder="/B", file=file("1.mkv", 2))
    whole = Pick(folder="/A", file=file("x", 3, is_dir=True))
    brought = Pick(folder="/A/x", file=file("deep.mkv", 9))
    assert [common(p) for p in ([first], [first, second], [first, brought], [])] == ["/A", "/", "/A", "/"]
    plan = await walk(listed, [first, second, whole, brought, first])
    names = {folder: [f.id for f in files] for folder, files in plan.folders.items()}
    assert names == {"": [], "/A": [1], "/A/x": [9], "/B": [2]}
    alone = await walk(listed, [brought])
    assert alone.folders[""][0].id == 9


def test_errors_that_are_not_about_the_share():
    assert kind_of(UpstreamBroken("disktop", "x", 500)) is None
    assert kind_of(Rejected("disktop", "x", "other")) is None
