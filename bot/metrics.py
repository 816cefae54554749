"""What Prometheus may ask: a registry of our own, without a label that names a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from services.steps import Reached

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Hold every instrument; nothing is global, so tests can have many."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.last_update_at: float | None = None
        self.last_poll_at: float | None = None
        # How the last poll failed, None while they are answered.
        self.poll_trouble: str | None = None
        self.updates = Counter(
            "linkhive_updates", "Updates by what became of them", ["outcome"], registry=registry
        )
        self.refused = Counter(
            "linkhive_webhook_refused", "Webhook calls refused", ["reason"], registry=registry
        )
        self.batch = Histogram(
            "linkhive_inbox_batch",
            "Updates stored in one commit",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
            registry=registry,
        )
        self.latency = Histogram(
            "linkhive_update_seconds",
            "From stored to done",
            registry=registry,
            buckets=(0.01, 0.05, 0.2, 0.5, 1, 2, 5, 15, 60),
        )
        self.in_memory = Gauge("linkhive_updates_in_memory", "Updates read but not done", registry=registry)
        self.last_update = Gauge(
            "linkhive_last_update_timestamp", "When the last update came", registry=registry
        )
        self._sending(registry)
        self._stock(registry)

    def _sending(self, registry: CollectorRegistry) -> None:
        self.polls = Counter("linkhive_polls", "Polls by result", ["result"], registry=registry)
        self.conflict = Gauge(
            "linkhive_poller_conflict", "1 while another poller takes our updates", registry=registry
        )
        self.sends = Counter("linkhive_sends", "Paced calls by result", ["result"], registry=registry)
        self.send_wait = Histogram(
            "linkhive_send_wait_seconds",
            "How long a paced call waited for its turn",
            ["priority"],
            registry=registry,
            buckets=(0.001, 0.05, 0.2, 1, 5, 30, 120),
        )
        self.paused = Counter("linkhive_chats_paused", "Times a chat was paused by a 429", registry=registry)

    def _stock(self, registry: CollectorRegistry) -> None:
        self.inbox = Gauge("linkhive_inbox_rows", "Rows of the inbox by state", ["state"], registry=registry)
        self.jobs = Gauge(
            "linkhive_jobs_rows", "Rows of the job table by state", ["state"], registry=registry
        )
        self.upstream = Gauge(
            "linkhive_upstream_up", "1 where the last probe was answered", ["service"], registry=registry
        )
        self.unlocks = Gauge("linkhive_unlocks", "Unlocks by state", ["state"], registry=registry)
        self.attempts = Gauge(
            "linkhive_link_attempts",
            "Attempts to link of the last day by stage; burned is one in the wrong hands",
            ["stage"],
            registry=registry,
        )
        self.refreshes = Gauge(
            "linkhive_refreshes",
            "Refreshes open, left by a dead process, or lost",
            ["state"],
            registry=registry,
        )
        self.cooldowns = Gauge(
            "linkhive_cooldowns", "Scopes that a service told to wait (429)", registry=registry
        )
        self.steps = Counter(
            "linkhive_steps",
            "Named steps of refreshes, unlocks, links and sends",
            ["step"],
            registry=registry,
        )
        self.task_failures = Counter(
            "linkhive_task_failures", "Times a task failed and was begun again", ["task"], registry=registry
        )
        self.healthy = Gauge("linkhive_healthy", "1 where a vital sign is good", ["sign"], registry=registry)

    def counting(self, reached: Reached) -> Reached:
        """Return a hook that counts named steps before it passes them on."""

        async def counted(step: str) -> None:
            self.steps.labels(step).inc()
            await reached(step)

        return counted

    def polled(self, now: float) -> None:
        """Note that Telegram answered a poll, and what it brought is stored."""
        self.last_poll_at = now
        self.poll_trouble = None

    def poll_failed(self, result: str, trouble: str) -> None:
        """Count a poll that brought nothing, and note how it failed."""
        self.polls.labels(result).inc()
        self.poll_trouble = trouble

    def updated(self, now: float) -> None:
        """Note that an update came."""
        self.last_update_at = now
        self.last_update.set(now)

    def render(self) -> bytes:
        """Return the exposition text."""
        return generate_latest(self.registry)
