"""A person's browser: it keeps cookies and walks through the pages that link an account."""

from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from tests.driver.forms import Form, form_with, forms_of

_REDIRECTS = (301, 302, 303, 307, 308)


class Browser:
    """A browser in which one of the sandbox's people is signed in at every service.

    `link` walks the whole way; its steps (`bind`, `consent`, `returned`) can be taken one by one.
    `page` is the last page seen, `status` its status.
    """

    def __init__(self, person_id: int) -> None:
        self._http = httpx.AsyncClient(timeout=60, trust_env=False, follow_redirects=False)
        self._http.cookies.set("sandbox_person", str(person_id))
        self.page = ""
        self.status = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @property
    def cookies(self) -> httpx.Cookies:
        return self._http.cookies

    async def get(self, url: str) -> httpx.Response:
        """Open an address; redirects are not followed."""
        return self._seen(await self._http.get(url))

    async def link(self, ticket_url: str, allow: bool = True) -> str:
        """Go from the ticket page to the deep link; return its payload, "" when there is none."""
        authorize = await self.bind(ticket_url)
        if not authorize:
            return ""
        return await self.returned(await self.consent(authorize, allow=allow))

    async def bind(self, ticket_url: str) -> str:
        """Press the ticket page's button; return the service's address, "" when refused."""
        page = await self.get(ticket_url)
        found = [form for form in forms_of(page.text) if form.method == "post"]
        if page.status_code != 200 or not found:
            return ""
        reply = await self._submit(found[0], next(iter(found[0].buttons), None), ticket_url)
        return _location(reply)

    async def consent(self, authorize_url: str, *, allow: bool = True) -> str:
        """Press Allow or Deny at the service; return the callback's address."""
        page = await self.get(authorize_url)
        while page.status_code in _REDIRECTS:
            authorize_url = _location(page)
            page = await self.get(authorize_url)
        button = "allow" if allow else "deny"
        assert page.status_code == 200, f"{authorize_url}: {page.status_code} {page.text[:500]}"
        return _location(await self._submit(form_with(page.text, button), button, authorize_url))

    async def returned(self, callback_url: str) -> str:
        """Open the callback; return the payload of the deep link it leads to, "" when there is none."""
        return payload_of(_location(await self.get(callback_url)))

    async def _submit(self, form: Form, button: str | None, page_url: str) -> httpx.Response:
        target, fields = form.target(button, page_url), form.sent_by(button)
        # A browser names the page's origin when it posts a form.
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(page_url))
        headers = {"Origin": origin, "Referer": page_url}
        if form.method == "post":
            return self._seen(await self._http.post(target, data=fields, headers=headers))
        return self._seen(await self._http.get(target, params=fields, headers=headers))

    def _seen(self, reply: httpx.Response) -> httpx.Response:
        self.page, self.status = reply.text, reply.status_code
        return reply


def _location(reply: httpx.Response) -> str:
    if reply.status_code not in _REDIRECTS:
        return ""
    return urljoin(str(reply.request.url), reply.headers["location"])


def payload_of(deep_link: str) -> str:
    """Return the start payload of a deep link."""
    return parse_qs(urlsplit(deep_link).query).get("start", [""])[0]
