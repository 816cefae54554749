"""Find a key and its secret, or a name and a password, in what people paste: labels, quotes, JSON, curl."""

import re
from dataclasses import dataclass, field

from services.messytext import readable
from services.secretshapes import ACGBT_KEY

# How ACGBT's keys begin, and those of other sites of this kind.
_KEY = re.compile(r"(?:ak|mk|key|pk)_[0-9A-Za-z_-]{3,}")
_WORD = re.compile(r"[0-9A-Za-z_+.~-]{6,}=*")
_ADDRESS = re.compile(r"\b\w+://\S+")
_KEY_LABEL = r"(?:x-)?api[ _-]?key|key|公钥"
_PROOF_LABEL = r"(?:x-)?(?:(?:api|app|access)[ _-]?)?secret(?:[ _-]?key)?|密钥|私钥"
_LABEL = re.compile(rf"{_KEY_LABEL}|{_PROOF_LABEL}", re.IGNORECASE)
_IS = r"[\"'`]*\s*[:=是]\s*[\"'`]*"
_VALUE = _IS + r"([0-9A-Za-z_+=.~-]{3,})"
# A secret may have any signs in it but those that part words from one another.
_ANY_VALUE = _IS + r"([0-9A-Za-z!#$%()*+./:=?@\[\\\]^_~-]{3,})"
# Signs that no key has; one in front of or behind a word may be the sentence's own.
_ODD = re.compile(r"(?<=[0-9A-Za-z])(?=[^0-9A-Za-z]*[!#$%*/?@\\^])[^0-9A-Za-z]+(?=[0-9A-Za-z])")
_LABELLED_KEY = re.compile(rf"(?<![\w-])(?:{_KEY_LABEL}){_VALUE}", re.IGNORECASE)
_LABELLED_PROOF = re.compile(rf"(?<![0-9A-Za-z_-])(?:{_PROOF_LABEL}){_ANY_VALUE}", re.IGNORECASE)
_NAME_LABEL = r"user[ _-]?name|username|user|login|account|name|账号|帐号|用户名|用户"
_WATCHWORD_LABEL = r"pass[ _-]?word|pass|pwd|密码|口令"
_NAMED = re.compile(rf"^(?:{_NAME_LABEL})\s*[:：=]\s*", re.IGNORECASE)
_PASSWORD = re.compile(rf"(?:^|(?<=[\s,;]))(?:{_WATCHWORD_LABEL})\s*[:：=]\s*", re.IGNORECASE)
# Longer than any real one: what is pasted by mistake is neither looked through nor sent anywhere.
LONGEST = 4000


@dataclass(frozen=True)
class Pair:
    """Be what was found: a key or a name, and what proves it."""

    name: str | None = None
    proof: str | None = field(default=None, repr=False)


def looks_like_key(words: str) -> bool:
    """Tell whether words hold what can only be a key."""
    return ACGBT_KEY.search(words) is not None


def key_and_secret(words: str) -> Pair:
    """Return a key and its secret as far as they are there, in any order and with any labels.

    A lone word is a key only if it looks like one; else it is taken for the secret.
    """
    text = _ADDRESS.sub(" ", readable(words[:LONGEST]).text)
    labelled = (value.rstrip(")]") for value in _LABELLED_PROOF.findall(text))
    secret = next((value for value in labelled if not _KEY.match(value)), None) or _odd(text)
    others = (w for w in _WORD.findall(_without(text, secret)) if not _LABEL.fullmatch(w.strip("=.:")))
    found = list(dict.fromkeys(others))
    key = next((word for word in found if _KEY.fullmatch(word)), None)
    key = key or next(iter(_LABELLED_KEY.findall(text)), None)
    rest = [word for word in found if word not in (key, secret)]
    if key is None and rest and (secret is not None or len(rest) > 1):
        key = rest.pop(0)
    if secret is None and rest:
        secret = max(rest, key=len)
    return Pair(key, secret)


def _odd(text: str) -> str | None:
    """Return the one unbroken word that can only be a secret, by its signs; None where not just one is."""
    words = [word for word in text.split() if _ODD.search(word)]
    odd = [word for word in words if not (_KEY.search(word) or _LABEL.search(word))]
    return odd[0] if len(odd) == 1 else None


def _without(text: str, word: str | None) -> str:
    """Return a text without a word: the pieces of it are no words of their own."""
    if word is None:
        return text
    return re.sub(rf"(?<![0-9A-Za-z_]){re.escape(word)}(?![0-9A-Za-z_])", " ", text)


def name_and_password(words: str, known: str | None = None) -> Pair:
    """Return a name and a password: on two lines, behind labels, or parted by the first space.

    Where the name is known, all the rest is the password, spaces within it included.
    """
    text = words[:LONGEST].strip()
    named = _NAMED.match(text)
    label = _PASSWORD.search(text)
    if label is not None:
        name = _NAMED.sub("", text[: label.start()]).strip(" \t\r\n,;")
        return Pair(name or known, text[label.end() :].strip() or None)
    text = _NAMED.sub("", text)
    if known is not None and not named:
        own = text.removeprefix(known)
        after = own.strip() if own != text and own[:1].isspace() else text
        return Pair(known, after or None)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    name, _, password = (lines[0] if lines else "").partition(" ")
    if len(lines) > 1:
        name, password = lines[0], lines[1]
    return Pair(name or None, password.strip() or None)
