"""What the tests of uploads to Mika stand on beside those to a drive: an account there, and what arrived."""

from collections import Counter

from clients.credentials import ApiKey
from sandbox.contents import Kept
from sandbox.server import Sandbox
from sandbox.states.mika import Video
from services.names import Service
from services.uploads import About, Source
from tests.services.uploads.uploading import XIAOYU, Works, md5

CHUNK, COMPLETE, INIT = "/videos/upload/chunk", "/videos/upload/complete", "/videos/upload/init"


async def joined(one: Works, user: int = XIAOYU, rights: str = "admin") -> None:
    """Link a person's account at Mika by its key."""
    account = one.box.world.mika.account_of(user)
    account.rights = rights
    own = ApiKey(account.key, account.secret)
    await one.services.credentials.connect(
        user, Service.MIKA, own, account_id=str(account.id), account_name=account.nickname
    )


async def add(one: Works, name: str, size: int, about: About | None = None, **query: object) -> int:
    """Have an address uploaded to Mika."""
    source = Source(kind="url", ref=one.url(name, size, **query))
    where = (about or About()).written()
    return int((await one.uploads.add(XIAOYU, XIAOYU, source, where, service=Service.MIKA)).id)


def videos(box: Sandbox) -> list[Video]:
    """Return what was uploaded."""
    return [video for video in box.world.mika.videos.values() if isinstance(video.content, Kept)]


def digest(video: Video) -> str:
    """Return the digest of the bytes that are really there."""
    assert isinstance(video.content, Kept)
    return md5(video.content.path.read_bytes())


def chunks(one: Works) -> Counter[int]:
    """Return how often each chunk was begun to be sent."""
    sent = one.calls("mika", CHUNK)
    return Counter(int(call.body.rpartition("=")[2]) for call in sent if "chunk_index=" in call.body)
