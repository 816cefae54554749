"""ACGBT, a torrent index: resources, comments, messages, keys; sections are of its API 接口文档."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from clients.acgbt import calls, models, readings
from clients.acgbt.calls import Call, Caller
from clients.acgbt.pictures import ENDINGS, allowed_avatar
from clients.acgbt.ratelimit import KeyRateLimiter
from clients.acgbt.site import Site
from clients.credentials import Credential
from clients.encoding import given
from clients.fetch.fetcher import Fetcher
from clients.multipart import Multipart
from clients.transport import Transport

Who = Credential | None
P = TypeVar("P", bound=models.Page)


class ACGBT:
    """Calls with a user's own key, or (where `None` is allowed) with none.

    Every call may raise any ClientError: 400 is Rejected (with `fields` where told), 401 NotAuthorized,
    403 Forbidden, 404 NotFound, 429 RateLimited, 500 UpstreamBroken. Only what changes nothing, or the same
    twice, is repeated.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        now: Callable[[], float] = time.time,
        fetcher: Fetcher | None = None,
        limiter: KeyRateLimiter | None = None,
    ) -> None:
        self._transport = transport
        self._caller = Caller(transport, limiter or KeyRateLimiter(), now)
        self._site = Site(transport, fetcher)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._site.aclose()
        await self._transport.aclose()

    async def info(self) -> models.Info:
        """Ask for the version (section 1)."""
        return await self._caller.read(models.Info, Call("info", "GET", ""), None)

    async def resources(
        self,
        who: Who,
        *,
        page: int = 1,
        page_size: int = 20,
        category_id: int | None = None,
        order_by: str | None = None,
        order_dir: str | None = None,
    ) -> models.ResourcePage:
        """List resources (section 2), sorted by created_at, downloads, seeders or title; asc or desc."""
        params = given(
            page=page,
            page_size=page_size,
            category_id=category_id,
            order_by=order_by,
            order_dir=order_dir,
        )
        return await self._page(models.ResourcePage, "resources", "/resources", params, who)

    async def resource(self, who: Who, resource_id: int) -> models.Resource:
        """Ask for one resource with its links (section 3)."""
        return await self._caller.read(
            models.Resource, Call("resource", "GET", f"/resources/{resource_id:d}"), who
        )

    async def categories(self, who: Who) -> tuple[models.Category, ...]:
        """List all categories, parents before their children (section 4)."""
        data = await self._caller.data(Call("categories", "GET", "/categories"), who)
        return self._caller.shape(tuple[models.Category, ...], readings.tree(data), "categories")

    async def search(
        self, who: Who, words: str, *, page: int = 1, page_size: int = 20
    ) -> models.ResourcePage:
        """Search resources by words (section 5)."""
        params = given(q=words, page=page, page_size=page_size)
        return await self._page(models.ResourcePage, "search", "/search", params, who)

    async def comments(
        self, who: Who, resource_id: int, *, page: int = 1, page_size: int = 20
    ) -> models.CommentPage:
        """List the comments of a resource, replies among them (section 6)."""
        params, path = given(page=page, page_size=page_size), f"/resources/{resource_id:d}/comments"
        return await self._page(models.CommentPage, "comments", path, params, who)

    async def publish(self, who: Credential, resource: models.NewResource) -> models.Published:
        """Publish a resource, never repeated (section 7); needs the permission `publish`."""
        call = Call("publish", "POST", "/publish", body=resource.body())
        return self._caller.shape(models.Published, await self._caller.data(call, who) or {}, "publish")

    async def comment(
        self, who: Credential, resource_id: int, content: str, parent_id: int | None = None
    ) -> models.Comment:
        """Write a comment of up to 1,000 characters, never repeated (section 8)."""
        body = {"resource_id": resource_id, "parent_id": parent_id, "content": content}
        data = await self._caller.data(Call("comment", "POST", "/comments", body=body), who)
        told = data if isinstance(data, dict) else {}
        return self._caller.shape(models.Comment, {**body, **told}, "comment")

    async def delete_comment(self, who: Credential, comment_id: int) -> None:
        """Delete a comment of one's own, an administrator any (section 9)."""
        await self._caller.data(Call("delete_comment", "DELETE", f"/comments/{comment_id:d}"), who)

    async def profile(self, who: Credential) -> models.Profile:
        """Ask whose key this is (section 10)."""
        return await self._caller.read(models.Profile, Call("profile", "GET", "/user/profile"), who)

    async def set_avatar(self, who: Credential, url: str) -> str:
        """Let a picture elsewhere be the avatar (section 11); returns its address."""
        call = Call("set_avatar", "POST", "/user/avatar", body={"avatar": url}, repeat=True)
        return calls.avatar_in(await self._caller.data(call, who)) or url

    async def upload_avatar(self, who: Credential, name: str, data: bytes, mime: str | None = None) -> str:
        """Upload an avatar (section 12): JPEG, PNG, GIF or WebP of up to 2 MB; returns its address.

        The bytes tell the kind, not `mime`; Rejected `avatar_type` or `avatar_size` before anything is sent.
        """
        kind = allowed_avatar(self._transport.service, data)
        told = name if mime == kind and "." in name else f"avatar.{ENDINGS[kind]}"
        form = Multipart(
            {}, file_field="avatar", name=told, body=calls.body_of(data), size=len(data), mime=kind
        )
        content = b"".join([block async for block in form.blocks()])
        call = Call("upload_avatar", "POST", "/user/avatar/upload", content=content, kind=form.content_type)
        return calls.avatar_in(await self._caller.data(call, who)) or ""

    async def keys(self, who: Credential) -> tuple[models.Key, ...]:
        """List one's keys (section 13)."""
        data = await self._caller.data(Call("keys", "GET", "/user/keys"), who)
        return self._caller.shape(tuple[models.Key, ...], calls.listed(data), "keys")

    async def create_key(
        self, who: Credential, name: str, permissions: Sequence[str], rate_limit: int
    ) -> models.NewKey:
        """Make a key (section 14), never repeated; permissions read, publish, *; calls a minute."""
        body = {"name": name, "permissions": list(permissions), "rate_limit": rate_limit}
        return await self._caller.read(
            models.NewKey, Call("create_key", "POST", "/user/keys", body=body), who
        )

    async def messages(
        self,
        who: Credential,
        *,
        page: int = 1,
        page_size: int = 20,
        type: models.MessageKind | str | None = None,  # noqa: A002 - the parameter's own name
    ) -> models.MessagePage:
        """List messages, newest first (section 15)."""
        params = given(page=page, page_size=page_size, type=type)
        return await self._page(models.MessagePage, "messages", "/messages", params, who)

    async def unread(self, who: Credential) -> int:
        """Count unread messages (section 16)."""
        return await self._caller.read(calls.Unread, Call("unread", "GET", "/messages/unread-count"), who)

    async def message(self, who: Credential, message_id: int) -> models.Message:
        """Open a message, which marks it as read (section 17)."""
        return await self._caller.read(
            models.Message, Call("message", "GET", f"/messages/{message_id:d}"), who
        )

    async def mark_read(self, who: Credential, message_id: int) -> None:
        """Mark a message as read (section 18)."""
        await self._caller.data(Call("mark_read", "POST", f"/messages/{message_id:d}/read", repeat=True), who)

    async def mark_all_read(self, who: Credential) -> None:
        """Mark every message as read (section 19)."""
        await self._caller.data(Call("mark_all_read", "POST", "/messages/read-all", repeat=True), who)

    def link(self, place: str) -> str | None:
        """Return the absolute address of a path of the site (`/uploads/…`); None for no address at all."""
        return self._site.link(place)

    async def file(self, place: str) -> bytes:
        """Return a torrent file or a picture by its path or address; 5 MB at the most, else BadResponse."""
        return await self._site.file(place)

    async def _page(
        self, kind: type[P], operation: str, path: str, params: list[tuple[str, str]], who: Who
    ) -> P:
        data = await self._caller.data(Call(operation, "GET", path, params=params), who)
        told = {"items": data} if isinstance(data, list) else data
        asked = dict(params)
        where = {"page": asked["page"], "page_size": asked["page_size"]}
        return self._caller.shape(kind, {**where, **told} if isinstance(told, dict) else told, operation)
