"""How each kind of fault spoils a call."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from email.utils import formatdate
from typing import Any

from starlette.types import Receive, Scope, Send

from sandbox.answers import Held, answer, as_bytes, reset
from sandbox.faults import Fault
from sandbox.halves import WHOLE, Run, stall

HUGE = 10 * 1024 * 1024
CDN_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>edge</p></body></html>"
Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


async def spoil(fault: Fault, run: Run, scope: Scope, receive: Receive, send: Send, spawn: Spawn) -> None:
    """Let one fault happen."""
    if fault.kind in WHOLE:
        await WHOLE[fault.kind](fault, run, scope, receive, send)
        return
    if fault.after:
        await _effect(fault, run, spawn)
    await INSTEAD[fault.kind](fault, scope, receive, send)


async def _effect(fault: Fault, run: Run, spawn: Spawn) -> None:
    async def unheard() -> None:
        await run(Held().take)

    working = spawn(unheard())
    # A reset may come before the effect: then the work goes on without its caller.
    patience = fault.seconds if fault.kind == "reset" else None
    await asyncio.wait({working}, timeout=patience)


async def _status(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    status = fault.status or 500
    plain = {"success": False, "ok": False, "code": str(status), "message": "fault", "errmsg": "fault"}
    body = as_bytes(plain if fault.body is None else fault.body)
    extra = dict(fault.headers)
    if fault.retry_after is not None:
        extra["retry-after"] = f"{fault.retry_after:g}"
    await answer(send, status, body, "application/json", extra)


async def _html(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    page = (
        fault.body if isinstance(fault.body, str) else CDN_PAGE.format(f"{fault.status or 502} Bad Gateway")
    )
    await answer(send, fault.status or 502, page.encode(), "text/html; charset=utf-8", fault.headers)


async def _hang(fault: Fault, scope: Scope, receive: Receive, _send: Send) -> None:
    await stall(fault, scope, receive)


async def _reset(_fault: Fault, scope: Scope, receive: Receive, _send: Send) -> None:
    await reset(scope, receive)


async def _bad_json(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    body = as_bytes(fault.body) if fault.body is not None else b'{"success": true, "data": {"id": 12, '
    await answer(send, fault.status or 200, body, "application/json", fault.headers)


async def _redirect(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    where = fault.location or "https://elsewhere.invalid/login"
    await answer(send, fault.status or 302, b"", "text/html", {"location": where, **fault.headers})


async def _huge(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    size = fault.bytes or HUGE
    start = b'{"success": true, "errno": 0, "data": "'
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": fault.status or 200, "headers": headers})
    await send({"type": "http.response.body", "body": start, "more_body": True})
    for _ in range(size // 65536 + 1):
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        await asyncio.sleep(0)  # a caller who hangs up is noticed between two parts
    await send({"type": "http.response.body", "body": b'"}'})


async def _retry_after(fault: Fault, _scope: Scope, _receive: Receive, send: Send) -> None:
    seconds = 2.0 if fault.retry_after is None else fault.retry_after
    body: dict[str, Any] = {
        "success": False,
        "code": "RATE_LIMIT_EXCEEDED",
        "message": "Too many requests",
        "limit_scope": "user",
    }
    extra = dict(fault.headers)
    match fault.style:
        case "header":
            extra["retry-after"] = f"{seconds:g}"
        case "date":
            extra["retry-after"] = formatdate(None if seconds <= 0 else _later(seconds), usegmt=True)
        case "top":
            body["retry_after_seconds"] = seconds
        case "data":
            body["data"] = {"retry_after_seconds": seconds}
        case "telegram":
            said = f"Too Many Requests: retry after {int(seconds)}"
            body = {"ok": False, "error_code": 429, "description": said}
            body["parameters"] = {"retry_after": int(seconds)}
    if isinstance(fault.body, dict):
        body |= fault.body
    await answer(send, fault.status or 429, as_bytes(body), "application/json", extra)


def _later(seconds: float) -> float:
    # Retry-After is read by a real client's wall clock, not by the sandbox's.
    return time.time() + seconds


INSTEAD = {
    "status": _status,
    "html": _html,
    "hang": _hang,
    "reset": _reset,
    "bad_json": _bad_json,
    "redirect": _redirect,
    "huge": _huge,
    "retry_after": _retry_after,
}
