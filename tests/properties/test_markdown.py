"""Properties of long texts that are cut: what is left is whole HTML, whole characters, and a beginning."""

import html
import re

from hypothesis import HealthCheck, example, given, settings, strategies as st

from handlers.markdown import cut, lines
from handlers.texts import units
from handlers.views import visible_units
from sandbox.telegram.formatting import message_text

often = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])

MARKUP = st.sampled_from(
    [
        *(
            "**",
            "__",
            "~~",
            "`",
            "*",
            "_",
            "\n",
            "\n\n",
            "# ",
            "> ",
            "- [x] ",
            "1. ",
            "---\n",
            "```\n",
            "<br>",
        ),
        *(
            "&",
            "&amp;",
            "&lt",
            "<b>",
            "</i>",
            "<a href='x'>",
            '"',
            "'",
            "[",
            "](https://a.example/b)",
            "![](x)",
        ),
        *("@name", "/command", "#tag", "a.example", "t.me/x", "$AAA", "https://a.example/?a=1&b=2"),
        *("😀", "👨‍👩‍👧", "字", "é", "\u200b", "\u2060", "\ufeff", "\ud800", "\udc00"),
    ]
)
LONG = st.lists(
    st.one_of(MARKUP, st.text(st.characters(exclude_categories=()), max_size=12)), max_size=40
).map("".join)


def seen(text: str) -> str:
    """The words of HTML without its markup, and without the joiners that keep words from becoming links."""
    return html.unescape(re.sub(r"<[^<>]*>", "", text)).replace("\u2060", "")


@often
@given(LONG, st.integers(1, 300))
@example("a.example " * 30, 40)
@example("😀" * 30, 7)
@example("**" + "&" * 30 + "**", 5)
def test_a_cut_text_is_whole_html_within_its_limit(text: str, limit: int) -> None:
    shown, _ = cut(text, limit)
    assert visible_units(shown) <= limit
    shown.encode()
    # Every tag is closed and every entity whole: else Telegram refuses, or shows other words.
    message = message_text(f"x {shown}", "HTML", None, lambda _: None)
    assert units(message["text"]) <= limit + 2
    assert not re.search(r"&(?!(amp|lt|gt|quot|#x27);)", shown)
    ends = [(e["offset"], e["offset"] + e["length"]) for e in message.get("entities", [])]
    encoded = message["text"].encode("utf-16-le")
    for place in {end for pair in ends for end in pair}:
        encoded[: 2 * place].decode("utf-16-le")


@often
@given(LONG, st.integers(1, 300))
def test_a_cut_text_is_the_beginning_of_the_whole(text: str, limit: int) -> None:
    shown, more = cut(text, limit)
    whole = "\n".join(lines(text)).rstrip()
    if not more:
        assert shown == whole
    elif whole.startswith(shown):
        assert len(shown) < len(whole)
    else:
        # Even the first line is too long: it loses its markup, and ends where it was cut.
        assert "\n" not in shown
        assert seen(whole).startswith(seen(shown).removesuffix("…").rstrip())
