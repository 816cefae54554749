"""Put the web server together, and what it tells of health."""

from __future__ import annotations

from contextlib import AsyncExitStack

from bot import probes, telegram
from bot.healthchecks import HealthChecks
from bot.house import House
from bot.updatehealth import Delivered, Polled, UpdateHealth
from bot.upstreams import Upstreams
from bot.web import app
from bot.web.health import Health
from bot.web.linking import LinkPages
from bot.web.pages import Pages
from bot.web.pictures import PictureFiles
from bot.web.server import WebServer
from bot.web.webhook import Webhook
from services.clock import Clock, Steady


def web_server(
    stack: AsyncExitStack,
    house: House,
    clock: Clock,
    steady: Steady,
    update_health: UpdateHealth,
    upstreams: Upstreams,
) -> WebServer:
    """Return the web server of a bot; `steady` is the clock whose polls and looks are judged."""
    settings = house.settings
    ask = upstreams.probes()
    health = Health(
        house.db,
        clock,
        house.metrics,
        lambda: probes.ask_all(ask),
        lambda: house.serving,
        HealthChecks(house.db, steady, update_health, house.supervisor),
        house.supervisor,
    )
    stack.push_async_callback(health.close)
    house.application.upstreams = health.upstreams
    links = LinkPages(
        house.services.linking,
        Pages(house.application.texts),
        settings.public_url,
        f"{settings.telegram_me_url}/{house.application.bot.username}",
        {"hdhive": settings.hdhive_url, "disktop": settings.disktop_url},
    )
    secret = settings.telegram_webhook_secret if settings.telegram_updates == "webhook" else None
    webhook = Webhook(house.store, secret, house.metrics) if secret else None
    pictures = PictureFiles(house.services.pictures)
    return WebServer(app.build(links, health, webhook, pictures), settings.listen)


def update_health(stack: AsyncExitStack, house: House, steady: Steady) -> UpdateHealth:
    """Return what knows whether updates come; with polling the poller goes by the same clock."""
    settings, bot = house.settings, house.application.bot
    if settings.telegram_updates == "polling":
        return Polled(steady, house.metrics)
    delivered = Delivered(
        steady,
        house.metrics,
        settings.public_url + telegram.WEBHOOK_PATH,
        bot.get_webhook_info,
        lambda: telegram.deliver_here(bot, settings),
    )
    stack.push_async_callback(delivered.close)
    return delivered
