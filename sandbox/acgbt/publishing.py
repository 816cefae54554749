"""Publishing: what is refused, field by field (section 7)."""

import re
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from sandbox.acgbt.door import Caller
from sandbox.acgbt.envelope import Refusal, body_of, ok
from sandbox.catalogue.torrents import Torrent

TITLE_CHARACTERS, DESCRIPTION_CHARACTERS, IMAGES = 200, 20_000, 20
MAGNET = re.compile(
    r"magnet:\?(.*&)?xt=urn:(btih:([0-9a-f]{40}|[a-z2-7]{32})|btmh:1220[0-9a-f]{64})(&.*)?", re.IGNORECASE
)
CID = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{58,}")


async def publish(caller: Caller, request: Request) -> Response:
    """Answer POST /publish."""
    caller.need("publish")
    asked = await body_of(request)
    if errors := _errors(caller, asked):
        raise Refusal(400, next(iter(errors.values())), errors=errors)
    site = caller.site
    made = Torrent(
        id=max(site.resources, default=0) + 1,
        title=asked["title"].strip(),
        category_id=asked["category_id"],
        description=asked.get("description") or "",
        author=caller.account.username,
        created_at=caller.world.now(),
        images=list(asked.get("images") or []),
        image_layout=asked.get("image_layout") or 1,
        file_size=asked.get("file_size"),
        seeders=1,
        torrent_file=asked.get("torrent_file"),
        magnet_link=asked.get("magnet_link"),
        ipfs_cid=asked.get("ipfs_cid"),
    )
    site.resources[made.id] = made
    words = f"《{made.title}》已通过审核，编号 {made.id}。"
    site.write("personal", "资源审核结果", words, caller.world.now(), caller.account.id)
    return ok(caller.world, {"id": made.id, "title": made.title}, "发布成功")


def _errors(caller: Caller, asked: dict[str, Any]) -> dict[str, str]:
    found = {
        "title": _title(asked.get("title")),
        "category_id": None if asked.get("category_id") in caller.site.names else "分类不存在",
        "description": _text(asked.get("description"), DESCRIPTION_CHARACTERS),
        "images": _images(asked.get("images")),
        "image_layout": None if asked.get("image_layout", 1) in (None, 1, 2, 3) else "排列方式只能是 1、2、3",
        "magnet_link": _fits(asked.get("magnet_link"), MAGNET, "磁力链接格式错误"),
        "ipfs_cid": _fits(asked.get("ipfs_cid"), CID, "IPFS CID 格式错误"),
        "torrent_file": _torrent(caller, asked.get("torrent_file")),
        "file_size": _size(asked.get("file_size")),
    }
    if not any(asked.get(name) for name in ("magnet_link", "torrent_file", "ipfs_cid")):
        found["magnet_link"] = "种子、磁力链接、IPFS CID 至少填写一项"
    return {name: words for name, words in found.items() if words}


def _title(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "标题不能为空"
    return f"标题最多{TITLE_CHARACTERS}字" if len(value.strip()) > TITLE_CHARACTERS else None


def _text(value: Any, most: int) -> str | None:
    if value is None:
        return None
    return None if isinstance(value, str) and len(value) <= most else f"简介最多{most}字"


def _images(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > IMAGES:
        return f"图片最多{IMAGES}张"
    for one in value:
        parts = urlsplit(one) if isinstance(one, str) else None
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            return "图片链接无效"
    return None


def _fits(value: Any, shape: re.Pattern[str], words: str) -> str | None:
    if value in (None, ""):
        return None
    return None if isinstance(value, str) and shape.fullmatch(value) else words


def _torrent(caller: Caller, value: Any) -> str | None:
    return None if value in (None, "") or value in caller.site.files else "种子文件不存在"


def _size(value: Any) -> str | None:
    return None if value is None or (isinstance(value, int) and value >= 0) else "文件大小无效"
