"""HTML, entities and keyboards by tables of cases."""

from typing import Any

import pytest

from sandbox.telegram.detect import automatic
from sandbox.telegram.errors import ApiError
from sandbox.telegram.formatting import caption, message_text
from sandbox.telegram.keyboards import inline_keyboard, is_url


def shown(text: str, mode: str = "HTML") -> dict[str, Any]:
    return message_text(text, mode, None, lambda user: {"id": user} if user == 5 else None)


def entities(text: str) -> list[tuple[str, int, int]]:
    return [(e["type"], e["offset"], e["length"]) for e in shown(text).get("entities", [])]


def refusal(text: str) -> str:
    with pytest.raises(ApiError) as caught:
        shown(text)
    assert caught.value.code == 400
    return caught.value.description


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("<b>bold</b> x", "bold x", [("bold", 0, 4)]),
        ("🎬 <b>x</b>", "🎬 x", [("bold", 3, 1)]),
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("<strong>a</strong><em>b</em><ins>c</ins><del>d</del>", "abcd", [
            ("bold", 0, 1), ("italic", 1, 1), ("underline", 2, 1), ("strikethrough", 3, 1)]),
        ("<tg-spoiler>s</tg-spoiler>", "s", [("spoiler", 0, 1)]),
        ('<span class="tg-spoiler">s</span>', "s", [("spoiler", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ("<code>/go a@b.cc</code>", "/go a@b.cc", [("code", 0, 10)]),
        ("  <b> x </b>  ", "x", [("bold", 0, 1)]),
        ("&lt;b&gt; &amp;&quot;&#33;&#x41;&nbsp;", '<b> &"!A&nbsp;', []),
        ("a & b", "a & b", []),
        ("<b></b>x", "x", []),
        ("<B>x</B>", "x", [("bold", 0, 1)]),
    ],
)  # fmt: skip
def test_html(source: str, text: str, found: list[tuple[str, int, int]]) -> None:
    assert (shown(source)["text"], entities(source)) == (text, found)


def test_links() -> None:
    assert shown('<a href="http://x.org?a=1&amp;b=2">l</a>')["entities"] == [
        {"type": "text_link", "url": "http://x.org?a=1&b=2", "offset": 0, "length": 1}
    ]
    assert shown('<a href="x.org">l</a>')["entities"][0]["url"] == "http://x.org/"
    assert "entities" not in shown('<a href="javascript:1">l</a>')
    assert shown('<a href="tg://user?id=5">l</a>')["entities"][0]["user"] == {"id": 5}
    assert "entities" not in shown('<a href="tg://user?id=6">l</a>')


def test_code_with_a_language() -> None:
    assert shown('<pre><code class="language-py">x</code></pre>')["entities"] == [
        {"type": "pre", "language": "py", "offset": 0, "length": 1}
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("<foo>x</foo>", 'Unsupported start tag "foo" at byte offset 0'),
        ("中<br>", 'Unsupported start tag "br" at byte offset 3'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<a href", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
        ('<a href="x', 'Unclosed start tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_refused_html(source: str, said: str) -> None:
    assert refusal(source) == f"Bad Request: can't parse entities: {said}"


def test_length_counts_utf16_after_parsing() -> None:
    assert len(shown("<b>" + "x" * 4096 + "</b>")["text"]) == 4096
    assert refusal("🎬" * 2049) == "Bad Request: message is too long"
    assert refusal("<b> </b>") == refusal(" ") == refusal("") == "Bad Request: message text is empty"
    with pytest.raises(ApiError, match="message caption is too long"):
        caption("x" * 1025, "", None, lambda _: None)


def test_forbidden_characters_are_dropped() -> None:
    assert shown("a\u202eb\x00c\r\nd")["text"] == "ab c\nd"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start", [("bot_command", 0, 6)]),
        ("/a@linkhive_bot x", [("bot_command", 0, 15)]),
        ("x/a", []),
        ("hi @linkhive_bot", [("mention", 3, 13)]),
        ("🎬 https://115.com/s/abc?password=x。", [("url", 3, 32)]),
        ("(see disk.top/s/a).", [("url", 5, 12)]),
        ("mail a@b.com", [("email", 5, 7)]),
        ("#标签 #1", [("hashtag", 0, 3)]),
        ("plain text 3.5", []),
    ],
)
def test_automatic_entities(text: str, found: list[tuple[str, int, int]]) -> None:
    assert [(e["type"], e["offset"], e["length"]) for e in automatic(text)] == found


@pytest.mark.parametrize(
    ("button", "said"),
    [
        ({"text": "x", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": "中" * 22}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "url": "nonsense"}, "BUTTON_URL_INVALID"),
        ({"text": "x", "url": "magnet:?xt=1"}, "BUTTON_URL_INVALID"),
        ({"text": "x", "copy_text": {"text": "x" * 257}}, "BUTTON_COPY_TEXT_INVALID"),
        ({"text": "x"}, "Text buttons are unallowed in the inline keyboard"),
        ({"callback_data": "x"}, 'Can\'t find field "text"'),
    ],
)
def test_refused_buttons(button: dict[str, Any], said: str) -> None:
    with pytest.raises(ApiError) as caught:
        inline_keyboard({"inline_keyboard": [[button]]})
    assert said in caught.value.description


def test_addresses() -> None:
    assert all(
        map(is_url, ("https://a.b/c", "http://127.0.0.1:80/x", "http://localhost:1", "tg://x", "t.me/x"))
    )
    assert not any(map(is_url, ("", "x", "http://", "ftp://a.b", "http://a b.c", "http://[", "http://a.b:x")))
