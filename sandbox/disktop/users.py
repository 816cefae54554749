"""Disk.Top's user endpoints: info, quota, share-enable."""

from starlette.requests import Request
from starlette.responses import Response

from sandbox.disktop.door import Caller
from sandbox.disktop.envelope import ok


async def info(caller: Caller, _request: Request) -> Response:
    """Answer GET /v1/user/info."""
    caller.need("user.read")
    person = caller.person
    return ok(
        {
            "uid": person.disktop_uid,
            "username": person.disktop_username,
            "nickname": person.disktop_nickname,
            "email": f"{person.disktop_username[:2]}***@example.com",
            "avatar_url": f"https://disk.top/uploads/upload/avatar/{person.disktop_uid}.jpg",
            "is_vip": person.disk_vip,
            "vip_group": 3 if person.disk_vip else 1,
            "vip_expire_ts": 0,
            "storage_quota_bytes": person.disk_total,
            "created_at_ts": 1_636_115_986,
            "oauth": {
                "client_id": caller.world.credentials.disktop_client_id,
                "scopes": sorted(caller.scopes),
            },
        }
    )


async def quota(caller: Caller, _request: Request) -> Response:
    """Answer GET /v1/user/quota."""
    caller.need("user.read")
    total, used = caller.person.disk_total, caller.person.disk_used
    return ok(
        {
            "total_bytes": total,
            "used_bytes": used,
            "free_bytes": max(0, total - used),
            "used_pct": round(100 * used / total, 2),
        }
    )


async def share_enable(caller: Caller, _request: Request) -> Response:
    """Answer POST /v1/user/share-enable."""
    caller.need("share.create")
    caller.world.disktop.sharing.add(caller.person.id)
    return ok({"enabled": True, "note": "Share endpoints are now active."})
