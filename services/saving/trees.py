"""What a pick of files and folders comes to: a plan of folders with their files."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from clients.disktop.models import SharedFile
from services.errors import TransferProblem

MOST_FILES = 2_000
MOST_FOLDERS = 200
DEEPEST = 16

Listed = Callable[[str], Awaitable[Sequence[SharedFile]]]


class Pick(BaseModel):
    """Be a file or folder of a share, and the folder of the share it lies in."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    folder: str
    file: SharedFile

    @property
    def path(self) -> str:
        """Return where it lies in the share."""
        return f"{self.folder.rstrip('/')}/{self.file.name}"

    @property
    def key(self) -> tuple[str, bool, int]:
        """Return what tells it apart: folders and files may be counted each for themselves."""
        return self.folder, self.file.is_dir, self.file.id


@dataclass
class Plan:
    """Hold the files of each folder, named relative to the destination, which is "" itself."""

    folders: dict[str, list[SharedFile]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Count the files."""
        return sum(len(files) for files in self.folders.values())


def clean_path(path: str) -> str:
    """Return an absolute path without doubled, closing or upward parts."""
    parts = [part.strip() for part in path.replace("\\", "/").split("/")]
    kept = [part for part in parts if part not in ("", ".", "..")]
    return "/" + "/".join(kept)


def joined(folder: str, name: str) -> str:
    """Return a path below a folder; a name with a slash in it stays one part."""
    part = name.replace("/", "_").replace("\\", "_").strip()
    return f"{folder.rstrip('/')}/{part if part not in ('', '.', '..') else '_'}"


def common(picks: Sequence[Pick]) -> str:
    """Return the nearest folder that holds all picks: what is saved keeps its tree below it."""
    paths = [[part for part in pick.folder.split("/") if part] for pick in picks]
    shared: list[str] = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/" + "/".join(shared)


async def walk(listed: Listed, picks: Sequence[Pick]) -> Plan:
    """Go through picked folders, keeping the tree; raises TransferProblem(too_many...) at the limits."""
    plan, base = Plan({"": []}), common(picks)
    waiting: list[tuple[str, str, Sequence[SharedFile]]] = [
        (_below(base, folder), folder, inside) for folder, inside in _by_folder(picks).items()
    ]
    while waiting:
        below, source, files = waiting.pop(0)
        plan.folders.setdefault(below, []).extend(file for file in files if not file.is_dir)
        for folder in (file for file in files if file.is_dir):
            inside = joined(below, folder.name)
            _check(plan, inside)
            plan.folders.setdefault(inside, [])
            inner = f"{source.rstrip('/')}/{folder.name}"
            waiting.append((inside, inner, await listed(inner)))
        _check(plan, below)
    return plan


async def files_below(listed: Listed, path: str) -> tuple[Pick, ...]:
    """Return every file below a folder, folder by folder; raises TransferProblem(too_many...)."""
    found: list[Pick] = []
    waiting, seen = [path], 0
    while waiting:
        folder, seen = waiting.pop(0), seen + 1
        inside = await listed(folder)
        found += [Pick(folder=folder, file=file) for file in inside if not file.is_dir]
        waiting += [f"{folder.rstrip('/')}/{file.name}" for file in inside if file.is_dir]
        _within(len(found), seen + len(waiting), folder.count("/"))
    return tuple(found)


def _by_folder(picks: Sequence[Pick]) -> dict[str, list[SharedFile]]:
    """Return picks by their folder, each once, without those a picked folder brings along anyway."""
    whole = {pick.path for pick in picks if pick.file.is_dir}
    grouped: dict[str, list[SharedFile]] = {}
    for pick in {pick.key: pick for pick in picks}.values():
        if not any(f"{pick.folder.rstrip('/')}/".startswith(f"{path}/") for path in whole):
            grouped.setdefault(pick.folder, []).append(pick.file)
    return grouped


def _below(base: str, folder: str) -> str:
    below = ""
    for part in folder[len(base) :].split("/"):
        below = joined(below, part) if part else below
    return below


def _check(plan: Plan, folder: str) -> None:
    _within(plan.count, len(plan.folders), folder.count("/"))


def _within(files: int, folders: int, depth: int) -> None:
    if files > MOST_FILES:
        raise TransferProblem("too_many", limit=MOST_FILES)
    if folders > MOST_FOLDERS or depth > DEEPEST:
        raise TransferProblem("too_many_folders", limit=MOST_FOLDERS)
