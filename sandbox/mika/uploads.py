"""Uploads to Mika: a whole video in one form, or chunk by chunk; then its transcoding begins."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.contents import Content, Kept
from sandbox.faults import Fault
from sandbox.intake import TooLarge, keep, metered, write_part
from sandbox.mika import tasks
from sandbox.mika.door import Caller
from sandbox.mika.envelope import Refusal, json_of, ok
from sandbox.mika.videos import wrong
from sandbox.multipart import Form
from sandbox.states.mika import Video, VideoUpload

_KINDS = frozenset({"mp4", "mkv", "avi", "mov", "ts", "webm", "flv", "wmv", "m4v"})
_MIB = 1024 * 1024


async def whole(caller: Caller, request: Request) -> Response:
    """Answer POST videos/upload; the fields may stand before or behind the file."""
    caller.need("member")
    fields: dict[str, Any] = {}
    kept, name = None, ""
    form = _form(caller, request)
    most = caller.mika.settings["max_upload_mb"] * _MIB
    async for head in form:
        if head.name == "file" and head.filename is not None:
            name = head.filename
            try:
                kept = await keep(caller.world.shelf.place("mika"), _spoilt(request, form.pieces()), most)
            except TooLarge:
                raise Refusal(400, "参数错误", errors={"file": f"文件超过 {most // _MIB} MB"}) from None
        else:
            fields[head.name] = await form.text()
    _note(request, fields)
    if kept is None or not kept.size:
        raise Refusal(400, "参数错误", errors={"file": "请选择文件"})
    _check(caller, fields, name, "file", kept.size)
    video = _video(caller, fields["title"], int(fields["category_id"]), kept)
    video.description = fields.get("description", "")
    fault = _fault(request)
    video.damaged = fault is not None and fault.kind == "damage"
    return ok(_uploaded(caller, video))


async def begin(caller: Caller, request: Request) -> Response:
    """Answer POST videos/upload/init."""
    caller.need("member")
    body = await json_of(request)
    size = str(body.get("filesize", ""))
    if not size.isdecimal() or not int(size):
        raise Refusal(400, "参数错误", errors={"filesize": "文件大小无效"})
    name = str(body.get("filename") or "")
    _check(caller, body, name, "filename", int(size))
    world, options = caller.world, caller.world.options
    upload = VideoUpload(
        world.token(24),
        caller.account.id,
        name,
        int(size),
        options.mika_chunk_bytes,
        world.now() + options.mika_upload_seconds,
        world.shelf.place("mika"),
        title=str(body["title"]).strip(),
        category=int(body["category_id"]),
    )
    upload.path.touch()
    caller.mika.uploads[upload.id] = upload
    return ok({"upload_id": upload.id, "chunk_size": upload.chunk_size, "total_chunks": upload.total_parts})


async def chunk(caller: Caller, request: Request) -> Response:
    """Answer POST videos/upload/chunk; upload_id and chunk_index stand before the bytes."""
    fields: dict[str, str] = {}
    form = _form(caller, request)
    async for head in form:
        if head.name == "chunk":
            _note(request, fields)
            return await _kept(caller, request, fields, form)
        fields[head.name] = await form.text()
    raise Refusal(400, "参数错误", errors={"chunk": "缺少分片数据"})


async def _kept(caller: Caller, request: Request, fields: dict[str, str], form: Form) -> Response:
    upload = _session(caller, fields.get("upload_id", ""))
    index = fields.get("chunk_index", "")
    if not index.isdecimal() or int(index) >= upload.total_parts or upload.outcome is not None:
        raise Refusal(400, "参数错误", errors={"chunk_index": "分片序号无效"})
    number = int(index) + 1
    upload.rewritten(number)
    part = await write_part(upload, number, _spoilt(request, form.pieces()))
    async for _ in form:
        pass
    if part is None:
        raise Refusal(400, "参数错误", errors={"chunk": "分片大小不符"})
    fault = _fault(request)
    upload.damaged |= fault is not None and fault.kind == "damage"
    if fault is None or fault.kind != "lose":
        upload.parts[number] = part
        caller.world.spawn(upload.hash_on())
    return ok({"chunk_index": int(index), "received": len(upload.parts), "total_chunks": upload.total_parts})


async def complete(caller: Caller, request: Request) -> Response:
    """Answer POST videos/upload/complete; asked again, it tells the same video."""
    upload = _session(caller, str((await json_of(request)).get("upload_id") or ""))
    options = caller.world.options
    if upload.outcome is not None:
        if options.mika_complete_once:
            raise Refusal(404, "上传任务不存在")
        return ok(upload.outcome)
    missing = [str(n - 1) for n in range(1, upload.total_parts + 1) if n not in upload.parts]
    if missing:
        raise Refusal(400, "分片不完整", errors={"chunks": f"缺少分片:{', '.join(missing[:20])}"})
    content = Kept(upload.path, upload.size, await upload.digest())
    if upload.outcome is None:
        video = _video(caller, upload.title, upload.category, content)
        video.damaged = upload.damaged
        told = _uploaded(caller, video)
        upload.outcome = {} if options.mika_complete_bare else told
    return ok(upload.outcome)


def _session(caller: Caller, upload_id: str) -> VideoUpload:
    upload = caller.mika.uploads.get(upload_id)
    if upload is None or upload.person != caller.account.id:
        raise Refusal(404, "上传任务不存在")
    if upload.expires_at <= caller.world.now() and upload.outcome is None:
        upload.parts.clear()
        upload.path.unlink(missing_ok=True)
        raise Refusal(404, "上传任务已过期")
    return upload


def _check(caller: Caller, fields: dict[str, Any], name: str, place: str, size: int) -> None:
    errors = wrong(caller, {"title": "", "category_id": "", **fields})
    if name.rpartition(".")[2].lower() not in _KINDS:
        errors[place] = "不支持的视频格式"
    most = caller.mika.settings["max_upload_mb"]
    if size > most * _MIB:
        errors["filesize" if place == "filename" else place] = f"文件超过 {most} MB"
    if errors:
        raise Refusal(400, "参数错误", errors=errors)


def _video(caller: Caller, title: str, category: int, content: Content) -> Video:
    mika, world = caller.mika, caller.world
    video = Video(
        id=max(mika.videos, default=0) + 1,
        owner=caller.account.id,
        title=title.strip(),
        description="",
        category=category,
        tags=[],
        duration=max(1, content.size // 400_000),
        resolution="1080p",
        views=0,
        created_at=world.now(),
        content=content,
    )
    mika.videos[video.id] = video
    return video


def _uploaded(caller: Caller, video: Video) -> dict[str, Any]:
    tasks.begin(caller.world, video)
    return {"id": video.id, "title": video.title, "status": video.status, "upload_progress": 100}


def _form(caller: Caller, request: Request) -> Form:
    pieces = metered(request.stream(), caller.world.options.mika_upload_rate)
    return Form(request.headers.get("content-type", ""), pieces)


def _fault(request: Request) -> Fault | None:
    found: Fault | None = request.scope.get("extensions", {}).get("sandbox.fault")
    return found


def _note(request: Request, fields: dict[str, Any]) -> None:
    """Let the journal know the fields of a form whose bytes it does not keep."""
    if (entry := request.scope.get("extensions", {}).get("sandbox.entry")) is not None:
        entry.body = "&".join(f"{name}={value}" for name, value in fields.items())


async def _spoilt(request: Request, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Turn over one bit of a file that is to be damaged on its way."""
    fault = _fault(request)
    damage = fault is not None and fault.kind == "damage"
    async for piece in pieces:
        yield bytes([piece[0] ^ 1]) + piece[1:] if damage else piece
        damage = False
