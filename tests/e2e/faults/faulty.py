"""Ways in which a service fails, and the words that tell of each."""

from dataclasses import dataclass
from typing import Any

from tests.driver import Control, Message
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words


@dataclass(frozen=True)
class Fault:
    """One way to fail, and the words that tell of it."""

    kind: str
    key: str
    more: dict[str, Any]


FAULTS = (
    Fault("html", "problem.broken", {}),
    Fault("status", "problem.broken", {"status": 500}),
    Fault("retry_after", "problem.rate_limited", {"retry_after": 6}),
    Fault("bad_json", "problem.broken", {}),
)
HDHIVE, DISKTOP, TMDB = "HDHive", "Disk.Top", "TMDB"


def tells(say: Words, fault: Fault, service: str) -> str:
    return say(fault.key, service=service, wait="§").partition("§")[0]


class Faulty:
    """Let one call fail in one way after another."""

    def __init__(self, control: Control, clock: Hurried, say: Words) -> None:
        self._control = control
        self._clock = clock
        self.say = say

    async def begin(self, fault: Fault, service: str, path: str, method: str = "GET") -> None:
        await self._control.fault(service, path, fault.kind, method=method, times=0, **fault.more)

    async def end(self) -> None:
        await self._control.mend()
        # A limit is over when its time is, not when the service feels better.
        self._clock.forward(7)


def has(message: Message, *labels: str) -> bool:
    return all(message.find(label) for label in labels)


def one_sentence(message: Message) -> None:
    """What happened is told in one line, and the service's own words in another at most."""
    assert len(message.text.splitlines()) <= 2, message
