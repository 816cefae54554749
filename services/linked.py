"""A person's link to a service: working, or lost and told of."""

from services.cooldowns import Cooldowns
from services.errors import LinkLost, NotLinked, Relinked
from services.names import Service
from services.notices import notice
from storage import links
from storage.links import Link
from storage.tx import Tx


def usable(link: Link | None, service: Service, of: Link | None = None) -> Link:
    """Return a link that works; raises NotLinked, LinkLost, or Relinked where it is not `of` an account."""
    if link is None:
        raise NotLinked(service)
    if link.state != "active":
        raise LinkLost(service)
    if of is not None and not is_same(link, of.id, of.account_id):
        raise Relinked(service)
    return link


def is_same(link: Link, link_id: int, account_id: str | None) -> bool:
    """Tell whether a link is a certain one, or one to the same account; of an unnamed one nobody can tell."""
    return link.id == link_id or (account_id is not None and link.account_id == account_id)


async def admitted(
    tx: Tx, cooldowns: Cooldowns, user_id: int, service: Service, of: Link | None = None
) -> Link:
    """Return a person's working link unless the service is to be left alone: one look at the database."""
    link = usable(await links.get(tx, user_id, service), service, of)
    await cooldowns.check(tx, service, user_id)
    return link


async def lose(tx: Tx, link: Link, now: float) -> None:
    """Note that a link is lost, and have its owner told, unless it was replaced meanwhile."""
    if await links.lose(tx, link.id, link.version, now):
        await notice(tx, link.user_id, "link_lost", now=now, service=link.service)
