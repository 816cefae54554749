"""Where a group may use the bot, its members may also where its buttons lead them, and nobody else."""

import pytest

from handlers.groups.members import MEMBER_SECONDS, STRANGER_SECONDS
from sandbox.server import Sandbox
from tests.conftest import BEN, GROUP, Start
from tests.driver import Control, Journal, Person
from tests.e2e.groups.test_life import new_group
from tests.e2e.hurried import Hurried
from tests.e2e.members import ASKED, EN, answer, out_of_it


async def test_members_go_on_in_private(start: Start, ben: Person, journal: Journal) -> None:
    async with start(allowed_ids=str(GROUP)):
        assert await answer(ben, "/help") != EN("arrival.refused")
        assert (await ben.inline("Dune")).results
        await ben.send("/accounts")
        await ben.settled()
        # Asked once for all of it.
        assert len(await journal.calls("telegram", path=ASKED)) == 1


async def test_who_is_not_in_the_group_is_refused(start: Start, ben: Person, box: Sandbox) -> None:
    out_of_it(box, BEN)
    async with start(allowed_ids=str(GROUP)):
        assert await answer(ben, "/help") == EN("arrival.refused")
        assert not (await ben.inline("Dune")).results


async def test_who_leaves_is_out_and_who_comes_is_in(
    start: Start, ben: Person, box: Sandbox, journal: Journal
) -> None:
    clock = Hurried()
    async with start(clock=clock, allowed_ids=str(GROUP)):
        assert (await ben.inline("Dune")).results
        out_of_it(box, BEN)
        clock.forward(MEMBER_SECONDS + 1)
        assert not (await ben.inline("Dune 1")).results
        box.world.telegram.chats[GROUP].members[BEN] = "member"
        clock.forward(STRANGER_SECONDS + 1)
        assert (await ben.inline("Dune 2021")).results
        assert len(await journal.calls("telegram", path=ASKED)) == 3


async def test_one_group_that_cannot_be_asked_hides_no_other(start: Start, ben: Person) -> None:
    async with start(allowed_ids=f"{GROUP} -1009999999999"):
        assert (await ben.inline("Dune")).results


@pytest.mark.parametrize("in_it", [True, False])
async def test_a_member_who_may_not_write_is_one(
    start: Start, ben: Person, control: Control, in_it: bool
) -> None:
    rights = [
        "can_send_messages",
        "can_send_audios",
        "can_send_documents",
        "can_send_photos",
        "can_send_videos",
        "can_send_video_notes",
        "can_send_voice_notes",
        "can_send_polls",
        "can_send_other_messages",
        "can_add_web_page_previews",
        "can_change_info",
        "can_invite_users",
        "can_pin_messages",
        "can_manage_topics",
        "can_react_to_messages",
        "can_edit_tag",
    ]
    member = {
        "user": {"id": BEN, "is_bot": False, "first_name": "Ben"},
        "status": "restricted",
        "is_member": in_it,
        "until_date": 0,
        **dict.fromkeys(rights, False),
    }
    async with start(allowed_ids=str(GROUP)):
        await control.fault("telegram", ASKED, "status", status=200, body={"ok": True, "result": member})
        assert bool((await ben.inline("Dune")).results) is in_it


async def test_a_group_that_became_a_supergroup_stays_allowed(start: Start, ben: Person) -> None:
    group = await new_group(ben, "group")
    async with start(allowed_ids=str(group)):
        moved = int((await ben.post("/app/migrate", group))["chat"])
        await ben.send("/help", moved)
        await ben.until(EN.starts("help.title"), chat=moved)
        assert (await ben.inline("Dune")).results


@pytest.mark.parametrize("anonymous", [True, False])
async def test_what_is_asked_for_in_the_group_is_done_whoever_asks(
    start: Start, xiaoyu: Person, control: Control, anonymous: bool
) -> None:
    """Also for an admin who writes as the group, and somebody who comments there and never joined it."""
    user = {"id": xiaoyu.id, "is_bot": False, "first_name": "N"}
    guest = {"ok": True, "result": {"user": user, "status": "left"}}
    async with start(allowed_ids=str(GROUP)):
        await control.fault("telegram", ASKED, "status", status=200, body=guest, times=0)
        await xiaoyu.send("/check https://pan.quark.cn/s/alive0001", GROUP, anonymous=anonymous)
        await xiaoyu.until("✅", chat=GROUP, timeout=20)
