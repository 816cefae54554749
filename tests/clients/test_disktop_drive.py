"""The user's own drive over a real socket: exact bytes out, every answer read."""

from typing import Any

import pytest

from clients.disktop.client import DiskTop
from clients.errors import BadResponse, NotFound, Rejected, Unreachable, UpstreamBroken
from tests.clients.scripts import Connect, Script, Server, answer, html, reset


@pytest.fixture
def disk(connect: Connect) -> DiskTop:
    return DiskTop(connect("disktop"), "my id", "s&cret")


def ok(data: Any = None) -> Script:
    return answer({"errno": 0, "errmsg": "ok", "data": data})


async def test_search(disk: DiskTop, server: Server) -> None:
    file = {"id": "7280", "name": "chat-573.md", "size": "1024", "md5": "abc", "create_time": 1779051234}
    server.will(ok({"files": [file], "total": "1"}), ok({"files": None}))
    found = await disk.search("tok", "电 影&", ext="md", limit=20)
    assert (server.last.method, server.last.headers["authorization"]) == ("GET", "Bearer tok")
    assert server.last.target == "/v1/files/search?q=%E7%94%B5+%E5%BD%B1%26&ext=md&limit=20"
    assert (found.total, found.files[0].id, found.files[0].create_time) == (1, 7280, 1779051234.0)
    assert (await disk.search("tok", "x")).files == ()
    assert server.last.target == "/v1/files/search?q=x&limit=50"


async def test_one_file(disk: DiskTop, server: Server) -> None:
    meta = {"id": 7280, "name": "a.md", "size": 3, "md5": "m", "ext": "md", "mime": "text/markdown"}
    place = {"path": "/我的应用数据/x/a.md", "parent_folder": "5911", "create_time": 1779051234}
    link = {"url": "https://dl/a?sig=1", "expires_in": "600", "name": "a.md", "size": 3, "md5": "m"}
    video = {
        "stream_url": "https://dl/m.m3u8",
        "duration": 1800,
        "qualities": [{"name": "1080p", "url": "u"}],
    }
    server.will(ok({**meta, **place}), ok(link), ok(video), ok({"id": 1}))
    told = await disk.meta("tok", 7280)
    assert server.last.target == "/v1/files/7280"
    assert (told.path, told.parent_folder, told.mime) == ("/我的应用数据/x/a.md", 5911, "text/markdown")
    download = await disk.download("tok", 7280)
    assert server.last.target == "/v1/files/7280/download"
    assert (download.url, download.expires_in) == ("https://dl/a?sig=1", 600)
    assert (await disk.stream("tok", 7280)).qualities[0].name == "1080p"
    assert server.last.target == "/v1/files/7280/stream"
    bare = await disk.meta("tok", 1)
    assert (bare.create_time, bare.parent_folder, bare.ext) == (None, None, "")


async def test_manage_is_a_form_with_arrays(disk: DiskTop, server: Server) -> None:
    server.always(ok({"affected": "2"}))
    assert await disk.delete("tok", file_ids=[7280, 7281]) == 2
    assert (server.last.method, server.last.target) == ("POST", "/v1/files/manage")
    assert server.last.headers["content-type"] == "application/x-www-form-urlencoded"
    assert server.last.body == b"action=delete&file_ids[]=7280&file_ids[]=7281"
    await disk.rename("tok", "新 名.md", file_id=7280)
    assert server.last.body == b"action=rename&file_ids[]=7280&new_name=%E6%96%B0+%E5%90%8D.md"
    await disk.rename("tok", "d", folder_id=5911)
    assert server.last.body == b"action=rename&folder_ids[]=5911&new_name=d"
    await disk.move("tok", "/a b", file_ids=[1], folder_ids=(2, 3))
    assert server.last.body == b"action=move&file_ids[]=1&folder_ids[]=2&folder_ids[]=3&dest_path=%2Fa+b"
    await disk.copy("tok", "/", folder_ids=[2])
    assert server.last.body == b"action=copy&folder_ids[]=2&dest_path=%2F"
    for wrong in ({}, {"file_id": 1, "folder_id": 2}):
        with pytest.raises(ValueError, match="one file or one folder"):
            await disk.rename("tok", "n", **wrong)


async def test_what_changes_the_drive_is_sent_once(disk: DiskTop, server: Server) -> None:
    for script, kind in ((reset, Unreachable), (html(502), UpstreamBroken)):
        for work in (
            disk.rename("tok", "n", file_id=1),
            disk.move("tok", "/", file_ids=[1]),
            disk.copy("tok", "/", file_ids=[1]),
            disk.delete("tok", file_ids=[1]),
            disk.precreate("tok", "/", "n", 1, "m"),
        ):
            before = len(server.requests)
            server.will(script)
            with pytest.raises(kind) as failure:
                await work
            assert failure.value.doubtful
            assert len(server.requests) == before + 1


async def test_errors_of_the_drive(disk: DiskTop, server: Server) -> None:
    server.will(answer({"errno": "file_not_found"}, 404), answer({"errno": "quota_exceeded"}, 403))
    with pytest.raises(NotFound) as gone:
        await disk.download("tok", 1)
    assert gone.value.code == "file_not_found"
    with pytest.raises(Rejected) as full:
        await disk.copy("tok", "/", file_ids=[1])
    assert full.value.code == "quota_exceeded"
    server.will(ok({"files": {}}), ok(None), ok({"url": ""}))
    for work in (disk.search("tok", "x"), disk.meta("tok", 1), disk.download("tok", 1)):
        with pytest.raises(BadResponse):
            await work
