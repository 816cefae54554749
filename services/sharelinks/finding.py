"""Find share links and their access codes in messy text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from services.messytext import Readable, readable
from services.sharelinks.codes import code_after, code_before, written_code
from services.sharelinks.drives import CODELESS, Address, Drive, canonical, carried_code, locate, with_code

__all__ = ["Drive", "ShareLink", "extract", "given_code", "hdhive_slug", "hdhive_title"]

_TAIL = r"[0-9A-Za-z\-._~:/?#@!$&'()*+,;=%\[\]|]"
_URL = re.compile(
    r"(?:https?:/{1,3}|(?<![0-9A-Za-z@.\-]))"
    r"(?P<host>(?:[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.){1,8}[A-Za-z]{2,12})\.?(?![0-9A-Za-z@-])"
    rf"(?::[0-9]{{1,5}}(?![0-9]))?(?P<rest>[/#?](?:(?!https?:/|magnet:\?|ed2k://){_TAIL})*)?",
    re.IGNORECASE,
)
_MAGNET = re.compile(
    r"magnet:\?(?:[0-9A-Za-z.]{1,8}=[^&\s<>\"]{0,2000}&(?:amp;)?){0,40}?xt=urn:btih:"
    r"([0-9A-Fa-f]{40}|[A-Za-z2-7]{32})(?![0-9A-Za-z])(?:&[0-9A-Za-z.;]{1,12}=[0-9A-Za-z%\-._~:/+!$'()*,;]{0,2000}){0,60}",
    re.IGNORECASE,
)
_ED2K = re.compile(
    r"ed2k://\|file\|([^|\r\n]{1,500})\|([0-9]{1,20})\|([0-9A-Fa-f]{32})\|(?:h=[A-Za-z2-7]{32}\|)?/?",
    re.IGNORECASE,
)
# What follows a host that is no file's name: `example.com/s/1`, not `1.mkv/2`.
_PATH = re.compile(r"/[0-9A-Za-z%_-][^?#]{2}")
_GIVEN = re.compile(r"[0-9A-Za-z]{1,32}", re.ASCII)
_CLOSING = ".,;:!?)]}'\"|*~"
_SLUG = re.compile(r"(?<![0-9A-Za-z-])[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}(?![0-9A-Za-z-])")


@dataclass(frozen=True)
class ShareLink:
    """Be one share: a clean address, its drive, its code, and how it was written.

    `slug` is there for a resource of HDHive, `surl` for a share of Disk.Top; `id` names it on its drive.
    """

    url: str = field(repr=False)
    drive: Drive
    code: str | None = field(repr=False)
    slug: str | None
    surl: str | None
    raw: str = field(repr=False)
    id: str = ""

    @property
    def full_url(self) -> str:
        """Return the address with its code."""
        return with_code(self.url, self.drive, self.code)


@dataclass(frozen=True)
class _Spot:
    """Be an address in a text; one that does not look like a `share` is one where a code says so."""

    start: int
    end: int
    address: Address
    carried: str | None
    share: bool = True


def extract(text: str, *, every: bool = False) -> tuple[ShareLink, ...]:
    """Return every share in a text once, in order, each with the code that belongs to it. Never raises.

    Any other address is one of an unknown drive if a code stands beside it; with `every`, without one too.
    """
    plain = readable(text)
    spots = sorted(_spots(plain.text), key=lambda spot: spot.start)
    found: dict[tuple[Drive, str], ShareLink] = {}
    for link in _links(plain, spots, every=every):
        known = found.setdefault((link.drive, link.id), link)
        if known.code is None and link.code is not None:
            found[link.drive, link.id] = replace(known, code=link.code)
    return tuple(found.values())


def given_code(text: str) -> str | None:
    """Return the access code that words give which answer a question for one; a title or a link is none."""
    plain = readable(text).text.strip()
    if _GIVEN.fullmatch(plain):
        return plain
    return None if extract(plain, every=True) else written_code(plain)


def hdhive_slug(text: str) -> str | None:
    """Return the id of an HDHive resource that a text names, by link or by itself."""
    link = next((link for link in extract(text) if link.slug is not None), None)
    if link is not None:
        return link.slug
    found = _SLUG.search(readable(text).text)
    return canonical(Drive.HDHIVE, found.group()) if found else None


def hdhive_title(text: str) -> tuple[str, int] | None:
    """Return media type and TMDB id of an HDHive title page that a text names."""
    link = next((x for x in extract(text) if x.drive is Drive.HDHIVE and x.slug is None), None)
    if link is None:
        return None
    kind, _, number = link.id.partition("/")
    return kind, int(number)


def _spots(text: str) -> Iterator[_Spot]:
    for match in _MAGNET.finditer(text):
        raw = match.group().rstrip(_CLOSING)
        yield _Spot(
            match.start(), match.start() + len(raw), Address(Drive.MAGNET, match.group(1).lower(), raw), None
        )
    for match in _ED2K.finditer(text):
        yield _Spot(*match.span(), Address(Drive.ED2K, match.group(3).lower(), match.group()), None)
    for match in _URL.finditer(text):
        rest = (match.group("rest") or "").rstrip(_CLOSING)
        end = match.end("host") if match.group("rest") is None else match.start("rest") + len(rest)
        host = match.group("host").lower()
        address = locate(host, rest)
        if address is not None:
            yield _Spot(match.start(), end, address, carried_code(address.drive, rest))
        elif _is_address(match.group(), rest):
            yield _Spot(
                match.start(), end, _elsewhere(text[match.start() : end], host, rest), None, share=False
            )


def _is_address(written: str, rest: str) -> bool:
    """Tell an address from a file's name: without a scheme only a path shows it."""
    return "://" in written or _PATH.match(rest) is not None


def _elsewhere(written: str, host: str, rest: str) -> Address:
    url = written if written.lower().startswith(("http://", "https://")) else f"https://{host}{rest}"
    return Address(Drive.UNKNOWN, f"{host}{rest}", url)


def _links(plain: Readable, spots: list[_Spot], *, every: bool) -> Iterator[ShareLink]:
    text, before, spent = plain.text, 0, False
    for number, spot in enumerate(spots):
        if spot.start < before:
            continue  # inside another link, such as a tracker of a magnet
        until = spots[number + 1].start if number + 1 < len(spots) else len(text)
        drive = spot.address.drive
        code, behind = spot.carried, None
        if code is None and drive not in CODELESS:
            behind = code_after(text[spot.end : max(until, spot.end)], drive)
            code = behind or (None if spent else code_before(text[before : spot.start]))
        if spot.share or every or (code is not None and spot.address.id.partition("/")[2]):
            yield _link(plain, spot, code)
        before, spent = spot.end, behind is not None


def _link(plain: Readable, spot: _Spot, code: str | None) -> ShareLink:
    address = spot.address
    slug = address.id if address.drive is Drive.HDHIVE and "/" not in address.id else None
    surl = address.id if address.drive is Drive.DISKTOP else None
    raw = plain.raw(spot.start, spot.end)
    return ShareLink(address.url, address.drive, code, slug, surl, raw, address.id)
