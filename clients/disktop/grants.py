"""OAuth at Disk.Top: consent page, code, refresh, and the code for another device."""

from collections.abc import Sequence

from clients import oauth
from clients.disktop import models
from clients.disktop.calls import Calls
from clients.encoding import Pairs, address, given
from clients.oauth import TokenGrant


class Grants(Calls):
    """Calls that give tokens (documents: authorization code, device code, refresh)."""

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

    def _application(self) -> list[tuple[str, str]]:
        return given(client_id=self._client_id, client_secret=self._client_secret)

    async def _tokens(self, operation: str, path: str, pairs: Pairs) -> TokenGrant:
        answer = await self._oauth(operation, path, pairs)
        return oauth.read_grant(answer, service=self._transport.service, operation=operation)
