"""Disk.Top's device code flow."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.disktop.envelope import OAuthRefusal, form_of
from sandbox.disktop.oauth import check_client, granted, open_grant, parse_scopes
from sandbox.states.disktop import Device
from sandbox.world import World

# No letters or digits one could mistake for another.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
QR = "https://api.qrserver.com/v1/create-qr-code/?size=240x240&data="


async def begin(world: World, request: Request) -> Response:
    """Answer POST /oauth/device-code."""
    try:
        form = await form_of(request)
        check_client(world, form, secret=False)
        scopes = parse_scopes(form.get("scope", ""))
    except OAuthRefusal as refusal:
        return refusal.answer()
    seconds, interval = world.options.disktop_device_seconds, world.options.disktop_device_interval
    shown = "".join(world.rng.choices(LETTERS, k=7))
    device = Device(world.token(48), f"{shown[:4]}-{shown[4:]}", scopes, world.now() + seconds, interval)
    world.disktop.devices[device.device_code] = device
    page = f"{world.origin}/disktop/oauth/device"
    complete = f"{page}?user_code={device.user_code}"
    return JSONResponse(
        {
            "device_code": device.device_code,
            "user_code": device.user_code,
            "verification_uri": page,
            "verification_uri_complete": complete,
            "qr_url": QR + quote(complete, safe=""),
            "expires_in": int(seconds),
            "interval": int(interval) if interval >= 1 else interval,
        }
    )


async def poll(world: World, request: Request) -> Response:
    """Answer POST /oauth/device-token."""
    try:
        form = await form_of(request)
        check_client(world, form, secret=False)
        device = world.disktop.devices.get(form.get("device_code", ""))
        return JSONResponse(_outcome(world, device))
    except OAuthRefusal as refusal:
        return refusal.answer()


def _outcome(world: World, device: Device | None) -> dict[str, object]:
    if device is None or device.stage == "used":
        raise OAuthRefusal("invalid_grant", "device_code 无效")
    if device.expires_at <= world.now():
        raise OAuthRefusal("expired_token")
    early = device.polled_at is not None and world.now() - device.polled_at < device.interval
    device.polled_at = world.now()
    if early or device.slow_downs > 0:
        device.slow_downs = max(0, device.slow_downs - 1)
        device.interval += 5
        raise OAuthRefusal("slow_down")
    if device.stage == "denied":
        raise OAuthRefusal("access_denied")
    if device.stage == "asked" or device.person is None:
        raise OAuthRefusal("authorization_pending")
    device.stage = "used"
    person = world.people[device.person]
    return open_grant(world, person.id, granted(person, device.scopes))
