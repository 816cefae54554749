"""What befalls the body of a request on its way to a stand-in."""

import asyncio

from starlette.types import Message, Receive, Scope

from sandbox.answers import abort
from sandbox.faults import Fault

SLOW = 64 * 1024


def befall(fault: Fault, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
    """Return the scope and the receive of a call whose body meets a fault.

    lose: all arrives and is confirmed, and is not there afterwards (the stand-in does that part);
    drop: the connection breaks after `bytes`; damage: one bit turns over; slow: `bytes` a second.
    """
    scope = {**scope, "extensions": {**scope.get("extensions", {}), "sandbox.fault": fault}}
    match fault.kind:
        case "drop":
            return scope, _dropping(fault, scope, receive)
        case "damage" if not _is_form(scope):
            return scope, _damaging(receive)
        case "slow":
            return scope, _slow(fault, receive)
        case _:
            return scope, receive


def _is_form(scope: Scope) -> bool:
    # Of a form only the file is to be damaged: its stand-in does that.
    return any(k == b"content-type" and v.startswith(b"multipart/") for k, v in scope["headers"])


def _dropping(fault: Fault, scope: Scope, receive: Receive) -> Receive:
    left = fault.bytes or 0

    async def dropping() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left > 0 and message.get("more_body", False):
            return message
        abort(scope)
        return {"type": "http.disconnect"}

    return dropping


def _damaging(receive: Receive) -> Receive:
    done = False

    async def damaging() -> Message:
        nonlocal done
        message = await receive()
        body = message.get("body", b"")
        if done or not body:
            return message
        done = True
        return {**message, "body": bytes([body[0] ^ 1]) + body[1:]}

    return damaging


def _slow(fault: Fault, receive: Receive) -> Receive:
    rate = fault.bytes or SLOW

    async def slow() -> Message:
        message = await receive()
        await asyncio.sleep(len(message.get("body", b"")) / rate)
        return message

    return slow
