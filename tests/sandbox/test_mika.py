from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from clients.credentials import ApiKey, Bearer
from clients.errors import Forbidden, NotAuthorized, NotFound, RateLimited, Rejected
from clients.mika.client import Mika
from clients.mika.models import TaskStatus, VideoChanges, VideoOrder
from clients.transport import Transport
from sandbox.server import Sandbox
from tests.sandbox.mikaways import ADMIN, MEMBER, READER, key, sign_in


@pytest.fixture
async def mika(box: Sandbox) -> AsyncIterator[Mika]:
    made = Mika(Transport("mika", box.settings(1)["MIKA_URL"], backoff=0.001))
    yield made
    await made.aclose()


async def test_a_login_ends_with_the_clock(box: Sandbox, mika: Mika) -> None:
    login = await mika.login("u1001", "pass-1001")
    assert login.expire == pytest.approx(box.world.now() + 7 * 86400, abs=2)
    who = Bearer(login.token)
    assert (await mika.profile(who)).username == "u1001"
    box.world.clock.advance(7 * 86400 + 1)
    with pytest.raises(NotAuthorized):
        await mika.profile(who)
    with pytest.raises(NotAuthorized):
        await mika.profile(Bearer("never"))


@pytest.mark.parametrize(
    ("name", "password", "kind", "fields"),
    [
        ("u1001", "wrong", "用户名或密码错误", {}),
        ("nobody", "pass-1001", "用户名或密码错误", {}),
        ("", "", "参数错误", {"username": "用户名不能为空", "password": "密码不能为空"}),
    ],
)
async def test_a_wrong_login(mika: Mika, name: str, password: str, kind: str, fields: dict[str, str]) -> None:
    with pytest.raises(Rejected) as refused:
        await mika.login(name, password)
    assert (refused.value.message, refused.value.fields) == (kind, fields)


async def test_registering_with_a_code_that_works_once(mika: Mika) -> None:
    with pytest.raises(Rejected) as refused:
        await mika.register("u1001", "short", "no address", "WRONG")
    assert set(refused.value.fields) == {"username", "password", "email", "invite_code"}
    await mika.register("newbee", "password123", "new@example.com", "ABC123")
    who = Bearer((await mika.login("newbee", "password123")).token)
    assert (await mika.profile(who)).points == 100
    with pytest.raises(Rejected) as refused:
        await mika.register("other", "password123", "other@example.com", "ABC123")
    assert set(refused.value.fields) == {"invite_code"}
    await mika.register("third", "password123", "third@example.com")


async def test_a_signed_key_and_what_is_wrong_with_one(box: Sandbox, mika: Mika) -> None:
    assert (await mika.profile(key())).username == "u1001"
    for wrong in (ApiKey("mk_1001_sandbox", "no"), ApiKey("mk_x", "ms-1001-secret")):
        with pytest.raises(NotAuthorized):
            await mika.profile(wrong)
    late = Mika(Transport("mika", box.settings(1)["MIKA_URL"]), now=lambda: box.world.now() - 400)
    before = box.world.journal.last
    assert (await late.profile(key())).username == "u1001"
    await late.aclose()
    # Refused by the clock that was late, and taken by the one that the answer told.
    assert [entry["status"] for entry in box.world.journal.since(before, "mika")] == [401, 200]
    # Whoever lives by the clock that was moved on is right as well.
    box.world.clock.advance(86400)
    assert (await mika.profile(key())).username == "u1001"
    moved = Mika(Transport("mika", box.settings(1)["MIKA_URL"]), now=box.world.now)
    assert (await moved.profile(key())).username == "u1001"
    await moved.aclose()


async def test_the_account_is_changed(mika: Mika) -> None:
    who = await sign_in(mika)
    await mika.edit_profile(who, "新昵称", "/avatars/2.png")
    changed = await mika.profile(key())
    assert (changed.nickname, changed.avatar) == ("新昵称", "/avatars/2.png")
    with pytest.raises(Rejected) as refused:
        await mika.edit_profile(who, " ", "ftp://x")
    assert set(refused.value.fields) == {"nickname", "avatar"}


async def test_videos_are_searched_sorted_and_paged(mika: Mika) -> None:
    who = await sign_in(mika)
    first, second = [await mika.videos(who, page=page, size=5) for page in (1, 2)]
    assert (len(first.items), first.total > 50, first.size) == (5, True, 5)
    newest = [v.created_at or 0 for v in (*first.items, *second.items)]
    assert newest == sorted(newest, reverse=True)
    seen = [v.views for v in (await mika.videos(who, order=VideoOrder.VIEWS)).items]
    assert seen == sorted(seen, reverse=True)
    for found in (await mika.videos(who, keyword="沙丘")).items:
        assert "沙丘" in found.title
    tree = {one.id: one for top in await mika.categories() for one in top.walk()}
    film = next(one for one in tree.values() if one.children)
    inside = {one.id for one in film.walk()}
    for found in (await mika.videos(who, category_id=film.id, status=1)).items:
        assert found.category is not None
        assert found.category.id in inside
    with pytest.raises(Rejected):
        await mika.videos(who, page=0)


async def test_covers_and_playlists_are_really_served(mika: Mika) -> None:
    video = await mika.video(await sign_in(mika), 1)
    async with httpx.AsyncClient(trust_env=False) as web:
        cover = await web.get(mika.link(video.cover) or "")
        assert (cover.headers["content-type"], cover.content[:4]) == ("image/png", b"\x89PNG")
        playlist = mika.link(video.play_url) or ""
        lines = (await web.get(playlist)).text.splitlines()
        assert lines[0] == "#EXTM3U"
        piece = await web.get(playlist.rpartition("/")[0] + "/" + lines[4])
        assert piece.content[:1] == b"\x47"


async def test_a_video_is_edited_and_deleted_by_whoever_may(mika: Mika) -> None:
    who, reader = await sign_in(mika), await sign_in(mika, READER)
    await mika.edit_video(who, 1, VideoChanges("新标题", "新描述", 2, ("动作",)))
    video = await mika.video(reader, 1)
    assert (video.title, video.description, video.tags) == ("新标题", "新描述", ("动作",))
    with pytest.raises(Rejected) as refused:
        await mika.edit_video(who, 1, VideoChanges(" ", category_id=999))
    assert set(refused.value.fields) == {"title", "category_id"}
    for call in (mika.edit_video(reader, 1, VideoChanges("x")), mika.delete_video(reader, 1)):
        with pytest.raises(Forbidden):
            await call
    await mika.delete_video(who, 1)
    with pytest.raises(NotFound):
        await mika.video(who, 1)


async def test_categories_are_kept(mika: Mika) -> None:
    who = await sign_in(mika)
    await mika.create_category(who, "新分类", 5, 9)
    tree = {one.name: one for top in await mika.categories() for one in top.walk()}
    made = tree["新分类"]
    assert (made.parent_id, made.sort) == (5, 9)
    await mika.update_category(who, made.id, "改名", 1)
    await mika.delete_category(who, made.id)
    with pytest.raises(NotFound):
        await mika.delete_category(who, made.id)
    for wrong in (mika.create_category(who, "", 999, -1), mika.delete_category(who, 1)):
        with pytest.raises(Rejected):
            await wrong


async def test_statistics_over_ranges(box: Sandbox, mika: Mika) -> None:
    who = await sign_in(mika)
    today = (datetime.fromtimestamp(box.world.now(), UTC) + timedelta(hours=8)).date()
    days = (await mika.video_statistics(who, today - timedelta(days=29), today)).days
    assert [later.day - earlier.day for earlier, later in pairwise(days)] == [timedelta(days=1)] * 29  # type: ignore[operator]
    users = (await mika.user_statistics(who, today, today)).days
    overview = await mika.overview(who)
    assert (overview.today.views, overview.today.new_users) == (days[-1].views, users[0].new_users)
    for start, end in ((today, today - timedelta(days=1)), (today - timedelta(days=400), today)):
        with pytest.raises(Rejected) as refused:
            await mika.video_statistics(who, start, end)
        assert set(refused.value.fields) == {"end_date"}


async def test_settings_are_changed_one_at_a_time(mika: Mika) -> None:
    who = await sign_in(mika)
    await mika.update_settings(who, {"site_name": "新站名"})
    assert (await mika.settings(who))["site_name"] == "新站名"
    with pytest.raises(Rejected) as refused:
        await mika.update_settings(who, {"site_url": "x", "max_upload_mb": "9", "unknown": 1})
    assert set(refused.value.fields) == {"site_url", "max_upload_mb", "unknown"}


@pytest.mark.parametrize("person", [READER, MEMBER])
async def test_who_is_no_administrator_is_told_so(mika: Mika, person: int) -> None:
    who = await sign_in(mika, person)
    day = datetime(2026, 1, 1, tzinfo=UTC).date()
    for call in (
        mika.tasks(who),
        mika.task(who, 101),
        mika.retry_task(who, 101),
        mika.cancel_task(who, 101),
        mika.overview(who),
        mika.video_statistics(who, day, day),
        mika.user_statistics(who, day, day),
        mika.settings(who),
        mika.update_settings(who, {"site_name": "x"}),
        mika.create_category(who, "x"),
        mika.update_category(who, 1, "x"),
        mika.delete_category(who, 1),
    ):
        with pytest.raises(Forbidden):
            await call


async def test_the_pace_of_calls(box: Sandbox, mika: Mika) -> None:
    who = await sign_in(mika)
    box.world.options.mika_calls_per_minute = 3
    for _ in range(3):
        await mika.profile(who)
    with pytest.raises(RateLimited) as limited:
        await mika.profile(who)
    assert 55 < limited.value.retry_after <= 60
    box.world.clock.advance(61)
    await mika.profile(who)


async def test_controls(box: Sandbox, mika: Mika, web: httpx.AsyncClient) -> None:
    who = await sign_in(mika, READER)
    told = (await web.post("/control/mika", json={"person": READER, "rights": "admin"})).json()
    assert told["accounts"][1]["rights"] == "admin"
    assert (await mika.overview(who)).total_videos > 50
    assert (await web.post("/control/mika", json={"expire": "tokens"})).json()["expired"] == 1
    with pytest.raises(NotAuthorized):
        await mika.profile(who)
    await web.post("/control/mika", json={"settings": {"max_upload_mb": 1}})
    assert (await mika.settings(key(READER)))["max_upload_mb"] == 1
    for wrong in ({"person": 1}, {"person": READER, "rights": "god"}, {"what": 1}):
        assert (await web.post("/control/mika", json=wrong)).status_code == 400


async def test_old_tasks_of_every_end(mika: Mika) -> None:
    who = await sign_in(mika)
    failed = await mika.tasks(who, status=TaskStatus.FAILED)
    assert {task.status for task in failed.items} == {TaskStatus.FAILED}
    log = (await mika.task(who, failed.items[0].id)).log or ""
    assert "ffmpeg exited with code 1" in log
    assert (await mika.tasks(who, size=2)).total > failed.total
    with pytest.raises(NotFound):
        await mika.task(who, 9999)


async def test_a_reset_brings_all_of_it_back(box: Sandbox, mika: Mika, web: httpx.AsyncClient) -> None:
    who = await sign_in(mika)
    await mika.delete_video(who, 1)
    await web.post("/control/reset")
    assert (await mika.video(await sign_in(mika, ADMIN), 1)).id == 1
