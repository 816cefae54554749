"""What ACGBT answers, and what it is given (document v1.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from clients.acgbt import readings
from clients.models import Count, Flag, MaybeText, MaybeWhole, Model, OpenEnum, OrEmpty, Text, Whole
from clients.moments import MaybeMoment

# The most characters of a comment, and the most bytes of an avatar (sections 8 and 12).
COMMENT_CHARACTERS = 1000
AVATAR_BYTES = 2 * 1024 * 1024
# The most a page holds (sections 2, 6, 15).
PAGE_SIZE = 100

Texts = Annotated[tuple[str, ...], BeforeValidator(readings.texts)]
Layout = Annotated[int, BeforeValidator(readings.layout)]
Bytes = Annotated[int | None, BeforeValidator(readings.size)]
Parent = Annotated[int | None, BeforeValidator(readings.parent)]


class MessageKind(OpenEnum):
    """Who a message is from: the site, its events, or somebody about oneself."""

    SYSTEM = "system"
    ACTIVITY = "activity"
    PERSONAL = "personal"
    UNKNOWN = "unknown"


class Page(Model):
    """Where a page stands; a total that is not told is what has been seen so far."""

    total: Count = 0
    page: Annotated[int, BeforeValidator(readings.at_least_one)] = 1
    page_size: Annotated[int, BeforeValidator(readings.at_least_one)] = 20
    total_pages: Count = 0

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, value: Any) -> Any:
        return readings.page(value) if isinstance(value, Mapping) else value


class Resource(Model):
    """One resource; lists leave out what only the details hold."""

    id: Whole
    title: Text = ""
    category_id: MaybeWhole = None
    category_name: MaybeText = Field(default=None, validation_alias=AliasChoices("category_name", "category"))
    description: Text = ""
    images: Texts = ()
    image_layout: Layout = 1
    size: Bytes = Field(default=None, validation_alias=AliasChoices("file_size", "size"))
    seeders: Count = 0
    leechers: Count = 0
    downloads: Count = 0
    author: MaybeText = Field(default=None, validation_alias=AliasChoices("author", "username"))
    author_avatar: MaybeText = None
    created_at: MaybeMoment = None
    torrent_file: MaybeText = None
    magnet_link: MaybeText = None
    ipfs_cid: MaybeText = None


class ResourcePage(Page):
    """One page of resources."""

    items: Annotated[tuple[Resource, ...], OrEmpty] = ()


class Category(Model):
    """One category."""

    id: Whole
    name: Text = ""
    parent_id: Parent = None
    resource_count: Count = 0


class Comment(Model):
    """One comment; a reply names its parent."""

    id: Count = 0
    content: Text = ""
    parent_id: Parent = None
    created_at: MaybeMoment = None
    user_id: MaybeWhole = None
    username: Text = ""
    avatar: MaybeText = None


class CommentPage(Page):
    """One page of comments."""

    items: Annotated[tuple[Comment, ...], OrEmpty] = ()


class Published(Model):
    """A resource just published; the id is None where the answer does not tell it."""

    id: MaybeWhole = Field(default=None, validation_alias=AliasChoices("id", "resource_id"))


class Profile(Model):
    """Who a key belongs to."""

    id: Whole
    username: Text = ""
    email: MaybeText = Field(default=None, repr=False)
    avatar: MaybeText = None
    role: Text = "user"
    created_at: MaybeMoment = None


class Key(Model):
    """One API key, without its secret."""

    id: Count = 0
    name: Text = ""
    api_key: Text = Field(default="", repr=False)
    permissions: Texts = ()
    rate_limit: Count = 0
    created_at: MaybeMoment = None
    last_used_at: MaybeMoment = None


class NewKey(Key):
    """A key just made; its secret is told this once."""

    api_key: Text = Field(min_length=1, repr=False)
    api_secret: Text = Field(min_length=1, repr=False)


class Message(Model):
    """A message to everybody (no `user_id`) or to one person; `title` may stand alone in lists."""

    id: Whole
    title: Text = ""
    content: Text = ""
    type: MessageKind = MessageKind.UNKNOWN
    is_read: Flag = False
    created_at: MaybeMoment = None
    user_id: MaybeWhole = None
    sender_id: MaybeWhole = None


class MessagePage(Page):
    """One page of messages."""

    items: Annotated[tuple[Message, ...], OrEmpty] = ()


class Info(Model):
    """What the service says of itself."""

    name: MaybeText = Field(default=None, validation_alias=AliasChoices("name", "title"))
    version: MaybeText = None


@dataclass(frozen=True)
class NewResource:
    """What is published; sizes in bytes, `torrent_file` a path on the site."""

    title: str
    category_id: int
    description: str = ""
    images: tuple[str, ...] = ()
    image_layout: int = 1
    torrent_file: str | None = None
    magnet_link: str | None = field(default=None, repr=False)
    ipfs_cid: str | None = None
    file_size: int | None = None

    def body(self) -> dict[str, object]:
        """Return the JSON to send: only what was given."""
        given = {
            "description": self.description,
            "images": list(self.images),
            "torrent_file": self.torrent_file,
            "magnet_link": self.magnet_link,
            "ipfs_cid": self.ipfs_cid,
            "file_size": self.file_size,
        }
        asked = {"title": self.title, "category_id": self.category_id, "image_layout": self.image_layout}
        return {**asked, **{name: value for name, value in given.items() if value not in (None, "", [])}}
