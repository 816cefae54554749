"""People ask the bot inline and choose one of its results."""

import asyncio

from starlette.routing import BaseRoute

from sandbox.telegram import board
from sandbox.telegram.app.talking import say
from sandbox.telegram.app.wishes import Refused, Wish, route
from sandbox.telegram.chats import Json
from sandbox.telegram.state import Telegram
from sandbox.telegram.updates import tell_choice, tell_inline


def routes(tg: Telegram) -> list[BaseRoute]:
    """Return the routes of inline mode."""
    return [route(tg, "/inline", inline), route(tg, "/choose", choose)]


async def inline(wish: Wish) -> Json:
    """Type `@bot query` somewhere and wait for the results."""
    tg, person = wish.tg, wish.person
    if not tg.options.inline_mode:
        raise Refused(409, "the bot's inline mode is off")
    query, offset = wish.text("query")[:256], wish.text("offset")
    asked = tg.inline.open(person.id, query, offset)
    cached = tg.inline.cached(person.id, query, offset)
    if cached is not None:
        asked.answer.set_result(cached)
    else:
        tell_inline(tg, asked, person, wish.chat if wish.values.get("chat") else None)
    answer: Json = {"query_id": asked.id, "cached": cached is not None, "answered": False, "results": []}
    try:
        async with asyncio.timeout(wish.number("timeout", 10)):
            return {**answer, **await asyncio.shield(asked.answer), "answered": True}
    except TimeoutError:
        return answer


async def choose(wish: Wish) -> Json:
    """Send one of the results into a chat."""
    tg, chat = wish.tg, wish.chat
    asked = tg.inline.get(wish.text("query_id"))
    if asked is None or not asked.answer.done() or asked.person != wish.person.id:
        raise Refused(404, "there is no such inline answer")
    results: list[Json] = asked.answer.result()["results"]
    result = next((one for one in results if one["id"] == wish.text("result_id")), None)
    if result is None:
        raise Refused(404, "there is no such result")
    content: Json = {"via_bot": tg.bot.json(), **result["message"]}
    inline_id = tg.inline.next_message_id() if result["reply_markup"] else None
    if result["reply_markup"]:
        content["reply_markup"] = result["reply_markup"]
    message = say(wish, chat, content)
    message.inline_message_id = inline_id
    tell_choice(tg, wish.person, result["id"], asked.query, inline_id)
    return board.shown(message)
