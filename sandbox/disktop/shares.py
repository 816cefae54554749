"""Disk.Top's seven share endpoints."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.catalogue import Node, Share
from sandbox.disktop.content import LINK_SECONDS, VIDEO, Wares, signed, streams
from sandbox.disktop.door import Caller
from sandbox.disktop.envelope import Refusal, form_of, list_of, ok

SURL = re.compile(r"[0-9A-Za-z]{4,12}")


def _share(caller: Caller, request: Request) -> Share:
    caller.need("share.read", "share.create")
    surl = request.path_params["surl"]
    if not SURL.fullmatch(surl):
        raise Refusal("invalid_surl")
    share = caller.world.catalogue.shares.get(surl)
    if share is None or share.deleted:
        raise Refusal("share_not_found")
    return share


def _open(caller: Caller, request: Request, pwd: str | None) -> Share:
    """Return a share whose contents may be seen."""
    share = _share(caller, request)
    if share.expire_time and share.expire_time < caller.world.now():
        raise Refusal("share_not_found", "分享已过期")
    known = (caller.person.id, share.surl) in caller.world.disktop.verified
    if share.code and pwd != share.code and (pwd or not known):
        raise Refusal("pwd_required_or_wrong")
    return share


def _usable(caller: Caller, share: Share) -> None:
    if share.premium and not caller.person.disk_vip:
        raise Refusal("premium_required")


def _file(share: Share, fid: str | None) -> Node:
    if fid is None and share.kind == 0:
        return share.nodes[0]
    node = share.find(int(fid)) if fid and fid.isdecimal() else None
    if node is None or node.is_dir:
        raise Refusal("file_not_found")
    return node


def _asked(caller: Caller, request: Request) -> tuple[Share, Node]:
    share = _open(caller, request, request.query_params.get("pwd"))
    _usable(caller, share)
    return share, _file(share, request.query_params.get("fid"))


async def verify(caller: Caller, request: Request) -> Response:
    """Answer POST verify-pwd; afterwards this person needs no code for the share."""
    pwd = (await form_of(request)).get("pwd", "")
    share = _open(caller, request, pwd or None)
    caller.world.disktop.verified.add((caller.person.id, share.surl))
    return ok({"verified": True})


async def info(caller: Caller, request: Request) -> Response:
    """Answer GET info."""
    share = _share(caller, request)
    return ok(
        {
            "surl": share.surl,
            "type": share.kind,
            "need_pwd": share.code is not None,
            "expire_time": share.expire_time,
            "source_count": len(share.files()),
            "premium": share.premium,
        }
    )


def _inside(share: Share, path: str) -> list[Node]:
    nodes = share.nodes
    for part in filter(None, path.split("/")):
        found = [n for n in nodes if n.is_dir and n.name == part]
        if not found:
            raise Refusal("file_not_found", "目录不存在")
        nodes = found[0].children
    return nodes


def _public(node: Node) -> dict[str, Any]:
    return {"id": node.id, "name": node.name, "size": node.size, "ext": node.ext, "is_dir": node.is_dir}


async def files(caller: Caller, request: Request) -> Response:
    """Answer GET files."""
    share = _open(caller, request, request.query_params.get("pwd"))
    nodes = _inside(share, request.query_params.get("path", "/"))
    return ok({"files": [_public(node) for node in nodes]})


async def transfer(caller: Caller, request: Request) -> Response:
    """Answer POST transfer: copy files, not folders, into the app's folder."""
    form = await form_of(request)
    share = _open(caller, request, form.get("pwd") or None)
    caller.need("files.app_data", "files.write_all")
    _usable(caller, share)
    ids = await list_of(request, "file_ids")
    if not ids:
        raise Refusal("invalid_param", "缺少 file_ids")
    nodes = [_file(share, str(one)) for one in ids]
    size = sum(node.size for node in nodes)
    if caller.person.disk_used + size > caller.person.disk_total:
        raise Refusal("quota_exceeded")
    drive, now = caller.drive, caller.world.now()
    target = drive.make_path(caller.root, form.get("dest_path") or "/", now)
    made = [drive.add(target.id, node.name, now, content=node.content) for node in nodes]
    caller.person.disk_used += size
    return ok({"transferred": len(made), "file_ids": [item.id for item in made]})


def _video(node: Node) -> Wares:
    if node.ext not in VIDEO:
        raise Refusal("file_not_found", "不是音视频文件")
    return Wares(node.id, node.name, node.size, node.ext)


async def stream(caller: Caller, request: Request) -> Response:
    """Answer GET stream."""
    _, node = _asked(caller, request)
    return ok(streams(caller.world, _video(node)))


async def video_meta(caller: Caller, request: Request) -> Response:
    """Answer GET video-meta."""
    _, node = _asked(caller, request)
    wares = _video(node)
    return ok(
        {
            "duration": 1800 + wares.id % 3600,
            "width": 3840 if "2160p" in wares.name else 1920,
            "height": 2160 if "2160p" in wares.name else 1080,
            "codec": "hevc" if "2160p" in wares.name else "h264",
            "bitrate": 2_500_000,
            "cover_url": f"{caller.world.origin}/disktop/cover/{wares.id}/cover.png",
        }
    )


async def download(caller: Caller, request: Request) -> Response:
    """Answer GET download: a signed link that needs no login."""
    share, node = _asked(caller, request)
    wares = Wares(node.id, node.name, node.size, node.ext)
    path = f"/v1/internal/openapi/share-download/{share.surl}/{node.id}"
    return ok(
        {
            "file_id": node.id,
            "name": node.name,
            "size": node.size,
            "url": signed(caller.world, path, wares),
            "expires_in": LINK_SECONDS,
        }
    )
