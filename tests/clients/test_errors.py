import pytest

from clients.errors import (
    BadResponse,
    ClientError,
    Forbidden,
    ForbiddenReason,
    Misconfigured,
    NotAuthorized,
    NotFound,
    RateLimited,
    Rejected,
    Unreachable,
    UpstreamBroken,
)


@pytest.mark.parametrize(
    ("error", "doubtful"),
    [
        (Unreachable("s", "o", "refused", sent=False), False),
        (Unreachable("s", "o", "timeout", sent=True), True),
        (UpstreamBroken("s", "o", 502), True),
        (BadResponse("s", "o", "not JSON"), True),
        (RateLimited("s", "o", 3), False),
        (NotAuthorized("s", "o", refreshable=True), False),
        (Misconfigured("s", "o"), False),
        (Forbidden("s", "o", ForbiddenReason.IP), False),
        (NotFound("s", "o"), False),
        (Rejected("s", "o", "INSUFFICIENT_POINTS"), False),
        (ClientError("s", "o"), False),
    ],
)
def test_only_unclear_outcomes_are_doubtful(error: ClientError, doubtful: bool) -> None:
    assert error.doubtful is doubtful
    assert "s o:" in str(error)


def test_texts_name_facts_and_never_the_upstreams_words() -> None:
    error = Rejected("hdhive", "unlock", "INSUFFICIENT_POINTS", "token abc is poor", {"f": "abc"})
    assert str(error) == "hdhive unlock: Rejected error_code=INSUFFICIENT_POINTS"
    assert repr(error) == "<hdhive unlock: Rejected error_code=INSUFFICIENT_POINTS>"
    assert "abc" not in repr(Rejected("hdhive", "unlock", "your code abc is wrong", "abc"))


def test_facts_of_each_kind_are_in_the_text() -> None:
    assert str(Unreachable("a", "b", "dns", sent=False)) == "a b: Unreachable kind=dns sent=False"
    assert (
        str(RateLimited("a", "b", 2.5, "user", "X"))
        == "a b: RateLimited retry_after=2.5 scope=user error_code=X"
    )
    assert str(Forbidden("a", "b", ForbiddenReason.RISK)) == "a b: Forbidden reason=risk"
