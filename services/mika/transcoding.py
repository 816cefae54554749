"""Tell people and groups when transcoding ends: whoever asked for it, each end once, over restarts.

Each wish is a job that looks at the site again and again. What it finds is told in the commit that notes it,
so nothing is told twice, and nothing that was found is lost.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from clients.errors import ClientError, Forbidden, NotFound, RateLimited
from clients.mika.models import Task, TaskStatus
from services.chatstatus import ChatStatuses
from services.clock import Clock
from services.errors import LinkLost, NotLinked, ServiceOff
from services.jobs import JobHandler, Lease, RetryLater
from services.mika.rounds import Round, look_round
from services.mika.videos import Videos
from services.notices import notice
from services.people import language_of
from services.steps import Reached, nothing
from storage import jobs, leases, preferences, users
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx

WATCH, LIVE, GROUP = "transcode.watch", "transcode.live", "transcode.group"
ENDED = "transcode_ended"
# Seconds between two looks: at a task that is under way, and where nothing is; and after a fault.
EVERY, IDLE, AFTER_FAULT = 10.0, 45.0, 60.0
# While the account is lost nothing is asked of the site: it only waits for another login.
WHILE_LOST = 60.0
LIVE_EVERY = 2.0
LOG_KEPT = 600
TITLE_KEPT = 300
# What becomes of a task nobody can look at any more.
GONE, REFUSED = "gone", "refused"


@dataclass(frozen=True)
class Wish:
    """Be what somebody wants to be told of: one task, or with 0 every one, in a chat."""

    user_id: int
    chat_id: int
    topic: int | None = None
    task_id: int = 0

    @property
    def mark(self) -> str:
        """Return what makes it one of its kind."""
        return f"{self.chat_id}:{self.task_id}"

    @property
    def private(self) -> bool:
        """Tell whether it is a person's own."""
        return self.user_id == self.chat_id


class Transcoding:
    """Follow tasks."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        videos: Videos,
        chat_statuses: ChatStatuses,
        *,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._videos = videos
        self._chat_statuses = chat_statuses
        self._reached = reached
        self.on_live: Callable[[Job, Lease], Awaitable[None]] = nothing

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs; they have a runner of their own: no hanging site holds up others."""
        return {WATCH: self._look, LIVE: self._live}

    async def watch(self, wish: Wish) -> None:
        """Tell of an end from now on."""
        now = self._clock.now()
        await self._db.write(lambda tx: _begin(tx, wish, now))

    async def unwatch(self, wish: Wish) -> None:
        """Tell no more."""
        await self._db.write(lambda tx: jobs.cancel(tx, WATCH, wish.mark))

    async def watched(self, wish: Wish) -> bool:
        """Tell whether this is told already in its chat, whoever asked for it."""
        return await self._db.read(lambda tx: jobs.is_open(tx, WATCH, wish.mark))

    async def will(self, tx: Tx, user_id: int, now: float) -> None:
        """Have the groups told that were told by the account of somebody who is forgotten."""
        person, chosen = await users.get(tx, user_id), await preferences.get(tx, user_id)
        language = language_of(chosen.language, person.language_code if person else None)
        for job in await jobs.asked_by(tx, WATCH, user_id):
            if job.unreadable is None and not (wish := _wish(job.payload)).private:
                facts = {"task_id": wish.task_id, "status": REFUSED, "language": language}
                await _told(tx, replace(wish, user_id=jobs.NOBODY), facts, now)

    async def follow(self, user_id: int, card_id: str) -> None:
        """Have a card shown anew again and again while something on it is under way."""
        now = self._clock.now()
        at, payload = now + LIVE_EVERY, {"card_id": card_id, "since": now}
        await self._db.write(
            lambda tx: jobs.enqueue(tx, LIVE, card_id, payload, at, dedup=card_id, owner=user_id)
        )

    async def _live(self, job: Job, lease: Lease) -> None:
        await self.on_live(job, lease)

    async def _look(self, job: Job, lease: Lease) -> None:
        """Do the job of one wish: look, tell, and look again later."""
        wish = _wish(job.payload)
        if (chat_id := self._chat_statuses.address(wish.chat_id)) != wish.chat_id:
            moved, now = Wish(wish.user_id, chat_id, wish.topic, wish.task_id), self._clock.now()
            await lease.finish(lambda tx: _begin(tx, moved, now, job.payload))
            return
        try:
            found = await self._round(wish, job.payload)
        except LinkLost as error:
            # Logins end all the time: whoever found it gone had it told, and it goes on with the next one.
            raise RetryLater(WHILE_LOST) from error
        except NotLinked:
            await self._unlinked(wish, lease)
            return
        except ServiceOff as error:
            # Perhaps for one start only; what was wished for is wished for still.
            raise RetryLater(AFTER_FAULT) from error
        except Forbidden:
            await self._end(wish, lease, REFUSED)
            return
        except NotFound:
            await self._end(wish, lease, GONE)
            return
        except RateLimited as error:
            raise RetryLater(max(AFTER_FAULT, error.retry_after)) from error
        except ClientError as error:
            raise RetryLater(AFTER_FAULT) from error
        await self._reached("transcode.looked")
        await self._tell(wish, lease, found)
        if found.over:
            return
        await self._reached("transcode.told")
        raise RetryLater(EVERY if found.open else IDLE)

    async def _round(self, wish: Wish, payload: Mapping[str, Any]) -> Round:
        if not wish.task_id:
            opened, last = frozenset(payload.get("open", ())), payload.get("last")
            return await self._videos.manage(
                wish.user_id, lambda client, who: look_round(client, who, opened, last)
            )
        task = await self._videos.manage(wish.user_id, lambda client, who: client.task(who, wish.task_id))
        over = task.status.over
        return Round((task,) if over else (), frozenset() if over else frozenset({task.id}), None, over=over)

    async def _tell(self, wish: Wish, lease: Lease, found: Round) -> None:
        """Note what was found, and have it told, in one commit."""
        told = [t for t in found.ended if wish.task_id or t.status is not TaskStatus.CANCELLED]
        titles = await self._titles(wish, told)
        now, job = self._clock.now(), lease.job

        async def tell(tx: Tx) -> None:
            for task in told:
                await _told(tx, wish, facts_of(task, titles), now)

        async def go_on(tx: Tx) -> None:
            await tell(tx)
            seen = {"open": sorted(found.open), "last": found.last}
            await leases.keep(tx, job, {**job.payload, **seen})

        await (lease.finish(tell) if found.over else lease.write(go_on))

    async def _titles(self, wish: Wish, tasks: list[Task]) -> dict[int, str]:
        untitled = [task.video_id for task in tasks if task.video_id and not task.video_title]
        return await self._videos.titles(wish.user_id, untitled)

    async def _unlinked(self, wish: Wish, lease: Lease) -> None:
        """End with the account that was taken away; a group does not know of that, and is told."""
        if wish.private:
            await lease.finish()
            return
        await self._end(wish, lease, REFUSED)

    async def _end(self, wish: Wish, lease: Lease, why: str) -> None:
        """Say why nothing is told any more."""
        now, facts = self._clock.now(), {"task_id": wish.task_id, "status": why}
        await lease.finish(lambda tx: _told(tx, wish, facts, now))


def _wish(payload: Mapping[str, Any]) -> Wish:
    return Wish(
        int(payload["user_id"]), int(payload["chat_id"]), payload.get("topic"), int(payload["task_id"])
    )


async def _begin(tx: Tx, wish: Wish, now: float, known: Mapping[str, Any] | None = None) -> None:
    facts = {"chat_id": wish.chat_id, "topic": wish.topic, "task_id": wish.task_id}
    payload = {**(known or {}), "user_id": wish.user_id, **facts}
    await jobs.enqueue(tx, WATCH, wish.mark, payload, now, dedup=wish.mark, owner=wish.user_id)


def facts_of(task: Task, titles: Mapping[int, str]) -> dict[str, Any]:
    """Return what is told of an end, as it was found."""
    title = task.video_title or titles.get(task.video_id or 0, "")
    return {
        "task_id": task.id,
        "status": str(task.status),
        "video_id": task.video_id,
        "title": title[:TITLE_KEPT],
        "progress": task.progress,
        "log": (task.log or "")[-LOG_KEPT:],
    }


async def _told(tx: Tx, wish: Wish, facts: Mapping[str, Any], now: float) -> None:
    if wish.private:
        await notice(tx, wish.user_id, ENDED, now=now, **facts)
        return
    # A group learns which task it was and how it ended; what it is about is for who has an account there.
    payload = {
        "user_id": wish.user_id,
        "chat_id": wish.chat_id,
        "topic": wish.topic,
        "task_id": facts["task_id"],
        "status": facts["status"],
        "language": facts.get("language"),
    }
    await jobs.enqueue(tx, GROUP, str(wish.chat_id), payload, now, owner=wish.user_id)
