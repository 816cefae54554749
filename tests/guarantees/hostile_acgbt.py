"""What ACGBT answers when everything in it is hostile."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from clients.acgbt.models import Category, Comment, Message, MessagePage, Resource, ResourcePage
from services.acgbt.catalogue import Categories
from services.acgbt.comments import Placed, Thread

Words = Callable[[], str]


def resource(words: Words, number: int = 7) -> Resource:
    w = words
    return Resource.model_validate(
        {
            "id": number,
            "title": w(),
            "category_id": 2,
            "category_name": w(),
            "description": "plain",
            "file_size": 5 * 1024**3,
            "author": w(),
            "created_at": "2026-01-01 00:00:00",
            "torrent_file": w(),
            "magnet_link": f"magnet:?{w()}",
            "ipfs_cid": w(),
        }
    )


def services(words: Words) -> SimpleNamespace:
    """Return use cases of ACGBT in which every word is hostile."""

    async def listed(*_: object) -> ResourcePage:
        return ResourcePage(items=tuple(resource(words, n) for n in range(8)), total=20)

    async def one(*_: object) -> Resource:
        return resource(words)

    async def categories(*_: object) -> Categories:
        return Categories(tuple(Category(id=n, name=words(), resource_count=3) for n in range(1, 5)))

    async def thread(*_: object) -> Thread:
        made = [
            Comment(id=n, content=words(), username=words(), user_id=1, parent_id=None) for n in range(1, 7)
        ]
        return Thread(tuple(Placed(c, n % 3, words() if n else "") for n, c in enumerate(made)), 9)

    async def nothing(*_: object) -> None:
        return None

    return SimpleNamespace(
        catalogue=SimpleNamespace(listed=listed, resource=one, categories=categories),
        comments=SimpleNamespace(thread=thread, own_id=nothing, may_delete=nothing),
        follows=SimpleNamespace(find=nothing),
    )


def client(words: Words) -> Any:
    """Return a client whose messages are hostile; their text is Markdown, and so is left plain."""

    def letter(number: int) -> Message:
        return Message.model_validate(
            {"id": number, "title": words(), "content": "plain", "type": "system", "is_read": number % 2}
        )

    async def messages(*_: object, **__: object) -> MessagePage:
        return MessagePage(items=tuple(letter(n) for n in range(1, 7)), total=9)

    async def message(*_: object) -> Message:
        return letter(7)

    async def unread(*_: object) -> int:
        return 3

    return SimpleNamespace(messages=messages, message=message, unread=unread)


async def call(_user: int, _service: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
    return await work(None)
