"""Disk.Top in the week: linked by those who let titles be unlocked by themselves, and what is saved there."""

from typing import Any

from sandbox.catalogue import Resource
from sandbox.server import Sandbox
from storage import links
from storage.database import Database
from tests.guarantees.week_people import Town

SCOPES = ("user.read", "files.app_data", "share.read")
# Longer than the week: how tokens are renewed is another test's matter.
GRANTED_SECONDS = 30 * 86_400.0
ROOM = 10**16


def savers(town: Town) -> list[int]:
    """Who has titles unlocked by themselves."""
    return sorted({follow.user for follow in town.follows if follow.auto})


async def link_drives(box: Sandbox, db: Database, town: Town) -> None:
    """Give them a large drive each, and the bot the tokens for it."""
    grants, until = box.world.disktop.grants, box.world.now() + GRANTED_SECONDS
    found = []
    for user in savers(town):
        box.world.people[user].disk_total = ROOM
        grant = grants.open(user, SCOPES, box.world.token(), until)
        token = box.world.token()
        grants.give(grant, token, until)
        found.append(links.NewLink(user, "disktop", token, grant.refresh_token, until, account_id=str(user)))

    async def save(tx: Any) -> None:
        for new in found:
            await links.save(tx, new, box.world.now())

    await db.write(save)


def bought(town: Town, made: list[Resource]) -> list[tuple[int, Resource]]:
    """Every Disk.Top share that was unlocked by itself, with whose it is."""
    shares = [one for one in made if one.pan_type == "disktop"]
    return [(user, one) for user in savers(town) for one in shares if user in one.unlocked_by]


def is_saved(box: Sandbox, user: int, share: Resource) -> bool:
    """Tell whether every file of a share lies in somebody's drive."""
    drive = box.world.disktop.drive(user, box.world.now())
    # A file whose name another one has already gets a number; sizes are their own.
    there = {item.size for item in drive.below(drive.app_root)}
    files = box.world.catalogue.shares[share.url.rpartition("/")[2]].files()
    return bool(files) and all(file.size in there for file in files)
