"""What a request of the users' side asks for, and how a refusal is told."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.telegram.chats import Chat, Json, Message, User
from sandbox.telegram.errors import ApiError
from sandbox.telegram.state import Telegram


class Refused(Exception):
    """The users' side cannot do this."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Wish:
    """A request's fields, from a JSON body or the query."""

    tg: Telegram
    values: Json
    # The request's body where it is a file, as it arrives.
    body: AsyncIterator[bytes] | None = None

    def text(self, name: str, default: str = "") -> str:
        """Return a text field."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def number(self, name: str, default: float = 0) -> float:
        """Return a number field."""
        try:
            return float(self.values.get(name) or default)
        except (TypeError, ValueError) as error:
            raise Refused(400, f"{name} must be a number") from error

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a yes-or-no field."""
        return str(self.values.get(name, default)).lower() in ("true", "1", "on", "yes")

    @property
    def person(self) -> User:
        """Return who acts."""
        person = self.tg.people.get(int(self.number("person")))
        if person is None:
            raise Refused(404, "nobody has this id")
        return person

    @property
    def chat(self) -> Chat:
        """Return the chat, the private one with the bot unless told otherwise; the person must be in it."""
        person = self.person
        chat = self.tg.chats.get(int(self.number("chat", person.id)))
        if chat is None or not chat.has(person.id):
            raise Refused(404, "this person is in no such chat")
        return chat

    def message(self, chat: Chat) -> Message:
        """Return the message meant by message_id."""
        message = chat.messages.get(int(self.number("message_id")))
        if message is None:
            raise Refused(404, "there is no such message")
        return message


Answer = Callable[[Wish], Awaitable[Any]]


def route(tg: Telegram, path: str, answer: Answer, method: str = "POST", *, raw: bool = False) -> Route:
    """Return a route that answers JSON; the body of a raw one is left to the answer."""

    async def run(request: Request) -> Response:
        try:
            return JSONResponse(await answer(_raw(tg, request) if raw else await read(tg, request)))
        except Refused as error:
            return JSONResponse({"error": str(error)}, status_code=error.status)
        except ApiError as error:
            return JSONResponse({"error": error.description}, status_code=error.code)
        except ClientDisconnect:
            return Response(status_code=499)

    return Route(path, run, methods=[method])


def _raw(tg: Telegram, request: Request) -> Wish:
    return Wish(tg, dict(request.query_params), request.stream())


async def read(tg: Telegram, request: Request) -> Wish:
    """Read a request."""
    values: Json = dict(request.query_params)
    if request.method != "GET" and await request.body():
        try:
            body = await request.json()
        except ValueError as error:
            raise Refused(400, "the body must be JSON") from error
        if not isinstance(body, dict):
            raise Refused(400, "the body must be a JSON object")
        values.update(body)
    return Wish(tg, values)
