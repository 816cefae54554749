"""What words and files mean for uploads, and how far an upload is said to be."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from telegram import Audio, Chat, Document, Message, MessageEntity, PhotoSize, Video

from handlers.scenes import Scene
from handlers.texts import Texts
from handlers.upload.files import addresses, file_of, folder_in, in_words, speaks
from handlers.upload.sent import Albums, command_of, wish_of
from handlers.upload.views import bar, duration, progress_lines
from services.uploads import Source, Stage, Upload, UploadView

TEXTS = Texts.load()
AT = datetime(2026, 11, 21, 4, 47, 25, tzinfo=UTC)
VIDEO = Video("f", "u", 1, 1, 1, mime_type="video/mp4")
CHAT = Chat(1001, Chat.PRIVATE)


def message(**fields: Any) -> Message:
    return Message(1234, AT, CHAT, **fields)


def scene(language: str = "en") -> Scene[Any]:
    preferences = SimpleNamespace(timezone="Asia/Shanghai")
    stand_in = SimpleNamespace(
        say=TEXTS.speaker(language), person=SimpleNamespace(preferences=preferences), received_at=0.0
    )
    return cast("Scene[Any]", stand_in)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("https://example.com/a.zip", ["https://example.com/a.zip"]),
        ("see (https://example.com/a.zip).", ["https://example.com/a.zip"]),
        ("https://example.com/a_(1).zip!", ["https://example.com/a_(1).zip"]),
        ("看：https://example.com/文件.zip，好", ["https://example.com/文件.zip"]),
        ("HTTP://EXAMPLE.com/x https://b.c/d", ["HTTP://EXAMPLE.com/x", "https://b.c/d"]),
        ("https://b.c/d https://b.c/d", ["https://b.c/d"]),
        ("ftp://b.c/d magnet:?xt=1 b.c/d", []),
        ("https://b.c/(x", ["https://b.c/(x"]),
    ],
)
def test_addresses_are_found_in_words(words: str, found: list[str]) -> None:
    assert list(in_words(words)) == found


def test_addresses_behind_words_count() -> None:
    hidden = MessageEntity(MessageEntity.TEXT_LINK, 0, 4, url="https://b.c/d")
    assert addresses(message(text="here", entities=(hidden,))) == ("https://b.c/d",)
    assert len(in_words(" ".join(f"https://b.c/{n}" for n in range(99)))) == 20


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        ("https://b.c/d /Films", "/Films"),
        ("https://b.c/d /My films/Old ones", "/My films/Old ones"),
        ("/", "/"),
        ("/Films", "/Films"),
        ("https://b.c/d", None),
        ("either/or", None),
        ("", None),
    ],
)
def test_a_folder_may_follow(words: str, folder: str | None) -> None:
    assert folder_in(words) == folder


@pytest.mark.parametrize(
    ("fields", "words", "name"),
    [
        ({"document": Document("f", "u", file_name="报告.pdf")}, "words", "报告.pdf"),
        (
            {"video": Video("f", "u", 1, 1, 1, mime_type="video/mp4")},
            "Day 1/2: sea?\nmore",
            "Day 1 2 sea.mp4",
        ),
        ({"video": Video("f", "u", 1, 1, 1, mime_type="video/mp4")}, "", "Video 2026-11-21 12.47 1234.mp4"),
        (
            {"audio": Audio("f", "u", 1, performer="A", title="B", mime_type="audio/mpeg")},
            "",
            "A - B.mp3",
        ),
        ({"photo": (PhotoSize("s", "u", 90, 90), PhotoSize("l", "v", 900, 900))}, "", None),
    ],
)
def test_every_file_has_a_name(fields: dict[str, Any], words: str, name: str | None) -> None:
    found = file_of(scene(), message(**fields), words)
    assert found is not None
    assert found.name == (name or "Photo 2026-11-21 12.47 1234.jpg")
    assert found.ref == ("l" if name is None else "f"), "the largest size of a photo"


def test_a_text_has_no_file() -> None:
    assert file_of(scene(), message(text="words")) is None


def test_what_words_under_files_ask_for() -> None:
    photo, video = (PhotoSize("s", "u", 90, 90),), Video("f", "u", 1, 1, 1)
    link = "https://pan.quark.cn/s/abc123def"
    assert wish_of(message(photo=photo)) == "upload"
    assert wish_of(message(photo=photo, caption="Dune")) == "words"
    assert wish_of(message(photo=photo, caption=link)) == "words"
    assert wish_of(message(video=video, caption="Dune")) == "upload"
    assert wish_of(message(video=video, caption=link)) == "offer"
    assert speaks("https://hdhive.com/resource/0123456789abcdef0123456789abcdef")
    assert not speaks("https://example.com/a.zip")


def test_a_command_in_a_caption() -> None:
    entity = MessageEntity(MessageEntity.BOT_COMMAND, 0, 11)
    assert command_of(message(caption="/upload@bot /x", caption_entities=(entity,))) == "upload"
    later = MessageEntity(MessageEntity.BOT_COMMAND, 5, 7)
    assert command_of(message(caption="use /upload", caption_entities=(later,))) is None
    assert command_of(message(caption="words")) is None


def test_an_album_follows_its_first() -> None:
    albums = Albums()
    first = message(caption="/upload /A", media_group_id="1")
    assert albums.follow(first, "upload", "/A") == ("upload", "/A", False)
    assert albums.follow(message(media_group_id="1"), "upload", None) == ("upload", "/A", True)
    assert albums.follow(message(media_group_id="2"), "upload", None) == ("upload", None, False)
    assert albums.follow(message(), "upload", None) == ("upload", None, False)
    for number in range(1000):
        albums.follow(message(media_group_id=f"x{number}"), "words", None)
    assert len(albums._wishes) < 500


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0.2, "1 second", "1 秒"),
        (59, "59 seconds", "59 秒"),
        (61, "2 minutes", "2 分钟"),
        (3600, "1 h 0 min", "1 小时 0 分"),
        (7261, "2 h 2 min", "2 小时 2 分"),
    ],
)
def test_time_left_is_said_as_people_say_it(seconds: float, en: str, zh: str) -> None:
    assert duration(TEXTS.speaker("en"), seconds) == en
    assert duration(TEXTS.speaker("zh"), seconds) == zh


@pytest.mark.parametrize(
    ("sent", "total", "said"),
    [
        (0, 100, "▱▱▱▱▱▱▱▱▱▱▱▱ 0 %"),
        (50, 100, "▰▰▰▰▰▰▱▱▱▱▱▱ 50 %"),
        (999, 1000, "▰▰▰▰▰▰▰▰▰▰▰▱ 99 %"),
        (100, 100, "▰▰▰▰▰▰▰▰▰▰▰▰ 100 %"),
        (500, 100, "▰▰▰▰▰▰▰▰▰▰▰▰ 100 %"),
        (0, 0, "▱▱▱▱▱▱▱▱▱▱▱▱ 0 %"),
    ],
)
def test_the_bar_is_full_only_at_the_end(sent: int, total: int, said: str) -> None:
    assert bar(TEXTS.speaker("en"), sent, total) == said


def test_what_is_not_known_is_not_said() -> None:
    source = Source(kind="url", ref="https://b.c/d")
    upload = Upload(1, 1001, 1001, None, "disktop", source, "/", Stage.FETCHING, 0.0, 0.0)
    say = TEXTS.speaker("en")
    assert progress_lines(say, UploadView(upload)) == []
    assert progress_lines(say, UploadView(upload, sent=1024)) == ["1.0 KB so far"]
    known = UploadView(upload, sent=1024, total=2048, speed=512.0, seconds_left=2.0)
    assert progress_lines(say, known)[1] == "1.0 KB of 2.0 KB · 512 B/s · 2 seconds left"
