"""Which bytes may be an avatar: known before they are sent."""

from clients.acgbt.models import AVATAR_BYTES
from clients.errors import Rejected

_SIGNS = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
)
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}


def kind_of(data: bytes) -> str | None:
    """Return the kind of a picture by its first bytes; None for what is none of the four allowed."""
    return next((mime for sign, at, mime in _SIGNS if data[at : at + len(sign)] == sign), None)


def allowed_avatar(service: str, data: bytes) -> str:
    """Return the kind of an avatar; Rejected with `avatar_size` or `avatar_type` where it is refused."""
    mime = kind_of(data)
    if mime is None:
        raise Rejected(service, "upload_avatar", "avatar_type")
    if len(data) > AVATAR_BYTES:
        raise Rejected(service, "upload_avatar", "avatar_size")
    return mime
