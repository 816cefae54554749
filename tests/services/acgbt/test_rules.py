"""Rules of ACGBT's use cases: threads of comments, what is new, and who wants to hear of it."""

from typing import Any

import pytest

from clients.acgbt.models import Category, Comment, Resource
from services.acgbt.catalogue import Categories
from services.acgbt.comments import threaded
from services.acgbt.following import category_key, words_key
from services.acgbt.rounds import Seen, fits, news_of
from services.subscriptions.naming import is_acg
from storage.subscriptions import Subscription

TREE = Categories(
    (
        Category(id=1, name="动漫"),
        Category(id=2, name="番剧", parent_id=1),
        Category(id=3, name="第三层", parent_id=2),
        Category(id=8, name="自己的上级", parent_id=9),
        Category(id=9, name="绕圈", parent_id=8),
    )
)


def comment(number: int, parent: int | None = None, at: float | None = None) -> Comment:
    return Comment(id=number, parent_id=parent, username=f"u{number}", created_at=at)


def resource(number: int, title: str = "", category: int = 2, at: float | None = None) -> Resource:
    return Resource(id=number, title=title, category_id=category, created_at=at)


def follows(**detail: Any) -> Subscription:
    return Subscription(1, 1, 1, None, "acg:w:x", detail, False, False, 0.0, 0.0)


def test_answers_stand_behind_what_they_answer() -> None:
    told = [comment(1), comment(2), comment(4, 1, 9.0), comment(3, 1, 5.0), comment(5, 3), comment(6, 99)]
    placed = [(one.comment.id, one.depth, one.answers) for one in threaded(told)]
    assert placed == [(1, 0, ""), (3, 1, "u1"), (5, 2, "u3"), (4, 1, "u1"), (2, 0, ""), (6, 0, "")]


def test_nobody_is_lost_in_a_circle() -> None:
    told = [comment(1, 2), comment(2, 1), comment(3, 3)]
    assert sorted(one.comment.id for one in threaded(told)) == [1, 2, 3]


def test_what_moved_up_is_not_new() -> None:
    seen = Seen(frozenset({5, 6}), since=100.0)
    assert seen.is_new(resource(7, at=150.0))
    assert not seen.is_new(resource(6, at=150.0))
    assert not seen.is_new(resource(4, at=50.0)), "others were deleted, so that it came into sight"
    assert seen.is_new(resource(8)), "one that does not tell when it came counts as new"
    assert not Seen().is_new(resource(7)), "the first look has nothing to compare with"
    assert Seen.of(seen.kept()) == seen


@pytest.mark.parametrize(
    ("detail", "one", "wanted"),
    [
        ({"category": 1}, resource(1, category=3), True),
        ({"category": 3}, resource(1, category=1), False),
        ({"category": 8}, resource(1, category=9), True),
        ({"category": 7}, resource(1, category=7), True),
        ({"words": ["ＡＢＣ", "1080p"]}, resource(1, "abc [1080P]"), True),
        ({"words": ["abc", "1080p"]}, resource(1, "abc 720p"), False),
        ({"words": ["abc"], "known": [1]}, resource(1, "abc"), False),
        ({"words": ["abc"], "wishes": {"exclude": ["Raw"]}}, resource(1, "ABC raw"), False),
        ({"words": ["abc"], "wishes": {"include": ["raw"]}}, resource(1, "ABC RAW"), True),
    ],
)
def test_who_wants_to_hear_of_what(detail: dict[str, Any], one: Resource, wanted: bool) -> None:
    assert fits(follows(**detail), one, TREE) is wanted


def test_names_hide_what_somebody_looks_for() -> None:
    assert category_key(12) == "acg:c:12"
    assert words_key("ＡＢＣ  Def") == words_key("abc def")
    assert "abc" not in words_key("abc")
    assert is_acg(words_key("\udfff"))
    assert not is_acg("movie_550")


def test_news_keep_a_number_of_what_is_not_listed() -> None:
    news = news_of(follows(name="x"), [resource(n, f"t{n}") for n in range(40)])
    assert (news.count, len(news.items)) == (40, 30)
    assert news.items[0]["slug"] == "0"
