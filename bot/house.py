"""What makes up the running bot."""

from __future__ import annotations

from dataclasses import dataclass

from bot.intake.dispatch import Dispatch
from bot.intake.store import Store
from bot.metrics import Metrics
from bot.settings import Settings
from bot.web.server import WebServer
from handlers.application import LinkHiveApplication
from services import Services
from services.replicas import Replicas
from services.runner import JobRunner
from storage.database import Database
from storage.supervisor import Supervisor


@dataclass
class House:
    """Hold the running bot."""

    settings: Settings
    db: Database
    services: Services
    application: LinkHiveApplication
    store: Store
    dispatch: Dispatch
    jobs: JobRunner
    daily: JobRunner
    watch: JobRunner
    uploads: JobRunner
    follows: JobRunner
    transcoding: JobRunner
    metrics: Metrics
    replicas: Replicas
    supervisor: Supervisor
    web: WebServer | None = None
    serving: bool = False

    @property
    def runners(self) -> tuple[JobRunner, ...]:
        """Return everybody who does jobs."""
        return (self.jobs, self.daily, self.watch, self.uploads, self.follows, self.transcoding)

    @property
    def web_port(self) -> int:
        """Return the port of the web server."""
        return self.web.port if self.web else 0
