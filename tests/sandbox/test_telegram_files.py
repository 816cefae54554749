"""Files people send, in every shape, and how the bot gets at their bytes."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from sandbox.contents import Made
from sandbox.server import Sandbox
from sandbox.tmdb.posters import draw
from tests.driver import BotApi, Control, Person, Refusal

MIB = 1024 * 1024


@pytest.fixture
async def ben(box: Sandbox) -> AsyncIterator[Person]:
    async with Person(box.url, 1002) as person:
        await person.start()
        yield person


def read(path: str) -> bytes:
    return Path(path).read_bytes()


async def fetched(box: Sandbox, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=box.url, trust_env=False) as http:
        return await http.get(f"/telegram/file/bot{box.world.bot_token}/{path}", headers=headers)


async def test_every_kind_of_file_reaches_the_bot(api: BotApi, ben: Person) -> None:
    picture = draw("x", 300, 200)
    await ben.send_photo(picture, caption="look")
    await ben.send_video("clip.mp4", b"frames", width=640, height=360, duration=12)
    await ben.send_file("song.mp3", b"tones", kind="audio", duration=200)
    await ben.send_file("memo.oga", b"voice", kind="voice")
    await ben.send_file("cat.mp4", b"loop", kind="animation")
    await ben.send_file("报告 1.pdf", b"%PDF", album="7")
    messages = [update["message"] for update in await api.updates()][1:]
    photo, video, audio, voice, animation, document = messages
    assert photo["caption"] == "look"
    assert photo["photo"][0]["width"] == 300
    assert photo["photo"][0]["file_size"] == len(picture)
    assert "file_name" not in photo["photo"][0]
    shape = {"width": 640, "height": 360, "duration": 12, "mime_type": "video/mp4", "file_size": 6}
    assert shape.items() <= video["video"].items()
    assert (audio["audio"]["file_name"], audio["audio"]["duration"]) == ("song.mp3", 200)
    assert "file_name" not in voice["voice"]
    assert animation["animation"] == animation["document"]
    assert (document["document"]["file_name"], document["media_group_id"]) == ("报告 1.pdf", "7")
    assert document["document"]["mime_type"] == "application/pdf"
    paths = [
        (await api("getFile", file_id=found["file_id"]))["file_path"].partition("/")[0]
        for found in (photo["photo"][0], video["video"], audio["audio"], document["document"])
    ]
    assert paths == ["photos", "videos", "music", "documents"]


async def test_a_large_file_needs_a_local_server(box: Sandbox, api: BotApi, ben: Person) -> None:
    size = 20 * MIB + 1
    sent = await ben.send_file("film.mkv", size)
    with pytest.raises(Refusal, match="file is too big"):
        await api("getFile", file_id=sent.file_id)
    async with Control(box.url) as control:
        await control.telegram("options", local_server="http")
        file = await api("getFile", file_id=sent.file_id)
        assert file["file_size"] == size
        part = await fetched(box, file["file_path"], Range="bytes=20971510-")
        assert (part.status_code, len(part.content)) == (206, 11)
        await control.telegram("options", local_server="path")
        file = await api("getFile", file_id=sent.file_id)
        content = read(file["file_path"])
        assert content[-11:] == part.content
        assert len(content) == size
        assert (await fetched(box, file["file_path"].lstrip("/"))).status_code == 404


async def test_a_file_of_any_size_goes_in_and_out(box: Sandbox, api: BotApi, ben: Person) -> None:
    made = Made("big", 12 * MIB)
    sent = await ben.send_file("big.bin", made.blocks(0, made.size))
    file = await api("getFile", file_id=sent.file_id)
    got = await fetched(box, file["file_path"])
    assert got.content == await ben.file(sent)
    assert len(got.content) == made.size
    again = await fetched(box, file["file_path"], Range="bytes=100-199")
    assert again.content == got.content[100:200]


async def test_files_are_gone_after_a_reset(box: Sandbox, api: BotApi, ben: Person) -> None:
    sent = await ben.send_file("a.txt", b"hello")
    async with Control(box.url) as control:
        await control.reset()
    with pytest.raises(Refusal, match="invalid file_id"):
        await api("getFile", file_id=sent.file_id)


async def test_a_card_becomes_a_picture_and_changes(api: BotApi, box: Sandbox, ben: Person) -> None:
    sent = await api("sendMessage", chat_id=1002, text="card")
    where = {"chat_id": 1002, "message_id": sent["message_id"]}
    for seed, words in (("a", "first"), ("b", "second")):
        async with httpx.AsyncClient(base_url=box.url, trust_env=False) as http:
            media = {
                "type": "photo",
                "media": "attach://p",
                "caption": f"<b>{words}</b>",
                "parse_mode": "HTML",
            }
            answer = await http.post(
                f"/telegram/bot{box.world.bot_token}/editMessageMedia",
                data={**where, "media": json.dumps(media)},
                files={"p": ("p.png", draw(seed, 100, 100))},
            )
        assert answer.json()["result"]["caption"] == words
    seen = await ben.last()
    assert (seen.caption, seen.entities[0]["type"]) == ("second", "bold")
    assert await ben.file(seen) == draw("b", 100, 100)
    await api("editMessageCaption", **where, caption="third")
    assert (await ben.last()).caption == "third"
    with pytest.raises(Refusal, match="there is no text in the message to edit"):
        await api("editMessageText", **where, text="text")
    with pytest.raises(Refusal, match="not modified"):
        await api("editMessageCaption", **where, caption="third")
    await api("deleteMessage", **where)
    with pytest.raises(Refusal, match="message to delete not found"):
        await api("deleteMessage", **where)


async def test_a_bot_deletes_what_it_may(api: BotApi, box: Sandbox, ben: Person) -> None:
    theirs = await ben.send_file("key.txt", b"secret")
    await api("deleteMessage", chat_id=1002, message_id=theirs.id)
    old = await api("sendMessage", chat_id=1002, text="old")
    async with Control(box.url) as control:
        await control.advance(48 * 3600 + 1)
    with pytest.raises(Refusal, match="can't be deleted for everyone"):
        await api("deleteMessage", chat_id=1002, message_id=old["message_id"])


@pytest.mark.parametrize(("width", "height"), [(6000, 4001), (2101, 100)])
async def test_a_picture_has_reasonable_sides(api: BotApi, ben: Person, width: int, height: int) -> None:
    head = b"\x89PNG\r\n\x1a\n" + bytes(8) + width.to_bytes(4, "big") + height.to_bytes(4, "big")
    with pytest.raises(AssertionError, match="PHOTO_INVALID_DIMENSIONS"):
        await ben.send_photo(head)
