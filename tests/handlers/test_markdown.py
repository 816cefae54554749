"""Somebody else's Markdown: shown decently, and nothing in it forges anything."""

import random

import pytest

from handlers import markdown
from handlers.texts import escape
from sandbox.telegram.formatting import message_text
from tests.guarantees.hostile import FRAGMENTS

ALLOWED = {"bold", "italic", "code", "strikethrough", "text_link"}
MARKS = (
    "**",
    "*",
    "_",
    "__",
    "~~",
    "`",
    "```\n",
    "\n",
    "# ",
    "- ",
    "1. ",
    "> ",
    "[",
    "](",
    ")",
    "![",
    "---\n",
)


def html(text: str) -> str:
    return "\n".join(markdown.lines(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# Title #", "<b>Title</b>"),
        ("**bold** and *it*, ~~gone~~", "<b>bold</b> and <i>it</i>, <s>gone</s>"),
        ("`a < b` 2*3*4 snake_case_name", "<code>a &lt; b</code> 2*3*4 snake_case_name"),
        ("- one\n  - two\n- [x] done\n3. three", "• one\n\u2003• two\n☑ done\n3. three"),
        ("> quoted", "▏ quoted"),
        ("---", "———"),
        ("```py\na & b\n```", "<code>a &amp; b</code>"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("![cover](https://e.example/a.png)", "🖼 cover"),
        ("<b>raw</b><br>next<script>", "raw\nnext"),
        ("[x](javascript:alert(1))", "[x](javascript\u2060:alert(1))"),
    ],
)
def test_what_it_looks_like(text: str, shown: str) -> None:
    assert html(text) == shown


def test_a_link_says_where_it_leads() -> None:
    assert html("[my bank](https://evil.example/x)").count("evil") == 2
    assert html("[evil.example](https://evil.example/x)").count("(") == 0
    assert html("[https://evil.example/y?z](https://evil.example/x)").count("(") == 0


@pytest.mark.parametrize(
    "text",
    [
        "[www.paypal.com](https://ypal.com/login)",
        "[https://hdhive.com/resource/1](https://ve.com/x)",
        "[hdhive.com is at evil.example](https://evil.example/)",
        "[evil.example@hdhive.com](https://evil.example/)",
    ],
)
def test_a_link_that_claims_another_host_shows_its_own(text: str) -> None:
    host = text.rpartition("://")[2].partition("/")[0].rstrip(")")
    assert f" ({escape(host)})</a>" in html(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "line", ["# a" + " " * 4_000 + "b", "# " + "# " * 2_000 + "b", ">" * 5_000, "- " * 2_000 + "b"]
)
def test_a_line_of_a_whole_message_is_read_at_once(line: str) -> None:
    """It took minutes, or more depth than there is."""
    assert len(list(markdown.lines(line))) == 1
    markdown.without_title(line, "title")


def test_pages_hold_everything_and_a_cut_says_that_there_is_more() -> None:
    text = "\n".join(f"line {n}" for n in range(200))
    pages = markdown.pages(text, 300)
    assert len(pages) > 3
    assert [line for page in pages for line in page.splitlines()] == text.splitlines()
    assert markdown.cut(text, 100)[1]
    assert markdown.cut("short", 100) == ("short", False)
    whole, more = markdown.cut("x" * 1_000, 50)
    assert more
    assert len(whole) <= 50


def test_a_title_is_not_said_twice() -> None:
    assert markdown.without_title("## A film\n\nabout", "A film").strip() == "about"
    assert markdown.without_title("A film\nabout", "A film") == "about"
    assert markdown.without_title("# Another\nabout", "A film") == "# Another\nabout"


def test_hostile_text_forges_nothing_and_is_never_refused() -> None:
    rng = random.Random(7)
    for _ in range(3_000):
        text = "".join(rng.choices([*FRAGMENTS, *MARKS], k=rng.randint(1, 12)))
        shown = message_text(f"x\n{html(text)}", "HTML", None, lambda _id: None)
        kinds = {entity["type"] for entity in shown.get("entities", [])}
        assert kinds <= ALLOWED, (text, shown)
