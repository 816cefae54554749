"""Telegram's stand-in: the Bot API, the users' side under /app, and t.me."""

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

from sandbox.telegram import endpoint, links
from sandbox.telegram.app import routes as app_routes
from sandbox.telegram.chats import User
from sandbox.telegram.methods import call
from sandbox.telegram.state import Telegram

if TYPE_CHECKING:
    from sandbox.world import World

BOT_USERNAME = "linkhive_bot"
BOT_NAME = "LinkHive"


def new_state(world: "World") -> Telegram:
    """Return a fresh Telegram; after a reset the same one, emptied, so that a running bot stays connected."""
    people = [
        User(person.id, person.first_name, person.username, person.language_code)
        for person in world.people.values()
    ]
    if isinstance(world.telegram, Telegram):
        world.telegram.restart(people)
        return world.telegram
    bot = User(int(world.bot_token.split(":")[0]), BOT_NAME, BOT_USERNAME, "", is_bot=True)
    tg = Telegram(world.bot_token, bot, people, world.now, world.spawn, world.shelf)
    tg.webhook.run_reply = lambda name, params: call(tg, name, params)
    return tg


def routes(world: "World") -> list[BaseRoute]:
    """Return all routes of Telegram's stand-in."""
    tg: Telegram = world.telegram
    return [*endpoint.routes(tg), *app_routes(tg), *links.routes(tg)]
