"""Telegram's refusals, word by word, over a real socket."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.people import GROUP_ID
from sandbox.server import Sandbox
from tests.driver import BotApi, Control, Person, Refusal

PHOTO = "https://example.org/t/p/w500/poster.jpg"


@pytest.fixture
async def xiaoyu(box: Sandbox) -> AsyncIterator[Person]:
    async with Person(box.url, 1001) as person:
        await person.start()
        yield person


async def refused(api: BotApi, method: str, **parameters: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await api(method, **parameters)
    return caught.value


async def test_wrong_tokens_and_methods(box: Sandbox, api: BotApi) -> None:
    assert (await refused(api, "sendNothing")).code == 404
    async with BotApi(box.url, "123:wrong") as other:
        refusal = await refused(other, "getMe")
        assert (refusal.code, refusal.text) == (401, "Unauthorized")
    async with BotApi(box.url, "nonsense") as other:
        assert (await refused(other, "getMe")).code == 404


async def test_all_ways_to_pass_parameters(box: Sandbox, xiaoyu: Person) -> None:
    url = f"{box.url}/telegram/bot{box.world.bot_token}/sendmessage"
    fields = {"chat_id": "1001", "text": "<b>x</b>", "parse_mode": "HTML"}
    markup = '{"inline_keyboard":[[{"text":"a","callback_data":"b"}]]}'
    async with httpx.AsyncClient(trust_env=False) as http:
        await http.get(url, params=fields)
        await http.post(url, data={**fields, "reply_markup": markup})
        await http.post(url, data={**fields, "reply_markup": markup}, files={"f": ("f", b"x")})
        await http.post(url, json={**fields, "chat_id": 1001})
        broken = await http.post(url, data={**fields, "reply_markup": "{"})
    assert broken.json()["description"] == "Bad Request: can't parse reply keyboard markup JSON object"
    texts = [message.text for message in (await xiaoyu.messages())[1:]]
    assert texts == ["x"] * 4


async def test_who_can_be_written_to(api: BotApi, xiaoyu: Person, box: Sandbox) -> None:
    say = {"text": "x"}
    assert (await refused(api, "sendMessage", chat_id=5, **say)).text == "Bad Request: chat not found"
    assert (await refused(api, "sendMessage", **say)).text == "Bad Request: chat_id is empty"
    stranger = await refused(api, "sendMessage", chat_id=1002, **say)
    assert (stranger.code, stranger.text) == (403, "Forbidden: bot can't initiate conversation with a user")
    await xiaoyu.block()
    blocked = await refused(api, "sendMessage", chat_id=1001, **say)
    assert (blocked.code, blocked.text) == (403, "Forbidden: bot was blocked by the user")
    await xiaoyu.start()
    await api("sendMessage", chat_id=1001, **say)
    async with Control(box.url) as control:
        await control.telegram("deactivate", person=1001)
    assert (await refused(api, "sendMessage", chat_id=1001, **say)).text == "Forbidden: user is deactivated"


async def test_edits(api: BotApi, xiaoyu: Person) -> None:
    sent = await api("sendMessage", chat_id=1001, text="x")
    here = {"chat_id": 1001, "message_id": sent["message_id"]}
    same = await refused(api, "editMessageText", **here, text="x")
    assert same.text.startswith("Bad Request: message is not modified: specified new message content and")
    gone = await refused(api, "editMessageText", chat_id=1001, message_id=99, text="y")
    assert gone.text == "Bad Request: message to edit not found"
    foreign = await refused(api, "editMessageText", chat_id=1001, message_id=1, text="y")
    assert foreign.text == "Bad Request: message can't be edited"
    wrong = await refused(api, "editMessageText", inline_message_id="zz", text="y")
    assert wrong.text == "Bad Request: MESSAGE_ID_INVALID"
    no_caption = await refused(api, "editMessageCaption", **here, caption="y")
    assert no_caption.text == "Bad Request: there is no caption in the message to edit"
    preview = {"url": PHOTO, "show_above_text": True}
    await api("editMessageText", **here, text="x", link_preview_options=preview)
    await api("editMessageMedia", **here, media={"type": "photo", "media": PHOTO, "caption": "c"})
    no_text = await refused(api, "editMessageText", **here, text="y")
    assert no_text.text == "Bad Request: there is no text in the message to edit"
    # A keyboard left out of an edit is taken away.
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    await api("editMessageCaption", **here, caption="d", reply_markup=markup)
    assert "reply_markup" not in await api("editMessageCaption", **here, caption="d")


async def test_deletes(api: BotApi, xiaoyu: Person, box: Sandbox) -> None:
    gone = await refused(api, "deleteMessage", chat_id=1001, message_id=99)
    assert gone.text == "Bad Request: message to delete not found"
    secret = await xiaoyu.send("my key")
    assert await api("deleteMessage", chat_id=1001, message_id=secret.id)
    foreign = await xiaoyu.send("/hi@linkhive_bot", GROUP_ID)
    refusal = await refused(api, "deleteMessage", chat_id=GROUP_ID, message_id=foreign.id)
    assert refusal.text == "Bad Request: message can't be deleted for everyone"
    old = await api("sendMessage", chat_id=1001, text="x")
    async with Control(box.url) as control:
        await control.advance(49 * 3600)
    late = await refused(api, "deleteMessage", chat_id=1001, message_id=old["message_id"])
    assert late.text == "Bad Request: message can't be deleted for everyone"


async def test_replies(api: BotApi, xiaoyu: Person) -> None:
    missing = {"message_id": 99}
    refusal = await refused(api, "sendMessage", chat_id=1001, text="x", reply_parameters=missing)
    assert refusal.text == "Bad Request: message to be replied not found"
    lenient = {**missing, "allow_sending_without_reply": True}
    await api("sendMessage", chat_id=1001, text="x", reply_parameters=lenient)
    sent = await api("sendMessage", chat_id=1001, text="x", reply_parameters={"message_id": 1})
    assert sent["reply_to_message"]["text"] == "/start"


async def test_photos(api: BotApi, xiaoyu: Person, box: Sandbox) -> None:
    sent = await api("sendPhoto", chat_id=1001, photo=PHOTO)
    again = await api("sendPhoto", chat_id=1001, photo=sent["photo"][-1]["file_id"])
    assert again["photo"] == sent["photo"]
    wrong = await refused(api, "sendPhoto", chat_id=1001, photo="nonsense")
    assert wrong.text.startswith("Bad Request: wrong remote file identifier specified")
    async with httpx.AsyncClient(base_url=box.url, trust_env=False) as http:
        seen = await http.get(f"/app/file/{sent['photo'][-1]['file_id']}")
        assert seen.headers["location"] == PHOTO
        broken = await http.post(
            f"/telegram/bot{box.world.bot_token}/sendPhoto",
            data={"chat_id": "1001"},
            files={"photo": ("x.png", b"not a picture")},
        )
    assert broken.json()["description"] == "Bad Request: IMAGE_PROCESS_FAILED"


async def test_files_go_both_ways(api: BotApi, xiaoyu: Person, box: Sandbox) -> None:
    sent = await xiaoyu.send_file("a.torrent", b"d8:announce", caption="/upload")
    file = await api("getFile", file_id=sent.data["document"]["file_id"])
    async with httpx.AsyncClient(base_url=box.url, trust_env=False) as http:
        got = await http.get(f"/telegram/file/bot{box.world.bot_token}/{file['file_path']}")
        assert got.content == b"d8:announce"
        assert (await http.get(f"/telegram/file/bot1:x/{file['file_path']}")).status_code == 404
    assert (await refused(api, "getFile", file_id="x")).text == "Bad Request: invalid file_id"
    large = await xiaoyu.send_file("large.bin", b"x" * (20 * 1024 * 1024 + 1))
    too_big = await refused(api, "getFile", file_id=large.data["document"]["file_id"])
    assert too_big.text == "Bad Request: file is too big"


async def until_refused(api: BotApi, chat: int) -> tuple[int, Refusal]:
    """Send until it is too much: on a slow machine a second passes meanwhile, and allows one more."""
    for sent in range(100):
        try:
            await api("sendMessage", chat_id=chat, text=str(sent))
        except Refusal as refusal:
            return sent, refusal
    raise AssertionError("nothing was refused")


async def test_limits(api: BotApi, xiaoyu: Person, box: Sandbox) -> None:
    sent, refusal = await until_refused(api, 1001)
    assert sent >= 8
    assert (refusal.code, refusal.text) == (429, "Too Many Requests: retry after 1")
    assert refusal.parameters == {"retry_after": 1}
    async with Control(box.url) as control:
        await control.advance(60)
        for number in range(20):
            await control.advance(2)
            await api("sendMessage", chat_id=GROUP_ID, text=str(number))
        refusal = await refused(api, "sendMessage", chat_id=GROUP_ID, text="too much")
        assert refusal.parameters["retry_after"] > 1
        await control.telegram("options", limits=False)
        await api("sendMessage", chat_id=GROUP_ID, text="free")


async def test_commands_by_scope_and_language(api: BotApi, xiaoyu: Person, box: Sandbox) -> None:
    english = [{"command": "search", "description": "Search"}]
    chinese = [{"command": "search", "description": "搜索"}]
    private = {"type": "all_private_chats"}
    await api("setMyCommands", commands=english)
    await api("setMyCommands", commands=chinese, language_code="zh", scope=private)
    bad = await refused(api, "setMyCommands", commands=[{"command": "Bad-Name", "description": "x"}])
    assert bad.text == "Bad Request: BOT_COMMAND_INVALID"
    assert await api("getMyCommands", language_code="zh") == []
    async with httpx.AsyncClient(base_url=box.url, trust_env=False) as http:

        async def menu(person: int, chat: int) -> Any:
            answer = await http.get("/app/commands", params={"person": person, "chat": chat})
            return answer.json()["commands"]

        assert await menu(1001, 1001) == chinese
        assert await menu(1002, 1002) == english
        assert await menu(1001, GROUP_ID) == english


async def test_a_fault_of_the_world_reaches_telegram(api: BotApi, box: Sandbox, xiaoyu: Person) -> None:
    async with Control(box.url) as control:
        await control.fault(
            "telegram", "*/sendMessage", "retry_after", status=429, retry_after=3, style="telegram"
        )
    refusal = await refused(api, "sendMessage", chat_id=1001, text="x")
    assert (refusal.code, refusal.parameters) == (429, {"retry_after": 3})
    await api("sendMessage", chat_id=1001, text="x")


async def test_a_forum_has_topics(box: Sandbox, api: BotApi, xiaoyu: Person) -> None:
    topic = int((await xiaoyu.post("/app/topic", GROUP_ID, name="新片"))["topic"])
    written = await xiaoyu.send("/help@linkhive_bot", GROUP_ID, topic=topic)
    assert (written.data["message_thread_id"], written.data["is_topic_message"]) == (topic, True)
    sent = await api("sendMessage", chat_id=GROUP_ID, text="x", message_thread_id=topic)
    assert (sent["message_thread_id"], sent["chat"]["is_forum"]) == (topic, True)
    edited = await api("editMessageText", chat_id=GROUP_ID, message_id=sent["message_id"], text="y")
    assert edited["message_thread_id"] == topic
    refusal = await refused(api, "sendMessage", chat_id=GROUP_ID, text="x", message_thread_id=topic + 99)
    assert refusal.text == "Bad Request: message thread not found"
    await xiaoyu.post("/app/topic/delete", GROUP_ID, topic=topic)
    gone = await refused(api, "sendMessage", chat_id=GROUP_ID, text="x", message_thread_id=topic)
    assert gone.code == 400
