"""Runs of link checks as the bot does them, and what their cards were told."""

from typing import Any

from clients.linkcheck.models import Verdict
from services.linkchecks.linkchecks import CheckedLink, Snapshot
from services.linkchecks.run import FOLLOW
from services.sharelinks.finding import extract
from tests.services.conftest import House

V = Verdict


class Shown:
    """What a card was told."""

    def __init__(self, house: House) -> None:
        self.told: list[tuple[str, Snapshot, bool]] = []
        house.services.linkchecks.on_change = self

    async def __call__(self, card_id: str, snapshot: Snapshot, final: bool) -> None:
        self.told.append((card_id, snapshot, final))

    @property
    def last(self) -> Snapshot:
        assert self.told[-1][2]
        return self.told[-1][1]


def items(*texts: str) -> list[CheckedLink]:
    return [CheckedLink.of(link) for text in texts for link in extract(text)]


def quark(*names: str) -> list[CheckedLink]:
    return items(*(f"https://pan.quark.cn/s/{name}" for name in names))


def verdicts(snapshot: Snapshot) -> list[Any]:
    return [item.verdict for item in snapshot.items]


async def follow(house: House, given: list[CheckedLink], card: str = "card1") -> Shown:
    shown = Shown(house)
    await house.services.linkchecks.start(1001, card, given)
    await house.work(kinds=[FOLLOW])
    return shown
