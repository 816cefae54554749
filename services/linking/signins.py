"""Link accounts by what people bring: try it at the service, and keep what was seen to work."""

from collections.abc import Awaitable

from clients.acgbt.client import ACGBT
from clients.acgbt.models import NewKey
from clients.credentials import ApiKey, Bearer, Credential
from clients.errors import BadResponse, ClientError, Forbidden, NotAuthorized, Rejected
from clients.mika.client import Mika
from clients.mika.models import Login
from services.credentials import UserCredentials
from services.errors import NotLinked, ServiceError, ServiceOff
from services.names import Service
from services.steps import Reached, nothing
from storage.links import Link

# What ACGBT gives a key that asks for nothing else.
CALLS_A_MINUTE = 60


class AccountOpened(ServiceError):
    """A new account is there, but could not be logged in to just now; `__cause__` says why."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


class SignIns:
    """Prove keys and logins at their service, and link them. Passwords are sent on and kept nowhere."""

    def __init__(
        self,
        credentials: UserCredentials,
        acgbt: ACGBT | None,
        mika: Mika | None,
        *,
        reached: Reached = nothing,
    ) -> None:
        self._credentials = credentials
        self._acgbt = acgbt
        self._mika = mika
        self._reached = reached

    async def with_key(self, user_id: int, service: Service, key: str, secret: str) -> Link:
        """Link by a key and its secret.

        Raises ServiceOff, or the ClientError of the last try: NotAuthorized where the pair is not accepted.
        """
        if service is Service.ACGBT:
            return await self._acgbt_key(user_id, key, secret)
        credential, mika = ApiKey(key, secret), self._require_mika()
        profile = await mika.profile(credential)
        return await self._connect(
            user_id, service, credential, profile.id, profile.nickname or profile.username
        )

    async def _acgbt_key(self, user_id: int, key: str, secret: str) -> Link:
        if self._acgbt is None:
            raise ServiceOff(Service.ACGBT)
        client = self._acgbt
        credential: Credential = ApiKey(key, secret)
        try:
            profile = await client.profile(credential)
        except (NotAuthorized, Rejected, Forbidden):
            # The document knows both ways: a site that takes no signature may take the secret itself.
            credential = ApiKey(key, secret, signed=False)
            profile = await client.profile(credential)
        rights = await _rights(client, credential, key)
        return await self._connect(
            user_id, Service.ACGBT, credential, profile.id, profile.username, scopes=rights
        )

    async def rotate(self, user_id: int, name: str) -> str:
        """Replace the key that ACGBT is linked with by a new one with the same rights; returns the old key.

        `name` is for a key without one. Raises what `UserCredentials.call` raises; BadResponse, which is
        doubtful, where a new one is there but could not be tried: its secret is lost, the old one stays.
        """
        client = self._acgbt
        if client is None:
            raise ServiceOff(Service.ACGBT)

        async def make(who: Credential) -> tuple[ApiKey, NewKey]:
            if not isinstance(who, ApiKey):
                raise NotLinked(Service.ACGBT)
            own = next((one for one in await client.keys(who) if one.api_key == who.key), None)
            rights, limit = (own.permissions, own.rate_limit) if own else ((), 0)
            asked = (own.name if own else "") or name
            return who, await client.create_key(who, asked, rights or ("read",), limit or CALLS_A_MINUTE)

        old, made = await self._credentials.call(user_id, Service.ACGBT, make)
        await self._reached("key.made")
        new = ApiKey(made.api_key, made.api_secret, signed=old.signed)
        try:
            profile = await client.profile(new)
        except ClientError as error:
            # Whoever tried again without a look would leave one more behind.
            raise BadResponse(Service.ACGBT, "rotate", "the new key could not be tried") from error
        account = (profile.id, profile.username)
        await self._connect(user_id, Service.ACGBT, new, *account, scopes=made.permissions)
        return old.key

    async def with_login(self, user_id: int, username: str, password: str) -> Link:
        """Link Mika by a login; wrong ones are Rejected, with what is wrong at each field."""
        return await self._entered(user_id, username, await self._require_mika().login(username, password))

    async def with_registration(
        self, user_id: int, username: str, password: str, email: str, invite: str | None, *, again: bool
    ) -> Link:
        """Open an account at Mika and link it; `again` says that this may have been done before.

        Raises AccountOpened where the account is there but could not be entered.
        """
        mika = self._require_mika()
        opened = await self._look(mika.login(username, password)) if again else None
        if opened is None:
            opened = await self._opened(mika, username, password, email, invite)
        try:
            login = opened or await mika.login(username, password)
        except ClientError as error:
            raise AccountOpened(Service.MIKA) from error
        return await self._entered(user_id, username, login)

    async def _opened(
        self, mika: Mika, username: str, password: str, email: str, invite: str | None
    ) -> Login | None:
        """Open an account; where the answer was lost, look whether it is there by entering it."""
        try:
            await mika.register(username, password, email, invite)
        except ClientError as error:
            if not error.doubtful:
                raise
            login = await self._look(mika.login(username, password))
            if login is None:
                raise
            return login
        await self._reached("account.opened")
        return None

    async def _look(self, entering: Awaitable[Login]) -> Login | None:
        try:
            return await entering
        except ClientError:
            return None

    async def _entered(self, user_id: int, username: str, login: Login) -> Link:
        bearer, user = Bearer(login.token), login.user
        if user is None:
            user = await self._require_mika().profile(bearer)
        return await self._connect(
            user_id, Service.MIKA, bearer, user.id, user.nickname or user.username or username, login.expire
        )

    async def _connect(
        self,
        user_id: int,
        service: Service,
        credential: Credential,
        account_id: int,
        name: str,
        expires_at: float | None = None,
        scopes: tuple[str, ...] = (),
    ) -> Link:
        await self._reached("key.proven")
        return await self._credentials.connect(
            user_id,
            service,
            credential,
            account_id=str(account_id),
            account_name=name or None,
            expires_at=expires_at,
            scopes=scopes,
        )

    def _require_mika(self) -> Mika:
        if self._mika is None:
            raise ServiceOff(Service.MIKA)
        return self._mika


async def _rights(client: ACGBT, credential: Credential, key: str) -> tuple[str, ...]:
    """Return what a key may do, as the list of keys tells it; none where it does not."""
    try:
        listed = await client.keys(credential)
    except ClientError:
        return ()
    return next((one.permissions for one in listed if one.api_key == key), ())
