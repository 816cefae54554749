"""Publishing at ACGBT: pictures looked at before, sent once, found again after a doubtful answer."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import aclosing
from typing import Literal

from clients.acgbt.client import ACGBT
from clients.acgbt.models import PAGE_SIZE, NewResource, Published, Resource
from clients.acgbt.pictures import kind_of
from clients.credentials import ApiKey, Credential
from clients.errors import ClientError, NotFound, Rejected
from clients.fetch.errors import AddressRefused, SourceGone, TooLarge
from clients.fetch.fetcher import Fetcher
from services.acgbt.catalogue import Catalogue
from services.credentials import UserCredentials
from services.errors import LinkLost, NotLinked
from services.magnets import BadMagnet, read_magnet
from services.names import Service
from services.steps import Reached, nothing
from storage import links
from storage.database import Database

# The clocks of ACGBT and of this machine may differ by so much.
CLOCKS_DIFFER = 900.0
# A request may still arrive this long after it was sent.
LANDS_WITHIN = 60.0
# Looking at a picture may take a person this long; so many are looked at side by side.
LOOK_SECONDS = 5.0
SIDE_BY_SIDE = 5
# Enough for the sign of every kind of picture.
SIGN_BYTES = 16
ADDRESS_CHARACTERS = 1000
PUBLISH, EVERYTHING = "publish", "*"

Field = Literal["title", "category", "description", "pictures", "layout", "link", "size"]
# unseen: what is there could not be seen from here, which proves nothing.
Look = Literal["picture", "unseen", "gone", "no_picture", "refused"]

_NAMES: dict[str, Field] = {
    "title": "title",
    "category_id": "category",
    "description": "description",
    "images": "pictures",
    "image_layout": "layout",
    "magnet_link": "link",
    "torrent_file": "link",
    "ipfs_cid": "link",
    "file_size": "size",
}
# What a refusal says of a field, the clearest words first.
_WORDS: tuple[tuple[Field, tuple[str, ...]], ...] = (
    ("layout", ("image_layout", "排列")),
    ("pictures", ("images", "图片")),
    ("link", ("magnet", "torrent", "ipfs", "cid", "磁力", "种子")),
    ("category", ("category", "分类")),
    ("size", ("file_size", "大小")),
    ("description", ("description", "简介", "描述")),
    ("title", ("title", "标题")),
)


class Publishing:
    """Publish resources at ACGBT for the people who have a key there."""

    def __init__(
        self,
        db: Database,
        catalogue: Catalogue,
        credentials: UserCredentials,
        fetcher: Fetcher | None,
        *,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._catalogue = catalogue
        self._credentials = credentials
        self._fetcher = fetcher
        self._reached = reached

    async def may(self, user_id: int) -> bool | None:
        """Tell whether a person's key may publish, None where nobody knows; raises NotLinked, LinkLost."""
        self._on()
        link = await self._db.read(lambda tx: links.get(tx, user_id, Service.ACGBT))
        if link is None:
            raise NotLinked(Service.ACGBT)
        if link.state != "active":
            raise LinkLost(Service.ACGBT)
        if not link.scopes:
            return None
        return _publishes(link.scopes) or await self._may_by_now(user_id)

    async def _may_by_now(self, user_id: int) -> bool:
        """Ask ACGBT what a key may do that could not publish when it was linked: rights are given there."""
        client = self._on()

        async def ask(who: Credential) -> bool:
            own = who.key if isinstance(who, ApiKey) else None
            return any(one.api_key == own and _publishes(one.permissions) for one in await client.keys(who))

        try:
            return await self._credentials.call(user_id, Service.ACGBT, ask)
        except ClientError:
            return False

    async def look(self, urls: Sequence[str]) -> list[Look]:
        """Look whether there are pictures behind addresses, without ever leaving the public Internet."""
        turns = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(url: str) -> Look:
            async with turns:
                return await self._look(url)

        return await asyncio.gather(*(one(url) for url in urls))

    async def _look(self, url: str) -> Look:
        if self._fetcher is None:
            return "unseen"
        if len(url) > ADDRESS_CHARACTERS:
            return "refused"
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return "picture" if kind_of(await _beginning(self._fetcher, url)) else "no_picture"
        except AddressRefused:
            return "refused"
        except SourceGone as error:
            # Many picture hosts show a picture to browsers only.
            return "gone" if error.status in (404, 410) else "unseen"
        except (ClientError, TooLarge, TimeoutError):
            return "unseen"

    async def publish(self, user_id: int, new: NewResource) -> Published:
        """Publish; the caller has noted that it does, and never repeats a doubtful one unseen."""
        client = self._on()
        await self._reached("publish.sending")
        try:
            made = await self._credentials.call(user_id, Service.ACGBT, lambda who: client.publish(who, new))
        finally:
            # Where the end is in doubt the lists are read anew as well.
            self._catalogue.forget()
        await self._reached("publish.sent")
        return made

    async def author(self, user_id: int) -> str:
        """Return the name under which a person publishes just now, empty where nobody told it."""
        link = await self._db.read(lambda tx: links.get(tx, user_id, Service.ACGBT))
        return (link.account_name or "") if link is not None else ""

    async def published(
        self, user_id: int, new: NewResource, since: float, author: str = ""
    ) -> Resource | None:
        """Look at ACGBT for what `author` sent at a time and was never answered.

        The person may have linked another account since; what lies there already is found under either.
        """
        client = self._on()

        async def find(who: Credential) -> Resource | None:
            authors = {author, (await client.profile(who)).username}
            newest = await client.resources(
                who, page_size=PAGE_SIZE, category_id=new.category_id, order_by="created_at", order_dir="desc"
            )
            found = await client.search(who, new.title, page_size=PAGE_SIZE)
            seen: set[int] = set()
            for one in (*newest.items, *found.items):
                if one.id in seen or not _may_be(one, new, authors, since):
                    continue
                seen.add(one.id)
                if await self._is_it(who, one, new):
                    return one
            return None

        return await self._credentials.call(user_id, Service.ACGBT, find)

    def _on(self) -> ACGBT:
        return self._catalogue.client

    async def _is_it(self, who: Credential, one: Resource, new: NewResource) -> bool:
        try:
            whole = await self._on().resource(who, one.id)
        except NotFound:
            return False
        same_cid = whole.ipfs_cid == new.ipfs_cid or not (whole.ipfs_cid and new.ipfs_cid)
        return same_cid and (_hashes(whole.magnet_link) == _hashes(new.magnet_link))


async def _beginning(fetcher: Fetcher, url: str) -> bytes:
    """Return the first bytes behind an address; the rest is not read."""
    start = b""
    async with fetcher.open(url) as found:
        blocks = found.blocks()
        async with aclosing(blocks):  # type: ignore[type-var] # an iterator that can be closed
            async for block in blocks:
                start += block[:SIGN_BYTES]
                if len(start) >= SIGN_BYTES:
                    break
    return start


def _publishes(rights: Collection[str]) -> bool:
    return bool({PUBLISH, EVERYTHING} & set(rights))


def _may_be(one: Resource, new: NewResource, authors: Collection[str], since: float) -> bool:
    """Tell whether a listed resource can be what was sent: whose it is, what it is called, when it came."""
    late = one.created_at is None or one.created_at >= since - CLOCKS_DIFFER
    own = one.author is None or one.author in authors
    return late and own and _flat(one.title) == _flat(new.title)


def _flat(title: str) -> str:
    return " ".join(title.split()).casefold()


def _hashes(link: str | None) -> frozenset[str]:
    try:
        return read_magnet(link).hashes if link else frozenset()
    except BadMagnet:
        return frozenset({link or ""})


def faults_of(error: Rejected) -> dict[Field | Literal[""], str]:
    """Return what was refused of each field; under no name where the refusal names none."""
    told: dict[Field | Literal[""], str] = {}
    for name, words in error.fields.items():
        told.setdefault(_NAMES.get(name, ""), words)
    words = error.message or ""
    if told or not words:
        return told
    folded = words.casefold()
    return {next((field for field, signs in _WORDS if any(sign in folded for sign in signs)), ""): words}
