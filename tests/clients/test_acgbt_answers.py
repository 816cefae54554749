"""What ACGBT answers is read tolerantly, in many shapes; pictures and files are checked on the way."""

import pytest

from clients.acgbt import models, readings
from clients.acgbt.client import ACGBT
from clients.acgbt.pictures import allowed_avatar, kind_of
from clients.errors import BadResponse, NotFound, Rejected, UpstreamBroken
from tests.clients.acgbtways import *  # noqa: F403
from tests.clients.acgbtways import KEY, ok
from tests.clients.scripts import Connect, Server, answer, html

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


async def test_answers_of_many_shapes(acgbt: ACGBT, server: Server) -> None:
    server.will(
        ok({"items": [{"id": "7", "images": '["https://a.b/1.jpg"]', "size": "1.5 GB", "image_layout": 9}]}),
        ok([{"id": 1, "title": None, "file_size": 0, "created_at": "2024-01-01 12:00:00"}]),
        ok({"list": [{"id": 1, "images": None}], "total": "41", "page": 2, "page_size": 20}),
        ok({"items": [], "pagination": {"total": 100, "page": 3, "page_size": 20, "total_pages": 5}}),
        ok({"items": [{"title": "no id"}]}),
        ok("nothing"),
    )
    first = await acgbt.resources(None)
    item = first.items[0]
    assert (item.id, item.images, item.size, item.image_layout) == (7, ("https://a.b/1.jpg",), 1610612736, 1)
    assert (first.total, first.page, first.total_pages) == (1, 1, 1)
    second = await acgbt.search(None, "葬送 &x", page=2, page_size=5)
    assert server.last.target == "/api/v1/search?q=%E8%91%AC%E9%80%81+%26x&page=2&page_size=5"
    assert (second.total, second.page, second.items[0].size) == (6, 2, None)
    assert second.items[0].created_at == 1704081600
    third = await acgbt.resources(KEY, page=2, category_id=3, order_by="seeders", order_dir="desc")
    assert (third.total, third.total_pages) == (41, 3)
    assert "category_id=3&order_by=seeders&order_dir=desc" in server.last.target
    assert (await acgbt.resources(None, page=3)).total_pages == 5
    for _ in range(2):
        with pytest.raises(BadResponse):
            await acgbt.resources(None)


async def test_categories_flat_or_as_a_tree(acgbt: ACGBT, server: Server) -> None:
    tree = [
        {
            "id": 1,
            "name": "动画",
            "parent_id": 0,
            "children": [{"id": 2, "name": "番剧", "resource_count": "5"}],
        }
    ]
    server.will(ok(tree), ok({"items": [{"id": 3, "name": "x"}]}))
    parent, child = await acgbt.categories(None)
    assert (parent.parent_id, child.parent_id, child.resource_count) == (None, 1, 5)
    assert [one.id for one in await acgbt.categories(None)] == [3]


async def test_answers_that_tell_little(acgbt: ACGBT, server: Server) -> None:
    server.will(
        ok({"resource_id": 9}),
        ok(),
        ok({"id": 5}),
        ok(),
        ok("https://a.b/c.png"),
        ok({"permissions": "read,publish", "api_key": "k", "api_secret": "s"}),
    )
    assert (await acgbt.publish(KEY, models.NewResource("t", 1))).id == 9
    assert (await acgbt.publish(KEY, models.NewResource("t", 1))).id is None
    told = await acgbt.comment(KEY, 1, "hello", 4)
    assert (told.id, told.content, told.parent_id) == (5, "hello", 4)
    assert await acgbt.set_avatar(KEY, "https://x.y/z.png") == "https://x.y/z.png"
    assert await acgbt.set_avatar(KEY, "https://x.y/z.png") == "https://a.b/c.png"
    assert (await acgbt.create_key(KEY, "n", ["read", "publish"], 60)).permissions == ("read", "publish")


def test_only_what_was_given_is_published() -> None:
    assert models.NewResource("t", 1).body() == {"title": "t", "category_id": 1, "image_layout": 1}
    whole = models.NewResource("t", 1, "d", ("https://a.b/1.png",), 2, None, "magnet:?x", None, 5)
    assert whole.body() == {
        "title": "t",
        "category_id": 1,
        "image_layout": 2,
        "description": "d",
        "images": ["https://a.b/1.png"],
        "magnet_link": "magnet:?x",
        "file_size": 5,
    }


def test_kinds_of_pictures() -> None:
    assert kind_of(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert kind_of(b"RIFF\0\0\0\0WEBPVP8 ") == "image/webp"
    assert kind_of(b"GIF89a") == "image/gif"
    assert kind_of(b"<svg/>") is kind_of(b"") is None
    assert allowed_avatar("acgbt", PNG) == "image/png"


@pytest.mark.parametrize(
    ("data", "code"),
    [(PNG + b"\0" * 3 * 1024 * 1024, "avatar_size"), (b"BM bitmap", "avatar_type"), (b"", "avatar_type")],
)
async def test_a_bad_avatar_is_refused_before_it_is_sent(
    acgbt: ACGBT, server: Server, data: bytes, code: str
) -> None:
    with pytest.raises(Rejected) as refused:
        await acgbt.upload_avatar(KEY, "me.png", data, "image/png")
    assert refused.value.code == code
    assert server.requests == []


async def test_an_avatar_goes_as_a_form(acgbt: ACGBT, server: Server) -> None:
    server.will(ok({"avatar": "https://s/a.png", "url": "/uploads/a.png"}))
    assert await acgbt.upload_avatar(KEY, 'my "face".png', PNG, "image/png") == "https://s/a.png"
    assert server.last.headers["content-type"].startswith("multipart/form-data; boundary=")
    head, _, rest = server.last.body.partition(b"\r\n\r\n")
    assert b'name="avatar"; filename="my %22face%22.png"' in head
    assert b"Content-Type: image/png" in head
    assert rest.startswith(PNG)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5368709120", 5368709120),
        (5368709120, 5368709120),
        ("4.5GB", 4831838208),
        ("700 MiB", 734003200),
        ("0", None),
        ("unknown", None),
        (None, None),
        (1e400, None),
    ],
)
def test_sizes(value: object, expected: int | None) -> None:
    assert readings.size(value) == expected


def test_links_of_the_site(connect: Connect) -> None:
    acgbt = ACGBT(connect("acgbt", "https://bj2.example/api/v1"))
    assert acgbt.link("/uploads/torrents/a b.torrent") == "https://bj2.example/uploads/torrents/a%20b.torrent"
    assert acgbt.link("https://x.y/图.png") == "https://x.y/%E5%9B%BE.png"
    assert acgbt.link("//x.y/z.png") == "https://x.y/z.png"
    for odd in (
        "",
        " / ",
        "ftp://x/y",
        "javascript://x/%0aalert(1)",
        "https://",
        "https://u:p@x/y",
        "http://[x",
    ):
        assert acgbt.link(odd) is None


async def test_files_of_the_site(acgbt: ACGBT, server: Server) -> None:
    server.will(answer(body=b"d4:infoe"), answer({}, 404), html(), answer(body=b"x" * (5 * 1024 * 1024 + 1)))
    assert await acgbt.file("/uploads/a.torrent") == b"d4:infoe"
    assert server.last.target == "/uploads/a.torrent"
    assert "x-api-key" not in server.last.headers
    for kind in (NotFound, UpstreamBroken, BadResponse):
        with pytest.raises(kind):
            await acgbt.file("/uploads/a.torrent")
    # Without a fetcher nothing is read from elsewhere, and paths cannot climb.
    with pytest.raises(NotFound):
        await acgbt.file("https://elsewhere.example/a.torrent")
    server.will(answer(body=b"y"))
    assert await acgbt.file("/uploads/../../../a.torrent") == b"y"
    assert server.last.target == "/a.torrent"
