"""Disk.Top's pages: the consent page and the page where a device's code is typed."""

from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.consent import Brand, Wording, consent_page, page, problem_page, sign_in_page, signed_in
from sandbox.disktop.envelope import OAuthRefusal
from sandbox.disktop.oauth import check_client, new_code, parse_scopes
from sandbox.redirects import registered, with_query
from sandbox.states.disktop import Device
from sandbox.world import World

BRAND = Brand("Disk.Top 拓扑云盘", "#0b7dda", "/disktop")
WORDS = {
    "user.read": Wording("读取账号信息和空间", "Read your profile and space"),
    "files.app_data": Wording(
        "读写 /我的应用数据/LinkHive/", "Read and write in its own folder /我的应用数据/LinkHive/"
    ),
    "files.read_all": Wording("读取你的全部文件", "Read all your files", sensitive=True),
    "files.write_all": Wording("修改和删除你的全部文件", "Change and delete any file", sensitive=True),
    "share.read": Wording("查看和转存分享", "See shares and save them"),
    "share.create": Wording("以你的名义创建分享", "Create shares in your name", sensitive=True),
}
FIELDS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


def _names(world: World) -> dict[int, str]:
    return {p.id: f"{p.disktop_nickname} ({p.disktop_username})" for p in world.people.values()}


def _check(asked: dict[str, str]) -> tuple[str, ...]:
    if asked["response_type"] != "code":
        raise OAuthRefusal("unsupported_response_type")
    if asked["code_challenge"] and asked["code_challenge_method"] != "S256":
        raise OAuthRefusal("invalid_request", "code_challenge_method must be S256")
    return parse_scopes(asked["scope"])


async def authorize(world: World, request: Request) -> Response:
    """Show the consent page, or act on its buttons."""
    form = await request.form() if request.method == "POST" else request.query_params
    asked = {k: str(form.get(k, "")) for k in FIELDS}
    try:
        check_client(world, asked, secret=False)
    except OAuthRefusal:
        return problem_page(BRAND, "应用不存在（invalid_client）", "This app is unknown.")
    uri, state = asked["redirect_uri"], asked["state"] or None
    if not registered(world, uri, "disktop"):
        return problem_page(
            BRAND, "回调地址不在白名单（invalid_redirect_uri）", "The callback is not registered."
        )
    try:
        scopes = _check(asked)
    except OAuthRefusal as refusal:
        return RedirectResponse(with_query(uri, error=refusal.error, state=state), 303)
    person = signed_in(request, world)
    if person is None:
        return sign_in_page(request, BRAND, world, _names(world))
    decision = form.get("decision") if request.method == "POST" else None
    if decision is None:
        wordings = [(scope, WORDS[scope]) for scope in scopes]
        return consent_page(request, BRAND, world, person, _names(world), wordings, asked)
    if decision != "allow":
        return RedirectResponse(with_query(uri, error="access_denied", state=state), 303)
    code = new_code(world, person, uri, scopes, asked["code_challenge"])
    return RedirectResponse(with_query(uri, code=code.value, state=state), 303)


def _ask_code(request: Request, problem: str = "") -> Response:
    said = f'<p class="bad">{escape(problem)}</p>' if problem else ""
    content = (
        '<h1>输入设备上的代码</h1><div class="en">Type the code your device shows</div>'
        f'{said}<form method="get" action="{escape(request.url.path)}">'
        '<input class="code" name="user_code" autocomplete="off" placeholder="8KXH-Y8R">'
        '<button id="continue">继续 Continue</button></form>'
    )
    return page(BRAND, content, 404 if problem else 200)


def _waiting(world: World, user_code: str) -> Device | None:
    device = world.disktop.device_by_user_code(user_code)
    live = device is not None and device.stage == "asked" and device.expires_at > world.now()
    return device if live else None


async def device(world: World, request: Request) -> Response:
    """Show the device page, or act on its buttons."""
    form = await request.form() if request.method == "POST" else request.query_params
    user_code = str(form.get("user_code", ""))
    if not user_code:
        return _ask_code(request)
    waiting = _waiting(world, user_code)
    if waiting is None:
        return _ask_code(request, "代码无效或已过期 · This code is unknown or has expired")
    person = signed_in(request, world)
    if person is None:
        return sign_in_page(request, BRAND, world, _names(world))
    decision = form.get("decision") if request.method == "POST" else None
    if decision is None:
        wordings = [(scope, WORDS[scope]) for scope in waiting.scopes]
        hidden = {"user_code": waiting.user_code}
        return consent_page(request, BRAND, world, person, _names(world), wordings, hidden)
    waiting.stage = "allowed" if decision == "allow" else "denied"
    waiting.person = person.id
    said = ("已允许，可以回到设备了", "Done: go back to your device.")
    if decision != "allow":
        said = ("已拒绝", "You denied the request.")
    return page(BRAND, f'<h1>{said[0]}</h1><div class="en">{said[1]}</div>')
