"""What the tables tell the doctor: secrets without a key, unlocks in doubt, dead letters, pauses."""

from __future__ import annotations

from dataclasses import dataclass

from storage import census, inbox, jobs
from storage.tx import Tx


@dataclass(frozen=True)
class Line:
    """Be one line of the doctor's table."""

    name: str
    ok: bool
    reason: str = "ok"
    mend: str = ""


async def tables(tx: Tx, now: float) -> list[Line]:
    """Return a line for each promise whose counterpart can be counted."""
    found = await census.count(tx, now)
    updates, work = await inbox.counts(tx), await jobs.counts(tx)
    return [
        _secrets(await census.without_key(tx)),
        _unlocks(found),
        _dead("updates", updates.get("dead", 0), updates.get("pending", 0)),
        _dead("jobs", work.get("dead", 0), work.get("open", 0)),
        _links(found),
        Line(
            "cool-downs", ok=True, reason=f"{found.cooldowns} (a service said 429; calls wait by themselves)"
        ),
    ]


def _secrets(lacking: dict[str, int]) -> Line:
    if not lacking:
        return Line("secrets", ok=True, reason="each has its key")
    listed = ", ".join(f"{number} in {place}" for place, number in lacking.items())
    mend = (
        "put the old key back behind the new one (SECRET_KEYS or the .keys file), then linkhive keys rotate"
    )
    return Line("secrets", ok=False, reason=f"no key opens {listed}", mend=mend)


def _unlocks(found: census.Census) -> Line:
    open_, doubtful = found.unlocks["claimed"], found.unlocks["doubtful"]
    reason = f"{doubtful} in doubt, {open_} under way (a running bot reads back and settles them)"
    return Line("unlocks", ok=True, reason=reason)


def _dead(name: str, dead: int, waiting: int) -> Line:
    if not dead:
        return Line(name, ok=True, reason=f"{waiting} wait, none given up")
    mend = "look for it in the log: each was tried again and again; it is kept, and nothing waits for it"
    return Line(name, ok=False, reason=f"{dead} given up, {waiting} wait", mend=mend)


def _links(found: census.Census) -> Line:
    return Line(
        "link attempts", ok=True, reason=f"{found.attempts['burned']} of a day in the wrong hands, burned"
    )
