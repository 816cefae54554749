"""Put the house together in order, and take it down in the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import handlers
from bot import database, housekeeping, lostkeys, telegram, telegramfiles, updatehealth
from bot.assembly import assemble
from bot.findings import POLLED_ELSEWHERE, TASK_FAILED
from bot.house import House
from bot.intake.deliver import delivery_to
from bot.intake.dispatch import Dispatch
from bot.intake.polling import Poller
from bot.intake.ratelimit import FLOOD, RateLimiter
from bot.intake.store import Store
from bot.metrics import Metrics
from bot.settings import Settings, prepare_libraries
from bot.telegram import Connection
from bot.upstreams import Upstreams, open_upstreams
from bot.web.assembly import update_health, web_server
from handlers import menus
from handlers.context import Policy
from handlers.texts import Texts
from services import Services
from services.chatstatus import ChatStatuses
from services.clock import Clock, Steady, SystemClock
from services.replicas import Replicas
from services.runner import JobRunner
from services.steps import Reached, nothing
from storage import meta
from storage.database import Database
from storage.supervisor import Supervisor, Work

__all__ = ["House", "linkhive"]

log = logging.getLogger(__name__)

# Together below the ten seconds that a container is given to stop: requests first, then chats and jobs at the
# same time, and after a moment more whatever did not listen.
WEB_PATIENCE = 2.0
WORK_PATIENCE = 6.0
DEAF_PATIENCE = 1.0
DAILY_AT_ONCE = 16
LOOKS_AT_ONCE = 16
# A large file lives through many restarts; each kill counts as a failure of its job.
UPLOAD_FAILURES = 100
# It goes on from where it was stopped, so a stop need not wait for it: only for parts that are nearly there.
UPLOAD_PATIENCE = 0.5
# One poll round, and unlocks and saves that need no press.
FOLLOWS_AT_ONCE = 4
TASKS_AT_ONCE = 16


@asynccontextmanager
async def linkhive(
    settings: Settings, *, clock: Clock | None = None, reached: Reached = nothing
) -> AsyncIterator[House]:
    """Run the whole bot while the context is open; `reached` is told of named steps."""
    prepare_libraries()
    clock, metrics = clock or SystemClock(), Metrics()
    reached, supervisor = metrics.counting(reached), Supervisor(Steady(clock).now)
    async with AsyncExitStack() as stack:
        stack.enter_context(database.sole_use(settings))
        await lostkeys.refuse(settings)
        db = await stack.enter_async_context(database.opened(settings, supervisor))
        supervisor.alarmed = partial(_failed, db, clock, metrics)
        replicas = Replicas(db, clock, database.holder(db.dialect))
        upstreams = open_upstreams(settings, replicas.share)
        stack.push_async_callback(upstreams.aclose)
        chat_statuses = ChatStatuses(db, clock)
        await chat_statuses.load()
        line = telegram.connect(settings, clock, metrics, chat_statuses, reached, replicas.share, supervisor)
        services = assemble(settings, db, clock, upstreams, replicas.holder, chat_statuses, reached)
        house = _build(settings, services, metrics, line, replicas, supervisor, reached)
        stack.push_async_callback(house.services.close)
        stack.push_async_callback(replicas.leave)
        await replicas.join()
        _background(stack, house, "replicas", replicas.follow)
        await _introduce(stack, house, clock)
        await _start(stack, house, clock, upstreams, line)
        house.serving = True
        try:
            yield house
        finally:
            house.serving = False
            log.info("stopping")


def _build(
    settings: Settings,
    services: Services,
    metrics: Metrics,
    line: Connection,
    replicas: Replicas,
    supervisor: Supervisor,
    reached: Reached,
) -> House:
    db, clock = services.db, services.clock
    policy = Policy(
        me_url=settings.telegram_me_url,
        admin_ids=settings.admin_ids,
        allowed_ids=settings.allowed_ids,
        hdhive_url=settings.hdhive_url,
    )
    application = handlers.create(line.bot, services=services, texts=Texts.load(), policy=policy)
    application.reached = reached
    hand = delivery_to(application, RateLimiter(), metrics, db.erasures.void)
    dispatch = Dispatch(hand, clock, metrics, activity=services.activity)
    holder = replicas.holder
    gate = RateLimiter(FLOOD)
    store = Store(
        db, dispatch, clock, metrics, holder=holder, gate=gate, reached=reached, supervisor=supervisor
    )
    runner = partial(
        JobRunner,
        db,
        clock,
        holder,
        grace=WORK_PATIENCE,
        admission=services.admission,
        supervisor=supervisor,
    )
    jobs = runner({**services.jobs(), **application.routes.jobs}, name="jobs")
    # A service that hangs in everybody's check-in must not hold up notices.
    daily = runner(services.checkins.jobs(), limit=DAILY_AT_ONCE, name="daily")
    # Looking after accounts takes its time, a check of many links above all.
    looks = {**services.watch.jobs(), **services.inboxes.jobs()}
    watch = runner(looks, limit=LOOKS_AT_ONCE, name="watch")
    telegramfiles.serve(services.uploads, line.bot, settings)
    # Hours of uploading must not hold up anything else.
    uploads = runner(
        services.uploads.jobs(), max_failures=UPLOAD_FAILURES, grace=UPLOAD_PATIENCE, name="uploads"
    )
    rounds = {**services.subscriptions.jobs(), **services.acg.jobs()}
    follows = runner(rounds, limit=FOLLOWS_AT_ONCE, name="follows")
    # Cards that follow a task, and the wishes to be told of its end, ask the site again and again.
    looking = {**services.transcoding.jobs(), **services.uploads.following.jobs()}
    tasks = runner(looking, limit=TASKS_AT_ONCE, name="transcoding")
    runners = (jobs, daily, watch, uploads, follows, tasks)
    held = (metrics, replicas, supervisor)
    return House(settings, db, services, application, store, dispatch, *runners, *held)


async def _introduce(stack: AsyncExitStack, house: House, clock: Clock) -> None:
    stack.push_async_callback(house.application.shutdown)
    stack.push_async_callback(house.application.bot.shutdown)
    await telegram.introduce(house.application.bot, clock, house.settings)
    await house.application.initialize()


async def _start(
    stack: AsyncExitStack, house: House, clock: Clock, upstreams: Upstreams, line: Connection
) -> None:
    """Start what works before what brings work; the exit stack stops them the other way round."""
    beside = partial(_background, stack, house)
    beside("housekeeping", lambda: housekeeping.run(house.db, clock, house.services.uploads.sweep))
    beside("chat_statuses", house.services.chat_statuses.follow)
    beside("forgetting", house.services.forgetting.follow)
    await house.services.resume()
    for runner in house.runners:
        beside(runner.name, runner.run)
    await house.store.start()
    stack.push_async_callback(lambda: _stop_work(house))
    steady = Steady(clock)
    health = update_health(stack, house, steady)
    house.web = server = web_server(stack, house, clock, steady, health, upstreams)
    await server.start()
    stack.push_async_callback(server.stop, WEB_PATIENCE)
    beside("menus", lambda: _publish(house, clock))
    if house.settings.telegram_updates == "webhook":
        beside("webhook", lambda: telegram.set_webhook(line.bot, house.settings, clock))
        beside("webhook.watch", lambda: updatehealth.watch(health, steady))
    else:

        async def alarmed() -> None:
            await house.db.write(lambda tx: meta.put(tx, POLLED_ELSEWHERE, str(clock.now())))

        poller = Poller(
            line.bot,
            line.line,
            house.store,
            steady,
            house.metrics,
            alarmed=alarmed,
            supervisor=house.supervisor,
        )
        await poller.start()
        stack.push_async_callback(poller.stop)


async def _publish(house: House, clock: Clock) -> None:
    await telegram.persist(lambda: menus.publish(house.application), "setMyCommands", clock)


async def _stop_work(house: House) -> None:
    """End what chats and jobs do, all at the same time; what does not listen is left to the next start."""
    stops = [house.store.stop(WORK_PATIENCE), *(runner.stop() for runner in house.runners)]
    tasks = [asyncio.ensure_future(stop) for stop in stops]
    _, late = await asyncio.wait(tasks, timeout=WORK_PATIENCE + DEAF_PATIENCE)
    for task in late:
        log.warning("some work did not end in time; it is taken up at the next start")
        task.cancel()
    for error in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(error, Exception):
            log.error("work did not end well", exc_info=error)


async def _failed(db: Database, clock: Clock, metrics: Metrics, name: str) -> None:
    """Count a task that failed, and note it for the doctor."""
    metrics.task_failures.labels(name).inc()
    await db.write(lambda tx: meta.put(tx, TASK_FAILED, f"{clock.now()} {name}"))


def _background(stack: AsyncExitStack, house: House, name: str, work: Work) -> None:
    """Run something beside the rest until the end."""
    task = house.supervisor.start(name, work)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)
