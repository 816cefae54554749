"""Uploads, saved shares, and the code for another device: their cards, filled with hostile strings."""

from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any, get_args

from clients.disktop.models import Download, SharedFile, VideoMeta, VideoStream
from handlers import problems
from handlers.linking import device
from handlers.linking.state import DeviceState
from handlers.save import command as save, running as saverun
from handlers.save.state import Offer, SaveState
from handlers.scenes import State
from handlers.upload import command as upload, queue as uploadqueue, ready as uploadready
from handlers.upload.views import UploadState
from handlers.videos import categories as videocategories
from handlers.views import View
from services.errors import TransferKind, TransferProblem, UploadKind, UploadProblem
from services.saving.copying import Progress
from services.saving.transfers import SaveResult
from services.saving.trees import Pick
from services.uploads import About, Source, Stage, Stored, Transcode, Upload, UploadView
from storage.links import Link
from tests.guarantees import hostile_drive, hostile_mika
from tests.guarantees.hostile import Stage as Before
from tests.guarantees.hostile_drive import ENDLESS, LONG, OVER, giving

OTHERS = (upload.UPLOAD, upload.OFFER, uploadqueue.QUEUE, save.SAVE, device.DEVICE, videocategories.PICK)
hostile_drive.ROUTES.update({route.name: route for route in OTHERS})
STATES = ("waiting", "processing", "completed", "failed", "cancelled", "ready", "gone", "lost")


def source(s: Before) -> Source:
    """A file or an address, whose words are anybody's."""
    w, number = s.words, s.words.count % 3
    addresses = (w(), f"https://example.com/{w()}", f"https://{w()}/x")
    kind: Any = ("url", "url", "telegram")[number]
    return Source(kind=kind, ref=addresses[number] or "x", name=w() if number else "", mime=w(), owner=1)


def one(s: Before, stage: Stage, **more: Any) -> UploadView:
    """An upload at one moment."""
    w, times = s.words, {"created_at": 0.0, "updated_at": 0.0}
    stored = Stored(file_id=7, path=f"/{w()}/{w()}", size=5, md5=w(), instant=True)
    given = {"folder": f"/{w()}", "name": w(), "size": 5, "stored": stored, **times, **more}
    made = Upload(
        id=s.words.count,
        user_id=1,
        chat_id=1,
        card_id=None,
        source=source(s),
        stage=stage,
        **{"service": "disktop", **given},
    )
    return UploadView(made, sent=3, total=5, speed=2.0, seconds_left=1.0, ahead=2)


def about(s: Before) -> About:
    """What somebody wants said of a video."""
    w = s.words
    return About(title=w(), description=w(), category_id=2, category=w())


def stage(s: Before) -> Before:
    """Put a person before their uploads and a share of somebody else's."""
    hostile_drive.stage(s)

    def files() -> list[SharedFile]:
        return [SharedFile(id=n, name=s.words(), ext=s.words(), size=5, is_dir=n < 2) for n in range(12)]

    def picks() -> tuple[Pick, ...]:
        return tuple(Pick(folder=f"/{s.words()}", file=file) for file in files())

    given: Any = s.services
    given.videos = SimpleNamespace(categories=giving(hostile_mika.Site(s).tree))
    given.transfers = SimpleNamespace(matching=giving(picks), listing=giving(files))
    given.uploads = SimpleNamespace(
        ready=giving(lambda: True),
        of=giving(lambda: [one(s, at) for at in Stage] + [one(s, at, about=about(s)) for at in Stage]),
    )
    return s


def shown(name: str, make: Callable[[Before], State]) -> Callable[[Before], Awaitable[View]]:
    """Show a card in a state."""

    async def show(s: Before) -> View:
        return await hostile_drive.ROUTES[name].show(stage(s).scene.at(make(s)))

    return show


def _upload(at: Stage, **more: Callable[[Before], Any]) -> Callable[[Before], Awaitable[View]]:
    async def show(s: Before) -> View:
        view = one(stage(s), at, **{name: make(s) for name, make in more.items()})
        s.services.uploads.view = giving(lambda: view)
        return await upload.show(s.scene.at(UploadState(upload_id=7)))

    return show


def _failed(kind: UploadKind) -> Callable[[Before], Awaitable[View]]:
    return _upload(Stage.FAILED, problem=lambda s: UploadProblem(kind, limit=5, message=s.words()))


def _transcoded(state: str) -> Callable[[Before], Transcode]:
    def make(s: Before) -> Transcode:
        log = "\n".join(s.words() for _ in range(30))
        return Transcode(state=state, task_id=7, progress=45, log=log, refused=s.words())

    return make


def _asked(action: str) -> Callable[[Before], Awaitable[View]]:
    async def press(s: Before) -> View:
        known = one(stage(s), Stage.WAITING, about=about(s)).upload
        s.services.uploads.get = giving(lambda: known)
        return await hostile_drive.follow(s, "upload", UploadState(upload_id=7), action)

    return press


def _offer(where: bool) -> Callable[[Before], State]:
    return lambda s: upload.OfferState(source=source(s), folder=f"/{s.words()}", where=where)


async def _ready(s: Before) -> View:
    payload = {"state": "failed", "title": s.words(), "video_id": 7}
    return (await uploadready.ready(stage(s).scene, payload)).view


def _share(**more: Any) -> Callable[[Before], SaveState]:
    def make(s: Before) -> SaveState:
        w = s.words
        file = SharedFile(id=7, name=w(), ext=w(), size=5)
        marks = (Pick(folder=f"/{w()}", file=file), Pick(folder="/", file=file))
        told = {"surl": w() or "x", "dest": f"/{w()}", "path": f"/{w()}/{w()}", "files": 7}
        return SaveState(**{**told, "expires": 2**40, "premium": True, "marks": marks, **more})

    return make


def _one_file(until: float | None = None) -> Callable[[Before], SaveState]:
    """A film of a share, and until when it was to be had."""

    def make(s: Before) -> SaveState:
        w = s.words
        meta = VideoMeta.model_construct(
            duration=61.0, width=3, height=2, codec=w(), bitrate=9, cover_url=f"https://example.com/{w()}"
        )
        offer = Offer(kind="play", links=(("", w() or "x"),), until=until) if until is not None else None
        pick = Pick(folder=f"/{w()}", file=SharedFile(id=7, name=w() + ".mkv", ext="", size=5))
        return _share(file=pick, meta=meta, offer=offer)(s)

    return make


def _getting(action: str) -> Callable[[Before], Awaitable[View]]:
    """Where the film is to be had: an address, or no address at all."""

    async def press(s: Before) -> View:
        w, transfers = s.words, stage(s).services.transfers
        told = [{"name": w(), "url": w()}, {"name": w(), "url": f"https://example.com/{w()}"}]
        stream = {"stream_url": w() or "x", "qualities": told, "expires_in": 2**62}
        transfers.stream = giving(lambda: VideoStream.model_validate(stream))
        transfers.download = giving(lambda: Download.model_validate({"url": w() or "x"}))
        return await hostile_drive.follow(s, "save", _one_file()(s), action)

    return press


def _result(**more: int) -> Callable[[Before], SaveState]:
    def make(s: Before) -> SaveState:
        names = tuple(s.words() for _ in range(5))
        counted = {"saved": 2, "already": 1, **more}
        return _share(result=SaveResult(dest=f"/{s.words()}", names=names, **counted))(s)

    return make


async def _saving(s: Before) -> View:
    return saverun.show_running(stage(s).scene.at(_share()(s)), Progress(files=7, saved=3))


def _transfer(kind: TransferKind) -> Callable[[Before], Awaitable[View]]:
    async def show(s: Before) -> View:
        return problems.view(stage(s).scene, TransferProblem(kind, needed=5, limit=7), retry=("show", ""))

    return show


def _device(s: Before) -> DeviceState:
    """A code and where to type it, as a service may name them."""
    w = s.words
    complete = (w(), f"https://example.com/{w()}")[s.words.count % 2]
    return DeviceState(user_code=w() or " ", address=w()[:300] or "x", complete=complete, expires_at=LONG)


async def _device_linked(s: Before) -> View:
    w, times = s.words, {"created_at": 0.0, "updated_at": 0.0}
    link = Link(
        id=1,
        user_id=1,
        service="disktop",
        account_id=w(),
        account_name=w(),
        access_token="",
        refresh_token=None,
        expires_at=None,
        refresh_expires_at=ENDLESS,
        scopes=(w(),),
        state="active",
        version=1,
        **times,
    )
    stage(s).services.db.read = giving(lambda: [link])
    return await device.show(s.scene.at(DeviceState(end="linked")))


CARDS: Mapping[str, Callable[[Before], Awaitable[View]]] = {
    **{f"upload: {at}": _upload(at) for at in Stage},
    **{f"upload to Mika: {at}": _upload(at, about=about) for at in Stage},
    **{f"upload failed: {kind}": _failed(kind) for kind in get_args(UploadKind)},
    **{f"uploaded video: {x}": _upload(Stage.DONE, about=about, transcode=_transcoded(x)) for x in STATES},
    "upload: interrupted": _upload(Stage.WAITING, retry_at=lambda _: 1e9),
    "upload: no room": _upload(
        Stage.WAITING, retry_at=lambda _: 1e9, problem=lambda _: UploadProblem("no_room")
    ),
    "upload: others go first": _upload(Stage.WAITING, problem=lambda _: UploadProblem("slow")),
    "upload: nobody knows why": _upload(Stage.FAILED),
    "upload: a video's title": _asked("title"),
    "upload: a video's words": _asked("about"),
    "upload: a video's category": _asked("category"),
    "upload offered": shown("upload_offer", _offer(False)),
    "upload offered to two": shown("upload_offer", _offer(True)),
    "uploads": shown("uploads", lambda _: uploadqueue.QueueState()),
    "uploaded video's notice": _ready,
    "share": shown("save", _share()),
    "share: top": shown("save", _share(path="/", stopped=True, expires=2**62)),
    "share: code": shown("save", _share(needs_code=True)),
    "share: wrong code": shown("save", _share(needs_code=True, wrong_code=True)),
    "share: asked for words": shown("save", _share(asking=True)),
    "share: what words find": shown("save", lambda s: _share(pattern=s.words())(s)),
    "share: a file": shown("save", _one_file()),
    "share: a file to play": _getting("play"),
    "share: a file to download": _getting("download"),
    "share: a file too late": shown("save", _one_file(OVER)),
    "share: being saved": _saving,
    "share: all saved": shown("save", _result()),
    "share: some saved": shown("save", _result(missed=3)),
    "share: all there": shown("save", _result(saved=0)),
    **{f"share: {kind}": _transfer(kind) for kind in get_args(TransferKind)},
    "device": shown("device", _device),
    "device: linked": _device_linked,
}
