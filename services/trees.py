"""What a pick of files and folders comes to: a plan of folders with their files."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from clients.disktop.models import SharedFile
from services.errors import TransferProblem

MOST_FILES = 2_000
MOST_FOLDERS = 200
DEEPEST = 16

Listed = Callable[[str], Awaitable[Sequence[SharedFile]]]


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


async def walk(listed: Listed, path: str, picks: Sequence[SharedFile]) -> Plan:
    """Go through picked folders, keeping the tree; raises TransferProblem(too_many) at the limits."""
    plan = Plan({"": []})
    waiting: list[tuple[str, str, Sequence[SharedFile]]] = [("", path, picks)]
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


def _check(plan: Plan, folder: str) -> None:
    if plan.count > MOST_FILES:
        raise TransferProblem("too_many", limit=MOST_FILES)
    if len(plan.folders) > MOST_FOLDERS or folder.count("/") > DEEPEST:
        raise TransferProblem("too_many", limit=MOST_FOLDERS)
