"""Users, chats and who is in them."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

ANONYMOUS_ADMIN: Json = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}

_ADMIN_RIGHTS: Json = {
    "can_be_edited": False,
    "is_anonymous": False,
    "can_manage_chat": True,
    "can_delete_messages": True,
    "can_manage_video_chats": False,
    "can_restrict_members": True,
    "can_promote_members": False,
    "can_change_info": True,
    "can_invite_users": True,
    "can_post_stories": False,
    "can_edit_stories": False,
    "can_delete_stories": False,
    "can_pin_messages": True,
}


@dataclass
class User:
    """One Telegram account."""

    id: int
    first_name: str
    username: str
    language_code: str
    is_bot: bool = False
    deactivated: bool = False

    def json(self) -> Json:
        """Return the Bot API's User."""
        user: Json = {
            "id": self.id,
            "is_bot": self.is_bot,
            "first_name": self.first_name,
            "username": self.username,
        }
        if not self.is_bot:
            user["language_code"] = self.language_code
        return user


@dataclass
class Message:
    """A stored message: what the Bot API shows of it, and what only the sandbox knows."""

    data: Json
    revision: int = 0
    inline_message_id: str | None = None
    protected: bool = False

    @property
    def id(self) -> int:
        """Return the number of the message in its chat."""
        return int(self.data["message_id"])


@dataclass
class Chat:
    """A private chat (id of its person), a basic group or a supergroup."""

    id: int
    type: str
    title: str = ""
    person: User | None = None
    # user id -> creator, administrator, member, left or kicked; the bot included.
    members: dict[int, str] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    last_id: int = 0
    migrated_to: int | None = None
    # Private chats only: whether the person ever wrote, and whether the bot is blocked.
    started: bool = False
    blocked: bool = False
    last_speaker: int = 0
    # A forum's topics by the number of the message that opened them.
    topics: dict[int, str] = field(default_factory=dict)
    # Those of them that are closed; 0 is the General one.
    closed: set[int] = field(default_factory=set)
    # Groups only: whether members may write; who runs the group always may.
    silent: bool = False

    def json(self) -> Json:
        """Return the Bot API's Chat."""
        if self.person is not None:
            return {
                "id": self.id,
                "type": "private",
                "first_name": self.person.first_name,
                "username": self.person.username,
            }
        forum = {"is_forum": True} if self.topics else {}
        return {"id": self.id, "type": self.type, "title": self.title, **forum}

    def has(self, user_id: int) -> bool:
        """Tell whether this user can read the chat."""
        if self.person is not None:
            return user_id == self.id
        return self.members.get(user_id, "left") not in ("left", "kicked")

    def may_write(self, user_id: int) -> bool:
        """Tell whether this user may write to the chat."""
        return not self.silent or self.is_admin(user_id)

    def may_write_in(self, user_id: int, topic: int) -> bool:
        """Tell whether this user may write in a topic."""
        return topic not in self.closed or self.is_admin(user_id)

    def is_admin(self, user_id: int) -> bool:
        """Tell whether this user runs the group."""
        return self.members.get(user_id) in ("creator", "administrator")


def member_json(user: User, status: str) -> Json:
    """Return the Bot API's ChatMember of this status."""
    member: Json = {"status": status, "user": user.json()}
    if status == "creator":
        member["is_anonymous"] = False
    elif status == "administrator":
        member.update(_ADMIN_RIGHTS)
    elif status == "kicked":
        member["until_date"] = 0
    return member
