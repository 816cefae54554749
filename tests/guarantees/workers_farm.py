"""Real processes by the thousand: one parent that has imported everything forks a child for each task.

A child says what it has to say as lines of JSON; kill -9 and SIGSTOP come from the child itself at a named
step, or from the parent at any moment. `async with Farm() as farm` is the tests' side, the rest runs in the
processes.
"""

import asyncio
import contextlib
import json
import os
import selectors
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL


class Child:
    """One process, as a test sees it."""

    def __init__(self, send: Callable[[signal.Signals], None]) -> None:
        self._send = send
        self.said: list[Any] = []
        self.heard = asyncio.Event()
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._send(signal.SIGKILL)

    async def stop(self) -> None:
        """Have it stand still, and wait until it does."""
        self._send(signal.SIGSTOP)
        assert await self.says("stopped") is not None

    def go_on(self) -> None:
        """Wake it up from standing still."""
        self._send(signal.SIGCONT)

    async def says(self, word: str) -> Any:
        """Wait for a line with this word; None when the process ended without."""
        while True:
            found = next((line for line in self.said if word in line), None)
            if found is not None or self.ended.done():
                return found
            self.heard.clear()
            await self.heard.wait()

    async def result(self) -> Any:
        """Wait for a good end and return the last line."""
        code = await self.ended
        assert code == 0, f"a worker ended with {code}"
        return self.said[-1]


class Farm:
    """Start children and hear them."""

    def __init__(self) -> None:
        self._children: dict[int, Child] = {}
        self._last = 0
        self.kills = 0

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.guarantees.workers_farm",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**24,
        )
        self._hearing = asyncio.create_task(self._hear())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # At the end of its input the parent kills what still runs, and goes.
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 20)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._hearing

    def start(self, task: str, **arguments: Any) -> Child:
        """Fork a process that does a task of `workers_tasks`."""
        self._last += 1
        number = self._last
        child = self._children[number] = Child(lambda sent: self._tell(signal=sent, to=number))
        self._tell(start=number, task=task, arguments=arguments)
        return child

    async def run(self, task: str, *, kill_after: float | None = None, **arguments: Any) -> int:
        """Do a task to its end; with `kill_after` it is killed so many seconds after it was ready."""
        child = self.start(task, **arguments)
        if kill_after is not None and await child.says("ready") is not None:
            await asyncio.sleep(kill_after)
            child.kill()
        return await child.ended

    def _tell(self, **message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def _hear(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            number, said, code = json.loads(line)
            child = self._children[number]
            if code is None:
                child.said.append(said)
            else:
                self.kills += code == KILLED
                if not child.ended.done():  # a test that was stopped has cancelled it
                    child.ended.set_result(code)
                del self._children[number]
            child.heard.set()


def _write(number: int, said: Any, code: int | None = None) -> None:
    # A short line is written whole, whoever else writes.
    os.write(1, json.dumps([number, said, code]).encode() + b"\n")


def _stopped(pid: int) -> None:
    """Wait until a process stands still, or has ended: that is left for the parent to find."""
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)


class Parent:
    """The process that forks."""

    def __init__(self, tasks: dict[str, Any]) -> None:
        self.tasks = tasks
        self.pids: dict[int, int] = {}
        self.waiting = selectors.DefaultSelector()

    def serve(self) -> None:
        """Obey until the input ends."""
        os.set_blocking(0, False)
        self.waiting.register(0, selectors.EVENT_READ)
        rest = b""
        while True:
            for key, _ in self.waiting.select():
                if key.data is not None:
                    self._reap(key.fd, *key.data)
                    continue
                read = os.read(0, 65536)
                if not read:
                    self._end()
                    return
                *lines, rest = (rest + read).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))

    def _obey(self, message: dict[str, Any]) -> None:
        if "signal" in message:
            self._signal(message["to"], message["signal"])
            return
        number = message["start"]
        pid = os.fork()
        if pid == 0:
            self._be(number, message["task"], message["arguments"])
        self.pids[number] = pid
        self.waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (number, pid))

    def _signal(self, number: int, which: int) -> None:
        pid = self.pids.get(number)
        if pid is None:
            return
        if which == signal.SIGCONT:
            # It says that it stops a moment before it does: woken up too early it would sleep for ever.
            _stopped(pid)
        os.kill(pid, which)
        if which == signal.SIGSTOP:
            _stopped(pid)
            _write(number, {"stopped": True})

    def _be(self, number: int, task: str, arguments: dict[str, Any]) -> None:
        """Be the child: never return."""
        code = 1
        try:
            self.waiting.close()
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            asyncio.run(self.tasks[task](lambda **said: _write(number, said), **arguments))
            code = 0
        except BaseException:  # noqa: BLE001 - whatever it was, the test must read of it
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _reap(self, fd: int, number: int, pid: int) -> None:
        self.waiting.unregister(fd)
        os.close(fd)
        _, status = os.waitpid(pid, 0)
        del self.pids[number]
        _write(number, None, os.waitstatus_to_exitcode(status))

    def _end(self) -> None:
        for pid in self.pids.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def main() -> None:
    """Import everything once, then fork."""
    from clients import connection
    from tests.guarantees import workers_tasks, workers_uploads

    connection.system_trust()
    Parent(workers_tasks.TASKS | workers_uploads.TASKS).serve()


if __name__ == "__main__":
    main()
