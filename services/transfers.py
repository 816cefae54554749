"""Save Disk.Top shares to the user's own drive."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import TypeVar

from clients.disktop.client import DiskTop
from clients.disktop.models import SharedFile, ShareInfo
from clients.errors import ClientError, Forbidden, ForbiddenReason, NotFound, Rejected
from services.clock import Clock
from services.errors import ServiceOff, TransferKind, TransferProblem
from services.names import Service
from services.saving import Saving
from services.tokens import Tokens
from services.trees import Plan, clean_path, walk

T = TypeVar("T")

_KINDS: dict[str, TransferKind] = {
    "pwd_required_or_wrong": "wrong_code",
    "share_expired": "expired",
    "quota_exceeded": "full",
    "insufficient_storage": "full",
    "no_space": "full",
    "storage_full": "full",
}


@dataclass(frozen=True)
class ShareView:
    """Be what is known of a share before its files are listed."""

    surl: str
    info: ShareInfo
    needs_code: bool
    wrong_code: bool = False


@dataclass(frozen=True)
class SaveResult:
    """Be what came of saving: files copied, files that were there already, and the folder."""

    saved: int
    already: int
    dest: str
    folders: int = 0
    bytes: int = 0


class Transfers:
    """Look into shares and copy from them, with the user's own account."""

    def __init__(self, clock: Clock, disktop: DiskTop | None, tokens: Tokens) -> None:
        self._clock = clock
        self._disktop = disktop
        self._tokens = tokens

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

    async def save(
        self,
        user_id: int,
        surl: str,
        picks: Sequence[SharedFile],
        dest: str = "/",
        code: str | None = None,
        *,
        path: str = "/",
    ) -> SaveResult:
        """Copy picks of a share's folder `path` to `dest`, folders with all they hold.

        What lies there already with the same name and size is counted, not copied; repeating a save is safe.
        Raises TransferProblem(full, too_many, gone, wrong_code, expired, premium), or a ClientError.
        """
        target, client = clean_path(dest), self._client()

        async def listed(folder: str) -> Sequence[SharedFile]:
            return await self._call(user_id, lambda t: client.share_files(t, surl, folder, code))

        plan: Plan = await walk(listed, clean_path(path), picks)
        share, drive = partial(self._call, user_id), partial(self._at_home, user_id)
        done = await Saving(client, share, drive, surl, code).run(plan, target)
        return SaveResult(done.saved, done.already, target, done.folders, done.bytes)

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

    async def _call(self, user_id: int, work: Callable[[str], Awaitable[T]]) -> T:
        try:
            return await self._tokens.call(user_id, Service.DISKTOP, work)
        except ClientError as error:
            kind = kind_of(error)
            if kind is None:
                raise
            raise TransferProblem(kind) from error

    async def _at_home(self, user_id: int, work: Callable[[str], Awaitable[T]]) -> T:
        """Do a call on the user's own drive, where a missing path is not a missing share."""
        try:
            return await self._tokens.call(user_id, Service.DISKTOP, work)
        except (NotFound, Rejected) as error:
            kind = kind_of(error)
            if kind is None:
                raise
            raise TransferProblem("bad_folder" if kind == "gone" else kind) from error

    def _client(self) -> DiskTop:
        if self._disktop is None:
            raise ServiceOff(Service.DISKTOP)
        return self._disktop


def kind_of(error: ClientError) -> TransferKind | None:
    """Return what an error means for a share, None when it is not about the share."""
    if isinstance(error, Forbidden):
        return "premium" if error.reason is ForbiddenReason.PREMIUM else None
    code = str(getattr(error, "code", "") or "").casefold()
    if isinstance(error, (NotFound, Rejected)) and code in _KINDS:
        return _KINDS[code]
    return "gone" if isinstance(error, NotFound) else None


def matching(files: Sequence[SharedFile], pattern: str) -> tuple[SharedFile, ...]:
    """Pick files by a pattern with * and ?, or by words their names contain; case does not matter."""
    wanted = pattern.strip().casefold()
    if not wanted:
        return ()
    if not any(sign in wanted for sign in "*?["):
        return tuple(file for file in files if all(word in file.name.casefold() for word in wanted.split()))
    return tuple(file for file in files if fnmatchcase(file.name.casefold(), wanted))


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Return a sort key by which E2 comes before E10."""
    parts: list[tuple[int, str]] = []
    digits = ""
    for sign in name.casefold() + "\0":
        if sign.isascii() and sign.isdigit():
            digits += sign
            continue
        if digits:
            parts.append((int(digits[:18]), ""))
            digits = ""
        parts.append((-1, sign))
    return tuple(parts)
