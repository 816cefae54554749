"""What the control API can set while the sandbox runs."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

REFRESH_MODES = ("rotate", "grace", "keep", "none")


class OptionError(ValueError):
    """An option is unknown or has a wrong value."""


@dataclass
class Options:
    """The adjustable behaviour of the stand-ins."""

    hdhive_refresh: str = "rotate"
    hdhive_grace_seconds: float = 60.0
    hdhive_access_seconds: float = 7200.0
    hdhive_refresh_seconds: float = 30 * 86400.0
    # Worse than the real service: it gives points for every check-in of a day.
    hdhive_checkin_repeats: bool = False
    # Of every title that is asked for, a new resource appears so often; 0: only on demand.
    hdhive_new_every: float = 0.0
    # An unlock's charge lands this long after its request, also when the caller has gone.
    unlock_lands_after: float = 0.0
    # Whether it is owned is decided as the request arrives: two that are on their way at once both charge.
    unlock_races: bool = False
    unlock_limit: int = 30
    unlock_window: float = 60.0
    disktop_access_seconds: float = 7200.0
    disktop_refresh_seconds: float = 30 * 86400.0
    disktop_device_seconds: float = 600.0
    disktop_device_interval: float = 5.0
    disktop_chunk_bytes: int = 5 * 1024 * 1024
    disktop_upload_seconds: float = 86400.0
    # Bytes a second: to the upload endpoint, and from a download link, each connection; 0: no limit.
    disktop_upload_rate: float = 0.0
    disktop_download_rate: float = 0.0
    # A finished upload's second complete: the same answer again, or "no such upload".
    disktop_complete_once: bool = False
    # Listings tell when a file was made, which the document leaves out.
    disktop_list_times: bool = False
    mika_token_seconds: float = 7 * 86400.0
    mika_chunk_bytes: int = 5 * 1024 * 1024
    mika_upload_seconds: float = 86400.0
    mika_upload_rate: float = 0.0
    # A finished upload's second complete: the same answer again, or "no such upload".
    mika_complete_once: bool = False
    # The end of an upload answers without the video, which the document leaves open.
    mika_complete_bare: bool = False
    # Videos tell their state, which the document leaves out.
    mika_video_status: bool = False
    mika_invite_required: bool = False
    # 0: no limit.
    mika_calls_per_minute: int = 0
    # How long a transcoding task waits and works, by the sandbox's clock.
    mika_queue_seconds: float = 2.0
    mika_transcode_seconds: float = 20.0
    linkcheck_seconds: float = 0.004
    linkcheck_progress_every: int = 5
    linkcheck_repeats: int = 0
    linkcheck_keep_alive: float = 15.0
    # ACGBT: how far a signature's clock may be off, whether signatures are taken at all, and how many calls
    # a minute are answered without a key.
    acgbt_tolerance_seconds: float = 300.0
    acgbt_refuse_signatures: bool = False
    acgbt_rate_limit: int = 60
    redirect_uris: list[str] = field(default_factory=list)
    disabled_endpoints: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def fitting(cls, *, fast: bool) -> Self:
        """Return the options for tests (fast) or for a person who watches."""
        return (
            cls()
            if fast
            else cls(
                linkcheck_seconds=0.6,
                disktop_list_times=True,
                hdhive_new_every=300.0,
                mika_queue_seconds=5.0,
                mika_transcode_seconds=60.0,
            )
        )

    def change(self, wishes: dict[str, Any]) -> None:
        """Set options; raises OptionError and then changes nothing."""
        known = {f.name: f for f in fields(self)}
        for name, value in wishes.items():
            if name not in known:
                # The other stand-ins keep their own switches here.
                continue
            now = getattr(self, name)
            wanted = (int, float) if isinstance(now, int | float) else type(now)
            if not isinstance(value, wanted):
                raise OptionError(f"{name} has the wrong type")
            if name == "hdhive_refresh" and value not in REFRESH_MODES:
                raise OptionError(f"{name} must be one of {', '.join(REFRESH_MODES)}")
        for name, value in wishes.items():
            if name in known:
                setattr(self, name, value)
            else:
                self.extra[name] = value

    def public(self) -> dict[str, Any]:
        """Return the JSON shape of the control API."""
        return asdict(self)
