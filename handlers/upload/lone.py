"""An address alone that is no share: what lies behind it can be uploaded, where that is possible."""

from __future__ import annotations

from typing import Any

from handlers import cards, notes
from handlers.scenes import Scene
from handlers.upload import goal
from handlers.upload.files import SCHEME, in_words, of_addresses
from handlers.views import Button, Press
from services.messytext import readable
from services.sharelinks.finding import extract


def is_alone(words: str) -> bool:
    """Tell whether words are one address and nothing else."""
    plain = readable(words).text.strip()
    if len(plain.split()) != 1:
        return False
    return SCHEME.match(plain) is not None or [one.raw for one in extract(plain, every=True)] == [plain]


async def tell(scene: Scene[Any], words: str) -> None:
    """Say that an address is no share, and offer what can be done with it."""
    say, close = scene.say, Press(scene.say.label("button.close"), cards.CLOSE)
    row: list[Button] = (
        [Press(say.label("button.upload_it"), notes.UPLOAD_STEP)] if await _goes_up(scene, words) else []
    )
    await notes.tell(scene, say("upload.no_share"), *row, close, links=words)


async def _goes_up(scene: Scene[Any], words: str) -> bool:
    sources = of_addresses(in_words(readable(words).text))
    if not sources:
        return False
    service = await goal.goal(scene, sources[0])
    return service is None or await scene.services.uploads.ready(scene.user_id, service)
