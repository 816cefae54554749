"""The stand-in of Mika, and the product's own client to it: each checks the other."""

from collections.abc import AsyncIterator, Callable

from clients.credentials import ApiKey, Bearer, Credential
from clients.mika.client import Mika
from clients.mika.models import UploadSession

ADMIN, READER, MEMBER = 1001, 1002, 1003


def key(person: int = ADMIN) -> ApiKey:
    return ApiKey(f"mk_{person}_sandbox", f"ms-{person}-secret")


async def sign_in(mika: Mika, person: int = ADMIN) -> Credential:
    return Bearer((await mika.login(f"u{person}", f"pass-{person}")).token)


def some(size: int) -> bytes:
    return bytes((i * 7 + i // 251) % 256 for i in range(size))


def body(data: bytes) -> Callable[[], AsyncIterator[bytes]]:
    async def run() -> AsyncIterator[bytes]:
        for at in range(0, len(data), 30_000):
            yield data[at : at + 30_000]

    return run


async def chunk(mika: Mika, who: Credential, session: UploadSession, data: bytes, index: int) -> None:
    part = data[index * session.chunk_size : (index + 1) * session.chunk_size]
    await mika.send_chunk(who, session.upload_id, index, body(part), len(part))
