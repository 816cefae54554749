"""Pictures that Telegram has already: sent once as bytes, afterwards by the id Telegram gave them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256

from telegram import PhotoSize

LIMIT = 512


class Photos:
    """Remember the ids of the pictures sent last; what is forgotten is uploaded once more."""

    def __init__(self) -> None:
        self._ids: OrderedDict[bytes, str] = OrderedDict()

    def known(self, picture: bytes) -> str | None:
        """Return Telegram's id of a picture, None for one it has not got from us."""
        digest = sha256(picture).digest()
        if digest in self._ids:
            self._ids.move_to_end(digest)
        return self._ids.get(digest)

    def learn(self, picture: bytes, sizes: Sequence[PhotoSize]) -> None:
        """Note the id Telegram gave a picture; its last size is the largest."""
        if sizes:
            self._ids[sha256(picture).digest()] = sizes[-1].file_id
        while len(self._ids) > LIMIT:
            self._ids.popitem(last=False)

    def forget(self, picture: bytes) -> None:
        """Forget an id that Telegram does not take any more."""
        self._ids.pop(sha256(picture).digest(), None)
