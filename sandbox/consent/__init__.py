"""The consent pages of HDHive and Disk.Top: who is signed in, what is asked, Allow and Deny."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.people import Person
from sandbox.world import World

COOKIE = "sandbox_person"
APP_NAME = "LinkHive"


@dataclass(frozen=True)
class Brand:
    """How a service's pages look, and where they live."""

    name: str
    colour: str
    mount: str


@dataclass(frozen=True)
class Wording:
    """What a scope means, in plain words."""

    zh: str
    en: str
    sensitive: bool = False


@cache
def _template() -> Template:
    return Template(files(__package__).joinpath("page.html").read_text("utf-8"))


def page(brand: Brand, content: str, status: int = 200) -> HTMLResponse:
    """Return a page in a service's colours; the content is HTML already."""
    filled = _template().substitute(
        title=escape(brand.name), service=escape(brand.name), colour=brand.colour, content=content
    )
    return HTMLResponse(filled, status, headers={"cache-control": "no-store"})


def signed_in(request: Request, world: World) -> Person | None:
    """Return who sits at this browser."""
    value = request.cookies.get(COOKIE, "")
    return world.people.get(int(value)) if value.isdecimal() else None


def sign_in_route(world: World) -> Route:
    """Return the route that signs one of the people in: `session?person=…&next=…`."""

    async def handle(request: Request) -> Response:
        person = request.query_params.get("person", "")
        where = request.query_params.get("next", "/")
        if not person.isdecimal() or int(person) not in world.people:
            return Response("unknown person", 404)
        # Only a path of this server: a sandbox is no open redirect either.
        safe = where if where.startswith("/") and not where.startswith(("//", "/\\")) else "/"
        answer = RedirectResponse(safe, 303)
        answer.set_cookie(COOKIE, person, path="/", samesite="lax")
        return answer

    return Route("/session", handle, methods=["GET"])


def _here(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(request.url.path + query, safe="")


def _links(request: Request, brand: Brand, world: World, names: Mapping[int, str], *, large: bool) -> str:
    here = _here(request)
    links = []
    for person in world.people.values():
        shown = escape(f"{person.first_name} · {names[person.id]}" if large else person.first_name)
        face = f'<span class="face">{escape(person.first_name[0])}</span>' if large else ""
        address = f"{brand.mount}/session?person={person.id}&amp;next={here}"
        links.append(f'<a href="{address}" data-person="{person.id}">{face}<span>{shown}</span></a>')
    return "".join(links)


def sign_in_page(request: Request, brand: Brand, world: World, names: Mapping[int, str]) -> HTMLResponse:
    """Ask who is sitting here."""
    links = _links(request, brand, world, names, large=True)
    return page(
        brand,
        f'<h1>登录 {escape(brand.name)}</h1><div class="en">Sign in to {escape(brand.name)}</div>'
        f'<div class="people large">{links}</div>',
    )


def problem_page(brand: Brand, zh: str, en: str, status: int = 400) -> HTMLResponse:
    """Say what is wrong with the request itself; such a request is never redirected."""
    return page(brand, f'<h1 class="bad">{escape(zh)}</h1><div class="en">{escape(en)}</div>', status)


def consent_page(
    request: Request,
    brand: Brand,
    world: World,
    person: Person,
    names: Mapping[int, str],
    wordings: Sequence[tuple[str, Wording]],
    hidden: Mapping[str, str],
) -> HTMLResponse:
    """Ask whether the app may have what it asked for."""
    scopes = "".join(
        f'<li data-scope="{escape(scope)}"{" class=sensitive" if words.sensitive else ""}>'
        f'{escape(words.zh)}<div class="en">{escape(words.en)}</div></li>'
        for scope, words in wordings
    )
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    who = (
        f'<div class="who"><span class="face">{escape(person.first_name[0])}</span>'
        f'<div><b id="account">{escape(names[person.id])}</b>'
        f'<span class="en">已登录 · signed in as {escape(person.first_name)}</span></div></div>'
    )
    content = f"""<h1>{APP_NAME} 请求访问你的账号</h1>
<div class="en">{APP_NAME} wants to use your account</div>{who}
<div>将允许它：<span class="en">It will be able to:</span></div><ul class="scopes">{scopes}</ul>
<form method="post" action="{escape(request.url.path)}">{fields}<div class="actions">
<button id="deny" name="decision" value="deny">拒绝 Deny</button>
<button id="allow" name="decision" value="allow">允许 Allow</button></div></form>
<div class="people">换个人 · Switch: {_links(request, brand, world, names, large=False)}</div>"""
    return page(brand, content)
