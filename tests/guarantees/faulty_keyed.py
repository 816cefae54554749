"""The calls of D6 to services that people link with a key or a login, and to addresses they give."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date

from clients.acgbt.client import ACGBT
from clients.acgbt.models import NewResource
from clients.credentials import ApiKey, Bearer, Credential
from clients.fetch.fetcher import Fetcher
from clients.mika.client import Mika
from clients.mika.models import VideoChanges
from sandbox.server import Sandbox

Call = Callable[[], Awaitable[object]]

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
MAGNET = "magnet:?xt=urn:btih:" + "ab" * 20
PART = b"part of a film" * 1000
DAYS = (date(2026, 1, 1), date(2026, 1, 31))
NOBODY = ApiKey("key", "secret")


@dataclass
class Known:
    """Credentials and ids that are good, so that only the fault can make a call fail."""

    acgbt: Credential = NOBODY
    mika: Credential = NOBODY
    name: str = ""
    password: str = ""
    upload: str = ""
    source: str = ""


async def know(box: Sandbox, mika: Mika, person: int) -> Known:
    """Log in and begin an upload, all without a fault."""
    key, account = box.world.acgbt.main_key(person), box.world.mika.account_of(person)
    key.permissions, account.rights = ["*"], "admin"
    login = Bearer((await mika.login(account.username, account.password)).token)
    category = (await mika.categories(login))[0].id
    begun = await mika.begin_upload(login, "film.mp4", len(PART), "A film", category)
    return Known(
        ApiKey(key.key, key.secret),
        login,
        account.username,
        account.password,
        begun.upload_id,
        # Long enough that a source which drips does not come to its end within the time it has.
        f"{box.url}/files/a.bin?size=4000",
    )


def calls(acgbt: ACGBT, mika: Mika, fetch: Fetcher, k: Known) -> dict[str, Call]:
    """Every call to these services, by name."""
    return {
        **_acgbt(acgbt, k.acgbt),
        **_mika_people(mika, k),
        **_mika_videos(mika, k),
        "fetch.open": lambda: _read(fetch, k.source),
    }


def _acgbt(acgbt: ACGBT, who: Credential) -> dict[str, Call]:
    new = NewResource("A film", 1, "About it", magnet_link=MAGNET)
    return {
        "acgbt.info": acgbt.info,
        "acgbt.resources": lambda: acgbt.resources(who),
        "acgbt.resource": lambda: acgbt.resource(who, 1),
        "acgbt.categories": lambda: acgbt.categories(who),
        "acgbt.search": lambda: acgbt.search(who, "a"),
        "acgbt.comments": lambda: acgbt.comments(who, 1),
        "acgbt.publish": lambda: acgbt.publish(who, new),
        "acgbt.comment": lambda: acgbt.comment(who, 1, "words"),
        "acgbt.delete_comment": lambda: acgbt.delete_comment(who, 1),
        "acgbt.profile": lambda: acgbt.profile(who),
        "acgbt.set_avatar": lambda: acgbt.set_avatar(who, "https://example.com/me.png"),
        "acgbt.upload_avatar": lambda: acgbt.upload_avatar(who, "me.png", PNG),
        "acgbt.keys": lambda: acgbt.keys(who),
        "acgbt.create_key": lambda: acgbt.create_key(who, "new", ["read"], 60),
        "acgbt.messages": lambda: acgbt.messages(who),
        "acgbt.unread": lambda: acgbt.unread(who),
        "acgbt.message": lambda: acgbt.message(who, 1),
        "acgbt.mark_read": lambda: acgbt.mark_read(who, 1),
        "acgbt.mark_all_read": lambda: acgbt.mark_all_read(who),
        "acgbt.file": lambda: acgbt.file("/uploads/images/test1.png"),
    }


def _mika_people(mika: Mika, k: Known) -> dict[str, Call]:
    who = k.mika
    return {
        "mika.login": lambda: mika.login(k.name, k.password),
        "mika.register": lambda: mika.register("somebody", "long-enough-1", "new@example.com"),
        "mika.profile": lambda: mika.profile(who),
        "mika.edit_profile": lambda: mika.edit_profile(who, "name"),
        "mika.categories": lambda: mika.categories(who),
        "mika.create_category": lambda: mika.create_category(who, "new"),
        "mika.update_category": lambda: mika.update_category(who, 1, "other"),
        "mika.delete_category": lambda: mika.delete_category(who, 2),
        "mika.overview": lambda: mika.overview(who),
        "mika.video_statistics": lambda: mika.video_statistics(who, *DAYS),
        "mika.user_statistics": lambda: mika.user_statistics(who, *DAYS),
        "mika.settings": lambda: mika.settings(who),
        "mika.update_settings": lambda: mika.update_settings(who, {"site_name": "Mika"}),
    }


def _mika_videos(mika: Mika, k: Known) -> dict[str, Call]:
    who, size = k.mika, len(PART)
    return {
        "mika.videos": lambda: mika.videos(who),
        "mika.video": lambda: mika.video(who, 1),
        "mika.edit_video": lambda: mika.edit_video(who, 1, VideoChanges("title")),
        "mika.delete_video": lambda: mika.delete_video(who, 2),
        "mika.tasks": lambda: mika.tasks(who),
        "mika.task": lambda: mika.task(who, 1),
        "mika.retry_task": lambda: mika.retry_task(who, 1),
        "mika.cancel_task": lambda: mika.cancel_task(who, 1),
        "mika.upload": lambda: mika.upload(who, "b.mp4", _part, size, title="b"),
        "mika.begin_upload": lambda: mika.begin_upload(who, "c.mp4", size, "c"),
        "mika.send_chunk": lambda: mika.send_chunk(who, k.upload, 0, _part, size),
        "mika.complete": lambda: mika.complete(who, k.upload),
    }


async def _part() -> AsyncIterator[bytes]:
    yield PART


async def _read(fetch: Fetcher, source: str) -> int:
    async with fetch.open(source) as found:
        return sum([len(block) async for block in found.blocks()])
