"""What was done by itself about new resources: every step of it, for one card."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from clients.hdhive.models import Resource
from services.subscriptions.telling import News

# waiting: not begun; above: it costs more than the person's limit, or than it did; budget: the day's points
# are spent; left: more came at once than is unlocked by itself; unlocking: asked for, and nobody knows yet;
# saving: unlocked, being saved; unsaved: unlocked, and that is all.
StepState = Literal[
    "waiting",
    "above",
    "budget",
    "left",
    "dead",
    "unlocking",
    "unlocked",
    "refused",
    "saving",
    "saved",
    "unsaved",
]
OPEN: frozenset[StepState] = frozenset({"waiting", "unlocking", "saving"})
YOURS: frozenset[StepState] = frozenset({"unlocked", "saving", "saved", "unsaved"})


class Step(BaseModel):
    """Be how far one resource is; `points` were spent, or are asked for; `reason` is the code of an error."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    state: StepState = "waiting"
    points: int = 0
    reason: str = ""
    files: int = 0
    dest: str = ""
    tries: int = 0

    def to(self, state: StepState, **more: Any) -> Self:
        """Return the next step."""
        return self.model_copy(update={"state": state, "tries": 0, **more})


class Receipt(News):
    """Be the news of a title with what was done about each."""

    steps: dict[str, Step] = Field(default_factory=dict)

    def step(self, slug: str) -> Step:
        """Return how far a resource is."""
        return self.steps.get(slug, Step())

    def at(self, slug: str, step: Step) -> Self:
        """Return the same with one resource further."""
        return self.model_copy(update={"steps": {**self.steps, slug: step}})

    @property
    def open(self) -> list[Resource]:
        """Return what is not at its end."""
        return [one for one in self.resources if self.step(one.slug).state in OPEN]

    @property
    def spent(self) -> int:
        """Return the points that all this cost."""
        return sum(step.points for step in self.steps.values() if step.state in YOURS)


def receipt_of(payload: Mapping[str, Any]) -> Receipt:
    """Return what a job's payload tells."""
    return Receipt.model_validate(payload)
