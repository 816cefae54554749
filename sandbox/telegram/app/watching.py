"""What a person sees: people, chats, messages, live events, files."""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from sandbox.serving import serve
from sandbox.telegram import board
from sandbox.telegram.app.wishes import Refused, Wish, read, route
from sandbox.telegram.chats import Chat, Json
from sandbox.telegram.feed import Event
from sandbox.telegram.methods.about import commands_for
from sandbox.telegram.state import Telegram

_PING = 15.0


def routes(tg: Telegram) -> list[BaseRoute]:
    """Return the routes of watching."""

    async def stream(request: Request) -> Response:
        return await _stream(tg, request)

    async def file(request: Request) -> Response:
        return _file(tg, request)

    return [
        route(tg, "/people", people, "GET"),
        route(tg, "/chats", chats, "GET"),
        route(tg, "/messages", messages, "GET"),
        route(tg, "/commands", commands, "GET"),
        route(tg, "/wait", wait, "GET"),
        Route("/events", stream, methods=["GET"]),
        Route("/file/{file_id}", file, methods=["GET"]),
    ]


async def people(wish: Wish) -> Json:
    """Return who there is, and the bot."""
    tg = wish.tg
    return {"people": [person.json() for person in tg.people.values()], "bot": tg.bot.json()}


async def chats(wish: Wish) -> Json:
    """Return a person's chats, each with its last message."""
    person = wish.person
    mine = [chat for chat in wish.tg.chats.values() if chat.has(person.id)]
    return {"chats": [_chat(wish.tg, chat) for chat in mine], "revision": wish.tg.feed.revision}


def _chat(tg: Telegram, chat: Chat) -> Json:
    last = chat.messages[max(chat.messages)] if chat.messages else None
    return {
        **chat.json(),
        "last": board.shown(last) if last else None,
        "started": chat.started,
        "blocked": chat.blocked,
        "migrated_to": chat.migrated_to,
        "members": len(tg.readers(chat)) + 1,
        "description": tg.profile.descriptions.get("", ""),
    }


async def messages(wish: Wish) -> Json:
    """Return all messages of a chat."""
    chat = wish.chat
    return {
        "messages": [board.shown(chat.messages[number]) for number in sorted(chat.messages)],
        "revision": wish.tg.feed.revision,
    }


async def commands(wish: Wish) -> Json:
    """Return the command menu this person sees in this chat."""
    person = wish.person
    return {"commands": commands_for(wish.tg, person.id, wish.chat.id, person.language_code)}


async def wait(wish: Wish) -> Json:
    """Wait for what happens after a revision."""
    tg, person, after = wish.tg, wish.person.id, int(wish.number("after"))
    loop = asyncio.get_running_loop()
    deadline = loop.time() + min(wish.number("timeout", 10), 60)
    while not (events := tg.feed.since(person, after)) and (left := deadline - loop.time()) > 0:
        await tg.feed.bell.wait(left)
    return {"revision": tg.feed.revision, **_sorted(events)}


def _sorted(events: list[Event]) -> Json:
    latest: dict[tuple[int, int], Json] = {}
    found: Json = {"deleted": [], "answers": [], "actions": [], "others": []}
    for event in events:
        if event.kind == "message":
            latest[event.data["chat"]["id"], event.data["message_id"]] = event.data
        else:
            found[f"{event.kind}s" if f"{event.kind}s" in found else "others"].append(event.data)
            if event.kind == "deleted":
                found["deleted"].append(event.data)
                latest.pop((event.data["chat"], event.data["message_id"]), None)
    return {"messages": list(latest.values()), **found}


async def _stream(tg: Telegram, request: Request) -> Response:
    try:
        wish = await read(tg, request)
        person = wish.person.id
    except Refused as error:
        return JSONResponse({"error": str(error)}, status_code=error.status)
    after = int(request.headers.get("last-event-id") or wish.number("after", tg.feed.revision))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(tg, person, after), media_type="text/event-stream", headers=headers)


async def _events(tg: Telegram, person: int, after: int) -> AsyncIterator[str]:
    yield ": open\n\n"
    while True:
        events = tg.feed.since(person, after)
        for event in events:
            data = json.dumps(event.data, ensure_ascii=False)
            yield f"id: {event.revision}\nevent: {event.kind}\ndata: {data}\n\n"
            after = event.revision
        if not events:
            await tg.feed.bell.wait(_PING)
            if not tg.feed.since(person, after):
                yield ": still here\n\n"


def _file(tg: Telegram, request: Request) -> Response:
    file = tg.files.get(request.path_params["file_id"])
    if file is None:
        return JSONResponse({"error": "there is no such file"}, status_code=404)
    if file.content is None:
        return RedirectResponse(file.url or "/")
    # A photo is shown in the page, all else is offered to be saved.
    answer = serve(request, file.content, file.mime_type, name=None if file.kind == "photo" else file.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
