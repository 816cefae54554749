"""Disk.Top's client through the sandbox: the user, shares, access codes, and linking by a code."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable
from typing import Any

import pytest

from clients.disktop.client import DiskTop
from clients.disktop.errors import DeviceDenied, DevicePending, DeviceSlowDown
from clients.errors import Forbidden, ForbiddenReason, NotAuthorized, NotFound, Rejected
from sandbox.server import Sandbox
from tests.clients.sandboxed import *  # noqa: F403
from tests.clients.sandboxed import BEN, CALLBACK, XIAOYU, consent


async def disk_token(disk: DiskTop, person: int) -> Any:
    callback, verifier = CALLBACK.format("disktop"), secrets.token_urlsafe(48)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    scopes = ["user.read", "files.app_data", "share.read"]
    back = await consent(disk.authorize_url(callback, scopes, "st", challenge), person)
    return await disk.exchange_code(back["code"], callback, verifier)


async def test_disktop_user_and_shares(disk: DiskTop) -> None:
    grant = await disk_token(disk, XIAOYU)
    token = grant.access_token
    user = await disk.user_info(token)
    assert user.oauth is not None
    assert set(user.oauth.scopes) == set(grant.scopes)
    assert (await disk.quota(token)).total_bytes > 0
    info = await disk.share_info(token, "8d2f3a")
    assert (info.type.name, info.need_pwd) == ("FOLDER", False)
    demo, docs = sorted(await disk.share_files(token, "8d2f3a"), key=lambda file: file.is_dir)
    assert (demo.size, docs.is_dir) == (8_388_608, True)
    assert len(await disk.share_files(token, "8d2f3a", f"/{docs.name}")) == 2
    assert (await disk.share_stream(token, "8d2f3a", demo.id)).stream_url
    assert (await disk.share_video_meta(token, "8d2f3a", demo.id)).width
    assert (await disk.share_download(token, "8d2f3a", demo.id)).name == demo.name
    assert (await disk.share_download(token, "51f11e")).size == 3 * 1024 * 1024
    made = await disk.make_folder(token, "/", "电影 & 1")
    assert made.name == "电影 & 1"
    done = await disk.share_transfer(token, "8d2f3a", [demo.id], "/电影 & 1")
    assert (done.transferred, len(done.file_ids)) == (1, 1)
    assert [file.name for file in (await disk.files(token, "/电影 & 1")).files] == ["demo.mp4"]
    assert (await disk.refresh(grant.refresh_token)).refresh_token != grant.refresh_token


async def test_disktop_access_codes_and_refusals(box: Sandbox, disk: DiskTop) -> None:
    token = (await disk_token(disk, BEN)).access_token
    wrong: list[Awaitable[object]] = [
        disk.share_files(token, "c0de12"),
        disk.share_files(token, "c0de12", pwd="0000"),
        disk.share_verify(token, "c0de12", "0000"),
    ]
    for work in wrong:
        with pytest.raises(Rejected) as locked:
            await work
        assert locked.value.code == "pwd_required_or_wrong"
    assert (await disk.share_info(token, "c0de12")).need_pwd
    assert len(await disk.share_files(token, "c0de12", pwd="1234")) == 2
    assert await disk.share_verify(token, "c0de12", "1234")
    for surl, code in (("dead00", "share_not_found"), ("!", "invalid_surl")):
        with pytest.raises(NotFound) as missing:
            await disk.share_info(token, surl)
        assert missing.value.code == code
    huge = (await disk.share_files(token, "b19b19"))[0]
    with pytest.raises(Rejected) as full:
        await disk.share_transfer(token, "b19b19", [huge.id])
    assert full.value.code == "quota_exceeded"
    with pytest.raises(NotFound):
        await disk.share_download(token, "8d2f3a", 1)
    with pytest.raises(Forbidden) as scope:
        await disk.share_enable(token)
    assert scope.value.reason is ForbiddenReason.USER_SCOPE
    box.world.expire("disktop", BEN, "access")
    with pytest.raises(NotAuthorized) as expired:
        await disk.quota(token)
    assert expired.value.refreshable
    with pytest.raises(NotAuthorized) as gone:
        await disk.refresh("nonsense")
    assert not gone.value.refreshable
    with pytest.raises(Rejected):
        await disk.exchange_code("nonsense", CALLBACK.format("disktop"), "v")


async def test_disktop_share_enable(disk: DiskTop) -> None:
    begun = await disk.device_code(["share.create"])
    await consent(begun.verification_uri_complete or "", XIAOYU)
    token = (await disk.poll_device(begun.device_code)).access_token
    assert (await disk.share_enable(token)).enabled


async def test_disktop_device_code(disk: DiskTop) -> None:
    begun = await disk.device_code(["user.read"])
    with pytest.raises(DevicePending):
        await disk.poll_device(begun.device_code)
    with pytest.raises(DeviceSlowDown):
        await disk.poll_device(begun.device_code)
    denied = await disk.device_code(["user.read"])
    await consent(denied.verification_uri_complete or "", XIAOYU, "deny")
    with pytest.raises(DeviceDenied):
        await disk.poll_device(denied.device_code)
