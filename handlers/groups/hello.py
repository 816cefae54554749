"""The bot in a group: a hello with what it can do there, once, when it is taken in."""

from __future__ import annotations

import structlog
from telegram import Chat, ChatMember, ChatMemberUpdated, Update
from telegram.error import BadRequest, Forbidden
from telegram.ext import ChatMemberHandler

from handlers import cards
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.notes import NOTICE, NoticeState
from handlers.scenes import Scene
from handlers.texts import Html
from handlers.views import Inline, Open, View
from services.jobs import Lease
from storage import chats, jobs
from storage.jobs import Job
from storage.tx import Tx

log = structlog.get_logger(__name__)

HELLO = "group.hello"
# A supergroup that was a group until now says so in another message, which may come after this one.
HELLO_SECONDS = 2.0
_GROUPS = (Chat.GROUP, Chat.SUPERGROUP)
_OUT = (ChatMember.LEFT, ChatMember.BANNED)


async def joined(update: Update, context: LinkHiveContext) -> None:
    """Have a group greeted that took the bot in, in the language of who did."""
    change = update.my_chat_member
    if change is None or change.chat.type not in _GROUPS or not _came_in(change):
        return
    chat_id, at = change.chat.id, context.services.clock.now() + HELLO_SECONDS
    payload = {"chat_id": chat_id, "user_id": change.from_user.id}
    name, owner = str(chat_id), change.from_user.id
    await context.services.db.write(
        lambda tx: jobs.enqueue(tx, HELLO, name, payload, at, dedup=name, owner=owner)
    )


def _came_in(change: ChatMemberUpdated) -> bool:
    return change.old_chat_member.status in _OUT and change.new_chat_member.status not in _OUT


async def hello(home: LinkHiveApplication, job: Job, lease: Lease) -> None:
    """Greet a group; rather not at all than twice."""
    chat_id, db = int(job.payload["chat_id"]), home.services.db
    chosen: list[bool] = []

    async def once(tx: Tx) -> None:
        chosen.append(await chats.greet(tx, chat_id))

    await lease.finish(once)
    if not chosen[-1]:
        return
    chat = await db.read(lambda tx: chats.get(tx, chat_id))
    scene = Scene(
        home=home,
        person=await home.services.people.known(int(job.payload["user_id"])),
        chat_id=chat_id,
        private=False,
        state=NoticeState(),
        received_at=home.services.clock.now(),
    )
    try:
        await cards.post(scene, NOTICE.name, greeting(scene, (chat.title if chat else None) or ""))
    except (BadRequest, Forbidden) as error:
        log.info("group_not_greeted", error=type(error).__name__)


def greeting(scene: Scene[NoticeState], title: str) -> View:
    """Return what the bot says of itself in a group."""
    say, bot = scene.say, scene.home.bot.username
    lines = [say("groups.hello", title=title) if title else say("groups.hello_unnamed"), ""]
    commands = scene.home.routes.commands
    lines += [say(f"groups.{name}") for name in ("search", "check", "subscribe") if name in commands]
    lines += [say("groups.inline", bot=Html(f"@{bot}")), "", say("groups.private")]
    search = Inline(say.label("button.search"), "")
    private = Open(say.label("button.private"), scene.home.deep_link("start"))
    return View(Html("\n".join(lines)), ([search, private],))


def register(home: LinkHiveApplication) -> None:
    """Greet groups."""

    async def greet(job: Job, lease: Lease) -> None:
        await hello(home, job, lease)

    home.add_handler(ChatMemberHandler(joined, ChatMemberHandler.MY_CHAT_MEMBER))
    home.job(HELLO, greet)
