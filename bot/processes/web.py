"""web: hears, verifies, writes down, acknowledges; and shows the run pages and the API's answers."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.clock import SystemClock
from bot.intake import Intake
from bot.ledger import Ledger
from bot.ledger.office import Office
from bot.ledger.shelf import Shelf
from bot.logs import set_up
from bot.processes.slack_door import Doorstep, hear_slack
from bot.settings import WebSettings, load
from handlers.api import api
from handlers.github.ears import Application, door
from handlers.pages import pages
from runners.queue.connection import connect
from runners.queue.enquiries import RedisEnquiries
from runners.queue.jobs import Jobs
from runners.queue.open_forms import RedisOpenForms
from runners.queue.signals import RedisSignals

log = structlog.get_logger(__name__)

SHUTDOWN_S = 5  # watchers of a run page would hold the process for ever


def application(settings: WebSettings) -> Application:
    """The ASGI application: the door in front, pages behind it."""
    ledger = Ledger(settings.ledger)
    redis = connect(settings.redis_url.get_secret_value())
    clock = SystemClock()
    jobs = Jobs(redis)
    intake = Intake(ledger, pass_on=jobs.deliver_all, clock=clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        log.info("web.ready", port=settings.port)
        async with hearing():
            yield
        intake.close()
        ledger.close()

    app = FastAPI(title="devops-agent", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(api(Office(ledger, clock), intake.store))
    doorstep = Doorstep(
        ledger, intake.store, RedisEnquiries(redis, jobs), RedisOpenForms(redis, jobs), clock.now
    )
    hearing = hear_slack(app, settings, doorstep)
    app.include_router(pages(Shelf(ledger, clock), RedisSignals(redis), base_url=settings.public_url))

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/metrics")
    def metrics(request: Request) -> Response:
        token = settings.metrics_token
        given = request.headers.get("authorization", "")
        if token is None or not hmac.compare_digest(
            given.encode(), f"Bearer {token.get_secret_value()}".encode()
        ):
            return Response(status_code=404)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return door(
        app,
        secret=settings.github_webhook_secret.get_secret_value().encode(),
        app_id=settings.github_app_id,
        app_slug=settings.github_app_slug,
        store=intake.store,
    )


def main() -> None:
    """Serve until SIGTERM."""
    settings = load(WebSettings)
    set_up("web", settings.log_level)
    uvicorn.run(
        application(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,  # a run page's address holds its key
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
