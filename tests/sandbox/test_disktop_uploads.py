import asyncio
from hashlib import md5

import httpx
import pytest

UP = "/disktop-upload"


def digest(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()


def some(size: int, seed: int = 7) -> bytes:
    return bytes((i * seed + i // 251) % 256 for i in range(size))


@pytest.fixture
def upload(box, web, disktop):
    """Open an upload of bytes; returns what precreate said."""

    async def begin(data: bytes, name: str = "film.mp4", person: int = 1001, path: str = "/") -> dict:
        linked = await disktop(person)
        form = {"parent_path": path, "name": name, "size": str(len(data)), "md5": digest(data)}
        answer = await web.post("/disktop/v1/files/upload/precreate", data=form, headers=linked["headers"])
        body = answer.json()
        return (body.get("data") or body) | {"headers": linked["headers"], "status": answer.status_code}

    return begin


async def send(web, begun: dict, data: bytes, number: int) -> httpx.Response:
    size = begun["chunk_size"]
    part = data[(number - 1) * size : number * size]
    where = {"upload_id": begun["upload_id"], "part_seq": str(number)}
    return await web.post(f"{UP}/u", params=where, content=part)


async def test_parts_in_any_order_become_the_file(box, web, upload):
    box.world.options.disktop_chunk_bytes = 100_000
    data = some(350_123)
    begun = await upload(data)
    assert begun["endpoint"] == f"{box.url}{UP}"
    assert (begun["instant_upload"], begun["total_parts"], begun["expires_in"]) == (False, 4, 86400)
    session = f"{UP}/u/{begun['upload_id']}"
    early = await web.post(f"{session}/complete")
    assert (early.status_code, early.json()["errmsg"]) == (425, "incomplete: 0/4")
    for number in (3, 1, 4):
        answer = (await send(web, begun, data, number)).json()["data"]
    assert (answer["part_seq"], answer["size"], answer["received_parts"]) == (4, 50_123, 3)
    known = (await web.get(f"{session}/parts")).json()["data"]
    assert (known["received_parts"], known["progress"]) == ([1, 3, 4], 75.0)
    assert known["parts"]["4"] == {"part_number": 4, "etag": answer["etag"], "size": 50_123}
    await send(web, begun, data, 2)
    done = (await web.post(f"{session}/complete")).json()["data"]
    assert (done["size"], done["md5"]) == (len(data), digest(data))
    assert done["path"] == "/我的应用数据/LinkHive/film.mp4"
    again = (await web.post(f"{session}/complete")).json()["data"]
    assert again == done
    link = await web.get(f"/disktop/v1/files/{done['file_id']}/download", headers=begun["headers"])
    url = link.json()["data"]["url"]
    assert (await web.get(url)).content == data
    part = await web.get(url, headers={"Range": "bytes=99990-100010"})
    assert (part.status_code, part.content) == (206, data[99_990:100_011])


async def test_the_same_bytes_go_up_at_once_for_everybody(box, web, upload):
    data = some(1000)
    begun = await upload(data)
    await send(web, begun, data, 1)
    await web.post(f"{UP}/u/{begun['upload_id']}/complete")
    before = box.world.people[1003].disk_used
    other = await upload(data, "mine.mp4", 1003)
    assert (other["instant_upload"], other["size"]) == (True, 1000)
    assert other["path"] == "/我的应用数据/LinkHive/mine.mp4"
    assert box.world.people[1003].disk_used == before + 1000
    link = await web.get(f"/disktop/v1/files/{other['file_id']}/download", headers=other["headers"])
    assert (await web.get(link.json()["data"]["url"])).content == data


async def test_a_part_sent_again_replaces_the_first(box, web, upload):
    box.world.options.disktop_chunk_bytes = 1000
    data = some(3000)
    begun = await upload(data)
    await send(web, begun, bytes(3000), 1)
    for number in (2, 3, 1):
        await send(web, begun, data, number)
    done = await web.post(f"{UP}/u/{begun['upload_id']}/complete")
    assert done.json()["data"]["md5"] == digest(data)


@pytest.mark.parametrize("size", [999, 1001])
async def test_a_part_of_the_wrong_size_is_refused(box, web, upload, size):
    box.world.options.disktop_chunk_bytes = 1000
    begun = await upload(some(3000))
    where = {"upload_id": begun["upload_id"], "part_seq": "1"}
    answer = await web.post(f"{UP}/u", params=where, content=bytes(size))
    assert (answer.status_code, answer.json()["errno"]) == (400, "invalid_param")
    assert (await web.post(f"{UP}/u", params=where | {"part_seq": "4"}, content=b"")).status_code == 400


async def test_expired_aborted_and_unknown_uploads(box, web, upload):
    data = some(1000)
    first, second = await upload(data), await upload(data)
    aborted = await web.post(f"{UP}/u/{first['upload_id']}/abort")
    assert aborted.json()["data"] == {"ok": True}
    box.world.clock.advance(86401)
    for begun, errno in ((first, "upload_not_found"), (second, "upload_expired")):
        for answer in (
            await send(web, begun, data, 1),
            await web.get(f"{UP}/u/{begun['upload_id']}/parts"),
            await web.post(f"{UP}/u/{begun['upload_id']}/complete"),
        ):
            assert (answer.status_code, answer.json()["errno"]) == (404, errno)


async def test_a_full_disk_says_so_before_and_at_the_end(box, web, upload):
    person = box.world.people[1001]
    data = some(1000)
    begun = await upload(data)
    await send(web, begun, data, 1)
    person.disk_used = person.disk_total - 999
    full = await web.post(f"{UP}/u/{begun['upload_id']}/complete")
    assert (full.status_code, full.json()["errno"]) == (403, "quota_exceeded")
    refused = await upload(some(1000, 3))
    assert (refused["status"], refused["errno"]) == (403, "quota_exceeded")
    person.disk_used = 0
    done = await web.post(f"{UP}/u/{begun['upload_id']}/complete")
    assert done.json()["data"]["md5"] == digest(data)


async def test_precreate_refuses_what_it_cannot_take(web, disktop, upload):
    assert (await upload(b"x", path="/nowhere"))["errno"] == "path_not_found"
    assert (await upload(b"x", name="a/b"))["errno"] == "invalid_param"
    headers = (await disktop())["headers"]
    form = {"name": "a", "size": "1", "md5": "XYZ"}
    answer = await web.post("/disktop/v1/files/upload/precreate", data=form, headers=headers)
    assert answer.json()["errno"] == "invalid_param"


async def test_lost_dropped_and_damaged_parts(box, web, upload):
    box.world.options.disktop_chunk_bytes = 1000
    data = some(3000)
    begun = await upload(data)
    fault = {"service": "disktop-upload"}
    box.world.faults.add(fault | {"kind": "lose", "path": "/u?*part_seq=2"})
    box.world.faults.add(fault | {"kind": "drop", "path": "/u?*part_seq=3", "bytes": 500})
    box.world.faults.add(fault | {"kind": "damage", "path": "/u?*part_seq=1"})
    assert (await send(web, begun, data, 1)).status_code == 200
    assert (await send(web, begun, data, 2)).status_code == 200
    with pytest.raises(httpx.TransportError):
        await send(web, begun, data, 3)
    session = f"{UP}/u/{begun['upload_id']}"
    assert (await web.get(f"{session}/parts")).json()["data"]["received_parts"] == [1]
    for number in (2, 3):
        await send(web, begun, data, number)
    broken = await web.post(f"{session}/complete")
    assert (broken.status_code, broken.json()["errno"]) == (502, "complete_failed")
    await send(web, begun, data, 1)
    assert (await web.post(f"{session}/complete")).json()["data"]["md5"] == digest(data)


async def test_a_slow_line_is_slow(box, web, upload):
    box.world.options.disktop_upload_rate = 100_000
    data = some(30_000)
    begun = await upload(data)
    began = asyncio.get_running_loop().time()
    await send(web, begun, data, 1)
    assert asyncio.get_running_loop().time() - began > 0.25


async def test_the_journal_notes_sizes_and_no_bytes(box, web, upload):
    data = some(2000)
    begun = await upload(data)
    await send(web, begun, data, 1)
    (entry,) = box.world.journal.since(0, "disktop-upload")
    assert (entry["path"], entry["body"], entry["size"], entry["status"]) == ("/u", "", 2000, 200)
    assert entry["query"] == f"upload_id={begun['upload_id']}&part_seq=1"
