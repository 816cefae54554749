"""Speak to people: catalogues of whole sentences with named places, filled in safely."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.plural import PluralRule

LANGUAGES = ("en", "zh")
LOCALES = Path(__file__).parent / "locales"
PLURALS = {"en": PluralRule({"one": "n is 1"}), "zh": PluralRule({})}
VALUE_LIMIT = 300

# Bidirectional overrides can turn a file name around, zero-width characters can hide text in one.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\uffff\U000e0000-\U000e0fff]"
)
_MARKS = re.compile(
    r"([\u0300-\u036f\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2})[\u0300-\u036f\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
# Telegram makes mentions, tags, commands and links of plain text by itself; a word joiner keeps it plain.
_TRIGGER = re.compile(r"([@#$/])(?=\w)|(?<=\w)(\.|:)(?=[^\W\d_]|/)|(?<=\d)(\.)(?=\d+\.\d+\.\d)")
_JOINER = "\u2060"
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


class Html(str):
    """Text that is HTML already: markup of ours, never an upstream's words."""

    __slots__ = ()


def plain(value: str, limit: int = VALUE_LIMIT) -> str:
    """Return an outside string as one harmless line of at most `limit` characters."""
    kept = "".join(
        c if unicodedata.category(c) not in ("Cc", "Cs", "Co") else " " for c in value[: limit * 4]
    )
    kept = _MARKS.sub(r"\1", _INVISIBLE.sub("", kept))
    kept = " ".join(kept.split())
    return kept if units(kept) <= limit else _cut(kept, limit - 1).rstrip() + "…"


def units(text: str) -> int:
    """Return a text's length as Telegram counts it, in UTF-16 code units."""
    return len(text) + sum(c > "\uffff" for c in text)


def _cut(text: str, limit: int) -> str:
    """Return the longest beginning that has at most so many UTF-16 code units."""
    return text.encode("utf-16-le")[: limit * 2].decode("utf-16-le", "ignore")


def escape(value: object, limit: int = VALUE_LIMIT) -> Html:
    """Return a value as HTML that can neither break nor forge a message."""
    if isinstance(value, Html):
        return value
    if not isinstance(value, str):
        return Html(html.escape(str(value)))
    defused = _TRIGGER.sub(lambda m: (m[1] or "") + _JOINER + (m[2] or m[3] or ""), plain(value, limit))
    return Html(html.escape(defused, quote=False))


def code(value: str, limit: int = VALUE_LIMIT) -> Html:
    """Return a value in a fixed-width face, which one press copies exactly."""
    return Html(f"<code>{html.escape(plain(value, limit), quote=False)}</code>")


def block(text: str) -> Html:
    """Return lines in a fixed-width block, which one press copies exactly."""
    # Half a surrogate pair cannot be sent at all.
    kept = _INVISIBLE.sub("", text).encode(errors="replace").decode()
    return Html(f"<pre>{html.escape(kept, quote=False)}</pre>")


def link(label: str, url: str) -> Html:
    """Return a link under a label."""
    return Html(f'<a href="{html.escape(url)}">{escape(label)}</a>')


def bold(value: object) -> Html:
    """Return a value in bold."""
    return Html(f"<b>{escape(value)}</b>")


class Speaker:
    """One language: `say("search.none", title=title)`."""

    def __init__(self, language: str, entries: Mapping[str, str | tuple[str, ...]]) -> None:
        self.language = language
        self._entries = entries

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __call__(self, key: str, /, **values: object) -> Html:
        """Return the sentence of a key with its places filled in, in the form that fits their number."""
        filled = {name: escape(value) for name, value in values.items()}
        return Html(self._form(key, values).format(**filled))

    def plural(self, key: str, n: int, /, **values: object) -> Html:
        """Return the sentence that fits the number `n`."""
        return self(key, **{"n": n, **values})

    def label(self, key: str, /, **values: object) -> str:
        """Return a sentence for places that know no markup: buttons, notices, menus."""
        return self._form(key, values).format(**{name: plain(str(value)) for name, value in values.items()})

    def listed(self, values: Iterable[str]) -> str:
        """Return values one after the other, as the language separates them."""
        return self.label("list.and").join(values)

    def either(self, key: str, fallback: str, /, **values: object) -> Html:
        """Return the sentence of the first key that exists."""
        return self(key if key in self else fallback, **values)

    def _form(self, key: str, values: Mapping[str, object]) -> str:
        entry = self._entries[key]
        if isinstance(entry, str):
            return entry
        # What is counted is called `n`; where nothing is, points are, at times with their sign.
        number = str(values.get("n", values.get("points")))
        one = _WHOLE.fullmatch(number) and PLURALS[self.language](int(number)) == "one"
        return entry[0 if one else -1]


class Texts:
    """The catalogues of every language, read once at start."""

    def __init__(self, speakers: Mapping[str, Speaker]) -> None:
        self._speakers = speakers

    @classmethod
    def load(cls, folder: Path = LOCALES) -> Texts:
        """Read every catalogue below the folder."""
        return cls(
            {language: Speaker(language, _read(folder / language, language)) for language in LANGUAGES}
        )

    def speaker(self, language: str | None) -> Speaker:
        """Return a language, English for one we do not speak."""
        return self._speakers.get(language or "en", self._speakers["en"])


def _read(folder: Path, language: str) -> dict[str, str | tuple[str, ...]]:
    entries: dict[str, str | tuple[str, ...]] = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            catalog: Catalog = read_po(file, locale=language)
        for message in catalog:
            if message.id:
                key = message.id if isinstance(message.id, str) else message.id[0]
                entries[key] = (
                    message.string if isinstance(message.string, str) else tuple(message.string or ())
                )
    return entries
