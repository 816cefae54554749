"""Which settings of a site a chat is no place for: by their names, and by what lies in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

_NAMED = re.compile(r"secret|passw|passphrase|pwd|token|api_?key|credential|密码|密钥|口令", re.IGNORECASE)
# Short words mean it only where they stand alone: `smtp_pass`, `oss_ak`, but not `compass`.
_ALONE = frozenset({"pass", "keys", "ak", "sk"})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GAP = re.compile(r"[^a-z0-9]+")
# A name and a password in an address: `redis://:watchword@host`.
_LOGIN = re.compile(r"://[^/\s:@]*:[^/\s@]+@")


def is_secret(name: str, value: object) -> bool:
    """Tell whether a setting's value, or anything inside it, is not for a chat."""
    waiting: list[tuple[str, object]] = [(name, value)]
    while waiting:
        called, held = waiting.pop()
        # A switch keeps no secret, whatever it is called.
        if not isinstance(held, bool) and (_is_named_so(called) or _has_login(held)):
            return True
        waiting += _inside(held)
    return False


def _is_named_so(name: str) -> bool:
    if _NAMED.search(name):
        return True
    words = _GAP.split(_HUMP.sub("_", name).lower())
    # `signKey`, `appkey`, but not `seo_keywords`.
    return any(word in _ALONE or word.endswith("key") for word in words)


def _has_login(value: object) -> bool:
    return isinstance(value, str) and _LOGIN.search(value) is not None


def _inside(value: object) -> Iterable[tuple[str, object]]:
    """Return what lies in a value, with its names; many sites keep JSON in a text."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return ()
    if isinstance(value, Mapping):
        return [(str(name), one) for name, one in value.items()]
    return [("", one) for one in value] if isinstance(value, list) else ()
