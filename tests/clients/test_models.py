import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, strategies as st

from clients.disktop import models as disktop
from clients.errors import BadResponse
from clients.hdhive import models as hdhive
from clients.hdhive.publishing import NewShare, ShareChanges
from clients.linkcheck import models as linkcheck
from clients.models import decimal, flag, read, text, texts, whole
from clients.oauth import TokenGrant, read_grant
from clients.tmdb import models as tmdb


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), ("", None), (" 12 ", 12), ("-3", -3), (12.0, 12), ("12.7", 12), (True, 1), (2**62, 2**62)],
)
def test_whole(value: object, expected: int | None) -> None:
    assert whole(value) == expected


@pytest.mark.parametrize("value", ["x", [], {}, math.inf, "nan", 2**63, "9" * 40, 10**400, "1e999"])
def test_whole_refuses(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        whole(value)


def test_other_readers() -> None:
    assert (decimal("1.5"), decimal(None), decimal(" ")) == (1.5, None, None)
    assert [flag(v) for v in (None, True, 2, 0, "1", "FALSE", "")] == [
        None,
        True,
        True,
        False,
        True,
        False,
        False,
    ]
    assert [text(v) for v in (None, "a", 5, 1.5)] == [None, "a", "5", "1.5"]
    assert [texts(v) for v in (None, "", "a", 5, ["a", None, 3])] == [(), (), ("a",), ("5",), ("a", "3")]
    for reader, wrong in ((flag, "maybe"), (flag, []), (text, True), (text, {}), (texts, {}), (texts, [[]])):
        with pytest.raises(ValueError, match="not a"):
            reader(wrong)


def test_wrong_types_name_the_place_and_not_the_value() -> None:
    with pytest.raises(BadResponse) as caught:
        read(hdhive.Me, {"id": {"secret": "s3cret"}}, service="hdhive", operation="me")
    assert caught.value.detail == "id value_error"
    assert "s3cret" not in str(caught.value)
    assert caught.value.__context__ is None


EVERY: list[Any] = [
    *(hdhive.Resource, hdhive.Share, hdhive.OwnShare, hdhive.SharePage, hdhive.Unlocked, hdhive.LinkKind),
    *(hdhive.Me, hdhive.CheckIn, hdhive.Quota, hdhive.WeeklyQuota, hdhive.Usage, hdhive.Ping),
    *(disktop.DeviceCode, disktop.UserInfo, disktop.Space, disktop.ShareEnabled, disktop.ShareInfo),
    *(disktop.SharedFiles, disktop.Transferred, disktop.VideoStream, disktop.VideoMeta, disktop.Download),
    *(disktop.Listing, disktop.MadeFolder, linkcheck.CheckResult, linkcheck.CheckJob, linkcheck.JobState),
    *(linkcheck.Urgent, linkcheck.Pool, tmdb.TitlePage, tmdb.TitleDetails, tmdb.Pictures, tmdb.Language),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _names(kind: Any) -> list[str]:
    found = set(kind.model_fields)
    for field in kind.model_fields.values():
        alias = field.validation_alias
        found |= {a for a in getattr(alias, "choices", [alias]) if isinstance(a, str)}
    return sorted(found)


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: f"{kind.__module__.split('.')[1]}.{kind.__name__}")
@given(data=st.data())
def test_anything_at_all_is_a_model_or_a_bad_response(kind: Any, data: st.DataObject) -> None:
    value = data.draw(st.dictionaries(st.sampled_from(_names(kind)), JSON, max_size=6) | JSON)
    with suppress(BadResponse):
        assert isinstance(read(kind, value, service="s", operation="o"), kind)


@given(st.dictionaries(st.sampled_from(["refresh_token", "expires_in", "scope", "scopes"]), JSON))
def test_odd_token_answers_are_survived(odd: dict[str, Any]) -> None:
    grant = read_grant({**odd, "access_token": "abc"}, service="s", operation="o")
    assert grant.access_token == "abc"
    assert grant.expires_in is None or grant.expires_in >= 0


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"access_token": "a"}, TokenGrant("a")),
        (
            {"access_token": "a", "refresh_token": "r", "expires_in": "7200", "scope": "query unlock"},
            TokenGrant("a", "r", 7200.0, None, ("query", "unlock")),
        ),
        (
            {
                "access_token": "a",
                "expires_in": 1.5,
                "refresh_expires_in": 9,
                "scopes": ["x", "y x"],
                "scope": "z",
            },
            TokenGrant("a", None, 1.5, 9.0, ("x", "y")),
        ),
        ({"access_token": "a", "refresh_token": "", "expires_in": "soon", "scope": None}, TokenGrant("a")),
        ({"access_token": "a", "refresh_token": {"x": 1}, "expires_in": -5}, TokenGrant("a", None, 0.0)),
        ({"access_token": 123, "scopes": "a,b"}, TokenGrant("123", scopes=("a", "b"))),
    ],
)
def test_token_answers(data: object, expected: TokenGrant) -> None:
    assert read_grant(data, service="s", operation="o") == expected


@pytest.mark.parametrize("token", [None, "", " ", True, [], "a b", "a\r\nX: y", "é", "x" * 9000])
def test_an_unusable_access_token_is_a_bad_response(token: object) -> None:
    with pytest.raises(BadResponse, match="no access token"):
        read_grant({"access_token": token}, service="s", operation="o")


def test_secrets_are_not_shown() -> None:
    hidden: list[object] = [
        TokenGrant("SECRET", "SECRET"),
        hdhive.Unlocked.model_validate({"url": "SECRET", "access_code": "SECRET"}),
        NewShare("SECRET", access_code="SECRET"),
        ShareChanges(url="SECRET", access_code="SECRET"),
        disktop.DeviceCode(device_code="SECRET", user_code="SECRET", verification_uri="u"),
        disktop.Download(url="SECRET"),
        linkcheck.CheckItem("SECRET"),
        linkcheck.CheckResult(item_id="1", url="SECRET"),
    ]
    assert not [one for one in hidden if "SECRET" in repr(one)]


def test_pan_types() -> None:
    spelled = ["115", 115, "baiDu", "aliPan", "xunLei", "guangYa", "PikPak", "new", None]
    kinds = [hdhive.Resource.model_validate({"slug": "s", "pan_type": value}) for value in spelled]
    assert [str(kind.pan_type) for kind in kinds] == [
        *("115", "115", "baidu", "ali", "xunlei", "guangya", "pikpak", "unknown", "unknown")
    ]
    assert [kind.pan_type_raw for kind in kinds[1:4]] == ["115", "baiDu", "aliPan"]


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({}, 0),
        ({"unlock_points": None}, 0),
        ({"unlock_points": "8"}, 8),
        ({"unlock_points": 8, "is_free_for_user": True}, 0),
        ({"unlock_points": 8, "is_free_for_user": True, "actual_unlock_points": 3}, 3),
        ({"unlock_points": -8}, 0),
        ({"unlock_points": 5, "actual_unlock_points": "0"}, 0),
    ],
)
def test_the_price_is_the_one_for_this_user(fields: dict[str, Any], price: int) -> None:
    assert hdhive.Share.model_validate({"slug": "s", **fields}).price_for_user == price


@pytest.mark.parametrize(
    ("fields", "free"),
    [
        ({"unlimited": True, "limit": 3}, True),
        ({"remaining": -1, "limit": 3}, True),
        ({"is_forever_vip": 1, "limit": 0}, True),
        ({"limit": 0}, False),
        ({"limit": 3, "remaining": 2}, False),
    ],
)
def test_weekly_quota_without_limit(fields: dict[str, Any], free: bool) -> None:
    assert hdhive.WeeklyQuota.model_validate(fields).has_no_limit is free


def test_points_are_found_nested_or_flat() -> None:
    for body in ({"user_meta": {"points": "12"}}, {"points": 12}, {"points": 12, "user_meta": None}):
        assert hdhive.Me.model_validate({"id": "7", **body}).points == 12


@pytest.mark.parametrize(
    ("valid", "reason", "verdict"),
    [
        (True, "all_checks_passed", "alive"),
        ("true", None, "alive"),
        (False, "share_cancelled", "dead"),
        (0, "empty_share", "dead"),
        (False, None, "dead"),
        (False, "access_code_required", "locked"),
        (None, "提取码错误", "locked"),
        (False, "unsupported_provider", "unsupported"),
        (False, "check_timeout", "uncertain"),
        (False, "HTTP-429", "uncertain"),
        (False, "network error", "uncertain"),
        (None, "share_cancelled", "uncertain"),
        (None, None, "uncertain"),
    ],
)
def test_five_verdicts(valid: Any, reason: str | None, verdict: str) -> None:
    result = linkcheck.CheckResult.model_validate({"item_id": 1, "valid": valid, "reason": reason})
    assert result.verdict == verdict


def test_share_kinds_and_device_codes() -> None:
    kinds = [
        disktop.ShareInfo.model_validate({"type": value}).type for value in (0, "1", "folder", 7, None, True)
    ]
    assert [kind.name for kind in kinds] == ["FILE", "FOLDER", "FOLDER", "UNKNOWN", "UNKNOWN", "FOLDER"]
    code = disktop.DeviceCode.model_validate(
        {"device_code": "d", "user_code": "u", "verification_uri": "v", "expires_in": "30", "interval": -2}
    )
    assert (code.expires_in, code.interval) == (30.0, 1.0)


def test_models_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        disktop.Space().total_bytes = 3  # type: ignore[misc]
