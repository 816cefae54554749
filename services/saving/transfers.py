"""Look into Disk.Top shares, play what is in them, and save it to the user's own drive."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from clients.disktop.client import DiskTop
from clients.disktop.errors import FULL
from clients.disktop.models import Download, SharedFile, ShareInfo, VideoMeta, VideoStream
from clients.errors import ClientError, Forbidden, ForbiddenReason, NotFound, Rejected
from services.clock import Clock
from services.errors import ServiceOff, TransferKind, TransferProblem
from services.jobs import Lease
from services.names import Service
from services.order import natural
from services.recent import Recent
from services.saving.copying import Saving, Told
from services.saving.episodes import wanted
from services.saving.locks import SaveLocks
from services.saving.trees import Pick, Plan, clean_path, files_below, walk
from services.steps import nothing
from services.tokens import Tokens
from storage.links import Link

T = TypeVar("T")

# How long all files of a share are remembered: somebody pages through what a pattern found.
TREE_SECONDS = 300.0
TREES = 50
NAMED = 5

_KINDS: dict[str, TransferKind] = {
    "pwd_required_or_wrong": "wrong_code",
    "share_expired": "expired",
    "invalid_surl": "invalid",
    "share_not_found": "gone",
    "file_not_found": "file_gone",
    "folder_not_found": "file_gone",
    "path_not_found": "file_gone",
}
_MISSING: frozenset[TransferKind] = frozenset({"gone", "file_gone"})


@dataclass(frozen=True)
class ShareView:
    """Be what is known of a share before its files are listed."""

    surl: str
    info: ShareInfo
    needs_code: bool
    wrong_code: bool = False


@dataclass(frozen=True)
class SaveResult:
    """Be what came of saving: files copied, files that were there already, and the folder.

    `missed` files the service did not copy; `names` are the first few of what was picked.
    """

    saved: int
    already: int
    dest: str
    folders: int = 0
    bytes: int = 0
    missed: int = 0
    names: tuple[str, ...] = ()


class Transfers:
    """Look into shares and copy from them, with the user's own account."""

    def __init__(
        self,
        clock: Clock,
        disktop: DiskTop | None,
        tokens: Tokens,
        changed: Callable[[int], None],
        locks: SaveLocks,
    ) -> None:
        self._clock = clock
        self._disktop = disktop
        self._tokens = tokens
        # What was read of somebody's drive is to be forgotten.
        self._changed = changed
        self._locks = locks
        self._trees: Recent[tuple[int, str, str | None, str], tuple[Pick, ...]] = Recent(TREES)

    async def open(self, user_id: int, surl: str, code: str | None = None) -> ShareView:
        """Look at a share and try its code; raises TransferProblem(gone, expired, premium)."""
        client = self._client()
        info = await self._call(user_id, lambda t: client.share_info(t, surl))
        if 0 < info.expire_time <= self._clock.now():
            raise TransferProblem("expired")
        if info.premium:
            await self._must_be_premium(user_id)
        if not info.need_pwd:
            return ShareView(surl, info, needs_code=False)
        if not code:
            return ShareView(surl, info, needs_code=True)
        fits = await self._fits(user_id, surl, code)
        return ShareView(surl, info, needs_code=not fits, wrong_code=not fits)

    async def listing(
        self, user_id: int, surl: str, path: str = "/", code: str | None = None
    ) -> tuple[SharedFile, ...]:
        """List one folder of a share, folders first, in the order people count."""
        client, folder = self._client(), clean_path(path)
        found = await self._call(user_id, lambda t: client.share_files(t, surl, folder, code))
        return tuple(sorted(found, key=lambda file: (not file.is_dir, natural(file.name), file.id)))

    async def matching(
        self, user_id: int, surl: str, path: str, code: str | None, pattern: str
    ) -> tuple[Pick, ...]:
        """Find files anywhere below a folder of a share by words, patterns or ranges of episodes.

        Raises TransferProblem(too_many, too_many_folders) where the share is too large to be looked through.
        """
        base, now = clean_path(path), self._clock.now()
        found = self._trees.get((user_id, surl, code, base), now)
        if found is None:
            found = await files_below(partial(self.listing, user_id, surl, code=code), base)
            self._trees.put((user_id, surl, code, base), found, now + TREE_SECONDS)
        return matching(found, pattern)

    async def save(
        self,
        user_id: int,
        surl: str,
        picks: Sequence[Pick],
        dest: str = "/",
        code: str | None = None,
        *,
        told: Told = nothing,
        lease: Lease | None = None,
    ) -> SaveResult:
        """Copy picks of a share to `dest`, folders with all they hold, keeping the tree they have in common.

        What lies there already with the same name and size is counted, not copied; repeating a save is safe.
        One at a time of each person; whose job of `lease` is lost copies no more (LeaseLost), and RetryLater
        asks for the job to be run again once another save had its turn.
        Raises TransferProblem(full, filled, too_many, gone, wrong_code, premium and more), or a ClientError;
        Relinked where somebody links another account on the way: not half of it here, and half of it there.
        """
        target, client = clean_path(dest), self._client()
        link = await self._tokens.link(user_id, Service.DISKTOP)
        share = partial(self._call, user_id, of=link)

        async def listed(folder: str) -> Sequence[SharedFile]:
            return await share(lambda t: client.share_files(t, surl, folder, code))

        plan: Plan = await walk(listed, picks)
        async with self._locks.lock(user_id, lease) as lock:

            async def drive(work: Callable[[str], Awaitable[T]]) -> T:
                await lock.refresh()
                return await self._at_home(link, work)

            try:
                saving = Saving(client, share, drive, lock, surl, code, told)
                done = await saving.run(plan, target)
            finally:
                self._changed(user_id)
        names = tuple(pick.file.name for pick in picks[:NAMED])
        return SaveResult(done.saved, done.already, target, done.folders, done.bytes, done.missed, names)

    async def stream(self, user_id: int, surl: str, file_id: int, code: str | None = None) -> VideoStream:
        """Get addresses that play a shared film, good for some minutes."""
        client = self._client()
        return await self._inside(user_id, surl, code, lambda t: client.share_stream(t, surl, file_id, code))

    async def video_meta(self, user_id: int, surl: str, file_id: int, code: str | None = None) -> VideoMeta:
        """Get length, size, codec and cover of a shared film."""
        client = self._client()
        return await self._inside(user_id, surl, code, lambda t: client.share_video_meta(t, surl, file_id))

    async def download(self, user_id: int, surl: str, file_id: int, code: str | None = None) -> Download:
        """Get a direct address of a shared file, good for some minutes."""
        client = self._client()
        return await self._inside(
            user_id, surl, code, lambda t: client.share_download(t, surl, file_id, code)
        )

    async def _inside(
        self, user_id: int, surl: str, code: str | None, work: Callable[[str], Awaitable[T]]
    ) -> T:
        """Do a call inside a share; a server that has forgotten the code is told it once more."""
        try:
            return await self._call(user_id, work)
        except TransferProblem as problem:
            if problem.kind != "wrong_code" or code is None or not await self._fits(user_id, surl, code):
                raise
        return await self._call(user_id, work)

    async def _fits(self, user_id: int, surl: str, code: str) -> bool:
        client = self._client()
        try:
            return await self._call(user_id, lambda t: client.share_verify(t, surl, code))
        except TransferProblem as problem:
            if problem.kind == "wrong_code":
                return False
            raise

    async def _must_be_premium(self, user_id: int) -> None:
        client = self._client()
        info = await self._call(user_id, client.user_info)
        if not info.is_vip:
            raise TransferProblem("premium")

    async def _call(self, user_id: int, work: Callable[[str], Awaitable[T]], *, of: Link | None = None) -> T:
        try:
            return await self._tokens.call(user_id, Service.DISKTOP, work, of=of)
        except ClientError as error:
            kind = kind_of(error)
            if kind is None:
                raise
            raise TransferProblem(kind) from error

    async def _at_home(self, link: Link, work: Callable[[str], Awaitable[T]]) -> T:
        """Do a call on the user's own drive, where a missing path is not a missing share."""
        try:
            return await self._tokens.call(link.user_id, Service.DISKTOP, work, of=link)
        except (NotFound, Rejected) as error:
            kind = kind_of(error)
            if kind is None:
                raise
            raise TransferProblem("bad_folder" if kind in _MISSING else kind) from error

    def _client(self) -> DiskTop:
        if self._disktop is None:
            raise ServiceOff(Service.DISKTOP)
        return self._disktop


def kind_of(error: ClientError) -> TransferKind | None:
    """Return what an error means for a share, None when it is not about the share."""
    if isinstance(error, Forbidden):
        return "premium" if error.reason is ForbiddenReason.PREMIUM else None
    if not isinstance(error, (NotFound, Rejected)):
        return None
    code = (error.code or "").casefold()
    if code in FULL:
        return "full"
    return _KINDS.get(code) or ("gone" if isinstance(error, NotFound) else None)


def matching(found: Sequence[Pick], pattern: str) -> tuple[Pick, ...]:
    """Pick files by words, by a pattern with * and ?, or by ranges of episodes; case does not matter."""
    fits = wanted(pattern)
    return () if fits is None else tuple(pick for pick in found if fits(pick.folder, pick.file.name))
