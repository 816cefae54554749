"""Everything the stand-in answers is valid Bot API JSON, by the machine-readable Bot API (tests/data)."""

import json
from pathlib import Path
from typing import Any

from sandbox.people import GROUP_ID
from sandbox.server import Sandbox
from sandbox.telegram.methods import METHODS
from tests.driver import BotApi, Person

API = json.loads((Path(__file__).parent.parent / "data" / "bot_api.json").read_text())
PLAIN: dict[str, type | tuple[type, ...]] = {
    "Integer": int,
    "String": str,
    "Boolean": bool,
    "Float": (int, float),
}


def problems(value: Any, wanted: list[str], where: str) -> list[str]:
    """Compare a value with the types the Bot API names; return what is wrong."""
    found = [problem_of(value, name, where) for name in wanted]
    return [] if any(not each for each in found) else found[0]


def problem_of(value: Any, name: str, where: str) -> list[str]:
    if name.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{where}: no array"]
        return [p for i, each in enumerate(value) for p in problem_of(each, name[9:], f"{where}[{i}]")]
    if name in PLAIN:
        fits = isinstance(value, PLAIN[name]) and (name == "Boolean") == isinstance(value, bool)
        return [] if fits else [f"{where}: {value!r} is no {name}"]
    kind = API["types"].get(name)
    if kind is None:
        return [f"{where}: {name} is not among the types the stand-in uses"]
    if kind.get("subtypes"):
        return problems(value, kind["subtypes"], where)
    return problems_of_object(value, kind["fields"], f"{where}:{name}")


def problems_of_object(value: Any, fields: list[dict[str, Any]], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: no object"]
    known = {field["name"]: field for field in fields}
    found = [f"{where}: unknown field {name}" for name in value.keys() - known.keys()]
    found += [f"{where}: {f['name']} is missing" for f in fields if f["required"] and f["name"] not in value]
    for name in value.keys() & known.keys():
        found += problems(value[name], known[name]["types"], f"{where}.{name}")
    return found


class Checked:
    """The Bot API with every answer compared."""

    def __init__(self, api: BotApi) -> None:
        self.api = api
        self.called: set[str] = set()

    async def __call__(self, method: str, **parameters: Any) -> Any:
        known = {field["name"] for field in API["methods"][method]["fields"]}
        assert parameters.keys() <= known, f"{method} has no {parameters.keys() - known}"
        result = await self.api(method, **parameters)
        self.called.add(method)
        assert problems(result, API["methods"][method]["returns"], method) == []
        return result


def test_every_method_exists_in_the_bot_api() -> None:
    assert set(METHODS) <= set(API["methods"])


def test_the_comparison_finds_what_is_wrong() -> None:
    assert problem_of({"id": "1", "is_bot": False, "first_name": "x", "extra": 1}, "User", "u") == [
        "u:User: unknown field extra",
        "u:User.id: '1' is no Integer",
    ]


KEYBOARD = {
    "inline_keyboard": [
        [{"text": "Go", "callback_data": "go"}, {"text": "Site", "url": "https://example.org/"}],
        [{"text": "Copy", "copy_text": {"text": "x7k2"}}, {"text": "Find", "switch_inline_query": "dune"}],
    ]
}


async def messages_and_edits(call: Checked) -> None:
    sent = await call(
        "sendMessage",
        chat_id=1001,
        text='<b>Hi</b> <a href="https://x.org/a">a</a> /go <tg-spoiler>s</tg-spoiler>',
        parse_mode="HTML",
        reply_markup=KEYBOARD,
        link_preview_options={"is_disabled": True},
    )
    here = {"chat_id": 1001, "message_id": sent["message_id"]}
    await call("editMessageText", **here, text="Bye", reply_markup=KEYBOARD)
    await call("editMessageReplyMarkup", **here)
    photo = {"type": "photo", "media": "https://example.org/w500/p.jpg", "caption": "<i>c</i>"}
    await call("editMessageMedia", **here, media={**photo, "parse_mode": "HTML"})
    await call("editMessageCaption", **here, caption="other")
    await call("setMessageReaction", **here, reaction=[{"type": "emoji", "emoji": "👍"}])
    shown = await call("sendPhoto", chat_id=1001, photo=photo["media"], reply_parameters=here)
    await call("sendMediaGroup", chat_id=1001, media=[photo, photo])
    await call("copyMessage", chat_id=1001, from_chat_id=1001, message_id=shown["message_id"])
    await call("sendChatAction", chat_id=1001, action="typing")
    await call("deleteMessage", **here)
    await call("deleteMessages", chat_id=1001, message_ids=[shown["message_id"], 999])


async def about_the_bot(call: Checked) -> None:
    scope = {"type": "chat", "chat_id": 1001}
    await call("getMe")
    commands = [{"command": "help", "description": "Help"}]
    await call("setMyCommands", commands=commands, scope=scope, language_code="zh")
    assert await call("getMyCommands", scope=scope, language_code="zh") == commands
    await call("deleteMyCommands", scope=scope, language_code="zh")
    await call("setMyDescription", description="d")
    await call("getMyDescription")
    await call("setMyShortDescription", short_description="s")
    await call("getMyShortDescription")
    await call("setMyName", name="n")
    await call("getMyName")
    await call("logOut")
    await call("close")


async def about_chats(call: Checked) -> None:
    await call("getChat", chat_id=1001)
    await call("getChat", chat_id=GROUP_ID)
    await call("getChatMember", chat_id=GROUP_ID, user_id=1001)
    await call("getChatMember", chat_id=GROUP_ID, user_id=7000000001)
    await call("getChatAdministrators", chat_id=GROUP_ID)
    await call("getChatMemberCount", chat_id=GROUP_ID)


async def test_answers_are_valid(box: Sandbox) -> None:
    async with BotApi(box.url, box.world.bot_token) as api, Person(box.url, 1001) as xiaoyu:
        call = Checked(api)
        await xiaoyu.start()
        await messages_and_edits(call)
        await about_the_bot(call)
        await about_chats(call)
        sent = await xiaoyu.send_file("a.txt", b"hello")
        await call("getFile", file_id=sent.data["document"]["file_id"])
        await call("sendDocument", chat_id=1001, document=sent.data["document"]["file_id"])
        await call("leaveChat", chat_id=GROUP_ID)
        await call("getUpdates")
        await call("setWebhook", url="http://127.0.0.1:9/none", secret_token="s")
        await call("getWebhookInfo")
        await call("deleteWebhook")
        # The two others answer queries; the next test has them.
        assert set(METHODS) - call.called == {"answerCallbackQuery", "answerInlineQuery"}


async def test_updates_are_valid(box: Sandbox) -> None:
    async with BotApi(box.url, box.world.bot_token) as api, Person(box.url, 1001) as xiaoyu:
        call = Checked(api)
        await api(
            "getUpdates", allowed_updates=["message", "callback_query", "inline_query", "my_chat_member"]
        )
        await xiaoyu.start("abc")
        await xiaoyu.send_file("a.txt", b"hello", caption="cap /go")
        sent = await api("sendMessage", chat_id=1001, text="x", reply_markup=KEYBOARD)
        reply = await xiaoyu.send("re", reply_to=await xiaoyu.last())
        await xiaoyu.press_data(await xiaoyu.last(), "go", timeout=0.05)
        await xiaoyu.delete(await xiaoyu.last())
        await xiaoyu.press_data(reply, "go", timeout=0.05)
        await xiaoyu.post("/app/inline", query="dune", timeout=0.05)
        await xiaoyu.post("/app/member", GROUP_ID, status="administrator")
        await xiaoyu.block()
        updates = await call("getUpdates")
        kinds = {kind for update in updates for kind in update if kind != "update_id"}
        assert kinds == {"message", "callback_query", "inline_query", "my_chat_member"}
        assert sent["reply_markup"] == KEYBOARD
