"""The three people who live in the sandbox, with their accounts at every service."""

from dataclasses import asdict, dataclass
from typing import Any

GIB = 1024**3
GROUP_ID = -1001000000001
GROUP_TITLE = "影音交流群"


@dataclass
class Person:
    """One person: the Telegram user and the accounts behind the consent pages."""

    id: int
    first_name: str
    username: str
    language_code: str
    hdhive_id: int
    hdhive_username: str
    hdhive_nickname: str
    points: int
    premium: bool
    forever_premium: bool
    disktop_uid: int
    disktop_username: str
    disktop_nickname: str
    disk_total: int
    disk_used: int
    disk_vip: bool
    # What the services let this person grant; None: whatever an app asks for.
    scopes: list[str] | None = None

    def public(self) -> dict[str, Any]:
        """Return the JSON shape of the control API."""
        return asdict(self)


def everyone() -> dict[int, Person]:
    """Return fresh people, by Telegram user id."""
    people = [
        Person(
            id=1001,
            first_name="小雨",
            username="xiaoyu",
            language_code="zh-hans",
            hdhive_id=48213,
            hdhive_username="rainy_films",
            hdhive_nickname="雨夜放映员",
            points=120,
            premium=True,
            forever_premium=True,
            disktop_uid=1701,
            disktop_username="xiaoyu_cloud",
            disktop_nickname="小雨的云盘",
            disk_total=1500 * GIB,
            disk_used=33_691_310_918,
            disk_vip=True,
        ),
        Person(
            id=1002,
            first_name="Ben",
            username="ben",
            language_code="en",
            hdhive_id=50377,
            hdhive_username="bigben_hd",
            hdhive_nickname="Big Ben",
            points=8,
            premium=False,
            forever_premium=False,
            disktop_uid=1702,
            disktop_username="ben.parker",
            disktop_nickname="Ben's disk",
            disk_total=10 * GIB,
            disk_used=10 * GIB - 700 * 1024**2,
            disk_vip=False,
        ),
        Person(
            id=1003,
            first_name="老陈",
            username="laochen",
            language_code="zh-hans",
            hdhive_id=1964,
            hdhive_username="chen1964",
            hdhive_nickname="陈师傅",
            points=0,
            premium=False,
            forever_premium=False,
            disktop_uid=1703,
            disktop_username="laochen_pan",
            disktop_nickname="老陈收藏夹",
            disk_total=100 * GIB,
            disk_used=12 * GIB,
            disk_vip=False,
        ),
    ]
    return {person.id: person for person in people}
