"""The bell of /transcode outlives a login that ends; a group hears where the account was taken away."""

from bot.wiring import House
from sandbox.server import Sandbox
from services.names import Service
from tests.conftest import XIAOYU
from tests.driver import Control, Person
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import later
from tests.e2e.transcode.test_groups import GROUP, ZH, switched_on, told_of
from tests.e2e.transcode.transcoding import opened
from tests.e2e.videos.mikaways import joined, queued, words_of
from tests.e2e.words import Words


async def test_who_logs_in_again_is_told_as_before(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, clock: Hurried
) -> None:
    await joined(bot, box, person, "login")
    await person.press(await opened(person, say), say("button.tell_all"))
    await person.until(say("transcode.bell_all_on"))
    await bot.transcoding.idle()
    await control.mika(expire="tokens")
    await later(bot, clock, 60)
    await person.until(say("link.lost", service="Mika"), 20)
    await bot.transcoding.idle()
    await joined(bot, box, person, "login")
    queued(box, 1, takes=1.0)
    await control.advance(10)
    await later(bot, clock, 120)
    title = box.world.mika.videos[1].title
    await person.until(lambda m: say("transcode.ended.completed") in m.text and title in words_of(m), 20)


async def test_a_group_hears_that_the_account_is_gone(
    bot: House, people: dict[int, Person], box: Sandbox, clock: Hurried
) -> None:
    admin = people[XIAOYU]
    await switched_on(bot, box, admin)
    await bot.services.linking.unlink(admin.id, Service.MIKA)
    await told_of(bot, clock)
    await admin.until(ZH("transcode.watch_refused"), 20, chat=GROUP)


async def test_in_private_it_ends_with_the_account_without_a_word(
    bot: House, person: Person, say: Words, box: Sandbox, clock: Hurried
) -> None:
    await joined(bot, box, person, "key")
    await person.press(await opened(person, say), say("button.tell_all"))
    await person.until(say("transcode.bell_all_on"))
    await bot.transcoding.idle()
    await bot.services.linking.unlink(person.id, Service.MIKA)
    await later(bot, clock, 60)
    await bot.transcoding.idle()
    await bot.jobs.idle()
    assert not [m for m in await person.messages() if say("transcode.watch_refused") in m.text]
    await joined(bot, box, person, "key")
    assert (await opened(person, say)).find(say("button.tell_all")) is not None
