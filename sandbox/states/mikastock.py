"""What is on Mika from the beginning: the people's accounts, a tree of categories, videos and old tasks."""

import random
from typing import TYPE_CHECKING

from sandbox.contents import Made
from sandbox.people import Person
from sandbox.states.mika import Account, Category, Mika, Task, Video

if TYPE_CHECKING:
    from sandbox.world import World

DAY = 86_400.0
_RIGHTS = {1001: "admin", 1002: "reader", 1003: "member"}
_TREE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("电影", ("动作片", "科幻片", "喜剧片")),
    ("电视剧", ("国产剧", "海外剧")),
    ("动漫", ()),
    ("纪录片", ("自然", "历史")),
    ("家庭录像", ()),
)
_TAGS = ("动作", "科幻", "冒险", "剧情", "悬疑", "家庭", "经典", "4K 修复")
_RESOLUTIONS = ("720p", "1080p", "1080p", "2160p")
_STOCKED = 64


def stocked(world: "World") -> Mika:
    """Return the service as it is after a reset."""
    mika, rng = Mika(), random.Random(f"mika:{world.seed}")
    _people(world, mika, rng)
    _categories(mika)
    _videos(world, mika, rng)
    return mika


def _people(world: "World", mika: Mika, rng: random.Random) -> None:
    for person in world.people.values():
        account = join(mika, person, world.now() - rng.uniform(200, 400) * DAY)
        account.rights = _RIGHTS.get(person.id, "member")


def join(mika: Mika, person: Person, since: float) -> Account:
    """Give a person an account."""
    number = len(mika.accounts) + 1
    account = mika.accounts[number] = Account(
        id=number,
        person=person.id,
        username=f"u{person.id}",
        password=f"pass-{person.id}",
        email=f"{person.username}@example.com",
        nickname=person.first_name,
        rights="member",
        key=f"mk_{person.id}_sandbox",
        secret=f"ms-{person.id}-secret",
        created_at=since,
        avatar=f"/avatars/{number}.png",
        points=person.points * 10,
    )
    if person.premium:
        account.vip_level, account.vip_expire = 2, "2027-12-31"
    return account


def _categories(mika: Mika) -> None:
    for sort, (name, below) in enumerate(_TREE, 1):
        parent = len(mika.categories) + 1
        mika.categories[parent] = Category(parent, name, 0, sort)
        for place, child in enumerate(below, 1):
            number = len(mika.categories) + 1
            mika.categories[number] = Category(number, child, parent, place)


def _videos(world: "World", mika: Mika, rng: random.Random) -> None:
    leaves = [
        c.id for c in mika.categories.values() if not any(o.parent == c.id for o in mika.categories.values())
    ]
    for number, title in enumerate(list(world.catalogue.titles.values())[:_STOCKED], 1):
        size = rng.randrange(300, 4000) * 1024**2
        video = Video(
            id=number,
            owner=rng.choice((1, 1, 3)),
            title=title.title.get("zh", title.original_title),
            description=title.overview.get("zh", ""),
            category=rng.choice(leaves),
            tags=rng.sample(_TAGS, rng.randrange(0, 4)),
            duration=(title.runtime or 45) * 60,
            resolution=rng.choice(_RESOLUTIONS),
            views=rng.randrange(12, 40_000),
            created_at=world.now() - (number - 0.5) * 2 * DAY,
            content=Made(f"mika:{number}", size),
            status="published",
        )
        mika.videos[number] = video
    for number, fails_at in ((12, None), (9, 72), (6, None), (4, None), (3, 18), (2, None), (1, None)):
        _old_task(mika, mika.videos[number], fails_at)


def _old_task(mika: Mika, video: Video, fails_at: int | None) -> None:
    """Give a video the task it came from; a failed one was mended by hand since."""
    task = Task(next(mika.ids), video.id, video.created_at, 30.0, 900.0, fails_at)
    task.outcome = "completed" if fails_at is None else "failed"
    task.ended_at = task.begins_at + task.work_seconds * (1 if fails_at is None else fails_at / 100)
    mika.tasks[task.id] = task
