"""Members of allowed groups: who is in, who is not, and what they hear."""

from handlers.groups.members import MEMBER_SECONDS
from sandbox.server import Sandbox
from tests.conftest import GROUP
from tests.driver import Person
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words

EN = Words("en")
ASKED = "*/getChatMember"
ALLOWED = {"allowed_ids": str(GROUP)}


async def answer(person: Person, words: str) -> str:
    """Write to the bot in private; return what it says."""
    await person.send(words)
    return (await person.until(lambda message: message.author != person.id)).text


def out_of_it(box: Sandbox, user_id: int) -> None:
    box.world.telegram.chats[GROUP].members[user_id] = "left"


def back_in(box: Sandbox, user_id: int) -> None:
    box.world.telegram.chats[GROUP].members[user_id] = "member"


def some_time(clock: Hurried) -> None:
    """Let as much time pass as it takes until who left is out."""
    clock.forward(MEMBER_SECONDS + 1)
