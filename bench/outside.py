"""The sandbox with more people than it has, for uploads side by side: `python -m bench.outside`.

Says in one line of JSON where it is, what a bot needs to run against it, and a token of each person.
"""

import asyncio
import json
import signal
from dataclasses import replace

from sandbox.disktop.oauth import open_grant
from sandbox.server import Sandbox
from sandbox.states.mikastock import join
from sandbox.telegram.chats import Chat, User
from sandbox.world import World

PEOPLE = tuple(range(2001, 2009))
SCOPES = ("user.read", "files.app_data")
TERABYTE = 1024**4


def settle(world: World) -> None:
    """Let some more people move in, each with a chat with the bot and a large drive."""
    telegram, model = world.telegram, world.people[1001]
    for id_ in PEOPLE:
        world.people[id_] = replace(model, id=id_, disktop_uid=id_, disk_total=TERABYTE, disk_used=0)
        telegram.people[id_] = User(id_, f"Bench {id_}", f"bench{id_}", "en")
        telegram.chats[id_] = Chat(id_, "private", person=telegram.people[id_])
        join(world.mika, world.people[id_], world.now())


async def main() -> None:
    over = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, over.set)
    async with Sandbox() as box:
        settle(box.world)
        tokens = {id_: open_grant(box.world, id_, SCOPES)["access_token"] for id_ in PEOPLE}
        print(json.dumps({"url": box.url, "settings": box.settings(0), "tokens": tokens}), flush=True)
        await over.wait()


if __name__ == "__main__":
    asyncio.run(main())
