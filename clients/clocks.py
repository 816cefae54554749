"""The difference between a service's clock and ours: a signature may be refused for it alone."""

# A difference that no signature is refused for, and one that no clock has.
SMALL_SECONDS, ABSURD_SECONDS = 30, 366 * 86_400


def ahead_of(told: float | None, now: float, believed: int) -> int | None:
    """Return how far a clock that tells a time is ahead of ours; None where that changes nothing."""
    if told is None:
        return None
    ahead = int(told) - int(now)
    if abs(ahead - believed) <= SMALL_SECONDS or abs(ahead) > ABSURD_SECONDS:
        return None
    return ahead
