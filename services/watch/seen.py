"""What was seen of an account at the last look, and what was told of it."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from storage.links import Link
from storage.watches import Watch


class Seen(BaseModel):
    """What is remembered of an account at any service."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    expiry_told: float | None = None
    """Of an authorization that is about to run out: when."""

    def changed(self, **changes: Any) -> Self:
        """Return this with changes."""
        return self.model_copy(update=changes)

    @classmethod
    def of(cls, watch: Watch | None, link: Link) -> Self:
        """Return what is known of an account; another authorization may be another account's."""
        if watch is None:
            return cls()
        seen = cls.model_validate(watch.state)
        return seen if watch.link_id == link.id else seen.anew()

    def anew(self) -> Self:
        """Return what of this still holds under a new authorization."""
        return self.changed(expiry_told=None)


class ShareSeen(BaseModel):
    """An own share: which link it had, how often in a row that was dead, and whether its person knows."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    link: str = ""
    looked_at: float = 0.0
    dead: int = 0
    told: bool = False


class HDHiveSeen(Seen):
    """What is remembered of an account at HDHive."""

    points: int | None = None
    points_at: float = 0.0
    ask_at: float = 0.0
    """HDHive tells points to Premium members only: not before this is it asked again."""
    week_done: str = ""
    """The week whose free unlocks need no more looking at, by the Monday after it."""
    shares: dict[str, ShareSeen] = {}
    shares_at: float = 0.0

    def anew(self) -> Self:
        """Forget the points, which may be another account's; shares are told apart by their ids."""
        return super().anew().changed(points=None, ask_at=0.0, shares_at=0.0)


class DiskTopSeen(Seen):
    """What is remembered of an account at Disk.Top."""

    fullness: int = 0
    """0: there is room; 1: nearly full; 2: full."""

    def anew(self) -> Self:
        """Forget how full the drive was."""
        return super().anew().changed(fullness=0)
