"""What an event of the result stream means; names are not documented, so contents decide."""

from collections.abc import Mapping

from clients.linkcheck.models import CheckEvent, CheckResult
from clients.models import read
from clients.reply import UnreadableError, parse_json
from clients.sse import ServerEvent

DONE_NAMES = frozenset(
    {"done", "complete", "completed", "end", "finished", "finish", "cancelled", "canceled", "close", "closed"}
    | {
        "job_done",
        "job_completed",
        "job_complete",
        "job_finished",
        "job_cancelled",
        "job_canceled",
        "job_end",
    }
)
_PROGRESS = frozenset({"progress", "stats", "status", "snapshot"})
# Their data need not be JSON.
_CHATTER = frozenset({"ping", "heartbeat", "keepalive", "keep-alive", "open", "ready", "connected", "start"})


def event_for(event: ServerEvent, *, service: str, operation: str) -> CheckEvent:
    """Read one event; a result with wrong types, or no JSON in a result's place, is BadResponse."""
    name = event.event.strip().casefold()
    data = _data(event, name, service, operation)
    if "item_id" in data and ("valid" in data or "reason" in data):
        result = read(CheckResult, data, service=service, operation=operation)
        return CheckEvent(id=event.id, kind="result", result=result, data=data)
    told = str(data.get("type") or data.get("event") or data.get("status") or "").casefold()
    if name in DONE_NAMES or told in DONE_NAMES:
        return CheckEvent(id=event.id, kind="done", data=data)
    progress = name in _PROGRESS or told in _PROGRESS
    return CheckEvent(id=event.id, kind="progress" if progress else "other", data=data)


def _data(event: ServerEvent, name: str, service: str, operation: str) -> dict[str, object]:
    try:
        value = parse_json(event.data)
    except UnreadableError:
        free = name in DONE_NAMES or name in _CHATTER
        value = {} if free else None
    # Anything that is no object fails here with the place named.
    found = value.get("result") or value.get("data") if isinstance(value, Mapping) else None
    wrapped = isinstance(found, Mapping) and "item_id" in found
    chosen = found if wrapped else {} if name in DONE_NAMES | _CHATTER and not _is_object(value) else value
    return read(dict[str, object], chosen, service=service, operation=operation)


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)
