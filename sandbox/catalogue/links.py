"""Share links of the drives: how they look, whose they are, how to tell one from another."""

import random
import re
import string
from urllib.parse import parse_qs, quote, urlsplit

LETTERS = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"

# The nine drives the link check knows, by the name its answers use.
PROVIDERS: dict[str, re.Pattern[str]] = {
    "quark": re.compile(r"^pan\.quark\.cn/s/([\w-]+)"),
    "baidu": re.compile(r"^(?:pan|yun)\.baidu\.com/(?:s/1?|share/init\?surl=)([\w-]+)"),
    "ali": re.compile(r"^(?:alipan|aliyundrive)\.com/s/([\w-]+)"),
    "115": re.compile(r"^(?:share\.)?(?:115|115cdn|anxia)\.com/s/([\w-]+)"),
    "123": re.compile(r"^123(?:pan|684|685|865|912|592)\.(?:com|cn)/s/([\w-]+)"),
    "189": re.compile(r"^(?:h5\.)?cloud\.189\.cn/(?:t/|web/share\?code=)([\w-]+)"),
    "139": re.compile(r"^(?:yun|caiyun)\.139\.com/.*?(?:i[/?]|linkID=)?([\w-]+)$"),
    "uc": re.compile(r"^drive\.uc\.cn/s/([\w-]+)"),
    "xunlei": re.compile(r"^pan\.xunlei\.com/s/([\w-]+)"),
}
# How HDHive spells the drives, and whether a link of theirs usually has a code.
PAN_TYPES: dict[str, bool] = {
    "115": True,
    "123": False,
    "quark": False,
    "baidu": True,
    "ali": False,
    "189": True,
    "139": False,
    "uc": False,
    "xunLei": True,
    "guangYa": False,
    "ed2k": False,
    "magnet": False,
}
WRITTEN_CODE = re.compile(
    r"(?:提取码|访问码|密码|口令|pwd|code)\s*[:：]?\s*([0-9A-Za-z]{4,8})", re.IGNORECASE
)
UNCHECKED = frozenset({"guangYa", "ed2k", "magnet", "disktop"})


# How a share's address begins, and the letters and length of its id.
ADDRESSES: dict[str, tuple[str, str, int]] = {
    "115": ("https://115.com/s/sw", LOWER, 9),
    "123": ("https://www.123pan.com/s/", LETTERS, 9),
    "quark": ("https://pan.quark.cn/s/", HEX, 12),
    "baidu": ("https://pan.baidu.com/s/1", LETTERS, 22),
    "ali": ("https://www.alipan.com/s/", LETTERS, 11),
    "189": ("https://cloud.189.cn/t/", LETTERS, 12),
    "139": ("https://yun.139.com/shareweb/#/w/i/", LETTERS, 13),
    "uc": ("https://drive.uc.cn/s/", HEX, 13),
    "xunLei": ("https://pan.xunlei.com/s/V", LETTERS, 25),
    "guangYa": ("https://www.guangyapan.com/s/", LETTERS, 16),
}


def make_url(pan_type: str, name: str, rng: random.Random) -> str:
    """Make a link of a drive, without its code."""
    if pan_type in ADDRESSES:
        start, letters, length = ADDRESSES[pan_type]
        return start + "".join(rng.choices(letters, k=length))
    if pan_type == "ed2k":
        digest = "".join(rng.choices(HEX, k=32)).upper()
        return f"ed2k://|file|{quote(name)}.mkv|{rng.randrange(10**9, 10**11)}|{digest}|/"
    return f"magnet:?xt=urn:btih:{''.join(rng.choices(HEX, k=40))}&dn={quote(name)}"


def with_code(pan_type: str, url: str, code: str | None) -> str:
    """Return the address that carries its code."""
    if not code:
        return url
    return f"{url}?{'password' if pan_type == '115' else 'pwd'}={code}"


def recognise(url: str) -> tuple[str, str] | None:
    """Return provider and share id of a link, or None for a drive the check does not know."""
    found = re.search(r"https?://\S+", url.strip())
    if found is None:
        return None
    address = found.group().split("://", 1)[1].removeprefix("www.")
    if not address.startswith(("yun.139.", "caiyun.139.")):
        address = address.split("#", 1)[0]
    if "/web/share?" not in address and "/share/init?" not in address:
        address = address.split("?", 1)[0]
    for provider, pattern in PROVIDERS.items():
        if match := pattern.match(address):
            return provider, match.group(1).removeprefix("1") if provider == "baidu" else match.group(1)
    return None


def code_in(url: str) -> str | None:
    """Return the access code a link carries, in its query or written behind it."""
    query = parse_qs(urlsplit(url.split(maxsplit=1)[0]).query) if url.split() else {}
    for name in ("pwd", "password", "code"):
        if query.get(name) and not (name == "code" and "189.cn/web/share" in url):
            return query[name][0]
    written = WRITTEN_CODE.search(url)
    return written.group(1) if written else None
