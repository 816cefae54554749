"""Links with their verdicts, and how long each verdict is believed."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from clients.linkcheck.models import CheckResult, Verdict
from services.recent import Recent
from services.sharelinks.drives import Drive, with_code
from services.sharelinks.finding import ShareLink

MEMORY = 20_000
# A dead share may have been a slip of its drive; an uncertain one says nothing about the link.
KEEP_SECONDS = {
    Verdict.ALIVE: 6 * 3600.0,
    Verdict.DEAD: 3600.0,
    Verdict.LOCKED: 6 * 3600.0,
    Verdict.UNSUPPORTED: 6 * 3600.0,
    Verdict.UNCERTAIN: 180.0,
}
# No service knows these: they are not asked for.
UNCHECKED = frozenset({Drive.MAGNET, Drive.ED2K, Drive.HDHIVE, Drive.UNKNOWN})


class CheckedLink(BaseModel):
    """Be a link and what is known of it; without a verdict it still waits.

    `reason` is the checker's word, or one of ours: service_off, service_down, not_linked, no_result, timeout.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    url: str
    drive: Drive
    id: str
    code: str | None = None
    verdict: Verdict | None = None
    reason: str | None = None
    share_name: str | None = None
    expiration_label: str | None = None

    @classmethod
    def of(cls, link: ShareLink) -> "CheckedLink":
        """Return a link that waits for its verdict."""
        return cls(url=link.url, drive=link.drive, id=link.id, code=link.code)

    @property
    def text(self) -> str:
        """Return the address with its code, to be copied."""
        return with_code(self.url, self.drive, self.code)

    def judged(self, verdict: Verdict, reason: str | None = None) -> "CheckedLink":
        """Return the link with a verdict."""
        return self.model_copy(update={"verdict": verdict, "reason": reason})

    def found(self, result: CheckResult) -> "CheckedLink":
        """Return the link with what the checker found."""
        return self.model_copy(
            update={
                "verdict": result.verdict,
                "reason": result.reason,
                "share_name": result.share_name,
                "expiration_label": result.expiration_label,
            }
        )


@dataclass(frozen=True)
class Snapshot:
    """Be a run at one moment; a stopped one is finished, and some of its links still wait."""

    card_id: str
    items: tuple[CheckedLink, ...]
    finished: bool = False
    stopped: bool = False

    @property
    def done(self) -> int:
        """Count the links that have a verdict."""
        return sum(item.verdict is not None for item in self.items)


class VerdictMemory:
    """Remember verdicts for as long as each is worth."""

    def __init__(self, size: int = MEMORY) -> None:
        self._known: Recent[tuple[Drive, str, str | None], CheckedLink] = Recent(size)

    def recall(self, item: CheckedLink, now: float, *, anew: bool = False) -> CheckedLink:
        """Return the link with its verdict if one is remembered; `anew` none that another look can change."""
        if item.verdict is not None:
            return item
        if item.drive in UNCHECKED:
            return item.judged(Verdict.UNSUPPORTED, "unsupported_provider")
        known = self._known.get((item.drive, item.id, item.code), now)
        if known is not None and known.verdict in (Verdict.UNCERTAIN, Verdict.DEAD) and anew:
            return item
        return known.model_copy(update={"url": item.url}) if known is not None else item

    def learn(self, item: CheckedLink, now: float) -> None:
        """Remember a verdict about the link itself."""
        if item.verdict is not None:
            until = now + KEEP_SECONDS[item.verdict]
            self._known.put((item.drive, item.id, item.code), item, until)
