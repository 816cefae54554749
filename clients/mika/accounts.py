"""Signing in and the user's own account (section 用户接口)."""

from clients.credentials import Credential
from clients.encoding import given
from clients.mika import models
from clients.mika.calls import Calls


class Accounts(Calls):
    """Calls about who somebody is."""

    async def login(self, username: str, password: str) -> models.Login:
        """Get a token for a name and a password; wrong ones are Rejected. Never repeated."""
        data = await self._call(
            "login", "POST", "/auth/login", None, json={"username": username, "password": password}
        )
        return self._as(models.Login, data, "login")

    async def register(
        self, username: str, password: str, email: str, invite_code: str | None = None
    ) -> None:
        """Open an account; what is wrong with a field is in `fields` of Rejected. Never repeated."""
        body = given(username=username, password=password, email=email, invite_code=invite_code or None)
        await self._call("register", "POST", "/auth/register", None, json=dict(body))

    async def profile(self, who: Credential) -> models.Profile:
        """Ask for the account: points, VIP level and its end."""
        return await self._get(models.Profile, "profile", "/user/profile", who)

    async def edit_profile(
        self, who: Credential, nickname: str | None = None, avatar: str | None = None
    ) -> None:
        """Change the nickname or the avatar (a path of the site or an address)."""
        body = dict(given(nickname=nickname, avatar=avatar))
        await self._call("edit_profile", "PUT", "/user/profile", who, json=body, repeat=True)
