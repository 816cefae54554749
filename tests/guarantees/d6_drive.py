"""Steps of a person with their drive, uploads and the files of a share, for faults at each of them."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import delete

from storage.schema import uploads
from storage.tx import Tx
from tests.driver import Message
from tests.e2e.drive import driveways as ways
from tests.e2e.shares.sharecard import CODE, LOCKED, SINGLE, listed, pressed
from tests.e2e.words import Words

SAY = Words("zh")
Act = Callable[[], Awaitable[object]]
WAITS = tuple(map(SAY.starts, ("upload.interrupted", "upload.unreachable", "upload.no_room")))
FILM = "E10"


def under_way(message: Message) -> bool:
    """Tell whether this is an upload that goes on: its card is edited once it has ended, or has to wait."""
    cancel = message.find(SAY("button.cancel"))
    waits = any(words in message.text for words in WAITS)
    return message.text.startswith("📤") and cancel is not None and not waits


async def fresh(s: Any) -> None:
    """Put the drive back as it was, and end what an earlier step began."""
    service = s.house.services.uploads
    if begun := await service.of(s.person.id):
        for view in begun:
            await service.cancel(view.upload.id)
        await s.house.db.write(_no_uploads)
    drive = ways.drive_of(s.box, s.person)
    for item in drive.children(drive.app_root):
        drive.remove(item)
    s.box.world.people[s.person.id].disk_used = 0
    ways.fill(s.box, s.person)
    s.house.services.drive.changed(s.person.id)


async def _no_uploads(tx: Tx) -> None:
    await tx.conn.execute(delete(uploads))


async def _top(s: Any) -> Message:
    return await ways.opened(s.person, link=False)


async def _films(s: Any) -> Message:
    return await ways.into(s.person, await _top(s), "Films", FILM)


async def _film(s: Any) -> Message:
    return await ways.into(s.person, await _films(s), FILM, "MD5")


def _press(s: Any, card: Message, label: str) -> Act:
    return lambda: s.person.press(card, label, timeout=70)


async def browse(s: Any) -> Act:
    return lambda: s.person.send("/drive")


async def folder(s: Any) -> Act:
    card = await _top(s)
    return _press(s, card, ways.numbered(card, "Films"))


async def search(s: Any) -> Act:
    await s.person.press(await _top(s), SAY("button.search_drive"))
    await s.person.until(SAY.starts("drive.ask_words").splitlines()[0])
    return lambda: s.person.send("e1")


async def file(s: Any) -> Act:
    card = await _films(s)
    return _press(s, card, ways.numbered(card, FILM))


async def download(s: Any) -> Act:
    return _press(s, await _film(s), SAY("button.download"))


async def play(s: Any) -> Act:
    return _press(s, await _film(s), SAY("button.play"))


async def rename(s: Any) -> Act:
    await s.person.press(await _film(s), SAY("button.rename"))
    await s.person.until(SAY.starts("drive.ask_rename").split("{")[0].splitlines()[0])
    return lambda: s.person.send(f"E{100 + s.number}.mkv")


async def _placed(s: Any, label: str) -> Act:
    await s.person.press(await _film(s), SAY(label))
    picker = await s.person.until("📂")
    await s.person.press(picker, ways.numbered(picker, "Extras"))
    inside = await s.person.until(lambda m: "Extras" in m.text and m.find(SAY("button.up")) is not None)
    return _press(s, inside, SAY("button.choose_folder"))


async def move(s: Any) -> Act:
    return await _placed(s, "button.move")


async def copy(s: Any) -> Act:
    return await _placed(s, "button.copy_to")


async def ask_delete(s: Any) -> Act:
    card = await ways.marked(s.person, SAY, await _top(s), "Films", "Music")
    return _press(s, card, SAY("button.delete_n", n=2))


async def remove(s: Any) -> Act:
    await s.person.press(await _film(s), SAY("button.delete"))
    asked = await s.person.until(SAY("drive.delete_final"))
    return _press(s, asked, SAY("button.delete_n", n=1))


async def new_folder(s: Any) -> Act:
    await s.person.press(await _top(s), SAY("button.new_folder"))
    await s.person.until(SAY.starts("folders.ask_name").splitlines()[0])
    return lambda: s.person.send(f"New {s.number}")


async def upload_file(s: Any) -> Act:
    data = f"file {s.number} ".encode() * 3000
    return lambda: s.person.send_file(f"{s.number}.bin", data)


async def upload_address(s: Any) -> Act:
    address = f"{s.box.url}/files/{s.number}.bin?size=30000&seed={s.number}"
    return lambda: s.person.send(f"/upload {address}")


async def fetch(s: Any) -> Act:
    # Asked for only now: behind a door the source is elsewhere. Small, so that what drips comes to its end.
    return lambda: s.person.send(f"/upload {s.source}/files/{s.number}.bin?size=200&seed={s.number}")


async def device_code(s: Any) -> Act:
    await s.person.send("/link disktop")
    return _press(s, await s.until("button.device"), SAY("button.device"))


async def shared_play(s: Any) -> Act:
    await s.person.send(f"/save https://disk.top/s/{SINGLE}")
    return _press(s, await s.until("button.play_shared"), SAY("button.play_shared"))


async def shared_download(s: Any) -> Act:
    card = await listed(s.person, SAY, f"{LOCKED} {CODE}")
    card = await pressed(s.person, card, "📁 1", "🎬 1")
    card = await pressed(s.person, card, "🎬 1", SAY("button.download_shared"))
    return _press(s, card, SAY("button.download_shared"))


STEPS: tuple[tuple[str, Callable[[Any], Awaitable[Act]]], ...] = (
    ("disktop", browse),
    ("disktop", folder),
    ("disktop", search),
    ("disktop", file),
    ("disktop", download),
    ("disktop", play),
    ("disktop", rename),
    ("disktop", move),
    ("disktop", copy),
    ("disktop", ask_delete),
    ("disktop", remove),
    ("disktop", new_folder),
    ("disktop", upload_file),
    ("disktop", upload_address),
    ("files", fetch),
    ("disktop", device_code),
    ("disktop", shared_play),
    ("disktop", shared_download),
)
