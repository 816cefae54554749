"""The picture of an ACGBT account: an address is looked at first, and a photo goes up as it was sent."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.driver import Journal, Person
from tests.e2e.accounts.test_accounts import details
from tests.e2e.linking.keyed import link_acgbt
from tests.e2e.publish.picturing import number_of, photo
from tests.e2e.publish.publishing import pictures
from tests.e2e.words import Words

BAD = {
    "gone": "/acgbt/uploads/images/missing.png",
    "no_picture": "/acgbt/api/v1/categories",
    "refused": "http://169.254.169.254/me.png",
}


async def asked(person: Person, say: Words) -> None:
    await link_acgbt(person)
    await person.press(await details(person, say, "acgbt"), say("button.avatar"))
    await person.until(say("acgbt.ask_avatar", most="2.0 MB"))


@pytest.mark.parametrize("look", BAD)
async def test_an_address_without_a_picture_is_told_before_anything_is_sent(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal, look: str
) -> None:
    await asked(person, say)
    before = box.world.acgbt.account_of(person.id).avatar
    await journal.forget()
    bad = BAD[look] if BAD[look].startswith("http") else f"{box.url}{BAD[look]}"
    await person.send(bad)
    told = await person.until(say.starts(f"publish.fault.picture.{look}"))
    assert not await journal.calls("acgbt", "POST")
    assert box.world.acgbt.account_of(person.id).avatar == before
    assert told.find(say("button.back")) is not None
    # The question stands: the next address answers it.
    (good,) = pictures(box, 1)
    await person.send(good)
    await person.until(say("acgbt.avatar_set"))
    (call,) = await journal.calls("acgbt", "POST")
    assert (call.path, call.json) == ("/api/v1/user/avatar", {"avatar": good})


async def test_a_photo_that_is_sent(
    bot: House, box: Sandbox, person: Person, say: Words, journal: Journal
) -> None:
    await asked(person, say)
    await journal.forget()
    await person.send_photo(photo(3))
    await person.until(say("acgbt.avatar_set"), timeout=20)
    (call,) = await journal.calls("acgbt", "POST")
    assert call.path == "/api/v1/user/avatar/upload"
    assert call.headers["content-type"].startswith("multipart/form-data")
    kept, _kind = box.world.acgbt.files[box.world.acgbt.account_of(person.id).avatar]
    assert number_of(kept) == 3, "the picture that was sent"
