"""Faults on demand: which call is spoiled, how, and how often."""

from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

# What befalls the body of a request on its way: lost after an answer, broken off, damaged, slow.
BODY_KINDS = frozenset({"lose", "drop", "damage", "slow"})
KINDS = frozenset(
    {
        "status",
        "html",
        "delay",
        "hang",
        "reset",
        "reset_after",
        "truncate",
        "bad_json",
        "drip",
        "redirect",
        "wrong_types",
        "huge",
        "retry_after",
        "cut",
        "stall",
        *BODY_KINDS,
    }
)
STYLES = frozenset({"header", "date", "top", "data", "telegram", "none"})


@dataclass
class Fault:
    """One fault; `after` lets the effect happen and spoils only the answer."""

    id: int
    service: str
    kind: str
    path: str = "*"
    method: str | None = None
    status: int | None = None
    body: Any = None
    seconds: float | None = None
    retry_after: float | None = None
    style: str = "header"
    location: str | None = None
    bytes: int | None = None
    events: int | None = None
    after: bool = False
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    hits: int = 0

    def matches(self, service: str, method: str, path: str, query: str = "") -> bool:
        """Tell whether this fault is meant for a call; its pattern may go on into the query."""
        return (
            self.service in ("*", service)
            and (self.method is None or self.method.upper() == method)
            and (fnmatchcase(path, self.path) or fnmatchcase(f"{path}?{query}", self.path))
        )

    def public(self) -> dict[str, Any]:
        """Return the JSON shape of the control API."""
        return asdict(self)


class FaultError(ValueError):
    """The control API was asked for a fault that does not exist."""


class Faults:
    """Hold the faults that are waiting for their call."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self._last = 0

    def add(self, wish: dict[str, Any]) -> Fault:
        """Register a fault as the control API words it."""
        known = {k: v for k, v in wish.items() if k in Fault.__dataclass_fields__ and v is not None}
        if known.get("kind") not in KINDS:
            raise FaultError(f"kind must be one of {', '.join(sorted(KINDS))}")
        if not known.get("service") or known.get("style", "header") not in STYLES:
            raise FaultError(f"service is required; style is one of {', '.join(sorted(STYLES))}")
        if unknown := sorted(set(wish) - set(Fault.__dataclass_fields__)):
            raise FaultError(f"unknown fields: {', '.join(unknown)}")
        self._last += 1
        fault = Fault(**{**known, "id": self._last, "hits": 0})
        if fault.kind == "reset_after":
            fault.kind, fault.after = "reset", True
        self.waiting.append(fault)
        return fault

    def take(self, service: str, method: str, path: str, query: str = "") -> Fault | None:
        """Return the oldest fault meant for this call and count it down."""
        for fault in self.waiting:
            if fault.matches(service, method, path, query):
                fault.hits += 1
                if fault.times and fault.hits >= fault.times:
                    self.waiting.remove(fault)
                return fault
        return None

    def clear(self, fault_id: int | None = None) -> None:
        """Remove one fault, or all."""
        self.waiting = [f for f in self.waiting if fault_id is not None and f.id != fault_id]
