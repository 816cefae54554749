"""Calls over a transport, and the errors they end in, which name no secret and no address."""

import pytest

from clients.errors import ClientError
from clients.reply import Reply
from clients.transport import Transport


async def call(transport: Transport, *, idempotent: bool = False, **options: object) -> Reply:
    return await transport.request("op", "POST", "/x?secret=S3CRET", idempotent=idempotent, **options)  # type: ignore[arg-type]


async def failure(transport: Transport, *, idempotent: bool = False, **options: object) -> ClientError:
    with pytest.raises(ClientError) as caught:
        await call(transport, idempotent=idempotent, **options)
    error = caught.value
    chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
    assert not [
        one for one in chain if one is not None and ("S3CRET" in repr(one) or "127.0.0.1" in repr(one))
    ]
    return error
