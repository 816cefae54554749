"""How the link check works through a job, one link after the other."""

import asyncio
from hashlib import sha256
from typing import Any

from sandbox.catalogue import Verdict
from sandbox.catalogue.links import code_in
from sandbox.states.linkcheck import Item, Job
from sandbox.world import World

EXPIRES = ("永久有效", "永久有效", "剩余 7 天", "剩余 30 天")


async def run(world: World, job: Job) -> None:
    """Check the links at the pace the options say."""
    while job.status == "running" and job.waiting:
        await asyncio.sleep(world.options.linkcheck_seconds)
        if job.status != "running" or not job.waiting:
            return
        item = job.waiting.popleft()
        item.finished = True
        world.linkcheck.checked += 1
        job.emit("result", result(world, item))
        if job.finished % max(1, world.options.linkcheck_progress_every) == 0:
            job.emit("progress", job.progress())
    if job.status == "running":
        job.status = "finished"
        job.emit("done", job.progress())


def result(world: World, item: Item) -> dict[str, Any]:
    """Return the result of one link."""
    verdict, name = world.catalogue.verdict(item.url)
    draw = sha256(item.url.encode()).digest()[1]
    valid, reason = _reason(verdict, item.url, draw)
    label = None
    if verdict is Verdict.ALIVE:
        label = EXPIRES[draw % len(EXPIRES)]
    if verdict is Verdict.DEAD and draw % 3 == 0:
        label = "已过期"
    return {
        "item_id": item.item_id,
        "url": item.url,
        "provider": item.provider,
        "valid": valid,
        "reason": reason,
        "share_name": name,
        "expiration_label": label,
        "elapsed_seconds": round(0.12 + draw / 200, 3),
        "priority_used": "urgent" if item.urgent else "normal",
        "meta": item.meta,
    }


def _reason(verdict: Verdict, url: str, draw: int) -> tuple[bool | None, str]:
    match verdict:
        case Verdict.ALIVE:
            return True, "all_checks_passed"
        case Verdict.DEAD:
            return False, ("share_cancelled", "empty_share", "share_expired")[draw % 3]
        case Verdict.LOCKED:
            return False, "access_code_wrong" if code_in(url) else "access_code_required"
        case Verdict.UNSUPPORTED:
            return False, "unsupported_provider"
        case _:
            # Both were seen for "could not tell": a time-out called invalid, and no answer at all.
            return (False, "check_timeout") if draw % 2 else (None, "provider_rate_limited")
