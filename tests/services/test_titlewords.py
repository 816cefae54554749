"""Titles as people write them come nearer to how TMDB knows them, and never lose their name."""

import pytest
from hypothesis import given, strategies as st

from services.titlewords import Spelling, spellings


@pytest.mark.parametrize(
    ("written", "tried"),
    [
        ("沙丘", ["沙丘"]),
        ("Dune: Part Two", ["Dune: Part Two"]),
        ("《沙丘》", ["《沙丘》", "沙丘"]),
        ("ＤＵＮＥ", ["ＤＵＮＥ", "DUNE"]),
        ("庆余年 第二季", ["庆余年 第二季", "庆余年"]),
        ("庆余年第2季 更新至12集", ["庆余年第2季 更新至12集", "庆余年"]),
        ("庆余年S02E03 1080p", ["庆余年S02E03 1080p", "庆余年"]),
        ("The Long Season S01", ["The Long Season S01", "The Long Season"]),
        ("Dark season 2", ["Dark season 2", "Dark"]),
        ("三体 全30集 4K 国语中字", ["三体 全30集 4K 国语中字", "三体"]),
        ("Dune (2021)", ["Dune (2021)", "Dune 2021", "Dune"]),
        ("【沙丘】2021年 WEB-DL", ["【沙丘】2021年 WEB-DL", "沙丘 2021年", "沙丘"]),
        ("2012", ["2012"]),
        ("第三季", ["第三季"]),
        ("Se7en", ["Se7en"]),
        ("E.T.", ["E.T.", "E.T"]),
    ],
)
def test_what_is_looked_for_in_turn(written: str, tried: list[str]) -> None:
    assert [spelling.words for spelling in spellings(written)] == tried


def test_the_year_is_kept_for_the_order_of_what_is_found() -> None:
    assert [*spellings("沙丘（2021）")][-1] == Spelling("沙丘", 2021)
    assert [*spellings("Dune 1984 1080p")][-1] == Spelling("Dune", 1984)


@given(st.text(max_size=256))
def test_any_words_are_tried_a_few_times_at_most_and_never_as_nothing(words: str) -> None:
    found = [spelling.words for spelling in spellings(words)]
    assert 1 <= len(found) <= 3
    assert len(set(found)) == len(found)
    assert all(found[1:])
