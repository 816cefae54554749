"""Pointers to files that open for their owner only: they may stand where anybody can read them."""

import base64
import binascii
import re

from storage.crypto import KeyRing, SecretUnreadable

# A number of eight bytes, sealed: 41 bytes in all, and so within what a deep link carries. The last
# character stands for four bits only: of the four that are read alike, only the one that is written opens.
_FORM = re.compile(r"[A-Za-z0-9_-]{54}[AEIMQUYcgkosw048]", re.ASCII)
_BYTES = 8


def point_to(ring: KeyRing, user_id: int, file_id: int) -> str:
    """Return a pointer to somebody's own file; it tells nothing of the file, nor whose it is."""
    sealed = ring.seal(file_id.to_bytes(_BYTES, "big"), table="files", row=user_id, column="pointer")
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def pointed_at(ring: KeyRing, user_id: int, pointer: str) -> int | None:
    """Return the file that a pointer means to this person, None where it is not theirs."""
    if not _FORM.fullmatch(pointer):
        return None
    try:
        sealed = base64.urlsafe_b64decode(f"{pointer}=")
        return int.from_bytes(ring.open(sealed, table="files", row=user_id, column="pointer"), "big")
    except (SecretUnreadable, binascii.Error):
        return None
