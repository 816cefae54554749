"""Disk.Top Open Platform: OAuth, user, shares and folders (seed document 004)."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from clients import oauth
from clients.disktop import models
from clients.disktop.errors import error_for, oauth_error_for
from clients.encoding import Pairs, address, given, path_part
from clients.models import read
from clients.oauth import TokenGrant
from clients.reply import Reply, object_of
from clients.transport import Transport

M = TypeVar("M")


class DiskTop:
    """Calls for one application; `token` is the access token of the user a call is made for.

    Every call may raise any ClientError; only reads are repeated after a failure. A wrong or
    missing access code is Rejected(code="pwd_required_or_wrong").
    """

    def __init__(self, transport: Transport, client_id: str, client_secret: str) -> None:
        self._transport = transport
        self._client_id = client_id
        self._client_secret = client_secret

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def authorize_url(self, redirect_uri: str, scopes: Sequence[str], state: str, challenge: str) -> str:
        """Build the address of the consent page; `challenge` is the S256 of the verifier (RFC 7636)."""
        return address(
            self._transport.base_url,
            "/oauth/authorize",
            given(
                client_id=self._client_id,
                redirect_uri=redirect_uri,
                response_type="code",
                scope=" ".join(scopes),
                state=state,
                code_challenge=challenge,
                code_challenge_method="S256",
            ),
        )

    async def exchange_code(self, code: str, redirect_uri: str, verifier: str) -> TokenGrant:
        """Trade an authorization code for tokens; a used or wrong code is Rejected(invalid_grant)."""
        pairs = given(
            grant_type="authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier
        )
        return await self._tokens("exchange_code", "/oauth/token", pairs + self._application())

    async def refresh(self, refresh_token: str) -> TokenGrant:
        """Trade a refresh token for new tokens; the old one is used up. A dead one is NotAuthorized."""
        pairs = given(grant_type="refresh_token", refresh_token=refresh_token)
        return await self._tokens("refresh", "/oauth/token", pairs + self._application())

    async def device_code(self, scopes: Sequence[str]) -> models.DeviceCode:
        """Begin a link on another device (RFC 8628)."""
        pairs = given(client_id=self._client_id, scope=" ".join(scopes))
        answer = await self._oauth("device_code", "/oauth/device-code", pairs, repeat=True)
        return self._as(models.DeviceCode, answer, "device_code")

    async def poll_device(self, device_code: str) -> TokenGrant:
        """Ask once; raises DevicePending, DeviceSlowDown, DeviceDenied or DeviceExpired until granted."""
        pairs = given(device_code=device_code, client_id=self._client_id)
        return await self._tokens("poll_device", "/oauth/device-token", pairs)

    async def user_info(self, token: str) -> models.UserInfo:
        """Ask who is linked, and with which scopes."""
        return await self._get(models.UserInfo, "user_info", "/v1/user/info", token)

    async def quota(self, token: str) -> models.Space:
        """Ask for the space of the drive, in bytes."""
        return await self._get(models.Space, "quota", "/v1/user/quota", token)

    async def share_enable(self, token: str) -> models.ShareEnabled:
        """Switch sharing on for this user; doing it twice is harmless."""
        data = await self._call("share_enable", "POST", "/v1/user/share-enable", token, data=(), repeat=True)
        return self._as(models.ShareEnabled, data, "share_enable")

    async def share_verify(self, token: str, surl: str, pwd: str) -> bool:
        """Try an access code; a wrong one is Rejected."""
        path = self._share("share_verify", surl, "verify-pwd")
        data = await self._call("share_verify", "POST", path, token, data=given(pwd=pwd), repeat=True)
        return self._as(models.Verified, data or {}, "share_verify").verified

    async def share_info(self, token: str, surl: str) -> models.ShareInfo:
        """Ask for type, need of a code, expiry and file count of a share."""
        return await self._get(models.ShareInfo, "share_info", self._share("share_info", surl, "info"), token)

    async def share_files(
        self, token: str, surl: str, path: str = "/", pwd: str | None = None
    ) -> tuple[models.SharedFile, ...]:
        """List one folder of a share."""
        where = self._share("share_files", surl, "files")
        found = await self._get(
            models.SharedFiles, "share_files", where, token, given(path=path, pwd=pwd or None)
        )
        return found.files

    async def share_transfer(
        self, token: str, surl: str, file_ids: Sequence[int], dest_path: str = "/", pwd: str | None = None
    ) -> models.Transferred:
        """Copy files of a share into the user's drive; never repeated."""
        chosen = [("file_ids[]", str(number)) for number in file_ids]
        pairs = [*chosen, *given(dest_path=dest_path, pwd=pwd or None)]
        path = self._share("share_transfer", surl, "transfer")
        data = await self._call("share_transfer", "POST", path, token, data=pairs)
        return self._as(models.Transferred, data, "share_transfer")

    async def share_stream(
        self, token: str, surl: str, fid: int, pwd: str | None = None
    ) -> models.VideoStream:
        """Get a play list of a shared video, good for ten minutes."""
        path = self._share("share_stream", surl, "stream")
        return await self._get(
            models.VideoStream, "share_stream", path, token, given(fid=fid, pwd=pwd or None)
        )

    async def share_video_meta(self, token: str, surl: str, fid: int) -> models.VideoMeta:
        """Get duration, size and cover of a shared video."""
        path = self._share("share_video_meta", surl, "video-meta")
        return await self._get(models.VideoMeta, "share_video_meta", path, token, given(fid=fid))

    async def share_download(
        self, token: str, surl: str, fid: int | None = None, pwd: str | None = None
    ) -> models.Download:
        """Get a direct address of a shared file, good for ten minutes; no `fid` for a one-file share."""
        path = self._share("share_download", surl, "download")
        return await self._get(
            models.Download, "share_download", path, token, given(fid=fid, pwd=pwd or None)
        )

    async def files(self, token: str, path: str = "/", page: int = 1, limit: int = 50) -> models.Listing:
        """List one page of a folder of the user's drive (limit up to 200)."""
        return await self._get(
            models.Listing, "files", "/v1/files", token, given(path=path, page=page, limit=limit)
        )

    async def make_folder(self, token: str, parent_path: str, name: str) -> models.MadeFolder:
        """Make a folder in the user's drive."""
        pairs = given(parent_path=parent_path, name=name)
        data = await self._call("make_folder", "POST", "/v1/files/folder", token, data=pairs)
        return self._as(models.MadeFolder, data, "make_folder")

    def _application(self) -> list[tuple[str, str]]:
        return given(client_id=self._client_id, client_secret=self._client_secret)

    def _share(self, operation: str, surl: str, action: str) -> str:
        return f"/v1/share/{path_part(surl, service=self._transport.service, operation=operation)}/{action}"

    async def _tokens(self, operation: str, path: str, pairs: Pairs) -> TokenGrant:
        answer = await self._oauth(operation, path, pairs)
        return oauth.read_grant(answer, service=self._transport.service, operation=operation)

    async def _oauth(self, operation: str, path: str, pairs: Pairs, *, repeat: bool = False) -> Any:
        reply = await self._transport.request(
            operation, "POST", path, data=pairs, idempotent=repeat, check=self._check_oauth
        )
        answer = object_of(reply, service=self._transport.service, operation=operation)
        # The answer is flat by RFC 6749; an envelope as on the other calls is read as well.
        return answer["data"] if isinstance(answer.get("data"), Mapping) else answer

    async def _get(self, kind: type[M], operation: str, path: str, token: str, params: Pairs = ()) -> M:
        data = await self._call(operation, "GET", path, token, params=params, repeat=True)
        return self._as(kind, data, operation)

    async def _call(
        self,
        operation: str,
        method: str,
        path: str,
        token: str,
        *,
        params: Pairs = (),
        data: Pairs | None = None,
        repeat: bool = False,
    ) -> object:
        reply = await self._transport.request(
            operation,
            method,
            path,
            params=params,
            data=data,
            headers={"authorization": f"Bearer {token}"},
            idempotent=repeat,
            check=self._check,
        )
        return object_of(reply, service=self._transport.service, operation=operation).get("data")

    def _check(self, operation: str, reply: Reply) -> None:
        error = error_for(self._transport.service, operation, reply)
        if error is not None:
            raise error

    def _check_oauth(self, operation: str, reply: Reply) -> None:
        error = oauth_error_for(self._transport.service, operation, reply)
        if error is not None:
            raise error

    def _as(self, kind: type[M], value: object, operation: str) -> M:
        return read(kind, value, service=self._transport.service, operation=operation)
