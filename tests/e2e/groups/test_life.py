"""The bot comes into a group, goes, moves with it, and keeps to its topics; all without a secret."""

import asyncio

from bot.wiring import House
from handlers import cards
from handlers.groups.hello import HELLO_SECONDS
from sandbox.server import Sandbox
from storage import inbox
from tests.conftest import BEN, GROUP, LAOCHEN, XIAOYU, Start, linked
from tests.driver import Control, Journal, Message, Person
from tests.driver.browser import payload_of
from tests.e2e import ways
from tests.e2e.groups.test_groups import secret_free
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

LINKS = "https://pan.quark.cn/s/alive0001 提取码：ab12 https://pan.baidu.com/s/dead0002"


async def new_group(person: Person, kind: str = "supergroup") -> int:
    """Make a group with everybody and the bot in it."""
    return int((await person.post("/app/groups", title="看片 <b>组</b>", type=kind))["id"])


async def handled(house: House, box: Sandbox) -> None:
    """Wait until every update that was made has been handled."""
    async with asyncio.timeout(10):
        while box.world.telegram.queue.pending or (await house.db.read(inbox.counts))["pending"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def hellos(person: Person, chat: int, house: House, clock: Hurried, box: Sandbox) -> list[Message]:
    """The hellos of a chat, once all that was asked for has been said."""
    await handled(house, box)
    clock.forward(HELLO_SECONDS + 1)
    house.db.wake("jobs")
    await house.jobs.idle()
    return [message for message in await person.settled(0.3, chat) if message.text.startswith("👋")]


async def test_a_hello_with_what_it_can_do_there_once(
    bot: House, person: Person, say: Words, clock: Hurried, box: Sandbox
) -> None:
    chat = await new_group(person)
    (hello,) = await hellos(person, chat, bot, clock, box)
    secret_free(hello)
    assert "看片 <b>组</b>" in hello.text.replace("\u2060", ""), "the group's own name, as words"
    for key in ("groups.search", "groups.check", "groups.subscribe"):
        assert say(key) in hello.text
    assert payload_of(hello.button(say("button.private")).url or "") == "start"
    assert hello.button(say("button.search")).switches == ""
    # A promotion, a removal and a return are no reason to say it again.
    for status in ("administrator", "member", "kicked", "member"):
        await person.post("/app/member", chat, status=status)
    assert len(await hellos(person, chat, bot, clock, box)) == 1
    await person.send("/search@linkhive_bot Dune", chat)
    await person.until(ways.YEAR, chat=chat)


async def test_told_again_or_restarted_in_between_it_is_said_once(
    start: Start, ben: Person, control: Control, clock: Hurried, box: Sandbox
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=clock) as house:
        chat = await new_group(ben)
        await handled(house, box)
    made = [update for update in (await control.updates())["updates"] if "my_chat_member" in update]
    assert not [message for message in await ben.messages(chat) if message.text.startswith("👋")]
    await control.telegram("redeliver", update_id=made[-1]["update_id"])
    async with start(clock=clock) as house:
        assert len(await hellos(ben, chat, house, clock, box)) == 1
    async with start(clock=clock) as house:
        await control.telegram("redeliver", update_id=made[-1]["update_id"])
        assert len(await hellos(ben, chat, house, clock, box)) == 1


async def test_a_group_that_is_not_allowed_hears_nothing(
    start: Start, ben: Person, clock: Hurried, box: Sandbox
) -> None:
    async with start(clock=clock, allowed_ids=str(XIAOYU)) as house:
        chat = await new_group(ben)
        await ben.send("/search Dune", chat)
        assert await hellos(ben, chat, house, clock, box) == []
        assert not [m for m in await ben.messages(chat) if m.data.get("from", {}).get("is_bot")]


async def test_a_group_that_threw_it_out_at_once_is_left_alone(
    bot: House, ben: Person, clock: Hurried, journal: Journal, box: Sandbox
) -> None:
    chat = await new_group(ben)
    await ben.post("/app/member", chat, status="kicked")
    assert await hellos(ben, chat, bot, clock, box) == []
    calls = await journal.calls("telegram", path="*/sendMessage")
    assert not [call for call in calls if str(chat) in call.body]


async def test_a_group_becomes_a_supergroup_with_all_that_is_in_it(
    bot: House, people: dict[int, Person], clock: Hurried, box: Sandbox
) -> None:
    owner, other, say = people[BEN], people[LAOCHEN], Words("en")
    chat = await new_group(owner, "group")
    assert len(await hellos(owner, chat, bot, clock, box)) == 1
    await owner.send("/search Dune", chat)
    card = await owner.until(ways.YEAR, chat=chat)
    moved = int((await owner.post("/app/migrate", chat))["chat"])
    assert await hellos(owner, moved, bot, clock, box) == []
    # A card of before is not in the new chat; a new one works, for its owner only.
    await owner.send("/search Dune", moved)
    fresh = await owner.until(ways.YEAR, chat=moved)
    assert fresh.id != card.id or fresh.chat_id != card.chat_id
    pressed = await other.press(fresh, ways.number_of(fresh, ways.YEAR), chat=moved)
    assert pressed.text == Words("zh")("card.foreign")
    await owner.press(fresh, ways.number_of(fresh, ways.YEAR), chat=moved)
    shown = await owner.until(say("resources.group"), chat=moved)
    secret_free(shown)


async def test_each_reader_unlocks_with_their_own_account(
    bot: House, people: dict[int, Person], control: Control, journal: Journal
) -> None:
    asker, reader, stranger = people[XIAOYU], people[BEN], people[LAOCHEN]
    await linked(asker, "hdhive")
    await linked(reader, "hdhive")
    await control.person(BEN, points=50)
    await asker.send("/search 沙丘", GROUP)
    listed = await asker.until(ways.YEAR, chat=GROUP)
    await asker.press(listed, ways.number_of(listed, ways.YEAR), chat=GROUP)
    card = await asker.until(Words("zh")("resources.group"), chat=GROUP)
    payload = payload_of(card.button(Words("zh")("button.private")).url or "")
    say = Words("en")
    await reader.start(payload)
    mine = await reader.until(say("resource.points", points=3))
    await reader.press(mine, say("resource.points", points=3))
    facts = await reader.until(lambda m: m.find(say("button.unlock")) is not None)
    await reader.press(facts, say("button.unlock"))
    question = await reader.until(lambda m: m.find(say("button.confirm")) is not None)
    await journal.forget()
    await reader.press(question, say("button.confirm"))
    await reader.until(say("unlock.spent", points=3))
    (unlock,) = await journal.calls("hdhive", "POST", "*/resources/unlock")
    assert unlock.status == 200
    await stranger.start(payload)
    told = await stranger.until(Words("zh")("resources.not_linked"))
    assert told.chat_id == LAOCHEN
    in_group = [m for m in await asker.messages(GROUP) if m.data.get("from", {}).get("is_bot")]
    for message in in_group:
        secret_free(message)


async def test_cards_and_signs_keep_to_the_topic(
    bot: House, person: Person, say: Words, control: Control, journal: Journal, box: Sandbox
) -> None:
    topic = int((await person.post("/app/topic", GROUP, name="闲聊"))["topic"])
    await control.fault("tmdb", "/3/search/multi", "delay", seconds=1.5)
    await journal.forget()
    await person.send(f"/search {ways.TITLE[say.language]}", GROUP, topic=topic)
    listed = await person.until(ways.YEAR, chat=GROUP)
    assert listed.data["message_thread_id"] == topic
    signs = await journal.calls("telegram", path="*/sendChatAction")
    assert signs
    assert all(str(topic) in call.body for call in signs)
    await person.send(f"/check {LINKS}", GROUP, topic=topic)
    checked = await person.until(lambda m: "✅" in m.text and "❌" in m.text, chat=GROUP, timeout=20)
    assert checked.data["message_thread_id"] == topic
    for command in ("/start", "/help", "/link", "/search", "/check", "/nonsense@linkhive_bot"):
        await person.send(command, GROUP, topic=topic)
        answer = await person.until(lambda m: m.id > checked.id, chat=GROUP)
        assert answer.data["message_thread_id"] == topic, command


async def test_a_card_that_went_with_its_topic_comes_back(
    bot: House, person: Person, people: dict[int, Person], say: Words
) -> None:
    topic = int((await person.post("/app/topic", GROUP, name="检测"))["topic"])
    await person.send(f"/search {ways.TITLE[say.language]}", GROUP, topic=topic)
    card = await person.until(ways.YEAR, chat=GROUP)
    data = next(button.data for button in card.buttons if button.data)
    card_id = data.partition(":")[0]
    # Who runs the group may delete anything in it.
    await people[XIAOYU].delete(card)
    await cards.refresh(bot.application, card_id)
    anew = await person.until(ways.YEAR, chat=GROUP)
    assert anew.data["message_thread_id"] == topic
    await person.post("/app/topic/delete", GROUP, topic=topic)
    await cards.refresh(bot.application, card_id)
    last = await person.until(ways.YEAR, chat=GROUP)
    assert "message_thread_id" not in last.data
