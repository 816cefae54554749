"""What ACGBT remembers: accounts, keys, resources, comments, messages, files."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from sandbox.catalogue.titles import Title
from sandbox.catalogue.torrents import CATEGORIES, Remark, Torrent, TorrentMaker

PERMISSIONS = ("read", "publish", "*")
KINDS = ("system", "activity", "personal")


@dataclass
class Account:
    """One user of the site; the three people have one each."""

    id: int
    person: int
    username: str
    role: str
    avatar: str
    created_at: float

    @property
    def email(self) -> str:
        """Return the address the profile shows."""
        return f"{self.username}@example.com"


@dataclass
class ApiKey:
    """One key; `calls` are the times of its latest calls."""

    id: int
    account: int
    name: str
    key: str
    secret: str
    permissions: list[str]
    rate_limit: int
    created_at: float
    revoked: bool = False
    calls: deque[float] = field(default_factory=deque)

    def may(self, permission: str) -> bool:
        """Tell whether the key has a permission."""
        return "*" in self.permissions or permission in self.permissions


@dataclass
class Letter:
    """A message, to everybody or to one account."""

    id: int
    kind: str
    title: str
    content: str
    created_at: float
    account: int | None = None
    sender: int = 1
    read_by: set[int] = field(default_factory=set)

    def meant_for(self, account: int) -> bool:
        """Tell whether an account gets it."""
        return self.account in (None, account)


def digest(what: str, length: int) -> str:
    """Return a made-up secret that is the same every time."""
    return sha256(f"acgbt:{what}".encode()).hexdigest()[:length]


class AcgBt:
    """The stand-in's state, filled at the start."""

    def __init__(self, seed: int, now: float, titles: Sequence[Title]) -> None:
        maker = TorrentMaker(seed, now)
        maker.fill(titles)
        self.stock: TorrentMaker = maker
        self.resources: dict[int, Torrent] = maker.resources
        self.stock_ids = frozenset(maker.resources)
        # Number, name, and the number of the one above.
        self.categories: list[tuple[int, str, int | None]] = list(CATEGORIES)
        self.remarks: dict[int, Remark] = maker.remarks
        # Path on the site → bytes and their kind.
        self.files = {path: (data, "application/x-bittorrent") for path, data in maker.files.items()}
        self.accounts: dict[int, Account] = {}
        self.keys: dict[str, ApiKey] = {}
        self.letters: dict[int, Letter] = {}
        # Calls without a key, by the caller's address.
        self.open_calls: dict[str, deque[float]] = {}
        self._settle(now)

    def _settle(self, now: float) -> None:
        people = (
            (1001, "xiaoyu_acg", "admin", ["*"]),
            (1002, "ben_acg", "user", ["read"]),
            (1003, "laochen_acg", "user", ["read", "publish"]),
        )
        for number, (person, name, role, permissions) in enumerate(people, 301):
            made = now - 300 * 86_400
            avatar = f"/uploads/avatars/avatar_{number}_{int(made)}.png"
            self.accounts[number] = Account(number, person, name, role, avatar, made)
            self.new_key(number, "sandbox", permissions, 60, made, fixed=True)
        self._greet(now)

    def _greet(self, now: float) -> None:
        first, hour = next(iter(self.resources.values())), 3600
        self.write("system", "服务器维护通知", "本周六 03:00–05:00 维护，期间无法发布资源。", now - 30 * hour)
        self.write("activity", "做种活动开始啦", "本月做种超过 50 个资源的用户将获得徽章。", now - 20 * hour)
        self.write("system", "API v1.2 上线", "新增消息中心接口，详见文档。", now - 10 * hour)
        for account in self.accounts.values():
            text = f"你的评论收到了回复：《{first.title}》"
            self.write("personal", f"{account.username}，有人回复了你", text, now - 5 * hour, account.id)

    @property
    def names(self) -> dict[int, str]:
        """Return the names of the categories."""
        return {number: name for number, name, _ in self.categories}

    def within(self, category: int) -> set[int]:
        """Return a category and those below it."""
        return {category} | {number for number, _, parent in self.categories if parent == category}

    def account_of(self, person: int) -> Account:
        """Return a person's account."""
        return next(account for account in self.accounts.values() if account.person == person)

    def new_key(
        self, account: int, name: str, permissions: list[str], limit: int, now: float, *, fixed: bool = False
    ) -> ApiKey:
        """Make a key; a fixed one is the same in every sandbox."""
        number = len(self.keys) + 1
        what = f"{account}" if fixed else f"{account}:{number}:{now}"
        key = ApiKey(
            id=number,
            account=account,
            name=name,
            key=f"ak_{digest(f'key:{what}', 32)}",
            secret=digest(f"secret:{what}", 64),
            permissions=permissions,
            rate_limit=limit,
            created_at=now,
        )
        self.keys[key.key] = key
        return key

    def main_key(self, person: int) -> ApiKey:
        """Return the key a person has from the start."""
        account = self.account_of(person).id
        return next(key for key in self.keys.values() if key.account == account)

    def write(self, kind: str, title: str, content: str, at: float, account: int | None = None) -> Letter:
        """Write a message."""
        letter = Letter(len(self.letters) + 1, kind, title, content, at, account)
        self.letters[letter.id] = letter
        return letter

    def letters_for(self, account: int) -> list[Letter]:
        """Return an account's messages, newest first."""
        mine = [letter for letter in self.letters.values() if letter.meant_for(account)]
        return sorted(mine, key=lambda letter: (letter.created_at, letter.id), reverse=True)
