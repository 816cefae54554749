"""Who waits for the end of a call that may cost something waits for the longest there can be."""

import pytest

from clients.disktop import endpoints
from clients.mika import calls
from clients.transport import LONGEST_CALL_SECONDS as LONGEST, Timeouts
from services import refreshing, tokens
from services.checkins import plan
from services.saving import locks
from services.unlocking import unlocking

# A call leaves so late after the moment a claim, a lease or a turn was written, and `n` come in a row.
WAITS = [
    pytest.param(unlocking.SETTLE_SECONDS, unlocking.SEND_SECONDS, 1, id="an unlock is looked for"),
    pytest.param(refreshing.LEASE_SECONDS, refreshing.SEND_SECONDS, 2, id="a grant's lease runs out"),
    pytest.param(locks.LOCK_SECONDS, locks.SEND_SECONDS, 1, id="the lock of a save runs out"),
    pytest.param(plan.CLAIM_SECONDS, 0.0, 1, id="a check-in is tried again"),
    pytest.param(plan.LAST_CALL_SECONDS, 0.0, 1, id="a check-in counts for its day"),
    pytest.param(tokens.EARLY_SECONDS, 0.0, 1, id="a token lasts until the end of a call"),
]


@pytest.mark.parametrize(("waits", "late", "n"), WAITS)
def test_it_waits_for_the_longest_call(waits: float, late: float, n: int) -> None:
    assert waits >= late + n * LONGEST


def test_no_client_means_to_call_for_longer() -> None:
    assert max(one.total for one in (Timeouts(), calls._PATIENT, endpoints.PATIENT)) <= LONGEST
