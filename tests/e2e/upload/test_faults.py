"""Uploads that meet trouble: what is mended without a word, and what people are told of the rest."""

import socket
from typing import Any

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import linked
from tests.driver import Control, Journal, Person
from tests.e2e.hurried import Hurried
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import KIB, MIB, digest, hash_of, source, stored
from tests.e2e.words import Words

UP = "disktop-upload"
PRECREATE = "*/v1/files/upload/precreate"
DATA = bytes(range(256)) * 1000
# What the system's resolver says of hosts.
Answers = dict[str, int]


@pytest.fixture(autouse=True)
async def _small_parts(control: Control) -> None:
    await control.options(disktop_chunk_bytes=64 * KIB)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """The system's resolver, which fails for some hosts as it is told to."""
    answers, real = Answers(), socket.getaddrinfo

    def look_up(host: Any, *args: Any, **more: Any) -> Any:
        if host in answers:
            raise socket.gaierror(answers[host], "what the resolver says")
        return real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.fixture
async def owner(bot: House, person: Person) -> Person:
    """Somebody whose Disk.Top is linked."""
    await linked(person, "disktop")
    return person


# What is mended without a word


async def test_a_source_that_breaks_off_goes_on_from_there(
    owner: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await owner.send(f"/upload {source(box, 'a.bin', size=3 * MIB, seed='a', mode='cut')}")
    await uploading.done(owner, say, "a.bin")
    item = stored(box, owner, "a.bin")
    assert item is not None
    assert item.md5 == hash_of(3 * MIB, "a")
    first, second = await journal.calls("files", "GET")
    assert "range" not in first.headers
    assert int(second.headers["range"].removeprefix("bytes=").rstrip("-")) >= MIB
    assert "if-range" in second.headers


async def test_a_source_that_changes_in_between_is_fetched_anew(
    owner: Person, say: Words, box: Sandbox
) -> None:
    await owner.send(f"/upload {source(box, 'a.bin', size=600 * KIB, seed='a', mode='changed')}")
    await uploading.done(owner, say, "a.bin")
    item = stored(box, owner, "a.bin")
    assert item is not None
    assert item.md5 == hash_of(600 * KIB, "a!")


@pytest.mark.parametrize("kind", ["lose", "drop", "damage"])
async def test_a_part_that_is_lost_is_sent_again(
    owner: Person, say: Words, box: Sandbox, control: Control, journal: Journal, kind: str
) -> None:
    await control.fault(UP, "/u?*part_seq=2", kind)
    await owner.send_file("a.bin", DATA)
    await uploading.done(owner, say, "a.bin")
    item = stored(box, owner, "a.bin")
    assert item is not None
    assert item.md5 == digest(DATA)
    if kind != "damage":
        sent = [int(call.query["part_seq"]) for call in await journal.calls(UP, "POST", "/u")]
        assert sorted(sent) == [1, 2, 2, 3, 4], "only what was missing"


async def test_an_upload_that_ran_out_is_begun_anew(
    owner: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await control.options(disktop_upload_rate=100 * KIB)
    await owner.send_file("a.bin", DATA * 4)
    await owner.until(say("upload.sending"), 15, since=0)
    for session in box.world.disktop.uploads.values():
        session.expires_at = 0.0
    await control.options(disktop_upload_rate=0)
    await uploading.done(owner, say, "a.bin", 40)
    assert len(await journal.calls("disktop", "POST", PRECREATE)) == 2


async def test_a_service_that_is_down_is_waited_for(
    owner: Person, say: Words, control: Control, clock: Hurried
) -> None:
    await control.fault("disktop", PRECREATE, "status", status=503, times=0)
    await owner.send_file("a.bin", DATA)
    waits = await owner.until(say.starts("upload.interrupted"), 30, since=0)
    assert waits.find(say("button.cancel")) is not None
    await control.mend()
    clock.forward(60)
    done = await uploading.done(owner, say, "a.bin", 40)
    assert done.id == waits.id


async def test_a_source_nobody_can_look_up_just_now_is_waited_for_and_holds_up_nothing(
    owner: Person, say: Words, box: Sandbox, resolver: Answers
) -> None:
    resolver["away.example.invalid"] = socket.EAI_AGAIN
    await owner.send("/upload http://away.example.invalid/a.mkv")
    waits = await owner.until(say.starts("upload.unreachable"), 30, since=0)
    assert say.starts("upload.interrupted") not in waits.text
    assert waits.find(say("button.cancel")) is not None
    await owner.send(f"/upload {source(box, 'b.bin', size=KIB)}")
    await uploading.done(owner, say, "b.bin")


# What people are told


async def test_a_host_that_is_not_there(owner: Person, say: Words, resolver: Answers) -> None:
    resolver["no.such.host.invalid"] = socket.EAI_NONAME
    await owner.send("/upload http://no.such.host.invalid/a.mkv")
    told = await owner.until(say("problem.upload.address.host"), 20, since=0)
    assert told.find(say("button.retry")) is None


async def test_too_big_for_telegram(owner: Person, say: Words, box: Sandbox, journal: Journal) -> None:
    await owner.send_file("big.mkv", 21 * MIB)
    told = await owner.until(say("problem.upload.too_big_for_bot", limit="20.0 MB").split("/upload")[0])
    assert told.find(say("button.retry")) is None
    assert not await journal.calls("disktop", "POST", PRECREATE)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://10.0.0.1/secret", "private"),
        ("http://169.254.169.254/latest/meta-data", "private"),
        ("http://[::1]/x", "private"),
        ("http://0x7f000001/x", "disguised"),
        ("http://user:word@example.com/x", "credentials"),
    ],
)
async def test_a_refused_address(owner: Person, say: Words, address: str, reason: str) -> None:
    await owner.send(f"/upload {address}")
    told = await owner.until(say(f"problem.upload.address.{reason}"), 20)
    assert told.find(say("button.retry")) is None
    assert "word@" not in told.text


async def test_a_source_without_the_file(owner: Person, say: Words, box: Sandbox) -> None:
    await owner.send(f"/upload {box.url}/files/../nothing")
    told = await owner.until(say("problem.upload.source_gone"), 20)
    assert told.find(say("button.retry")) is not None


async def test_a_full_drive(owner: Person, say: Words, box: Sandbox, control: Control) -> None:
    person = box.world.people[owner.id]
    await control.person(owner.id, disk_used=person.disk_total - 1000)
    await owner.send_file("a.bin", DATA)
    told = await uploading.failed(owner, say, "a.bin")
    assert say("problem.upload.full") in told.text
    await control.person(owner.id, disk_used=0)
    await owner.press(told, say("button.retry"))
    assert (await uploading.done(owner, say, "a.bin")).id == told.id


async def test_a_drive_that_fills_up_meanwhile(
    owner: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    full = {"errno": "quota_exceeded", "errmsg": "full"}
    await control.fault(UP, "*/complete", "status", status=403, body=full)
    await owner.send_file("a.bin", DATA)
    told = await uploading.failed(owner, say, "a.bin")
    assert say("problem.upload.full") in told.text
    await journal.forget()
    await owner.press(told, say("button.retry"))
    await uploading.done(owner, say, "a.bin")
    assert not await journal.calls(UP, "POST", "/u"), "what was sent is there still"


async def test_a_refused_name(owner: Person, say: Words, control: Control) -> None:
    refused = {"errno": "invalid_param", "errmsg": "文件名不合法"}
    await control.fault("disktop", PRECREATE, "status", status=400, body=refused)
    await owner.send_file("a.bin", DATA)
    told = await uploading.failed(owner, say, "a.bin")
    assert say("problem.upload.refused", service="Disk.Top") in told.text
    assert "文件名不合法" in told.text


async def test_a_link_that_is_lost(owner: Person, say: Words, control: Control) -> None:
    await control.expire("disktop", owner.id, "grant")
    await owner.send_file("a.bin", DATA)
    told = await owner.until(
        lambda message: (
            message.find(say("button.retry")) is not None
            and say("problem.link_lost", service="Disk.Top") in message.text
        ),
        20,
    )
    assert told.find(say("button.link", service="Disk.Top")) is not None
    await linked(owner, "disktop")
    await owner.press(told, say("button.retry"))
    assert (await uploading.done(owner, say, "a.bin")).id == told.id


async def test_too_many_at_once(owner: Person, say: Words, box: Sandbox) -> None:
    slow = " ".join(source(box, f"{n}.bin", seed=str(n), rate=KIB) for n in range(20))
    await owner.send(f"/upload {slow}")
    await uploading.tells(owner, "19.bin", 60)
    await owner.send(f"/upload {source(box, 'more.bin')}")
    told = await owner.until(say("problem.upload.too_many", limit=20))
    assert told.find(say("button.retry")) is not None


async def test_an_address_is_no_talk_of_ours(
    owner: Person,
    say: Words,
    box: Sandbox,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    await owner.send(f"/upload {source(box, 'a.bin', size=KIB, seed='secret-signature')}")
    done = await uploading.done(owner, say, "a.bin")
    assert "secret-signature" not in done.text
    said = capsys.readouterr()
    logged = "\n".join(
        line for line in (said.out + said.err + caplog.text).splitlines() if "uvicorn" not in line
    )
    assert "secret-signature" not in logged
