"""What the link checker answers (its result table; event names are not documented)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from clients.models import Count, MaybeDecimal, MaybeFlag, MaybeText, Model, OrEmpty, Text


class Verdict(StrEnum):
    """What a check says about a link."""

    ALIVE = "alive"
    DEAD = "dead"
    LOCKED = "locked"
    UNSUPPORTED = "unsupported"
    UNCERTAIN = "uncertain"


# Words found in `reason`, strongest first: a failed check is not a dead link, and a link that only
# lacks its code is not dead either.
_REASONS: Sequence[tuple[Verdict, Sequence[str]]] = (
    (Verdict.UNSUPPORTED, ("unsupported", "not_supported", "unknown_provider", "不支持")),
    (
        Verdict.LOCKED,
        ("pwd", "passcode", "password", "access_code", "need_code", "wrong_code", "提取码", "访问码", "密码"),
    ),
    (
        Verdict.UNCERTAIN,
        (
            *("timeout", "timed_out", "rate_limit", "too_many", "429", "error", "exception", "network"),
            *(
                "captcha",
                "uncertain",
                "unknown",
                "service_unavailable",
                "ip_blocked",
                "cancelled_by_user",
                "job_cancelled",
            ),
            *("busy", "retry", "pending", "skipped", "超时", "频繁", "网络", "异常"),
        ),
    ),
)


def verdict_of(valid: bool | None, reason: str | None) -> Verdict:
    """Judge a result by its truth value and its reason code."""
    if valid:
        return Verdict.ALIVE
    word = (reason or "").casefold().replace("-", "_").replace(" ", "_")
    for verdict, signs in _REASONS:
        if any(sign in word for sign in signs):
            return verdict
    return Verdict.UNCERTAIN if valid is None else Verdict.DEAD


def _mapping(value: Any) -> Any:
    # meta comes back as it was sent, but a null or a bare value is seen where none was sent.
    return value if isinstance(value, Mapping) else {}


Extra = Annotated[dict[str, Any], BeforeValidator(_mapping)]


@dataclass(frozen=True)
class CheckItem:
    """A link to check; `meta` comes back unchanged with its result."""

    url: str = field(repr=False)
    meta: Mapping[str, Any] = field(default_factory=dict)


class CheckResult(Model):
    """What was found out about one link."""

    item_id: Text = Field(min_length=1)
    url: Text = Field(default="", repr=False)
    provider: MaybeText = None
    valid: MaybeFlag = None
    reason: MaybeText = None
    share_name: MaybeText = None
    expiration_label: MaybeText = None
    elapsed_seconds: MaybeDecimal = None
    priority_used: MaybeText = None
    meta: Extra = Field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """One of five words; an error of the check itself is never "dead"."""
        return verdict_of(self.valid, self.reason)


class CheckEvent(Model):
    """One event of a result stream."""

    id: MaybeText = None
    kind: Literal["result", "progress", "done", "other"] = "other"
    result: CheckResult | None = None
    data: Extra = Field(default_factory=dict, repr=False)


class AcceptedItem(Model):
    """A link as the job knows it."""

    item_id: Text = Field(default="", validation_alias=AliasChoices("item_id", "id"))
    url: Text = Field(default="", repr=False)
    provider: MaybeText = None


class CheckJob(Model):
    """A job just made."""

    job_id: Text = Field(min_length=1, validation_alias=AliasChoices("job_id", "id"))
    stream_url: MaybeText = None
    items: Annotated[tuple[AcceptedItem, ...], OrEmpty] = ()
    total: Count = 0


_FINISHED = frozenset(
    {"done", "complete", "completed", "finished", "end", "ended", "cancelled", "canceled", "closed", "failed"}
)


class JobState(Model):
    """How far a job is."""

    job_id: Text = Field(default="", validation_alias=AliasChoices("job_id", "id"))
    status: Text = Field(default="", validation_alias=AliasChoices("status", "state"))
    total: Count = Field(default=0, validation_alias=AliasChoices("total", "total_items", "count"))
    done: Count = Field(
        default=0, validation_alias=AliasChoices("done", "completed", "finished", "processed")
    )
    providers: Extra = Field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Tell whether no more results are to come."""
        return self.status.casefold() in _FINISHED or 0 < self.total <= self.done


class Urgent(Model):
    """How many links were moved to the front."""

    accepted: Count = Field(
        default=0,
        validation_alias=AliasChoices("accepted", "promoted", "updated", "matched", "count", "urgent"),
    )


class PoolEntry(Model):
    """The load of one provider's pool; names beyond these are in `details`."""

    provider: Text = ""
    details: Extra = Field(default_factory=dict)


class Pool(Model):
    """The load of all providers."""

    providers: Annotated[tuple[PoolEntry, ...], OrEmpty] = ()
    totals: Extra = Field(default_factory=dict)
