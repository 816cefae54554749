"""The drives people share on: their hosts, how their links look, and where a link carries its code."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote


class Drive(StrEnum):
    """Where a link leads; the values are those of HDHive's `pan_type`, in lower case."""

    P115 = "115"
    P123 = "123"
    QUARK = "quark"
    BAIDU = "baidu"
    ALI = "ali"
    TIANYI = "189"
    MOBILE = "139"
    UC = "uc"
    XUNLEI = "xunlei"
    GUANGYA = "guangya"
    PIKPAK = "pikpak"
    ED2K = "ed2k"
    MAGNET = "magnet"
    DISKTOP = "disktop"
    HDHIVE = "hdhive"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Address:
    """Be a link of a known drive: its id there, and its address without a code."""

    drive: Drive
    id: str
    url: str


# Matched exactly or by dot-suffix: look-alike hosts exist.
HOSTS: dict[str, Drive] = {
    **dict.fromkeys(("115.com", "115cdn.com", "anxia.com"), Drive.P115),
    **dict.fromkeys(("123pan.com", "123pan.cn", "123684.com", "123685.com"), Drive.P123),
    **dict.fromkeys(("123865.com", "123912.com", "123592.com"), Drive.P123),
    "pan.quark.cn": Drive.QUARK,
    **dict.fromkeys(("pan.baidu.com", "yun.baidu.com"), Drive.BAIDU),
    **dict.fromkeys(("alipan.com", "aliyundrive.com"), Drive.ALI),
    "cloud.189.cn": Drive.TIANYI,
    **dict.fromkeys(("yun.139.com", "caiyun.139.com"), Drive.MOBILE),
    "drive.uc.cn": Drive.UC,
    "pan.xunlei.com": Drive.XUNLEI,
    "guangyapan.com": Drive.GUANGYA,
    "mypikpak.com": Drive.PIKPAK,
    "disk.top": Drive.DISKTOP,
    **dict.fromkeys(("hdhive.com", "hdhive.online", "re0.me"), Drive.HDHIVE),
}

_ID = r"([0-9A-Za-z_-]{3,128})"
_S = (rf"/s/{_ID}", "/s/{}")
# What follows the host, and how it is written in a clean address; the first that fits counts.
PATHS: dict[Drive, tuple[tuple[str, str], ...]] = {
    Drive.P115: (_S,),
    Drive.P123: (_S, (rf"/ps/{_ID}", "/ps/{}")),
    Drive.QUARK: (_S,),
    Drive.BAIDU: (
        (rf"/s/1{_ID}", "/s/1{}"),
        (rf"/(?:share|wap)/init\?(?:[^#]*&)?surl=1?{_ID}", "/s/1{}"),
        (rf"/s/{_ID}", "/s/{}"),
    ),
    Drive.ALI: (_S,),
    Drive.TIANYI: (
        (rf"/t/{_ID}", "/t/{}"),
        (rf"/web/share\?(?:[^#]*&)?code={_ID}", "/t/{}"),
        (rf"/share\.html#/t/{_ID}", "/t/{}"),
    ),
    Drive.MOBILE: (
        (rf"/shareweb/(?:#/)?w/i/{_ID}", "/shareweb/#/w/i/{}"),
        (rf"/(?:link/)?w/i/{_ID}", "/shareweb/#/w/i/{}"),
        (rf"/m/i\?{_ID}", "/shareweb/#/w/i/{}"),
        (rf"/front/#/detail\?(?:[^&\s]*&)?linkID={_ID}", "/shareweb/#/w/i/{}"),
    ),
    Drive.UC: (_S,),
    Drive.XUNLEI: (_S,),
    Drive.GUANGYA: (_S,),
    Drive.PIKPAK: (_S,),
    Drive.DISKTOP: ((rf"(?:/#)?/s/{_ID}", "/s/{}"),),
    Drive.HDHIVE: (
        (
            r"/resource/(?:[0-9A-Za-z]{1,16}/)?([0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12})(?![0-9a-fA-F-])",
            "/resource/{}",
        ),
        (r"/tmdb/((?:movie|tv)/[0-9]{1,10})(?![0-9])", "/tmdb/{}"),
    ),
}
_PATTERNS = {
    drive: [(re.compile(pattern), form) for pattern, form in forms] for drive, forms in PATHS.items()
}
# Host that a clean address names, where a drive has several.
MAIN_HOSTS: dict[Drive, str] = {
    Drive.P115: "115.com",
    Drive.P123: "www.123pan.com",
    Drive.QUARK: "pan.quark.cn",
    Drive.BAIDU: "pan.baidu.com",
    Drive.ALI: "www.alipan.com",
    Drive.TIANYI: "cloud.189.cn",
    Drive.MOBILE: "yun.139.com",
    Drive.UC: "drive.uc.cn",
    Drive.XUNLEI: "pan.xunlei.com",
    Drive.GUANGYA: "www.guangyapan.com",
    Drive.PIKPAK: "mypikpak.com",
    Drive.DISKTOP: "disk.top",
    Drive.HDHIVE: "hdhive.com",
}
_SHARE_LIKE = re.compile(r"/s/[0-9A-Za-z_-]{3,128}|/share/[0-9A-Za-z_-]{3,128}")
_QUERY_CODE = re.compile(r"(?:pwd|password|passcode|accesscode|code)=([0-9A-Za-z]{1,16})", re.IGNORECASE)
_FRAGMENT_CODE = re.compile(r"(?:pwd=|password=)?([0-9A-Za-z]{4,8})$")
# What needs no access code, whatever stands beside it.
CODELESS = frozenset({Drive.ED2K, Drive.MAGNET, Drive.HDHIVE})
# Drives whose fragment is a route of their page.
_ROUTED = frozenset({Drive.MOBILE, Drive.TIANYI})


def drive_of(host: str) -> Drive | None:
    """Return the drive a host belongs to."""
    labels = host.casefold().rstrip(".").split(".")
    return next((HOSTS[tail] for i in range(len(labels)) if (tail := ".".join(labels[i:])) in HOSTS), None)


def locate(host: str, rest: str) -> Address | None:
    """Return the share that an address names; unknown drives stay visible where it looks like a share."""
    drive = drive_of(host)
    if drive is None:
        found = _SHARE_LIKE.match(rest)
        if found is None:
            return None
        return Address(Drive.UNKNOWN, f"{host}{found.group()}", f"https://{host}{found.group()}")
    for pattern, form in _PATTERNS[drive]:
        found = pattern.match(rest)
        if found is not None:
            name = canonical(drive, found.group(1))
            return Address(drive, name, f"https://{MAIN_HOSTS[drive]}{form.format(name)}")
    return None


def canonical(drive: Drive, name: str) -> str:
    """Return the one spelling of an id: HDHive takes its ids with and without hyphens."""
    return name if drive is not Drive.HDHIVE or "/" in name else name.replace("-", "").lower()


def carried_code(drive: Drive, rest: str) -> str | None:
    """Return the access code that an address itself carries, in its query or fragment."""
    if drive in CODELESS:
        return None
    before, _, fragment = rest.partition("#")
    queries = (before.partition("?")[2], fragment.partition("?")[2])
    for part in (part for query in queries for part in re.split(r"[&?;]", unquote(query))):
        found = _QUERY_CODE.match(part.removeprefix("amp;"))
        # Tianyi's own `code` is the share's id.
        if found and not (drive is Drive.TIANYI and part.startswith("code=") and "/web/share" in before):
            return found.group(1)
    if drive in _ROUTED or not fragment:
        return None
    found = _FRAGMENT_CODE.match(unquote(fragment))
    return found.group(1) if found else None


def with_code(address: str, drive: Drive, code: str | None) -> str:
    """Return an address that carries its code the way its drive reads it."""
    if code is None or drive in CODELESS:
        return address
    name = "password" if drive is Drive.P115 else "pwd"
    if "#" in address:
        return f"{address}?{name}={code}"
    return f"{address}{'&' if '?' in address else '?'}{name}={code}"
