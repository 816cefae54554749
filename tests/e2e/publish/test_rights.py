"""Rights that were given to a key after it was linked: /publish goes by what they are now."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Control, Journal, Person
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.publish.publishing import asks
from tests.e2e.words import Words


async def test_a_right_that_was_given_meanwhile_counts(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    box.world.acgbt.main_key(person.id).permissions = ["read"]
    await link_acgbt(person)
    await person.send("/publish")
    await person.until(say("publish.no_right"))
    await control.acgbt(person.id, permissions=["read", "publish"])
    await person.send("/publish")
    await person.until(asks(say, "title"))


async def test_where_nobody_can_tell_it_is_as_it_was(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control
) -> None:
    box.world.acgbt.main_key(person.id).permissions = ["read"]
    await link_acgbt(person)
    await control.fault("acgbt", "*/user/keys", "status", status=500, times=0)
    await person.send("/publish")
    await person.until(say("publish.no_right"), 30)
