"""What the tables tell the doctor: secrets without a key, unlocks in doubt, refreshes, dead letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from storage import census, inbox, jobs, meta
from storage.tx import Tx

# Where a running bot notes that another program polls with its token, and how long that is news.
POLLED_ELSEWHERE = "polled_elsewhere_at"
# Where it notes which of its tasks failed last, and when.
TASK_FAILED = "task_failed"
NEWS_SECONDS = 3600.0


@dataclass(frozen=True)
class Line:
    """Be one line of the doctor's table; what is well and has a mend nevertheless is a warning."""

    name: str
    ok: bool
    reason: str = "ok"
    mend: str = ""

    @property
    def verdict(self) -> str:
        """Return the word the line begins with."""
        if not self.ok:
            return "FAIL"
        return "warn" if self.mend else "ok  "


async def tables(tx: Tx, now: float, *, admins: bool = True) -> list[Line]:
    """Return a line for each promise whose counterpart can be counted."""
    found = await census.count(tx, now)
    updates, work = await inbox.counts(tx), await jobs.counts(tx)
    return [
        secrets(await census.without_key(tx)),
        _unlocks(found),
        _refreshes(found.refreshes),
        _dead("updates", updates.get("dead", 0), updates.get("pending", 0), admins=admins),
        _dead("jobs", work.get("dead", 0), work.get("open", 0), admins=admins),
        _links(found),
        _poller(float(await meta.get(tx, POLLED_ELSEWHERE) or 0), now),
        _tasks(await meta.get(tx, TASK_FAILED), now),
        Line(
            "cool-downs", ok=True, reason=f"{found.cooldowns} (a service said 429; calls wait by themselves)"
        ),
    ]


def secrets(lacking: dict[str, int]) -> Line:
    """Return the line on secrets that no key opens, counted by where they are."""
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


def _refreshes(found: dict[str, int]) -> Line:
    left = f"{found['left']} left by a process that died (a running bot settles them)"
    reason = f"{found['open']} under way, {left}, {found['lost']} accounts to be linked anew"
    return Line("refreshes", ok=True, reason=reason)


def _poller(at: float, now: float) -> Line:
    if not at:
        return Line("poller", ok=True, reason="no other program was met")
    reason = f"another program polled with this token, last at {moment(at)}"
    if now - at > NEWS_SECONDS:
        return Line("poller", ok=True, reason=reason)
    mend = "stop the other program, or have BotFather revoke the token and set the new one here only"
    return Line("poller", ok=False, reason=reason, mend=mend)


def _tasks(note: str | None, now: float) -> Line:
    if note is None:
        return Line("tasks", ok=True, reason="none failed")
    at, _, name = note.partition(" ")
    reason = f"{name} failed, last at {moment(float(at))}; a running bot begins it again"
    if now - float(at) > NEWS_SECONDS:
        return Line("tasks", ok=True, reason=reason)
    mend = "look at /healthz: while it names the task, restart the bot and report what its log says of it"
    return Line("tasks", ok=True, reason=reason, mend=mend)


def moment(at: float) -> str:
    """Return a time as the table shows it."""
    return datetime.fromtimestamp(at, UTC).isoformat(" ", "seconds")


def _dead(name: str, dead: int, waiting: int, *, admins: bool) -> Line:
    if not dead:
        return Line(name, ok=True, reason=f"{waiting} wait, none given up")
    who = "" if admins else "put your Telegram id into ADMIN_IDS and start the bot again; then "
    mend = f"{who}send the bot /admin: it shows what was given up and why, to be tried again or dropped"
    return Line(name, ok=False, reason=f"{dead} given up, {waiting} wait", mend=mend)


def _links(found: census.Census) -> Line:
    return Line(
        "link attempts", ok=True, reason=f"{found.attempts['burned']} of a day in the wrong hands, burned"
    )
