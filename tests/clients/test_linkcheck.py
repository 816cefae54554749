"""The link check over a real socket: calls, one connection, and following over cuts."""

import asyncio
import json
from typing import Any

import pytest

from clients.errors import (
    BadResponse,
    ClientError,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Unreachable,
    UpstreamBroken,
)
from clients.linkcheck.client import LinkCheck
from clients.linkcheck.errors import error_for
from clients.linkcheck.events import event_for
from clients.linkcheck.following import Patience
from clients.linkcheck.models import CheckItem, JobState
from clients.reply import Reply
from clients.sse import ServerEvent
from tests.clients.scripts import Connect, Request, Script, Server, answer, chunks, hang, html, raw, reset


@pytest.fixture
def check(connect: Connect) -> LinkCheck:
    return LinkCheck(connect("linkcheck"), "key")


def event(number: int, name: str = "result", **data: Any) -> bytes:
    body = {"item_id": f"i{number}", "url": f"u{number}", "valid": True, **data}
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(body)}\n\n".encode()


DONE = b"id: 99\nevent: done\ndata: {}\n\n"


async def test_jobs(check: LinkCheck, server: Server) -> None:
    job = {"job_id": "j1", "stream_url": "/jobs/j1/events", "items": [{"item_id": "i1", "url": "u1"}]}
    server.will(
        answer(job, 201),
        answer(
            {"job_id": "j1", "status": "running", "total": "3", "finished": 1, "providers": {"quark": {}}}
        ),
        answer({"accepted": 1}),
        raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    )
    made = await check.create([CheckItem("u1"), CheckItem("u2", {"n": 2})])
    assert server.last.headers["x-api-key"] == "key"
    assert server.last.json == {"items": [{"url": "u1"}, {"url": "u2", "meta": {"n": 2}}]}
    assert (made.job_id, made.items[0].item_id) == ("j1", "i1")
    state = await check.job("j1")
    assert (state.done, state.total, state.finished) == (1, 3, False)
    assert (await check.urgent("j/1", ["u1"])).accepted == 1
    assert (server.last.target, server.last.json) == ("/jobs/j%2F1/urgent", {"urls": ["u1"]})
    await check.cancel("j1")
    assert (server.last.method, server.last.target) == ("DELETE", "/jobs/j1")


async def test_pools(check: LinkCheck, server: Server) -> None:
    server.will(
        answer({"providers": {"quark": {"queued": 2}, "x": 5}, "totals": {"queued": 2}}),
        answer({"pools": [{"name": "baidu", "queued": 1}]}),
        answer({"queued": 3}),
        answer({"status": "ok"}),
    )
    pool = await check.pool()
    assert [(p.provider, p.details) for p in pool.providers] == [
        ("quark", {"queued": 2}),
        ("x", {"value": 5}),
    ]
    assert pool.totals == {"queued": 2}
    assert (await check.pool()).providers[0].provider == "baidu"
    assert (await check.provider_pool("a b")).details == {"queued": 3}
    assert server.last.target == "/pool/a%20b"
    assert (await check.health()).providers == ()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"detail": "Invalid API key"}, Misconfigured),
        (403, {"detail": "no"}, Misconfigured),
        (404, {"detail": "Job not found"}, NotFound),
        (410, {}, NotFound),
        (400, {"error": "bad"}, Rejected),
        (429, {"retry_after_seconds": 3}, RateLimited),
        (500, {}, UpstreamBroken),
        (200, b"<html>", UpstreamBroken),
        (201, {}, type(None)),
    ],
)
def test_errors(status: int, body: Any, kind: type[ClientError]) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert type(error_for("linkcheck", "op", Reply(status, {}, content))) is kind


def test_field_errors_are_told() -> None:
    detail = [{"loc": ["body", "items", 0], "msg": "required"}, {"loc": None, "msg": "odd"}, "x"]
    error = error_for("linkcheck", "op", Reply(422, {}, json.dumps({"detail": detail}).encode()))
    assert isinstance(error, Rejected)
    assert error.fields == {"body.items.0": "required", "": "odd"}


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("result", '{"item_id": 1, "valid": true}', "result"),
        ("message", '{"item_id": "a", "valid": null, "reason": "x"}', "result"),
        ("done", '{"item_id": "a", "valid": false}', "result"),
        ("item", '{"type": "x", "data": {"item_id": "a", "valid": 1}}', "result"),
        ("item", '{"result": {"item_id": "a", "valid": 1}}', "result"),
        ("done", "", "done"),
        ("Complete", "[DONE]", "done"),
        ("job_done", '{"status": "finished"}', "done"),
        ("cancelled", "null", "done"),
        ("end", "{}", "done"),
        ("message", '{"type": "done"}', "done"),
        ("message", '{"status": "completed"}', "done"),
        ("progress", '{"total": 3, "finished": 1}', "progress"),
        ("message", '{"type": "progress"}', "progress"),
        ("ping", "hello", "other"),
        ("ready", "[1]", "other"),
        ("news", "{}", "other"),
    ],
)
def test_events_are_known_by_what_they_hold(name: str, data: str, kind: str) -> None:
    found = event_for(ServerEvent("1", name, data), service="s", operation="o")
    assert (found.kind, found.id) == (kind, "1")
    assert (found.result is not None) is (kind == "result")


@pytest.mark.parametrize(
    "data", ["nonsense", "[1]", "5", '{"item_id": "a", "valid": "perhaps"}', '{"item_id": [], "valid": 1}']
)
def test_a_spoiled_result_is_a_bad_response(data: str) -> None:
    with pytest.raises(BadResponse):
        event_for(ServerEvent(None, "result", data), service="s", operation="o")


async def test_one_connection(check: LinkCheck, server: Server) -> None:
    server.will(
        chunks(b": hi\n\n" + event(1), b"retry: 5\n\n" + DONE), chunks(), answer({"detail": "x"}, 404)
    )
    assert [e.kind async for e in check.events("j1", "41")] == ["result", "done"]
    assert (server.last.target, server.last.headers["last-event-id"]) == ("/jobs/j1/events", "41")
    assert [e async for e in check.events("j1", "编号")] == []
    assert "last-event-id" not in server.last.headers
    with pytest.raises(NotFound):
        _ = [e async for e in check.events("j1")]


async def test_an_endless_event_is_refused(check: LinkCheck, server: Server) -> None:
    server.will(chunks(b"data: ", *[b"x" * 500_000] * 3))
    with pytest.raises(BadResponse):
        _ = [e async for e in check.events("j1")]


QUICK = Patience(silence=0.15, pause=0.001, tries=3)
RUNNING = {"job_id": "j", "status": "running", "total": 0}
OVER = {"job_id": "j", "status": "completed", "total": 0}


class Job:
    """Answers /jobs/{id} with a state, and each connection to its events with the next script."""

    def __init__(
        self, server: Server, *connections: Script, state: dict[str, Any] | Script | None = None
    ) -> None:
        self.connections = list(connections)
        self.asked: list[str | None] = []
        self.state = state if state is not None else OVER
        server.always(self.answer)

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target.endswith("/events"):
            self.asked.append(request.headers.get("last-event-id"))
            await (self.connections.pop(0) if self.connections else chunks())(request, writer)
        elif callable(self.state):
            await self.state(request, writer)
        else:
            await answer(self.state)(request, writer)


async def follow(check: LinkCheck, start: str | None = None) -> list[str]:
    return [e.result.item_id if e.result else e.kind async for e in check.follow("j", start, patience=QUICK)]


@pytest.mark.parametrize(
    "cut", [reset, chunks(event(2)[:20], end="cut"), hang, chunks(end="hang"), chunks(end="ping"), html(502)]
)
async def test_a_broken_stream_is_taken_up_again(check: LinkCheck, server: Server, cut: Script) -> None:
    job = Job(server, chunks(event(1)), cut, chunks(event(1), event(2), event(3), DONE), state=RUNNING)
    assert await follow(check, "0") == ["i1", "i2", "i3", "done"]
    assert job.asked == ["0", "1", "1"]


async def test_repeats_are_told_once(check: LinkCheck, server: Server) -> None:
    same = event(1) + event(2) + b"id: 7\nevent: result\ndata: " + event(1).split(b"data: ")[1]
    progress = b"id: 3\nevent: progress\ndata: {}\n\n"
    Job(server, chunks(same, progress, event(2), progress), chunks(progress, event(4), DONE), state=RUNNING)
    assert [told for told in await follow(check) if told != "progress"] == ["i1", "i2", "i4", "done"]


async def test_results_without_ids(check: LinkCheck, server: Server) -> None:
    bare = [b"data: " + event(n).split(b"data: ")[1] for n in (1, 2, 3)]
    Job(server, chunks(bare[0], bare[1]), chunks(*bare, b"event: end\n\n"), state=RUNNING)
    assert await follow(check) == ["i1", "i2", "i3", "done"]


async def test_a_finished_job_ends_a_stream_without_a_last_word(check: LinkCheck, server: Server) -> None:
    job = Job(server, chunks(event(1), event(2), end="cut"), chunks(event(3)), state=OVER)
    assert await follow(check) == ["i1", "i2", "i3", "done"]
    assert job.asked == [None, "2", "3"]
    job = Job(server, chunks(event(1), event(2), end="ping"), state={**OVER, "total": 2})
    assert await follow(check) == ["i1", "i2", "done"]
    assert len(job.asked) == 1


async def test_silence_of_a_running_job_is_only_slowness(check: LinkCheck, server: Server) -> None:
    Job(server, *[chunks(end="ping")] * 5, chunks(event(1), DONE), state=RUNNING)
    assert await follow(check) == ["i1", "done"]


async def test_a_stream_that_only_fails_is_given_up(check: LinkCheck, server: Server) -> None:
    job = Job(server, *[html(502)] * 9, state=RUNNING)
    with pytest.raises(UpstreamBroken):
        await follow(check)
    assert len(job.asked) == 3
    Job(server, *[chunks()] * 9, state=RUNNING)
    with pytest.raises(BadResponse):
        await follow(check)
    Job(server, *[reset] * 9, state=reset)
    with pytest.raises(Unreachable):
        await follow(check)


async def test_a_spoiled_result_is_asked_for_again(check: LinkCheck, server: Server) -> None:
    job = Job(server, chunks(event(1), b"id: 2\ndata: {bad\n\n"), chunks(event(2), DONE), state=RUNNING)
    assert await follow(check) == ["i1", "i2", "done"]
    assert job.asked == [None, "1"]


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (401, Misconfigured), (400, Rejected)])
async def test_refusals_end_at_once(
    check: LinkCheck, server: Server, status: int, kind: type[ClientError]
) -> None:
    job = Job(server, answer({}, status))
    with pytest.raises(kind):
        await follow(check)
    Job(server, chunks(), state=answer({}, status))
    with pytest.raises(kind):
        await follow(check)
    assert len(job.asked) == 1


async def test_a_rate_limit_is_waited_for(check: LinkCheck, server: Server) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    patience = Patience(silence=10.0, pause=0.5, sleep=sleep)
    Job(server, answer({}, 429, retry_after=33), chunks(DONE), state=RUNNING)
    assert [e.kind async for e in check.follow("j", patience=patience)] == ["done"]
    assert slept == [33]


async def test_every_cut_gives_every_verdict_once(check: LinkCheck, server: Server) -> None:
    stream = b"".join(event(n) for n in range(1, 4)) + DONE
    parts = [event(n) for n in range(1, 4)]

    def rest(request: Request) -> bytes:
        last = int(request.headers.get("last-event-id", "0"))
        return b"".join(parts[last:]) + DONE

    async def again(request: Request, writer: asyncio.StreamWriter) -> None:
        await chunks(rest(request))(request, writer)

    for at in range(0, len(stream), 3):
        Job(server, chunks(stream[:at] or b"\n", end="cut"), again, state=RUNNING)
        assert await follow(check) == ["i1", "i2", "i3", "done"]


async def test_leaving_closes_the_connection(check: LinkCheck, server: Server) -> None:
    Job(server, chunks(event(1), end="hang"))
    events = check.follow("j", patience=QUICK)
    assert (await anext(events)).kind == "result"
    await events.aclose()


def test_when_a_job_is_over() -> None:
    states: list[dict[str, Any]] = [{"status": "Done"}, {"state": "cancelled"}, {"total": 2, "completed": 2}]
    assert all(JobState.model_validate(state).finished for state in states)
    assert not JobState.model_validate({"status": "running", "total": 2, "done": 1}).finished
