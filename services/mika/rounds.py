"""One look at all tasks of the site: which of them ended since the last one."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from clients.credentials import Credential
from clients.errors import NotFound
from clients.mika.client import Mika
from clients.mika.models import Task, TaskStatus

PAGE = 100
# Tasks that vanished from the lists are asked for one by one, so many at a time.
SINGLES = 20


@dataclass(frozen=True)
class Round:
    """Be what a look found: tasks that ended, those still under way, and the highest number seen."""

    ended: tuple[Task, ...]
    open: frozenset[int]
    last: int | None
    over: bool = False


async def look_round(client: Mika, who: Credential, opened: frozenset[int], last: int | None) -> Round:
    """Look at the lists; `opened` were under way at the last look, whose highest number is `last`.

    The first look (`last` None) only learns what is there. A task that began and ended in between is found by
    its number.
    """
    asked = (None, TaskStatus.PENDING, TaskStatus.PROCESSING)
    pages = await asyncio.gather(*(client.tasks(who, size=PAGE, status=status) for status in asked))
    found = {task.id: task for page in pages for task in page.items}
    missing = opened - found.keys()
    found |= await _singly(client, who, sorted(missing)[:SINGLES])
    ended = [
        task
        for task in found.values()
        if task.status.over and (task.id in opened or (last is not None and task.id > last))
    ]
    under_way = {task.id for task in found.values() if not task.status.over}
    # What was not asked for this time is asked for the next.
    waiting = set(sorted(missing)[SINGLES:])
    highest = max([*found, last or 0])
    # A list names no log; who is told of a failure wants to know its end.
    full = await _singly(client, who, [task.id for task in ended if task.status is TaskStatus.FAILED])
    told = tuple(full.get(task.id, task) for task in sorted(ended, key=lambda one: one.id))
    return Round(told, frozenset(under_way | waiting), highest)


async def _singly(client: Mika, who: Credential, ids: Iterable[int]) -> dict[int, Task]:
    found: dict[int, Task] = {}
    for task_id in ids:
        try:
            found[task_id] = await client.task(who, task_id)
        except NotFound:
            # Deleted with its video: there is nothing to tell of it.
            continue
    return found
