"""A bare python-telegram-bot behind a webhook, as its examples build one: `python -m bench.peer PORT API`."""

import asyncio
import sys
from collections import Counter

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters

from bench.load import SECRET, TOKEN

handled: Counter[str] = Counter()


async def take(_update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    handled["updates"] += 1


async def main(port: int, api: str) -> None:
    application = (
        Application.builder()
        .token(TOKEN)
        .base_url(f"{api}/bot")
        .base_file_url(f"{api}/file/bot")
        .updater(None)
        .build()
    )
    application.add_handler(MessageHandler(filters.ALL, take))

    async def webhook(request: Request) -> Response:
        if request.headers.get("x-telegram-bot-api-secret-token") != SECRET:
            return Response(status_code=401)
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return Response()

    async def count(_request: Request) -> Response:
        return PlainTextResponse(str(handled["updates"]))

    routes = [Route("/telegram/webhook", webhook, methods=["POST"]), Route("/handled", count)]
    config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning", access_log=False)
    async with application:
        await application.start()
        await uvicorn.Server(config).serve()
        await application.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
