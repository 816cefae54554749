"""Properties of everything that reads words from outside: it never breaks, and what it says is true."""

import json
import re
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from clients.errors import BadResponse
from clients.oauth import read_grant
from clients.retry_after import LONGEST_SECONDS, retry_delay
from clients.sse import ServerEvent, SSEDecoder
from handlers import titlelist
from handlers.scenes import InvalidPress, number
from handlers.texts import LANGUAGES, Texts, block, code, escape, link, plain, units
from handlers.views import DATA_LIMIT, View, callback_data, grid, parse_callback
from sandbox.telegram.formatting import message_text
from services.linking.oauth import PAYLOAD_PREFIX, new_nonce, payload_of
from services.sharelinks.finding import extract, hdhive_slug, hdhive_title

# A busy machine is no failure.
often = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])

TEXTS = Texts.load()
URLISH = st.sampled_from(
    [
        *(
            "https://pan.quark.cn/s/",
            "pan.baidu.com/s/1",
            "https://disk.top/s/",
            "115.com/s/",
            "ed2k://|file|",
        ),
        *("magnet:?xt=urn:btih:", "https://hdhive.com/resource/", "0123456789abcdef0123456789abcdef", "a1b2"),
        *("?pwd=", "提取码：", "密码:", "\u200b", "\ufeff", "#", "/", ".", "@", "："),
    ]
)
MESSY = st.lists(st.one_of(URLISH, st.text(max_size=8)), max_size=30).map("".join)
WORDS = st.text(st.characters(exclude_categories=()), max_size=400)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@often
@given(MESSY)
def test_links_are_found_without_breaking_and_stay_what_they_are(text: str) -> None:
    found = extract(text)
    for share in found:
        assert share.url
        assert not re.search(r"[\s\u200b\ufeff]", share.url)
        # What only the code beside it made a share is an address again when it stands alone.
        again = extract(share.full_url) or extract(share.url, every=True)
        assert [(x.drive, x.id) for x in again] == [(share.drive, share.id)]
    assert len({(x.drive, x.id) for x in found}) == len(found), "each share once"


@often
@given(MESSY)
def test_an_id_of_a_resource_or_a_title_is_one(text: str) -> None:
    slug, title = hdhive_slug(text), hdhive_title(text)
    assert slug is None or re.fullmatch(r"[0-9a-fA-F-]{32,36}", slug)
    assert title is None or (title[0] in ("movie", "tv") and title[1] > 0)


EVENTS = st.lists(
    st.tuples(
        st.text("abc0123", min_size=1, max_size=5),
        st.sampled_from(["result", "progress", "done"]),
        st.text(st.characters(exclude_characters="\r\n\x00", exclude_categories=("Cs",)), min_size=1),
    ),
    max_size=6,
)


@often
@given(EVENTS, st.lists(st.integers(0, 400), max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_stream_says_the_same_wherever_it_is_cut(
    events: list[tuple[str, str, str]], cuts: list[int], ending: str
) -> None:
    lines = [f"id: {i}{ending}event: {k}{ending}data: {d}{ending}{ending}" for i, k, d in events]
    data = "".join(lines).encode()
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    decoder, found = SSEDecoder(), []
    for begin, end in pairwise(places):
        found += decoder.feed(data[begin:end])
    # A last lone carriage return may still become a line feed: only then may the last event wait.
    found += decoder.feed(b": end\n")
    assert found == [ServerEvent(i, k, d) for i, k, d in events]


@often
@given(st.binary(max_size=400))
def test_no_bytes_break_the_stream(data: bytes) -> None:
    for event in SSEDecoder().feed(data):
        assert isinstance(event, ServerEvent)


@often
@given(
    st.text("0123456789abcXYZ", min_size=10, max_size=10),
    st.text("abc_", min_size=1, max_size=12),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=60),
)
def test_callback_data_comes_back_as_it_went(card: str, action: str, arg: str) -> None:
    if len(f"{card}:{action}:{arg}".encode()) > DATA_LIMIT:
        with pytest.raises(ValueError, match="passes"):
            callback_data(card, action, arg)
        return
    data = callback_data(card, action, arg)
    assert 1 <= len(data.encode()) <= DATA_LIMIT
    assert parse_callback(data) == (card, action, arg)


@often
@given(WORDS)
def test_forged_callback_data_is_read_or_refused(data: str) -> None:
    parts = parse_callback(data)
    assert parts is None or (parts[0] and parts[1] and ":".join(parts) == data)
    try:
        assert 0 <= number(data, 1000) <= 1000
    except InvalidPress:
        assert not (data.isascii() and data.isdecimal() and len(data) < 4)


@often
@given(st.sampled_from(["movie", "tv"]), st.integers(1, 10**10 - 1))
def test_start_payloads_fit_telegram_and_come_back(kind: str, tmdb_id: int) -> None:
    payload = titlelist.payload_of(kind, tmdb_id)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)
    assert payload.startswith(titlelist.LINK)
    assert titlelist.linked(payload) == (kind, tmdb_id)


@often
@given(st.binary(min_size=32, max_size=32))
def test_a_nonce_fits_a_start_payload(nonce: bytes) -> None:
    with patch("secrets.token_bytes", return_value=nonce):
        made = new_nonce()
    payload = payload_of(made)
    assert payload.removeprefix(PAYLOAD_PREFIX) == made
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)


NAMES = ("access_token", "refresh_token", "expires_in", "refresh_expires_in", "scope", "scopes")


@often
@given(st.one_of(JSON, st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON))))
def test_any_token_answer_is_a_grant_or_a_bad_response(answer: Any) -> None:
    try:
        grant = read_grant(answer, service="hdhive", operation="refresh")
    except BadResponse:
        return
    assert grant.access_token.isascii()
    assert grant.access_token.isprintable()
    assert " " not in grant.access_token
    assert grant.expires_in is None or grant.expires_in >= 0
    assert all(scope.strip() == scope and scope for scope in grant.scopes)


@often
@given(st.text(max_size=40), JSON)
def test_any_way_of_telling_the_wait_gives_a_time_or_none(header: str, body: Any) -> None:
    delay = retry_delay({"retry-after": header}, body, 1e9)
    assert delay is None or 0 <= delay <= LONGEST_SECONDS


@often
@given(WORDS, st.integers(2, 300))
def test_a_line_is_one_line_within_its_limit(words: str, limit: int) -> None:
    line = plain(words, limit)
    assert units(line) <= limit
    assert len(line.splitlines()) <= 1
    line.encode()
    assert plain(line, limit) == line, "what is plain already stays so"


@often
@given(WORDS)
def test_words_become_no_entities(words: str) -> None:
    shown = message_text(f"x {escape(words)}", "HTML", None, lambda _: None)
    assert "entities" not in shown, shown


@often
@given(WORDS, WORDS)
def test_markup_of_ours_makes_its_own_entities_only(words: str, label: str) -> None:
    for html, kinds in (
        (code(words), {"code"}),
        (block(words), {"pre"}),
        (link(label, "https://a.example/b"), {"text_link"}),
    ):
        shown = message_text(f"x {html}", "HTML", None, lambda _: None)
        assert {e["type"] for e in shown.get("entities", [])} <= kinds
        length = units(shown["text"])
        assert all(
            e["offset"] >= 0 and e["offset"] + e["length"] <= length for e in shown.get("entities", [])
        )


@often
@given(st.sampled_from(LANGUAGES), WORDS)
def test_a_sentence_keeps_its_own_markup_whatever_is_filled_in(language: str, words: str) -> None:
    say = TEXTS.speaker(language)
    shown = message_text(say("search.none", query=words), "HTML", None, lambda _: None)
    usual = message_text(say("search.none", query="x"), "HTML", None, lambda _: None)
    count = len(usual.get("entities", []))
    assert len(shown.get("entities", [])) <= count


@often
@given(st.lists(st.integers(), max_size=40), st.integers(1, 8))
def test_a_grid_holds_every_button_once_in_order(buttons: list[int], width: int) -> None:
    rows = grid(buttons, width)  # type: ignore[arg-type]
    assert [button for row in rows for button in row] == buttons
    assert all(0 < len(row) <= width for row in rows)
    assert json.dumps(View("x").text)
