"""The linked account at Disk.Top."""

from clients.disktop import models
from clients.disktop.calls import Calls


class Users(Calls):
    """Calls of the user document; `token` is the access token of the user a call is made for."""

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
