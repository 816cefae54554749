"""What people do: write, press, ask inline, come by deep link, and live in groups."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.people import GROUP_ID
from sandbox.server import Sandbox
from tests.driver import BotApi, Control, Person, Refusal
from tests.driver.browser import payload_of
from tests.driver.forms import form_with

BOT = 7000000001
KEYBOARD = {"inline_keyboard": [[{"text": "🔓 Unlock · 5", "callback_data": "u:1"}]]}


@pytest.fixture
async def xiaoyu(box: Sandbox) -> AsyncIterator[Person]:
    async with Person(box.url, 1001) as person:
        await person.start()
        yield person


@pytest.fixture
async def ben(box: Sandbox) -> AsyncIterator[Person]:
    async with Person(box.url, 1002) as person:
        yield person


async def only(api: BotApi, kind: str) -> list[Any]:
    return [update[kind] for update in await api.updates() if kind in update]


async def test_a_message_tells_who_wrote_it(api: BotApi, xiaoyu: Person) -> None:
    message = (await only(api, "message"))[0]
    assert message["from"]["language_code"] == "zh-hans"
    assert message["chat"] == {"id": 1001, "type": "private", "first_name": "小雨", "username": "xiaoyu"}
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


async def test_long_texts_are_split(api: BotApi, ben: Person) -> None:
    await ben.send("x" * 5000)
    assert "".join(message["text"] for message in await only(api, "message")) == "x" * 5000


async def test_edits_and_deletions(api: BotApi, xiaoyu: Person) -> None:
    sent = await xiaoyu.send("one")
    await xiaoyu.edit(sent, "two")
    assert (await only(api, "edited_message"))[0]["text"] == "two"
    await xiaoyu.delete(sent)
    assert await api.updates() == []
    assert len(await xiaoyu.messages()) == 1


async def answer_presses(api: BotApi, **answer: Any) -> dict[str, Any]:
    (query,) = [u["callback_query"] for u in await api.updates(timeout=5) if "callback_query" in u]
    await api("answerCallbackQuery", callback_query_id=query["id"], **answer)
    return dict(query)


async def test_a_press_is_answered(api: BotApi, xiaoyu: Person) -> None:
    await api.updates()
    await api("sendMessage", chat_id=1001, text="card", reply_markup=KEYBOARD)
    work = asyncio.create_task(answer_presses(api, text="Unlocked", show_alert=True))
    pressed = await xiaoyu.press(None, "Unlock")
    query = await work
    assert (pressed.answered, pressed.text, pressed.show_alert) == (True, "Unlocked", True)
    assert (query["data"], query["message"]["text"], query["from"]["id"]) == ("u:1", "card", 1001)


async def test_late_and_invented_answers(api: BotApi, xiaoyu: Person, box: Sandbox) -> None:
    await api.updates()
    await api("sendMessage", chat_id=1001, text="card", reply_markup=KEYBOARD)
    pressed = await xiaoyu.press_data(await xiaoyu.last(), "forged", timeout=0.05)
    assert not pressed.answered
    (query,) = await only(api, "callback_query")
    assert query["data"] == "forged"
    said = "query is too old and response timeout expired or query ID is invalid"
    with pytest.raises(Refusal, match=said):
        await api("answerCallbackQuery", callback_query_id="1")
    async with Control(box.url) as control:
        await control.advance(100)
    with pytest.raises(Refusal, match=said):
        await api("answerCallbackQuery", callback_query_id=query["id"])


async def test_anyone_in_the_group_can_press(api: BotApi, ben: Person, xiaoyu: Person) -> None:
    await api.updates()
    await api("sendMessage", chat_id=GROUP_ID, text="card", reply_markup=KEYBOARD)
    work = asyncio.create_task(answer_presses(api, text="not yours"))
    assert (await ben.press(None, "Unlock", chat=GROUP_ID)).text == "not yours"
    assert (await work)["from"]["id"] == 1002


async def test_until_sees_only_what_is_new(api: BotApi, xiaoyu: Person) -> None:
    sent = await api("sendMessage", chat_id=1001, text="same words")
    await xiaoyu.send("again")
    with pytest.raises(AssertionError, match="nothing like 'same words'"):
        await xiaoyu.until("same words", timeout=0.1)
    waiting = asyncio.create_task(xiaoyu.until(lambda m: m.text == "new words"))
    await asyncio.sleep(0.05)
    await api("editMessageText", chat_id=1001, message_id=sent["message_id"], text="new words")
    assert (await waiting).id == sent["message_id"]


async def test_privacy_mode(api: BotApi, ben: Person, box: Sandbox) -> None:
    await api("sendMessage", chat_id=GROUP_ID, text="hello")
    bot_message = await ben.last(GROUP_ID)
    await ben.send("just talk", GROUP_ID)
    await ben.send("/search x", GROUP_ID)
    await ben.send("/search@other_bot x", GROUP_ID)
    await ben.send("hey @linkhive_bot", GROUP_ID)
    await ben.send("a reply", GROUP_ID, reply_to=bot_message)
    assert [m["text"] for m in await only(api, "message")] == ["/search x", "hey @linkhive_bot", "a reply"]
    async with Control(box.url) as control:
        await control.telegram("options", privacy_mode=False)
    await ben.send("just talk", GROUP_ID)
    assert len(await only(api, "message")) == 1


async def test_membership(api: BotApi, xiaoyu: Person, ben: Person) -> None:
    await api.updates(allowed_updates=["my_chat_member", "chat_member", "message"])
    await xiaoyu.post("/app/member", GROUP_ID, status="administrator")
    await ben.post("/app/leave", GROUP_ID)
    await ben.post("/app/join", GROUP_ID)
    await xiaoyu.post("/app/member", GROUP_ID, status="kicked")
    updates = await api.updates()
    changes = [u["my_chat_member"] for u in updates if "my_chat_member" in u]
    assert [c["new_chat_member"]["status"] for c in changes] == ["administrator", "kicked"]
    others = [u["chat_member"]["new_chat_member"]["status"] for u in updates if "chat_member" in u]
    assert others == ["left", "member"]
    with pytest.raises(Refusal, match="Forbidden: bot was kicked from the supergroup chat"):
        await api("sendMessage", chat_id=GROUP_ID, text="x")


async def test_blocking(api: BotApi, xiaoyu: Person) -> None:
    await xiaoyu.block()
    await xiaoyu.start()
    changes = await only(api, "my_chat_member")
    assert [c["new_chat_member"]["status"] for c in changes] == ["kicked", "member"]


async def test_a_group_becomes_a_supergroup(api: BotApi, ben: Person) -> None:
    group = await ben.post("/app/groups", title="Films")
    assert group["type"] == "group"
    await api.updates()
    new = (await ben.post("/app/migrate", group["id"]))["chat"]
    told = await only(api, "message")
    assert [m.get("migrate_to_chat_id") or m.get("migrate_from_chat_id") for m in told] == [new, group["id"]]
    with pytest.raises(Refusal, match="group chat was upgraded to a supergroup chat") as caught:
        await api("sendMessage", chat_id=group["id"], text="x")
    assert caught.value.parameters == {"migrate_to_chat_id": new}
    await api("sendMessage", chat_id=new, text="x")


async def test_anonymous_administrators(api: BotApi, xiaoyu: Person) -> None:
    await api.updates()
    await xiaoyu.send("/admin", GROUP_ID, anonymous=True)
    (message,) = await only(api, "message")
    assert (message["from"]["id"], message["sender_chat"]["id"]) == (1087968824, GROUP_ID)


async def answer_inline(api: BotApi, **more: Any) -> dict[str, Any]:
    (query,) = [u["inline_query"] for u in await api.updates(timeout=5) if "inline_query" in u]
    content = {"message_text": "<b>Dune</b>", "parse_mode": "HTML"}
    article = {"type": "article", "id": "1", "title": "Dune", "input_message_content": content}
    results = [{**article, "reply_markup": KEYBOARD}]
    await api("answerInlineQuery", inline_query_id=query["id"], results=results, **more)
    return dict(query)


async def test_inline_mode(api: BotApi, xiaoyu: Person, ben: Person, box: Sandbox) -> None:
    await api.updates()
    work = asyncio.create_task(answer_inline(api, cache_time=60, next_offset="20"))
    answer = await xiaoyu.inline("dune", chat=GROUP_ID)
    assert (await work)["chat_type"] == "supergroup"
    assert (answer.answered, answer.cached, answer.data["next_offset"]) == (True, False, "20")
    # What is not personal is shared by everybody until its time is over.
    assert (await ben.inline("dune")).cached
    async with Control(box.url) as control:
        await control.telegram("options", inline_feedback=True)
    sent = await xiaoyu.choose(answer, "1", GROUP_ID)
    assert (sent.text, sent.author, sent.data["via_bot"]["id"]) == ("Dune", 1001, BOT)
    updates = await api.updates()
    chosen = next(u["chosen_inline_result"] for u in updates if "chosen_inline_result" in u)
    assert (chosen["result_id"], chosen["query"]) == ("1", "dune")
    inline_id = chosen["inline_message_id"]
    assert await api("editMessageText", inline_message_id=inline_id, text="Taken") is True
    work = asyncio.create_task(answer_presses(api))
    await ben.press_data(sent, "u:1")
    query = await work
    assert query["inline_message_id"] == inline_id
    assert "message" not in query


async def test_personal_inline_answers_are_not_shared(api: BotApi, xiaoyu: Person, ben: Person) -> None:
    await api.updates()
    for person in (xiaoyu, ben):
        work = asyncio.create_task(answer_inline(api, is_personal=True))
        assert not (await person.inline("drive x")).cached
        await work


async def test_deep_links(box: Sandbox, xiaoyu: Person) -> None:
    async with httpx.AsyncClient(base_url=box.url, trust_env=False) as http:
        landing = await http.get("/t.me/linkhive_bot", params={"start": "l_abc-1"})
        assert payload_of(landing.headers["location"]) == "l_abc-1"
        assert (
            (await http.get("/t.me/linkhive_bot", params={"start": "a b"})).headers["location"].endswith("=")
        )
        assert (await http.get("/t.me/nobody")).status_code == 404
    assert (await xiaoyu.start("l_abc-1")).text == "/start l_abc-1"


def test_forms() -> None:
    page = (
        '<form method="post" action="/a"><input type="hidden" name="t" value="1&amp;2">'
        '<button id="allow" name="d" value="yes">Allow</button><button id="deny">Deny</button></form>'
    )
    form = form_with(page, "allow")
    assert form.sent_by("allow") == {"t": "1&2", "d": "yes"}
    assert form.target("allow", "http://x/page") == "http://x/a"
