"""HDHive OpenAPI: one method per endpoint of its endpoints.md."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from clients import oauth
from clients.encoding import Pairs, address, given, path_part
from clients.errors import ClientError, NotFound, UpstreamBroken
from clients.hdhive import models
from clients.hdhive.errors import error_for, message_of
from clients.hdhive.publishing import NewShare, ShareChanges
from clients.models import read
from clients.oauth import TokenGrant
from clients.reply import Reply, object_of
from clients.transport import Transport

M = TypeVar("M")
_OAUTH = "/api/public/openapi/oauth"
_OPEN = "/api/open"
# The most that one page of own shares was seen to hold.
PAGE_SIZE = 100


class HDHive:
    """Calls for one application; `token` is the access token of the user a call is made for.

    Every call may raise any ClientError; only reads are repeated after a failure.
    """

    def __init__(self, transport: Transport, client_id: str, app_secret: str) -> None:
        self._transport = transport
        self._client_id = client_id
        self._key = {"x-api-key": app_secret}

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def authorize_url(self, redirect_uri: str, scopes: Sequence[str], state: str) -> str:
        """Build the address of the consent page, which sends the user back with code and state."""
        return address(
            self._transport.base_url,
            "/openapi/authorize",
            given(
                client_id=self._client_id,
                redirect_uri=redirect_uri,
                scope=" ".join(scopes) or None,
                state=state,
            ),
        )

    async def exchange_code(self, code: str, redirect_uri: str) -> TokenGrant:
        """Trade an authorization code for tokens; a used or wrong code is Rejected."""
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return await self._tokens("exchange_code", f"{_OAUTH}/token", body)

    async def refresh(self, refresh_token: str) -> TokenGrant:
        """Get a new access token; `refresh_token` of the answer may be None: keep the old one then."""
        body = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            return await self._tokens("refresh", f"{_OAUTH}/token", body)
        except (NotFound, UpstreamBroken) as error:
            if isinstance(error, UpstreamBroken) and error.status not in (404, 405):
                raise
        # Real servers were seen with this endpoint instead.
        return await self._tokens("refresh", f"{_OAUTH}/refresh", body)

    async def revoke(self, refresh_token: str) -> None:
        """End a grant."""
        call = _Call("revoke", "POST", f"{_OAUTH}/revoke", body={"refresh_token": refresh_token})
        await self._request(call, repeat=True)

    async def ping(self) -> models.Ping:
        """Check the application's secret."""
        return await self._read(models.Ping, _Call("ping", "GET", f"{_OPEN}/ping"), repeat=True)

    async def quota(self, token: str) -> models.Quota:
        """Ask for the limits of the credential; null where none is set."""
        return await self._read(models.Quota, _Call("quota", "GET", f"{_OPEN}/quota", token), repeat=True)

    async def usage(self, token: str, start: str | None = None, end: str | None = None) -> models.Usage:
        """Count calls from day to day, both YYYY-MM-DD."""
        params = given(start_date=start, end_date=end)
        call = _Call("usage", "GET", f"{_OPEN}/usage", token, params=params)
        return await self._read(models.Usage, call, repeat=True)

    async def usage_today(self, token: str) -> models.Usage:
        """Count today's calls."""
        call = _Call("usage_today", "GET", f"{_OPEN}/usage/today", token)
        return await self._read(models.Usage, call, repeat=True)

    async def resources(self, token: str, media_type: str, tmdb_id: int | str) -> tuple[models.Resource, ...]:
        """List all resources of a title; an unknown title gives none."""
        kind, number = self._part("resources", media_type), self._part("resources", tmdb_id)
        call = _Call("resources", "GET", f"{_OPEN}/resources/{kind}/{number}", token)
        # null is an empty list (seen); no list at all is not.
        data = (await self._request(call, repeat=True)).get("data", False)
        return self._as(tuple[models.Resource, ...], () if data is None else data, call)

    async def share(self, token: str, slug: str) -> models.Share:
        """Ask for one resource: its price for this user, and whether it is unlocked."""
        call = _Call("share", "GET", f"{_OPEN}/shares/{self._part('share', slug)}", token)
        return await self._read(models.Share, call, repeat=True)

    async def check_resource(self, token: str, url: str) -> models.LinkKind:
        """Tell the kind of drive of a link, not whether it is alive."""
        call = _Call("check_resource", "POST", f"{_OPEN}/check/resource", token, body={"url": url})
        return await self._read(models.LinkKind, call, repeat=True)

    async def unlock(self, token: str, slug: str) -> models.Unlocked:
        """Spend points for a link, never repeated; INSUFFICIENT_POINTS is Rejected."""
        call = _Call("unlock", "POST", f"{_OPEN}/resources/unlock", token, body={"slug": slug})
        return await self._read(models.Unlocked, call)

    async def my_shares(self, token: str, page: int = 1, page_size: int = 20) -> models.SharePage:
        """List own shares, one page (page_size up to 100)."""
        params = given(page=page, page_size=page_size)
        call = _Call("my_shares", "GET", f"{_OPEN}/shares", token, params=params)
        envelope = await self._request(call, repeat=True)
        return self._as(models.SharePage, _page(envelope), call)

    async def iter_my_shares(self, token: str, limit: int) -> AsyncIterator[models.OwnShare]:
        """Go through own shares page by page, at most `limit` of them."""
        seen = 0
        page = 1
        while seen < limit:
            found = await self.my_shares(token, page, PAGE_SIZE)
            for share in found.shares[: limit - seen]:
                yield share
            seen += len(found.shares)
            if not found.shares or (seen >= found.total if found.total else len(found.shares) < PAGE_SIZE):
                return
            page += 1

    async def create_share(self, token: str, share: NewShare) -> models.OwnShare:
        """Publish a link; never repeated."""
        call = _Call("create_share", "POST", f"{_OPEN}/shares", token, body=share.body())
        return await self._read(models.OwnShare, call)

    async def update_share(self, token: str, slug: str, changes: ShareChanges) -> None:
        """Change fields of an own share (a missing slug was seen to answer 400)."""
        path = f"{_OPEN}/shares/{self._part('update_share', slug)}"
        await self._request(_Call("update_share", "PATCH", path, token, body=changes.body()))

    async def delete_share(self, token: str, slug: str) -> None:
        """Delete an own share; this costs the sharer a point."""
        path = f"{_OPEN}/shares/{self._part('delete_share', slug)}"
        await self._request(_Call("delete_share", "DELETE", path, token))

    async def me(self, token: str) -> models.Me:
        """Ask who is linked; needs Premium at some servers."""
        return await self._read(models.Me, _Call("me", "GET", f"{_OPEN}/me", token), repeat=True)

    async def checkin(self, token: str, gambler: bool = False) -> models.CheckIn:
        """Check in for the Beijing day, never repeated; `checked_in` False means done before."""
        call = _Call("checkin", "POST", f"{_OPEN}/checkin", token, body={"is_gambler": gambler})
        envelope = await self._request(call)
        data = envelope.get("data")
        if not isinstance(data, Mapping):
            data = {name: envelope[name] for name in ("checked_in", "points") if name in envelope}
        return self._as(models.CheckIn, {"message": message_of(envelope), **data}, call)

    async def weekly_free_quota(self, token: str) -> models.WeeklyQuota:
        """Ask for the free unlocks of this week."""
        call = _Call("weekly_free_quota", "GET", f"{_OPEN}/vip/weekly-free-quota", token)
        return await self._read(models.WeeklyQuota, call, repeat=True)

    async def _tokens(self, operation: str, path: str, body: Mapping[str, object]) -> TokenGrant:
        envelope = await self._request(_Call(operation, "POST", path, body=body))
        data = envelope.get("data")
        # Without an envelope the answer itself is the grant, as RFC 6749 has it.
        answer = data if isinstance(data, Mapping) else envelope
        return oauth.read_grant(answer, service=self._transport.service, operation=operation)

    async def _read(self, kind: type[M], call: "_Call", *, repeat: bool = False) -> M:
        return self._as(kind, _payload(await self._request(call, repeat=repeat)), call)

    async def _request(self, call: "_Call", *, repeat: bool = False) -> Mapping[str, Any]:
        bearer = {"authorization": f"Bearer {call.token}"} if call.token else {}
        reply = await self._transport.request(
            call.operation,
            call.method,
            call.path,
            params=call.params,
            json=call.body,
            headers={**self._key, **bearer},
            idempotent=repeat,
            check=self._check,
        )
        return object_of(reply, service=self._transport.service, operation=call.operation)

    def _check(self, operation: str, reply: Reply) -> None:
        error: ClientError | None = error_for(self._transport.service, operation, reply)
        if error is not None:
            raise error

    def _as(self, kind: type[M], value: object, call: "_Call") -> M:
        return read(kind, value, service=self._transport.service, operation=call.operation)

    def _part(self, operation: str, value: object) -> str:
        return path_part(value, service=self._transport.service, operation=operation)


@dataclass(frozen=True, repr=False)
class _Call:
    """What one call sends."""

    operation: str
    method: str
    path: str
    token: str | None = None
    params: Pairs = ()
    body: Mapping[str, object] | None = None


def _payload(envelope: Mapping[str, Any]) -> object:
    # weekly-free-quota is documented without the data level of the others.
    return envelope["data"] if envelope.get("data") is not None else envelope or None


def _page(envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find list and total: the document names neither; a bare list and common wrappers are read."""
    data, meta = envelope.get("data", False), envelope.get("meta")
    inner: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    listed = next((inner[name] for name in ("items", "list", "shares", "data") if name in inner), False)
    total = meta.get("total") if isinstance(meta, Mapping) else None
    return {
        "shares": listed if inner else data,
        "total": total if total is not None else inner.get("total"),
    }
