"""What the database keeps of an upload besides its stage."""

from collections.abc import Iterable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from services.errors import (
    LinkLost,
    MissingScope,
    NotLinked,
    ServiceError,
    ServiceOff,
    UploadKind,
    UploadProblem,
)
from services.names import Service
from services.uploads.about import About
from services.uploads.model import Source, Stage, Stored, Transcode, Upload
from services.uploads.targets import Facts, Session
from storage.uploads import Row

_PLAIN: dict[str, type[NotLinked | LinkLost | ServiceOff]] = {
    "not_linked": NotLinked,
    "link_lost": LinkLost,
    "service_off": ServiceOff,
}


class Trouble(BaseModel):
    """A problem in the form it is kept in."""

    model_config = ConfigDict(frozen=True)

    # A word of `_PLAIN`, missing_scope, or a kind of UploadProblem.
    kind: str
    service: str
    scope: str = ""
    limit: int = 0
    message: str | None = None

    @classmethod
    def of(cls, error: ServiceError, service: str) -> Self:
        """Return what is to be kept of a problem."""
        if isinstance(error, UploadProblem):
            return cls(kind=error.kind, service=error.service, limit=error.limit, message=error.message)
        if isinstance(error, MissingScope):
            return cls(kind="missing_scope", service=error.service, scope=error.scope)
        plain = next((kind for kind, made in _PLAIN.items() if isinstance(error, made)), "failed")
        return cls(kind=plain, service=service)

    def error(self) -> ServiceError:
        """Return the problem."""
        if self.kind in _PLAIN:
            return _PLAIN[self.kind](self.service)
        if self.kind == "missing_scope":
            return MissingScope(self.service, self.scope)
        kind: UploadKind = self.kind  # type: ignore[assignment]
        return UploadProblem(kind, self.service, self.limit, self.message)


class Detail(BaseModel):
    """All that the next run of an upload needs to go on."""

    model_config = ConfigDict(frozen=True)

    source: Source
    name: str = Field(default="", repr=False)
    size: int | None = None
    mime: str | None = None
    # Of the bytes in the spool, while they come.
    validator: str | None = Field(default=None, repr=False)
    # Asked for the rest, the source began anew.
    begins_anew: bool = False
    # Once all of it was there: what it must be again when the spool is lost.
    md5: str | None = None
    session: Session | None = None
    # The parts that were answered, where the drive does not tell: one bit each, as a number of base 16.
    arrived: str = ""
    # A file may have been made whose answer never came: look before asking again.
    doubtful: bool = False
    # How often it was put off without headway, and how often it arrived damaged.
    puts_off: int = 0
    damages: int = 0
    stored: Stored | None = None
    trouble: Trouble | None = None
    transcode: Transcode | None = None

    def but(self, **changes: Any) -> Self:
        """Return it with changes."""
        return self.model_copy(update=changes)

    @property
    def facts(self) -> Facts:
        """Return what the drive is told; only once all is fetched."""
        if self.size is None or self.md5 is None:
            raise ValueError("not all of the file is fetched yet")
        return Facts(self.name, self.size, self.md5, self.mime)


def packed(parts: Iterable[int]) -> str:
    """Write down parts (from 1) in little room."""
    return f"{sum(1 << (part - 1) for part in parts):x}"


def unpacked(bits: str) -> frozenset[int]:
    """Read parts that were written down."""
    number = int(bits or "0", 16)
    return frozenset(part + 1 for part in range(number.bit_length()) if number >> part & 1)


def detail_of(row: Row) -> Detail:
    """Return the detail of a row."""
    return Detail.model_validate(row.detail)


def kept(detail: Detail) -> dict[str, Any]:
    """Return a detail as it is kept."""
    return detail.model_dump(mode="json", exclude_defaults=True)


def upload_of(row: Row, detail: Detail | None = None, stage: Stage | None = None) -> Upload:
    """Return a row as the rest of the house knows it; the run of it may be further than what is written."""
    detail = detail or detail_of(row)
    about = About.read(row.folder) if row.service == Service.MIKA else None
    return Upload(
        id=row.id,
        user_id=row.user_id,
        chat_id=row.chat_id,
        card_id=row.card_id,
        service=row.service,
        source=detail.source,
        folder=row.folder,
        stage=stage or Stage(row.stage),
        created_at=row.created_at,
        updated_at=row.updated_at,
        name=detail.name or detail.source.name,
        size=detail.source.size if detail.size is None else detail.size,
        md5=detail.md5,
        retry_at=row.retry_at,
        stored=detail.stored,
        about=about,
        transcode=detail.transcode,
        problem=None if detail.trouble is None else detail.trouble.error(),
    )
