"""/transcode in a group: its admins have it told of ends, and what the tasks are about stays private."""

import re

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import BEN, GROUP, LAOCHEN, XIAOYU
from tests.driver import Control, Message, Person
from tests.driver.browser import payload_of
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import later
from tests.e2e.videos.mikaways import joined, queued
from tests.e2e.words import Words

ZH = Words("zh")


async def told_of(bot: House, clock: Hurried) -> None:
    await later(bot, clock, 60)
    await bot.transcoding.idle()
    await bot.jobs.idle()


async def switched_on(bot: House, box: Sandbox, admin: Person) -> Message:
    await joined(bot, box, admin, "key")
    await admin.send("/transcode@linkhive_bot", chat=GROUP)
    card = await admin.until(ZH.starts("transcode.group_off"), chat=GROUP)
    await admin.press(card, ZH("button.tell_group"))
    on = await admin.until(ZH("transcode.group_on"), chat=GROUP)
    await bot.transcoding.idle()
    return on


async def ends(person: Person, chat: int = GROUP) -> list[Message]:
    return [m for m in await person.messages(chat) if m.text[:1] in ("✅", "❌")]


async def test_a_group_is_told_once_and_of_nothing_private(
    bot: House, people: dict[int, Person], box: Sandbox, control: Control, clock: Hurried
) -> None:
    admin, other = people[XIAOYU], people[BEN]
    await switched_on(bot, box, admin)
    task = queued(box, 1, takes=1.0)
    await control.advance(10)
    await told_of(bot, clock)
    told = await other.until(ZH("transcode.group_ended.completed", id=task.id), chat=GROUP)
    title = box.world.mika.videos[1].title
    assert title not in told.text
    assert not re.search(r"https?://", told.text)
    assert not told.links
    for _ in range(2):
        await told_of(bot, clock)
    assert len(await ends(other)) == 1
    # Whoever has the rights reads of it in private; a member without an account is led to linking.
    payload = payload_of(told.button(ZH("button.private")).url or "")
    await admin.start(payload)
    card = await admin.until(lambda m: title in m.text.replace("\u2060", ""))
    assert card.chat_id == XIAOYU
    await other.start(payload)
    await other.until(lambda m: m.find("Mika") is not None)


async def test_only_admins_decide_and_any_of_them_ends_it(
    bot: House, people: dict[int, Person], box: Sandbox, control: Control, clock: Hurried
) -> None:
    member = people[BEN]
    english = Words("en")
    await joined(bot, box, member, "login")
    await member.send("/transcode@linkhive_bot", chat=GROUP)
    card = await member.until(english.starts("transcode.group_off"), chat=GROUP)
    answer = await member.press(card, english("button.tell_group"))
    assert answer.text == english("transcode.group_admins")
    await switched_on(bot, box, people[XIAOYU])
    other = people[LAOCHEN]
    await people[XIAOYU].post("/app/member", GROUP, user=LAOCHEN, status="administrator")
    await other.send("/transcode@linkhive_bot", chat=GROUP)
    seen = await other.until(ZH("transcode.group_on"), chat=GROUP)
    await other.press(seen, ZH("button.tell_group_not"))
    await other.until(ZH("transcode.group_ends"), chat=GROUP)
    queued(box, 1, takes=1.0)
    await control.advance(10)
    await told_of(bot, clock)
    assert not await ends(other)


async def test_an_admin_without_rights_at_the_site_is_told_so(
    bot: House, people: dict[int, Person], box: Sandbox
) -> None:
    admin = people[XIAOYU]
    await joined(bot, box, admin, "login", rights="member")
    await admin.send("/transcode@linkhive_bot", chat=GROUP)
    card = await admin.until(ZH.starts("transcode.group_off"), chat=GROUP)
    await admin.press(card, ZH("button.tell_group"))
    await admin.until(ZH("video.no_rights"), chat=GROUP)


async def test_a_group_hears_that_who_asked_for_it_is_forgotten(
    bot: House, people: dict[int, Person], box: Sandbox, clock: Hurried
) -> None:
    admin, other = people[XIAOYU], people[BEN]
    await switched_on(bot, box, admin)
    await admin.send("/forget")
    await admin.press(await admin.until(ZH("forget.title")), ZH("button.confirm"))
    await later(bot, clock, 60)
    told = await other.until(ZH("transcode.watch_refused"), chat=GROUP)
    # Any admin may have it go on with an account of their own.
    assert told.find(ZH("button.tell_group"))


async def test_the_telling_moves_with_the_group(
    bot: House, people: dict[int, Person], box: Sandbox, control: Control, clock: Hurried
) -> None:
    admin = people[XIAOYU]
    await switched_on(bot, box, admin)
    moved = int((await admin.post("/app/migrate", GROUP))["chat"])
    task = queued(box, 1, takes=1.0)
    await control.advance(10)
    await told_of(bot, clock)
    await told_of(bot, clock)
    await admin.until(ZH("transcode.group_ended.completed", id=task.id), chat=moved)
