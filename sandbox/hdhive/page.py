"""HDHive's front-end page `/openapi/authorize`."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.consent import Brand, Wording, consent_page, problem_page, sign_in_page, signed_in
from sandbox.hdhive.envelope import Refusal
from sandbox.hdhive.oauth import check_request, new_code
from sandbox.redirects import with_query
from sandbox.world import World

BRAND = Brand("HDHive", "#6d4aff", "/hdhive")
WORDS = {
    "meta": Wording("查看配额和用量", "See quota and usage"),
    "query": Wording("查询资源和分享详情", "Look up resources and shares"),
    "unlock": Wording("用你的积分解锁资源", "Unlock resources with your points", sensitive=True),
    "write": Wording("管理你的分享", "Create, change and delete your shares", sensitive=True),
    "vip": Wording("读取账号信息并代你签到", "Read your profile and check in for you"),
}


def _names(world: World) -> dict[int, str]:
    return {p.id: f"{p.hdhive_nickname} (@{p.hdhive_username})" for p in world.people.values()}


async def authorize(world: World, request: Request) -> Response:
    """Show the consent page, or act on its buttons."""
    form = await request.form() if request.method == "POST" else request.query_params
    asked = {k: str(form.get(k, "")) for k in ("client_id", "redirect_uri", "scope", "state")}
    try:
        scopes = check_request(world, asked)
    except Refusal as refusal:
        return problem_page(
            BRAND, refusal.description or "请求无效", "This authorization request is not valid."
        )
    person = signed_in(request, world)
    if person is None:
        return sign_in_page(request, BRAND, world, _names(world))
    decision = form.get("decision") if request.method == "POST" else None
    if decision is None:
        wordings = [(scope, WORDS[scope]) for scope in scopes]
        return consent_page(request, BRAND, world, person, _names(world), wordings, asked)
    uri, state = asked["redirect_uri"], asked["state"] or None
    if decision != "allow":
        return RedirectResponse(with_query(uri, error="access_denied", state=state), 303)
    code = new_code(world, person, uri, scopes)
    return RedirectResponse(with_query(uri, code=code.value, state=state), 303)
