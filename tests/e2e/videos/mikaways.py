"""Short ways into Mika for tests: somebody with a login or a key, their rights, its videos and tasks."""

from bot.wiring import House
from clients.credentials import ApiKey, Bearer
from sandbox.mika import tasks
from sandbox.server import Sandbox
from sandbox.states.mika import Account, Task, Video
from services.names import Service
from tests.driver import Call, Message, Person

MIKA = "mika"


def account_of(box: Sandbox, person: Person) -> Account:
    return box.world.mika.account_of(person.id)


async def joined(bot: House, box: Sandbox, person: Person, way: str, rights: str = "admin") -> Account:
    """Give somebody an account at Mika, by a login or by a key, with rights there."""
    account = account_of(box, person)
    account.rights = rights
    if way == "key":
        credential: ApiKey | Bearer = ApiKey(account.key, account.secret)
    else:
        login = await bot.services.videos.client().login(account.username, account.password)
        credential = Bearer(login.token)
    await bot.services.credentials.connect(
        person.id, Service.MIKA, credential, account_id=str(account.id), account_name=account.nickname
    )
    return account


def signed_in(call: Call, account: Account) -> str:
    """The way a call was signed in."""
    if call.headers.get("x-api-key") == account.key and call.headers.get("x-sign"):
        return "key"
    return "login" if call.headers.get("authorization", "").startswith("Bearer ey") else ""


def words_of(card: Message) -> str:
    """The text without the joiners that keep names from becoming links."""
    return card.text.replace("\u2060", "")


def video_named(box: Sandbox, title: str) -> Video:
    return next(video for video in box.world.mika.videos.values() if video.title == title)


def queued(box: Sandbox, video_id: int = 1, *, waits: float = 0.0, takes: float = 1000.0) -> Task:
    """Queue a task for a video, which takes so long by the sandbox's clock."""
    world = box.world
    world.options.mika_queue_seconds, world.options.mika_transcode_seconds = waits, takes
    return tasks.begin(world, world.mika.videos[video_id])


def chosen(card: Message, words: str) -> str:
    """The number of the row that has the words."""
    row = next(line for line in words_of(card).splitlines() if words in line and line[:1].isdecimal())
    return row.partition(".")[0]
