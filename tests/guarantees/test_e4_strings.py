"""E4: whatever upstreams write, a card says it as plain words: nothing forged, nothing refused."""

import itertools
import json
import random
from collections import Counter

import pytest

from handlers.texts import plain
from handlers.views import View
from sandbox.telegram.chats import Json
from sandbox.telegram.errors import ApiError
from sandbox.telegram.formatting import message_text
from sandbox.telegram.keyboards import inline_keyboard
from tests.guarantees import (
    figures,
    hostile_accounts,
    hostile_acg,
    hostile_cards,
    hostile_drive,
    hostile_following,
    hostile_mika,
    hostile_publish,
    hostile_upload,
    hostile_watch,
)
from tests.guarantees.hostile import Stage, Words

FILLED = (hostile_cards, hostile_following, hostile_watch, hostile_acg, hostile_accounts)
FILLED += (hostile_mika, hostile_publish, hostile_drive, hostile_upload)
CARDS = {name: card for module in FILLED for name, card in module.CARDS.items()}
CARD_ID = "0123456789"


def entities_of(view: View) -> Counter[str]:
    """What Telegram would make of a card; raises its refusal."""
    markup = view.markup(CARD_ID)
    keyboard = inline_keyboard(markup.to_dict() if markup else None)
    # What goes over the wire is UTF-8: half a surrogate pair fails before Telegram sees it.
    f"{view.text}{json.dumps(keyboard, ensure_ascii=False)}".encode()
    copied = [button["copy_text"]["text"] for button in buttons_of(keyboard) if "copy_text" in button]
    if not all(plain(text) for text in copied):
        raise ValueError("a button copies nothing that can be seen")
    shown = message_text(view.text, "HTML", None, lambda _id: None)
    return Counter(entity["type"] for entity in shown.get("entities", []))


def buttons_of(keyboard: Json | None) -> list[Json]:
    """All buttons of a keyboard."""
    return list(itertools.chain.from_iterable(keyboard["inline_keyboard"])) if keyboard else []


@pytest.mark.timeout(1500)
async def test_e4_upstream_strings_cannot_break_or_forge_a_card() -> None:
    """Every card in both languages, in private and in a group, against the same card with plain words."""
    target = figures.size(20_000, 1_000_000)
    ways = list(itertools.product(CARDS, ("zh", "en"), (True, False)))
    usual = {
        way: entities_of(await CARDS[way[0]](Stage(Words(None), way[1], private=way[2]))) for way in ways
    }
    words = Words(random.Random(4))
    extra, refused, cards = [], [], 0
    while words.count < target or cards < target / 100:
        for way in ways:
            cards += 1
            view = await CARDS[way[0]](Stage(words, way[1], private=way[2]))
            try:
                found = entities_of(view) - usual[way]
            except (ApiError, ValueError) as error:
                refused.append((way, repr(error), view.text))
                continue
            if found:
                extra.append((way, found, view.text))
    assert not refused, f"{len(refused)} refused, the first: {refused[0]}"
    assert not extra, f"{len(extra)} with extra entities, the first: {extra[0]}"
    figures.at_least("E4", f"hostile strings on {len(CARDS)} kinds of card", words.count, target)
    figures.at_least("E4", "cards in Telegram's own parser", cards, target / 100)
    figures.exactly("E4", "entities that plain words do not make", len(extra))
    figures.exactly("E4", "cards that Telegram refuses", len(refused))
