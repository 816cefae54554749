"""Own shares: found again after a lost answer, refusals laid to their field, films by number."""

from typing import Any

import pytest

from clients.errors import Rejected, Unreachable
from clients.hdhive.models import OwnShare
from clients.hdhive.publishing import NewShare
from services.sharedfilms import Film, named, told
from services.shares import field_of, is_same
from tests.services.conftest import Builder, Crash, House

LINK = "https://pan.quark.cn/s/abcdef123456"
SHARE = NewShare(url=LINK, tmdb_id="550", media_type="movie", title="T", unlock_points=3)


def own(**fields: Any) -> OwnShare:
    told_ = {"tmdb_id": "550", "media_type": "movie", "title": "T", "unlock_points": 3}
    return OwnShare.model_validate({"slug": "s", **told_, **fields})


@pytest.mark.parametrize(
    ("listed", "same"),
    [
        (own(url=LINK), True),
        (own(url=f"{LINK}?pwd=ab12", title="Other"), True),
        (own(url="https://pan.quark.cn/s/ffffff123456"), False),
        (own(), True),
        (own(title="Other"), False),
        (own(unlock_points=4), False),
        (own(tmdb_id=551), False),
        (own(url=LINK, created_at=1_700_010_000), True),
        (own(url=LINK, created_at=1_700_009_000), False),
        (own(url=LINK, created_at="2023-11-15T09:00:00"), True),
        (own(url=LINK, created_at="2023-11-15T00:45:00Z"), False),
        (own(url=LINK, created_at="whenever"), True),
    ],
)
def test_a_share_is_known_again(listed: OwnShare, same: bool) -> None:
    assert is_same(listed, SHARE, since=1_700_010_000) is same


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("unlock_points 超出范围", "price"),
        ("解锁积分超出范围", "price"),
        ("hide_link 类型无效", "hidden"),
        ("is_anonymous 类型无效", "anonymous"),
        ("access_code 格式无效", "code"),
        ("提取码错误", "code"),
        ("title 不能超过 200 个字符", "title"),
        ("影视关联至少需要 tmdb_id + media_type、movie_id、tv_id、collection_id 之一", "film"),
        ("缺少 url", "link"),
        ("该链接已被分享", "link"),
        ("请求参数无效", None),
        (None, None),
    ],
)
def test_a_refusal_is_laid_to_its_field(words: str | None, field: str | None) -> None:
    assert field_of(Rejected("hdhive", "create_share", "400", words)) == field


def test_a_refusal_may_name_its_field_by_itself() -> None:
    assert field_of(Rejected("hdhive", "x", "400", None, fields={"title": "too long"})) == "title"
    assert field_of(Rejected("hdhive", "x", "INSUFFICIENT_POINTS", "积分不足，无法分享链接")) is None


@pytest.mark.parametrize(
    ("words", "film"),
    [
        ("movie 550", Film(kind="movie", number=550)),
        ("TV/1399", Film(kind="tv", number=1399)),
        ("ｔｖ：1399", Film(kind="tv", number=1399)),
        ("https://www.themoviedb.org/tv/1399-game-of-thrones?language=zh", Film(kind="tv", number=1399)),
        ("看这个 https://re0.me/tmdb/movie/550", Film(kind="movie", number=550)),
        ("movie_id=12", Film(source="movie_id", number=12)),
        ("Collection_ID 3", Film(source="collection_id", number=3)),
        ("movie night", None),
        ("1917", None),
        ("2 days", None),
    ],
)
def test_films_by_number_or_page(words: str, film: Film | None) -> None:
    assert named(words) == film


def test_what_hdhive_says_a_share_is_of() -> None:
    assert told("movie", "550") == Film(kind="movie", number=550)
    assert told("Movie", "x") is None
    assert told("book", "1") is None
    assert told(None, None) is None
    assert Film(kind="tv", number=7).fields == {"tmdb_id": "7", "media_type": "tv"}
    assert Film(source="tv_id", number=7).fields == {"tv_id": 7}


async def test_a_share_is_published_once_whatever_happens_to_the_answer(house: House) -> None:
    await house.link()
    shares, began = house.services.shares, house.clock.now()
    assert await shares.published(1001, SHARE, began) is None
    house.fault("hdhive", "*/shares", "reset_after", method="POST")
    with pytest.raises(Unreachable) as lost:
        await shares.publish(1001, SHARE)
    assert lost.value.doubtful
    assert len(await house.calls("hdhive", "POST", "/shares")) == 1, "never repeated by itself"
    found = await shares.published(1001, SHARE, began)
    assert found is not None
    assert (found.url, found.title) == (LINK, "T")


@pytest.mark.parametrize(("step", "there"), [("share.sending", False), ("share.sent", True)])
async def test_after_a_crash_it_can_be_looked_up(build: Builder, step: str, there: bool) -> None:
    first = build()
    await first.link()
    began = first.clock.now()
    first.steps.crash_at = step
    with pytest.raises(Crash):
        await first.services.shares.publish(1001, SHARE)
    second = build()
    found = await second.services.shares.published(1001, SHARE, began)
    assert (found is not None) is there
