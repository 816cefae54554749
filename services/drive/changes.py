"""Change the drive: rename, move, copy, delete, new folders; what is in doubt is read back."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from clients.disktop.client import DiskTop
from clients.disktop.errors import FULL, TAKEN
from clients.errors import ClientError, NotFound, Rejected
from services.drive.entries import Entry
from services.drive.reading import Folders
from services.errors import DriveProblem
from services.steps import Reached, nothing

T = TypeVar("T")

# What is in doubt has taken most of a minute already: reading it back gets the rest.
READ_BACK_SECONDS = 8.0


class Call(Protocol):
    """Do a call with a user's token."""

    def __call__(self, user_id: int, work: Callable[[str], Awaitable[T]], /) -> Awaitable[T]:
        """Do it."""
        ...


@dataclass(frozen=True)
class Done:
    """Be what came of a change: how many entries were changed, and how many had gone before."""

    count: int
    gone: int = 0


@dataclass(frozen=True)
class Change:
    """Be a change of several entries: how it is asked for, and how its doubtful end is read back."""

    name: str
    path: str | None
    picks: Sequence[Entry]
    ask: Callable[[str, tuple[int, ...], tuple[int, ...]], Awaitable[int]]
    dest: str | None = None
    proven: Callable[[], Awaitable[bool]] | None = None


class Changes:
    """Change drives; nothing is repeated blindly."""

    def __init__(
        self,
        call: Call,
        client: Callable[[], DiskTop],
        folders: Folders,
        changed: Callable[[int], None],
        *,
        reached: Reached = nothing,
    ) -> None:
        self._call = call
        self._client = client
        self._folders = folders
        self._changed = changed
        self._reached = reached

    async def make_folder(self, user_id: int, path: str, name: str) -> bool:
        """Make a folder; False where one of that name lies there already."""
        client = self._client()
        try:
            await self._effect(user_id, "make_folder", lambda t: client.make_folder(t, path, name))
        except ClientError as error:
            if _code(error) in TAKEN:
                return False
            if not error.doubtful or not await _soon(self._has(user_id, path, name)):
                raise _problem(error) from error
        return True

    async def _has(self, user_id: int, path: str, name: str) -> bool:
        inside = await self._folders.whole(user_id, path, fresh=True)
        return any(entry.is_dir and entry.name == name for entry in inside)

    async def rename(self, user_id: int, path: str | None, entry: Entry, name: str) -> None:
        """Give a file or folder another name; `path` is the folder it lies in, where that is known."""
        client = self._client()
        ids = {"folder_id": entry.id} if entry.is_dir else {"file_id": entry.id}
        try:
            await self._effect(user_id, "rename", lambda t: client.rename(t, name, **ids))
        except (NotFound, Rejected) as error:
            # After a kill the press comes again: then the name is what was asked for already.
            if _code(error) not in TAKEN or await self._name(user_id, path, entry) != name:
                raise _problem(error, name=name) from error
        except ClientError as error:
            if not error.doubtful or await _soon(self._name(user_id, path, entry)) != name:
                raise

    async def _name(self, user_id: int, path: str | None, entry: Entry) -> str | None:
        client = self._client()
        if not entry.is_dir:
            return (await self._call(user_id, lambda t: client.meta(t, entry.id))).name
        if path is None:
            return None
        inside = await self._folders.whole(user_id, path, fresh=True)
        return next((found.name for found in inside if found.key == entry.key), None)

    async def move(self, user_id: int, path: str | None, picks: Sequence[Entry], dest: str) -> Done:
        """Move entries of a folder to another one."""
        client = self._client()
        _check_target(path, picks, dest)

        async def arrived() -> bool:
            there = {entry.key for entry in await self._folders.whole(user_id, dest, fresh=True)}
            return all(pick.key in there for pick in picks)

        def ask(token: str, files: tuple[int, ...], folders: tuple[int, ...]) -> Awaitable[int]:
            return client.move(token, dest, file_ids=files, folder_ids=folders)

        return await self._many(user_id, Change("move", path, picks, ask, dest, arrived))

    async def copy(self, user_id: int, path: str | None, picks: Sequence[Entry], dest: str) -> Done:
        """Copy entries of a folder to another one; raises DriveProblem(doubtful) where nobody can tell."""
        client = self._client()
        _check_target(path, picks, dest)

        def ask(token: str, files: tuple[int, ...], folders: tuple[int, ...]) -> Awaitable[int]:
            return client.copy(token, dest, file_ids=files, folder_ids=folders)

        return await self._many(user_id, Change("copy", path, picks, ask, dest))

    async def delete(self, user_id: int, path: str | None, picks: Sequence[Entry]) -> Done:
        """Delete entries, folders with all they hold; what was gone already is no error."""
        client = self._client()

        async def gone() -> bool:
            return path is not None and not await self._left(user_id, path, picks)

        def ask(token: str, files: tuple[int, ...], folders: tuple[int, ...]) -> Awaitable[int]:
            return client.delete(token, file_ids=files, folder_ids=folders)

        return await self._many(user_id, Change("delete", path, picks, ask, None, gone))

    async def _many(self, user_id: int, change: Change) -> Done:
        try:
            return Done(await self._ask(user_id, change, change.picks))
        except NotFound as error:
            return await self._without_the_gone(user_id, change, error)
        except ClientError as error:
            if not error.doubtful:
                raise _problem(error) from error
            if change.proven is None:
                raise DriveProblem("doubtful", dest=change.dest or "/") from error
            if not await _soon(change.proven()):
                raise
            return Done(len(change.picks))

    async def _without_the_gone(self, user_id: int, change: Change, error: NotFound) -> Done:
        """Do with what is left; a server refuses the whole when one entry is gone."""
        if change.path is None:
            if change.name == "delete":
                return Done(0, len(change.picks))
            raise _problem(error) from error
        left = await self._left(user_id, change.path, change.picks)
        gone = len(change.picks) - len(left)
        if not gone:
            raise DriveProblem("dest_gone", dest=change.dest or "/") from error
        if not left:
            # After a kill the press comes again: then everything lies where it should.
            if change.proven is not None and await change.proven():
                return Done(0 if change.name == "delete" else len(change.picks), gone)
            raise DriveProblem("gone") from error
        try:
            return Done(await self._ask(user_id, change, left), gone)
        except ClientError as again:
            raise _problem(again) from again

    async def _left(self, user_id: int, path: str, picks: Sequence[Entry]) -> list[Entry]:
        try:
            there = {entry.key for entry in await self._folders.whole(user_id, path, fresh=True)}
        except NotFound:
            return []
        return [pick for pick in picks if pick.key in there]

    async def _ask(self, user_id: int, change: Change, picks: Sequence[Entry]) -> int:
        files = tuple(pick.id for pick in picks if not pick.is_dir)
        folders = tuple(pick.id for pick in picks if pick.is_dir)
        return await self._effect(user_id, change.name, lambda t: change.ask(t, files, folders))

    async def _effect(self, user_id: int, name: str, work: Callable[[str], Awaitable[T]]) -> T:
        """Do what changes the drive; whatever came of it, what was read before is old."""
        await self._reached(f"drive.{name}.before")
        try:
            done = await self._call(user_id, work)
        finally:
            self._changed(user_id)
        await self._reached(f"drive.{name}.after")
        return done


async def _soon(reading: Awaitable[T]) -> T | None:
    """Return what is read back, None where nobody tells in time."""
    try:
        async with asyncio.timeout(READ_BACK_SECONDS):
            return await reading
    except TimeoutError:
        return None


def _check_target(path: str | None, picks: Sequence[Entry], dest: str) -> None:
    """Refuse to put a folder into itself."""
    if path is None:
        return
    for pick in picks:
        inside = f"{path.rstrip('/')}/{pick.name}"
        if pick.is_dir and (dest == inside or dest.startswith(f"{inside}/")):
            raise DriveProblem("inside", name=pick.name)


def _code(error: ClientError) -> str:
    return str(getattr(error, "code", "") or "")


def _problem(error: ClientError, *, name: str = "") -> Exception:
    """Return what an error means for a drive; itself where it has nothing to do with it."""
    if isinstance(error, NotFound):
        return DriveProblem("gone")
    if _code(error) in TAKEN:
        return DriveProblem("conflict", name=name)
    if _code(error) in FULL:
        return DriveProblem("full")
    return error
