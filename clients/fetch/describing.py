"""What a source's headers say of a file: name, kind, size, and the proof that it is still the same."""

import mimetypes
import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import unquote, unquote_to_bytes

from yarl import URL

LONGEST_NAME = 200
UNKNOWN_KIND = "application/octet-stream"
_KIND = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,90}")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}")
_RANGE = re.compile(r"bytes\s+(\d{1,19})-(\d{1,19})/(\d{1,19}|\*)", re.IGNORECASE)
_UNSATISFIED = re.compile(r"bytes\s+\*/(\d{1,19})", re.IGNORECASE)
_QUOTED_NAME = re.compile(r"""filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))""", re.IGNORECASE)
_CODED_NAME = re.compile(r"filename\*\s*=\s*([\w-]+)'[^']*'([^;\s]+)", re.IGNORECASE)


def kind_of(headers: Mapping[str, str], name: str = "") -> str:
    """Read the mime type, without its parameters; where none is told, guess it from the name."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    told = kind if _KIND.fullmatch(kind) else UNKNOWN_KIND
    return told if told != UNKNOWN_KIND else mimetypes.guess_type(name)[0] or UNKNOWN_KIND


def validator_of(headers: Mapping[str, str]) -> str | None:
    """Read what If-Range takes: a strong ETag, else the date of the last change."""
    tag = headers.get("ETag", "").strip()
    if len(tag) > 2 and tag.startswith('"') and tag.endswith('"') and tag.isascii() and tag.isprintable():
        return tag
    date = headers.get("Last-Modified", "").strip()
    return date if 0 < len(date) < 64 and date.isascii() and date.isprintable() else None


def length_of(headers: Mapping[str, str]) -> int | None:
    """Read the length of the body."""
    value = headers.get("Content-Length", "").strip()
    return int(value) if value.isdecimal() and len(value) < 20 else None


def range_of(headers: Mapping[str, str]) -> tuple[int, int | None] | None:
    """Read where a partial answer starts, and how long the whole file is where that is said."""
    found = _RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if found is None:
        return None
    return int(found[1]), None if found[3] == "*" else int(found[3])


def whole_length_of(headers: Mapping[str, str]) -> int | None:
    """Read the length of the file from an answer that says the asked range is outside of it."""
    found = _UNSATISFIED.fullmatch(headers.get("Content-Range", "").strip())
    return int(found[1]) if found else None


def is_packed(headers: Mapping[str, str], name: str) -> bool:
    """Tell whether the bytes are a packed form of the file; a file that is an archive itself is none."""
    coding = headers.get("Content-Encoding", "").strip().lower()
    archive = name.lower().endswith((".gz", ".tgz", ".br", ".zst", ".xz", ".bz2"))
    return coding in ("gzip", "x-gzip", "deflate", "br", "zstd", "compress") and not archive


def name_of(headers: Mapping[str, str], asked: URL, reached: URL) -> str:
    """Choose a file name: the source's own, else the end of an address, with an extension if one is found."""
    told = _told(headers.get("Content-Disposition", ""))
    ends = [clean(_readable(unquote_to_bytes(url.raw_name))) for url in (reached, asked)]
    with_extension = [name for name in ends if _EXTENSION.fullmatch(extension(name))]
    name = told or next(iter(with_extension), "") or next(filter(None, ends), "") or "file"
    return name if extension(name) else name + _guessed(headers)


def _guessed(headers: Mapping[str, str]) -> str:
    kind = kind_of(headers)
    return "" if kind == UNKNOWN_KIND else mimetypes.guess_extension(kind) or ""


def extension(name: str) -> str:
    """Return the extension with its dot, or nothing."""
    stem, dot, end = name.rpartition(".")
    return dot + end if stem and end and len(end) <= 10 else ""


def clean(name: str) -> str:
    """Make a name that any drive takes: no paths, no invisible or direction marks, not too long."""
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(sign for sign in last if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    plain = re.sub(r'[<>:"|?*]', "_", " ".join(seen.split())).strip(" .")
    return _shortened(plain)


def _shortened(name: str) -> str:
    """Cut in the middle, so that the extension stays; the limit is in bytes, as on disks."""
    end = extension(name)
    stem = name.removesuffix(end).encode()[: LONGEST_NAME - len(end.encode())]
    return stem.decode(errors="ignore") + end


def _told(disposition: str) -> str:
    coded = _CODED_NAME.search(disposition)
    if coded is not None:
        try:
            return clean(unquote(coded[2], coded[1], "strict"))
        except (LookupError, UnicodeError, ValueError):
            pass  # the plain form may do
    plain = _QUOTED_NAME.search(disposition)
    if plain is None:
        return ""
    text = re.sub(r"\\(.)", r"\1", plain[1] or plain[2] or "")
    # aiohttp keeps bytes that are no UTF-8 as surrogates; many servers percent-encode here as in an address.
    raw = text.encode("utf-8", "surrogateescape")
    return clean(_readable(unquote_to_bytes(raw) if b"%" in raw else raw))


def _readable(raw: bytes) -> str:
    for coding in ("utf-8", "gb18030"):
        try:
            return raw.decode(coding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")
