"""The access codes people write beside their links."""

import re

from services.sharelinks.drives import Drive

# How far from its link a code is looked for.
REACH = 80

_OPENING = r"[「『【\[(（'\"“‘`*]{0,3}"
_BETWEEN = (
    r"[ \t\r\n:=>\-—–_*`'\"“”‘’「」『』【】\[\]()（）《》<|,，、~～]{0,12}"
    r"(?:(?:就是|是|为|為)[ \t:]{0,3}|is[ \t:]{1,3})?" + _OPENING
)
_CODE = r"([0-9A-Za-z]{4,8})(?![0-9A-Za-z])"
# A word of Chinese may be glued to its code.
_CHINESE = r"(?:(?:提取|访问|訪問|分享|验证|驗證)(?:密?[码碼])?|密[码碼]|口令|暗[号號])"
_WRITTEN = re.compile(_CHINESE + _BETWEEN + _CODE)
# An English word takes a sign of its own before the code, or a digit in it: "code review" names none.
_ENGLISH = re.compile(
    r"(?<![0-9A-Za-z])(?:access[ _-]?code|pass[ _-]?code|password|passwd|pwd|pass|code|pw)"
    r"[\]】)）\"'*`]{0,2}"
    r"(?:[ \t]{0,4}(?:[:=]|is(?=[ \t]))[ \t\r\n]{0,4}"
    r"|[ \t]{1,4}(?=[0-9A-Za-z]{0,3}[0-9])(?=[0-9A-Za-z]{4}(?![0-9A-Za-z])))" + _OPENING + _CODE,
    re.IGNORECASE,
)
_BARE = re.compile(r"[ \t]{1,4}([0-9A-Za-z]{4})[ \t]*(?=[\r\n]|$)")
# Of these, one that stands alone behind the link is taken for the code: they nearly always have one.
_CODED = frozenset({Drive.BAIDU, Drive.P115, Drive.XUNLEI, Drive.TIANYI, Drive.DISKTOP})


def as_text(url: str | None, code: str | None) -> str:
    """Return a link with its code as people write it: what reads it finds both again."""
    return " ".join(filter(None, (url, code and f"pwd: {code}")))


def code_after(text: str, drive: Drive) -> str | None:
    """Return the code written in the text behind a link, up to the next link."""
    near = text[:REACH]
    bare = _BARE.match(near) if drive in _CODED else None
    return bare.group(1) if bare else written_code(near)


def code_before(text: str) -> str | None:
    """Return the code written in the text before a link: the nearest one."""
    return _last(text[-REACH:])


def written_code(text: str) -> str | None:
    """Return the first code that is named as one."""
    found = [match for pattern in (_WRITTEN, _ENGLISH) if (match := pattern.search(text))]
    return min(found, key=lambda match: match.start()).group(1) if found else None


def _last(text: str) -> str | None:
    found = [match for pattern in (_WRITTEN, _ENGLISH) for match in pattern.finditer(text)]
    return max(found, key=lambda match: match.start()).group(1) if found else None
