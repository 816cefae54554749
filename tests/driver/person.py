"""A person with a Telegram app."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from tests.driver.message import Button, Message

Predicate = Callable[[Message], bool]


@dataclass(frozen=True)
class Pressed:
    """What came back for a pressed button."""

    answered: bool
    text: str
    show_alert: bool
    url: str
    seconds: float


@dataclass(frozen=True)
class InlineAnswer:
    """Results of an inline query."""

    answered: bool
    cached: bool
    query_id: str
    results: list[dict[str, Any]]
    data: dict[str, Any]


class Person:
    """One of the sandbox's people: `async with Person(box.url, 1001) as xiaoyu`.

    Without `chat` everything happens in the private chat with the bot. `until` looks only at what
    the bot wrote or edited since this person's last action.
    """

    def __init__(self, box_url: str, person_id: int) -> None:
        self.id = person_id
        self._http = httpx.AsyncClient(base_url=box_url, timeout=70, trust_env=False)
        # The revision before the last action.
        self.mark = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def send(
        self, text: str, chat: int | None = None, *, reply_to: Message | None = None, **extra: Any
    ) -> Message:
        """Write a text; `entities=[…]` and `anonymous=True` pass through."""
        if reply_to is not None:
            extra["reply_to"] = reply_to.id
        return Message(await self._act("/app/send", chat, text=text, **extra))

    async def start(self, payload: str = "") -> Message:
        """Press START, as after a deep link."""
        return Message(await self._act("/app/start", None, payload=payload))

    async def edit(self, message: Message, text: str) -> Message:
        return Message(await self._act("/app/edit", message.chat_id, message_id=message.id, text=text))

    async def delete(self, message: Message) -> None:
        await self._act("/app/delete", message.chat_id, message_id=message.id)

    async def send_file(
        self,
        name: str,
        content: bytes | int | AsyncIterator[bytes],
        chat: int | None = None,
        *,
        kind: str = "document",
        **more: Any,
    ) -> Message:
        """Send a file as document, photo, video, animation, audio or voice.

        A number instead of bytes makes up a file of that size, which costs nothing. `more` is caption, album
        (files of one album say the same), mime, width, height, duration.
        """
        await self._set_mark()
        query = {"person": self.id, "chat": chat or self.id, "name": name, "as": kind, **more}
        body = None if isinstance(content, int) else content
        if isinstance(content, int):
            query["size"] = content
        return Message(_body(await self._http.post("/app/file", params=query, content=body)))

    async def send_photo(self, content: bytes, chat: int | None = None, **more: Any) -> Message:
        """Send a picture (PNG or JPEG), as apps do it: without its name."""
        return await self.send_file("photo.jpg", content, chat, kind="photo", **more)

    async def send_video(
        self, name: str, content: bytes | int, chat: int | None = None, **more: Any
    ) -> Message:
        """Send a video that plays in the chat."""
        return await self.send_file(name, content, chat, kind="video", mime="video/mp4", **more)

    async def file(self, message: Message) -> bytes:
        """Open the photo or file of a message, as this person sees it."""
        reply = await self._http.get(f"/app/file/{message.file_id}", follow_redirects=True)
        return reply.raise_for_status().content

    async def press(
        self, message: Message | None, label: str, *, chat: int | None = None, timeout: float = 15
    ) -> Pressed:
        """Press the button whose words contain the label; without a message, the newest that has it."""
        if message is None:
            message = await self._newest_with(label, chat)
        button = message.button(label)
        assert button.data is not None, f"{button} opens something, it cannot be pressed"
        return await self.press_data(message, button.data, timeout=timeout)

    async def press_data(self, message: Message, data: str, *, timeout: float = 15) -> Pressed:
        """Press with any data, as a custom app can."""
        began = time.monotonic()
        answer = await self._act(
            "/app/press", message.chat_id, message_id=message.id, data=data, timeout=timeout
        )
        return Pressed(
            answered=bool(answer["answered"]),
            text=str(answer["text"]),
            show_alert=bool(answer["show_alert"]),
            url=str(answer["url"]),
            seconds=time.monotonic() - began,
        )

    async def button(self, label: str, chat: int | None = None) -> Button:
        """Return the newest button whose words contain the label, to look at its link."""
        return (await self._newest_with(label, chat)).button(label)

    async def inline(self, query: str, *, offset: str = "", chat: int | None = None) -> InlineAnswer:
        """Type `@bot query`."""
        answer = await self._act("/app/inline", chat, query=query, offset=offset)
        return InlineAnswer(
            answer["answered"], answer["cached"], answer["query_id"], answer["results"], answer
        )

    async def choose(self, answer: InlineAnswer, result_id: str, chat: int | None = None) -> Message:
        """Send one of the inline results."""
        fields = {"query_id": answer.query_id, "result_id": result_id}
        return Message(await self._act("/app/choose", chat, **fields))

    async def block(self) -> None:
        await self._act("/app/block", None)

    async def unblock(self) -> None:
        await self._act("/app/unblock", None)

    async def post(self, path: str, chat: int | None = None, /, **fields: Any) -> dict[str, Any]:
        """Any other action under /app, such as `/app/join`, `/app/member`, `/app/migrate`."""
        return await self._act(path, chat, **fields)

    async def messages(self, chat: int | None = None) -> list[Message]:
        """All messages of a chat, oldest first."""
        query = {"person": self.id, "chat": chat or self.id}
        body = _body(await self._http.get("/app/messages", params=query))
        found = [Message(data) for data in body["messages"]]
        for message in found:
            assert not message.alike, f"buttons of the same words do different things: {message}"
        return found

    async def look(self, path: str) -> dict[str, Any]:
        """Read what any page of the sandbox tells, such as `/control/acgbt`."""
        return _body(await self._http.get(path))

    async def last(self, chat: int | None = None) -> Message:
        """The newest message of the bot."""
        return (await self._from_bot(chat))[-1]

    async def until(
        self,
        wanted: Predicate | str,
        timeout: float = 10,
        *,
        chat: int | None = None,
        since: int | None = None,
    ) -> Message:
        """Wait for a message of the bot that contains a text or fits a predicate."""
        fits: Predicate = (lambda message: wanted in message.text) if isinstance(wanted, str) else wanted
        mark = self.mark if since is None else since
        deadline, revision = time.monotonic() + timeout, 0
        while True:
            new = [message for message in await self._from_bot(chat) if message.revision > mark]
            for message in reversed(new):
                if fits(message):
                    return message
            left = deadline - time.monotonic()
            if left <= 0:
                seen = "\n".join(map(str, (await self.messages(chat))[-6:]))
                raise AssertionError(
                    f"nothing like {wanted!r} within {timeout} s; the last messages:\n{seen}"
                )
            revision = max(revision, mark, *(message.revision for message in new), 0)
            revision = await self._wait(revision, left)

    async def settled(self, seconds: float = 0.3, chat: int | None = None) -> list[Message]:
        """Wait until the bot wrote nothing for a while, then return all messages."""
        revision = await self.revision()
        while (later := await self._wait(revision, seconds)) > revision:
            revision = later
        return await self.messages(chat)

    async def revision(self) -> int:
        """The number of the latest event."""
        body = _body(await self._http.get("/app/chats", params={"person": self.id}))
        return int(body["revision"])

    async def _wait(self, revision: int, seconds: float) -> int:
        query: dict[str, Any] = {"person": self.id, "after": revision, "timeout": min(seconds, 30)}
        body = _body(await self._http.get("/app/wait", params=query))
        return int(body["revision"])

    async def _from_bot(self, chat: int | None) -> list[Message]:
        found = await self.messages(chat)
        return [message for message in found if message.data.get("from", {}).get("is_bot")]

    async def _newest_with(self, label: str, chat: int | None) -> Message:
        found = [message for message in await self.messages(chat) if message.find(label)]
        assert found, f"no message has a button {label!r}; the last is {(await self.messages(chat))[-1:]}"
        return max(found, key=lambda message: message.revision)

    async def _act(self, path: str, chat: int | None, /, **fields: Any) -> dict[str, Any]:
        await self._set_mark()
        body = {"person": self.id, "chat": chat or self.id, **fields}
        return _body(await self._http.post(path, json=body))

    async def _set_mark(self) -> None:
        self.mark = await self.revision()


def _body(reply: httpx.Response) -> dict[str, Any]:
    assert reply.status_code == 200, f"{reply.request.method} {reply.request.url}: {reply.text}"
    body: dict[str, Any] = reply.json()
    return body
