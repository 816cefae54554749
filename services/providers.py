"""The services that are linked over OAuth, behind one small protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from clients.disktop.client import DiskTop
from clients.errors import Forbidden
from clients.hdhive.client import HDHive
from clients.oauth import TokenGrant
from services.names import Service


@dataclass(frozen=True)
class Account:
    """Be whose grant it is, as far as the service tells."""

    id: str | None = None
    name: str | None = None


class Provider(Protocol):
    """Speak OAuth with one service."""

    @property
    def service(self) -> Service:
        """Name the service."""
        ...

    @property
    def scopes(self) -> tuple[str, ...]:
        """Return the scopes that are asked for."""
        ...

    @property
    def pkce(self) -> bool:
        """Tell whether the service takes a PKCE challenge."""
        ...

    @property
    def revokes(self) -> bool:
        """Tell whether the service can take a grant back on request."""
        ...

    def authorize_url(
        self, redirect_uri: str, scopes: Sequence[str], state: str, challenge: str | None
    ) -> str:
        """Return where the browser asks the user."""
        ...

    async def exchange(self, code: str, redirect_uri: str, verifier: str | None) -> TokenGrant:
        """Turn a code into tokens."""
        ...

    async def refresh(self, refresh_token: str) -> TokenGrant:
        """Turn a refresh token into new tokens."""
        ...

    async def revoke(self, refresh_token: str) -> None:
        """Take a grant back; does nothing where the service has no such call."""
        ...

    async def describe(self, access_token: str) -> Account:
        """Tell whose grant it is."""
        ...


@dataclass(frozen=True)
class HDHiveProvider:
    """Link HDHive accounts: without PKCE, the code is bound to the app's secret."""

    client: HDHive
    scopes: tuple[str, ...]
    service: Service = Service.HDHIVE
    pkce: bool = False
    revokes: bool = True

    def authorize_url(
        self, redirect_uri: str, scopes: Sequence[str], state: str, challenge: str | None
    ) -> str:
        """Return the front page's address."""
        del challenge  # HDHive knows no PKCE
        return self.client.authorize_url(redirect_uri, scopes, state)

    async def exchange(self, code: str, redirect_uri: str, verifier: str | None) -> TokenGrant:
        """Turn a code into tokens."""
        del verifier
        return await self.client.exchange_code(code, redirect_uri)

    async def refresh(self, refresh_token: str) -> TokenGrant:
        """Turn a refresh token into new tokens."""
        return await self.client.refresh(refresh_token)

    async def revoke(self, refresh_token: str) -> None:
        """Take a grant back."""
        await self.client.revoke(refresh_token)

    async def describe(self, access_token: str) -> Account:
        """Tell whose grant it is; HDHive keeps `/me` for Premium users, the others stay unnamed."""
        try:
            me = await self.client.me(access_token)
        except Forbidden:
            return Account()
        return Account(str(me.id), me.nickname or me.username)


@dataclass(frozen=True)
class DiskTopProvider:
    """Link Disk.Top accounts: with PKCE; the service has no call to revoke."""

    client: DiskTop
    scopes: tuple[str, ...]
    service: Service = Service.DISKTOP
    pkce: bool = True
    revokes: bool = False

    def authorize_url(
        self, redirect_uri: str, scopes: Sequence[str], state: str, challenge: str | None
    ) -> str:
        """Return the consent page's address."""
        return self.client.authorize_url(redirect_uri, scopes, state, challenge or "")

    async def exchange(self, code: str, redirect_uri: str, verifier: str | None) -> TokenGrant:
        """Turn a code into tokens."""
        return await self.client.exchange_code(code, redirect_uri, verifier or "")

    async def refresh(self, refresh_token: str) -> TokenGrant:
        """Turn a refresh token into new tokens."""
        return await self.client.refresh(refresh_token)

    async def revoke(self, refresh_token: str) -> None:
        """Do nothing: users take grants back on disk.top themselves."""

    async def describe(self, access_token: str) -> Account:
        """Tell whose grant it is."""
        info = await self.client.user_info(access_token)
        return Account(str(info.uid), info.nickname or info.username)


# Those that can take a grant back, also while they are switched off.
REVOKING = frozenset(kind.service for kind in (HDHiveProvider, DiskTopProvider) if kind.revokes)
