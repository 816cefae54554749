"""One walk through every call of Mika, by a login and by a signed key, and the errors nobody else shows."""

from hashlib import sha256

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account
from tests.driver import Call, Control, Journal, Message, Person
from tests.e2e.accounts.test_accounts import details
from tests.e2e.linking.keyed import link_mika
from tests.e2e.linking.test_mika import register, ways
from tests.e2e.upload.uploading import KIB, source
from tests.e2e.videos.mikaways import chosen, queued, words_of
from tests.e2e.words import Words

DATA = bytes(range(256)) * 6000


# The walk


@pytest.fixture(params=["login", "key"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def account(bot: House, box: Sandbox, person: Person, way: str, control: Control) -> Account:
    """Somebody who linked Mika in one of the ways, and runs the site."""
    await control.options(mika_chunk_bytes=128 * KIB, mika_queue_seconds=50.0, mika_transcode_seconds=1000.0)
    await control.mika(person=person.id, rights="admin")
    await link_mika(person, by_key=way == "key")
    return box.world.mika.account_of(person.id)


def admits(box: Sandbox, account: Account, way: str, call: Call) -> bool:
    """Tell whether a call was let in for an account in a way, and in no other."""
    headers = call.headers
    if way == "login":
        token = headers.get("authorization", "").removeprefix("Bearer ")
        known = box.world.mika.tokens.get(token)
        return known is not None and known.account == account.id and "x-api-key" not in headers
    right = sha256(f"{account.key}{headers.get('x-timestamp')}{account.secret}".encode()).hexdigest()
    mine = (headers.get("x-api-key"), headers.get("x-sign")) == (account.key, right)
    return mine and "authorization" not in headers and account.secret not in str(headers)


async def shown(person: Person, label: str) -> Message:
    return await person.until(lambda m: m.find(label) is not None)


async def test_the_videos(
    person: Person, say: Words, box: Sandbox, account: Account, way: str, journal: Journal
) -> None:
    await journal.forget()
    await person.send("/videos")
    listed = await shown(person, say("button.categories"))
    await person.press(listed, say("button.categories"))
    await person.press(await person.until(say("categories.top")), say("button.back"))
    await person.press(await shown(person, say("button.categories")), "1")
    await person.press(await shown(person, say("button.edit")), say("button.edit"))
    await person.press(await shown(person, say("button.edit_title")), say("button.edit_title"))
    await person.until(say("video.ask_title"))
    await person.send("Another")
    await person.press(await shown(person, say("button.save_changes")), say("button.save_changes"))
    await person.press(await person.until(say("video.saved")), say("button.delete"))
    await person.press(await shown(person, say("button.delete_it")), say("button.delete_it"))
    await person.until(lambda m: say("video.deleted", title="Another") in words_of(m))
    asked = [
        *await journal.calls("mika", "GET", "/api/videos"),
        *await journal.calls("mika", "GET", "/api/videos/1"),
        *await journal.calls("mika", "GET", "/api/categories"),
        *await journal.calls("mika", "PUT", "/api/videos/1"),
        *await journal.calls("mika", "DELETE", "/api/videos/1"),
    ]
    assert len({(call.method, call.path) for call in asked}) == 5
    assert all(admits(box, account, way, call) and call.status == 200 for call in asked)


async def test_uploads_whole_and_in_chunks(
    person: Person, say: Words, box: Sandbox, account: Account, way: str, journal: Journal
) -> None:
    await journal.forget()
    await person.send(f"/upload {source(box, 'Small.mkv', size=300 * KIB, seed='s')}")
    await person.until(lambda m: m.text.startswith("✅") and "Small" in m.text, 60)
    await person.send_file("Large.mp4", DATA, kind="video", mime="video/mp4")
    await person.until(lambda m: m.text.startswith("✅") and "Large" in m.text, 60)
    asked = [
        *await journal.calls("mika", "POST", "/api/videos/upload"),
        *await journal.calls("mika", "POST", "/api/videos/upload/init"),
        *await journal.calls("mika", "POST", "/api/videos/upload/chunk"),
        *await journal.calls("mika", "POST", "/api/videos/upload/complete"),
    ]
    assert len({call.path for call in asked}) == 4
    assert all(admits(box, account, way, call) and call.status == 200 for call in asked)


async def test_the_tasks(
    person: Person, say: Words, box: Sandbox, account: Account, way: str, control: Control, journal: Journal
) -> None:
    await control.mika(fail=1, at=40)
    task = queued(box)
    await journal.forget()
    await person.send("/transcode")
    await person.press(await shown(person, say("button.tell_all")), "1")
    await person.press(await shown(person, say("button.cancel_task")), say("button.cancel_task"))
    await person.press(await person.until(say("transcode.cancel_ask")), say("button.confirm"))
    await person.press(await person.until(say("transcode.cancelled")), say("button.retry"))
    await person.until(say("transcode.retried"))
    asked = [
        *await journal.calls("mika", "GET", "/api/admin/transcode/tasks"),
        *await journal.calls("mika", "GET", f"/api/admin/transcode/tasks/{task.id}"),
        *await journal.calls("mika", "POST", f"/api/admin/transcode/tasks/{task.id}/cancel"),
        *await journal.calls("mika", "POST", f"/api/admin/transcode/tasks/{task.id}/retry"),
    ]
    assert len({call.path for call in asked}) == 4
    assert all(admits(box, account, way, call) and call.status == 200 for call in asked)


async def test_the_numbers(
    person: Person, say: Words, box: Sandbox, account: Account, way: str, journal: Journal
) -> None:
    await journal.forget()
    await person.send("/stats")
    # The first picture of a process takes its time.
    await person.press(await person.until(lambda m: m.has_photo, 60), say("stats.kind.users"))
    await person.until(lambda m: f"● {say('stats.kind.users')}" in [b.text for b in m.buttons])
    asked = [
        *await journal.calls("mika", "GET", "/api/admin/statistics/overview"),
        *await journal.calls("mika", "GET", "/api/admin/statistics/videos"),
        *await journal.calls("mika", "GET", "/api/admin/statistics/users"),
    ]
    assert len({call.path for call in asked}) == 3
    assert all(admits(box, account, way, call) and call.status == 200 for call in asked)


async def site(person: Person, say: Words) -> Message:
    await person.send("/videos")
    await person.press(await shown(person, say("button.run_site")), say("button.run_site"))
    return await shown(person, say("button.site_settings"))


async def test_running_the_site(
    person: Person, say: Words, box: Sandbox, account: Account, way: str, journal: Journal
) -> None:
    await journal.forget()
    await person.press(await site(person, say), say("button.categories"))
    await person.press(await shown(person, say("button.new_category")), say("button.new_category"))
    await person.until(say("category.ask_new"))
    await person.send("短片")
    card = await person.until(lambda m: say("category.created", name="短片") in words_of(m))
    made = next(one.id for one in box.world.mika.categories.values() if one.name == "短片")
    await person.press(card, chosen(card, "短片"))
    await person.press(await shown(person, say("button.earlier")), say("button.earlier"))
    await person.until(lambda m: say("category.moved_up", name="短片") in words_of(m))
    await person.press(None, say("button.delete"))
    await person.press(await shown(person, say("button.delete_it")), say("button.delete_it"))
    await person.until(lambda m: say("category.deleted", name="短片") in words_of(m))
    await person.press(await site(person, say), say("button.site_settings"))
    listed = await person.until(lambda m: "allow_register" in words_of(m))
    await person.press(listed, chosen(listed, "allow_register"))
    await person.press(await shown(person, say("button.switch_off")), say("button.switch_off"))
    await person.press(await shown(person, say("button.confirm")), say("button.confirm"))
    await person.until(lambda m: say("site.setting_saved", name="allow_register") in words_of(m))
    asked = [
        *await journal.calls("mika", "POST", "/api/admin/categories"),
        *await journal.calls("mika", "PUT", f"/api/admin/categories/{made}"),
        *await journal.calls("mika", "DELETE", f"/api/admin/categories/{made}"),
        *await journal.calls("mika", "GET", "/api/admin/settings"),
        *await journal.calls("mika", "PUT", "/api/admin/settings"),
    ]
    assert len({(call.method, call.path) for call in asked}) == 5
    assert all(admits(box, account, way, call) and call.status == 200 for call in asked)


async def test_the_account(
    person: Person, say: Words, box: Sandbox, account: Account, way: str, journal: Journal
) -> None:
    await journal.forget()
    await details(person, say, "mika")
    await person.press(None, say("button.nickname"))
    await person.until(say("mika.ask_nickname"))
    await person.send("小蜜蜂")
    await person.until(say("mika.changed"))
    asked = [
        *await journal.calls("mika", "GET", "/api/user/profile"),
        *await journal.calls("mika", "PUT", "/api/user/profile"),
    ]
    assert len({call.method for call in asked}) == 2
    assert all(admits(box, account, way, call) and call.status == 200 for call in asked)


async def test_a_login_and_a_new_account(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await link_mika(person)
    (login,) = await journal.calls("mika", "POST", "/api/auth/login")
    assert login.status == 200
    await person.send("/unlink mika")
    await person.settled()
    await ways(person, say, "register")
    await register(person, say, "hive_new", "hive@example.com", "ABC123", "long-enough-1")
    (made,) = await journal.calls("mika", "POST", "/api/auth/register")
    assert made.status == 200
    assert made.json["username"] == "hive_new"


# Errors of the document that nobody else shows


async def test_what_is_not_accepted_any_more_is_lost_and_the_way_to_link_is_there(
    person: Person, say: Words, box: Sandbox, account: Account, way: str
) -> None:
    box.world.mika.tokens.clear()
    account.secret = "changed at the site"
    await person.send("/videos")
    told = await person.until(say("problem.link_lost", service=say("service.mika")))
    assert told.find(say("button.link", service=say("service.mika"))) is not None


async def test_too_many_calls_are_told_with_the_time_to_wait(
    person: Person, say: Words, account: Account, control: Control
) -> None:
    headers = {"retry-after": "90"}
    body = {"code": 429, "message": "请求过于频繁"}
    await control.fault("mika", "/api/videos", "status", status=429, body=body, headers=headers)
    await person.send("/videos")
    told = await person.until("请求过于频繁")
    assert "90" in told.text
