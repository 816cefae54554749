"""The catalogues agree with each other, and nothing from outside can break or forge a message."""

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from handlers.texts import LANGUAGES, LOCALES, Html, Texts, code, escape, link, plain

TEXTS = Texts.load()
EN, ZH = (TEXTS.speaker(language)._entries for language in ("en", "zh"))
SOURCES = [*Path("handlers").glob("*.py"), *Path("bot").rglob("*.py")]
CALL = r"(?:say|texts?|speaker|label|plural|either)(?:\.\w+)?"
KEY = re.compile(CALL + r"""\(\s*"([a-z_]+(?:\.[a-z_0-9]+)+)\"""")


def forms(entry: str | tuple[str, ...]) -> tuple[str, ...]:
    return (entry,) if isinstance(entry, str) else entry


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert set(EN) == set(ZH)


@pytest.mark.parametrize("key", sorted(EN))
def test_a_sentence_has_the_same_places_in_both_languages(key: str) -> None:
    english = set().union(*map(places, forms(EN[key])))
    chinese = set().union(*map(places, forms(ZH[key])))
    assert chinese == english, key
    assert all(form.strip() for form in (*forms(EN[key]), *forms(ZH[key]))), key


@pytest.mark.parametrize("key", sorted(key for key in EN if key.startswith("button.")))
def test_a_button_is_short_enough_for_a_phone(key: str) -> None:
    assert all(len(form) <= 34 for form in (*forms(EN[key]), *forms(ZH[key])))


def test_markup_in_the_catalogues_is_balanced() -> None:
    for key in EN:
        for form in (*forms(EN[key]), *forms(ZH[key])):
            tags = re.findall(r"<(/?)(\w+)[^>]*>", form)
            opened = sorted(tag for slash, tag in tags if not slash)
            assert opened == sorted(tag for slash, tag in tags if slash), key


def keys_used() -> Iterator[tuple[str, str]]:
    for path in SOURCES:
        for key in KEY.findall(path.read_text()):
            yield path.name, key


def test_every_key_in_the_code_exists() -> None:
    missing = [(name, key) for name, key in keys_used() if key not in EN]
    assert not missing


def test_every_catalogue_has_its_twin() -> None:
    names = [{path.name for path in (LOCALES / language).glob("*.po")} for language in LANGUAGES]
    assert names[0] == names[1]


def test_plurals_follow_the_language() -> None:
    english, chinese = TEXTS.speaker("en"), TEXTS.speaker("zh")
    assert english.plural("search.count", 1) == "1 title"
    assert english.plural("search.count", 7) == "7 titles"
    assert chinese.plural("search.count", 1) == "共 1 个结果"


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        (0, "0 points"),
        (1, "1 point"),
        (2, "2 points"),
        ("+1", "+1 point"),
        (-1, "-1 point"),
        ("+21", "+21 points"),
    ],
)
def test_points_are_counted_as_people_count(points: int | str, shown: str) -> None:
    english, chinese = TEXTS.speaker("en"), TEXTS.speaker("zh")
    assert english("resource.points", points=points) == shown
    assert english.label("button.unlock_for", points=points).endswith(f" {shown}")
    assert chinese("resource.points", points=points) == f"{points} 积分"


def test_no_english_sentence_knows_only_many_points() -> None:
    lonely = [key for key, entry in EN.items() if isinstance(entry, str) and "{points} points" in entry]
    assert {key for key in lonely if "{n}" not in EN[key] and "{spent}" not in EN[key]} == set()


def test_a_language_we_do_not_speak_becomes_english() -> None:
    assert TEXTS.speaker("fr").language == "en"
    assert TEXTS.speaker(None).language == "en"


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/\u2060b&gt;"),
        ("a & b", "a &amp; b"),
        ("two\nlines\tand  gaps", "two lines and gaps"),
        ("gpj.\u202eexe", "gpj\u2060.exe"),
        ("hid\u200bden", "hidden"),
        ("@someone", "@\u2060someone"),
        ("#tag /cmd", "#\u2060tag /\u2060cmd"),
        ("see evil.com", "see evil\u2060.com"),
        ("58.3 GB", "58.3 GB"),
        (7, "7"),
        (Html("<i>ours</i>"), "<i>ours</i>"),
    ],
)
def test_outside_strings_are_harmless(given_: object, shown: str) -> None:
    assert escape(given_) == shown


def test_long_strings_are_cut() -> None:
    assert len(plain("x" * 5000)) == 300
    assert plain("x" * 5000).endswith("…")


def test_codes_and_links_are_escaped_too() -> None:
    assert code("<x>") == "<code>&lt;x&gt;</code>"
    assert link("a<b", 'https://x/?"&') == '<a href="https://x/?&quot;&amp;">a&lt;b</a>'


@given(st.text(max_size=2000))
def test_no_string_brings_markup_or_line_breaks_of_its_own(text: str) -> None:
    shown = TEXTS.speaker("en")("search.none", query=text)
    assert shown.count("<") == 0
    assert "\n" not in shown
    assert len(shown) < 3000
