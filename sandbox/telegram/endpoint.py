"""The Bot API over HTTP: /telegram/bot{token}/{method} and /telegram/file/bot{token}/{path}."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox.serving import serve
from sandbox.telegram.errors import ApiError
from sandbox.telegram.methods import call
from sandbox.telegram.params import Params
from sandbox.telegram.state import Telegram


def routes(tg: Telegram) -> list[BaseRoute]:
    """Return the Bot API's routes."""

    async def method(request: Request) -> Response:
        return await _method(tg, request)

    async def file(request: Request) -> Response:
        return _file(tg, request)

    table = [
        Route("/file/bot{token}/{path:path}", file, methods=["GET"]),
        Route("/bot{token}/{method}", method, methods=["GET", "POST"]),
    ]
    return [Mount("/telegram", routes=table)]


async def _method(tg: Telegram, request: Request) -> Response:
    try:
        _check_token(tg, request)
        params = await Params.read(request)
        result = await call(tg, request.path_params["method"], params)
    except ApiError as error:
        retry = error.parameters.get("retry_after")
        headers = {"Retry-After": str(retry)} if retry else {}
        return JSONResponse(error.body(), status_code=error.code, headers=headers)
    except HTTPException as error:
        body = ApiError(error.status_code, f"Bad Request: {error.detail}").body()
        return JSONResponse(body, status_code=error.status_code)
    return JSONResponse({"ok": True, "result": result})


def _check_token(tg: Telegram, request: Request) -> None:
    token = request.path_params["token"]
    if token == tg.token:
        return
    number, _, rest = token.partition(":")
    # Telegram answers 404 to what does not even look like a token.
    raise ApiError(401, "Unauthorized") if number.isdigit() and rest else ApiError(404, "Not Found")


def _file(tg: Telegram, request: Request) -> Response:
    file = tg.files.by_path(request.path_params["path"])
    if request.path_params["token"] != tg.token or file is None:
        return JSONResponse(ApiError(404, "Not Found").body(), status_code=404)
    if file.content is None:
        return RedirectResponse(file.url or "/")
    if tg.options.local_server == "path":
        # A local server with files on its disk has no such route.
        return JSONResponse(ApiError(404, "Not Found").body(), status_code=404)
    return serve(request, file.content, file.mime_type, rate=tg.options.file_rate)
