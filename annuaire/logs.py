"""Logs: one event a line, as JSON or for a console, on standard error.

The place that a person asks about may be a patient's: no line may hold a query string. The server's own access log is
off (`access_log=False`); `AccessLog` writes ours, with the route's template; and whatever else is logged, traces
included, loses what follows the `?` of an address.
"""

import logging
import re
import sys
import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor, WrappedLogger

from annuaire.settings import Settings

QUERY: Final = re.compile(r"(?<=[\w/.~%-])\?[^\s\"'<>]+")
"""A query string: a `?` that touches what is before and after it, up to a space or a quote."""
CHATTY: Final = ("elastic_transport", "elasticsearch", "urllib3", "httpx2", "httpcore2", "sqlalchemy.engine", "alembic")
"""Libraries that log each request at `info`, or its body at `debug`."""


def configure_logs(settings: Settings) -> None:
    """Send the events of structlog, and those of every library, to standard error in one shape."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    before = _before_rendering()
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(settings)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def without_queries(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Cut the query string off every address in an event."""
    return {key: QUERY.sub("?…", value) if isinstance(value, str) else value for key, value in event.items()}


def _before_rendering() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        without_queries,
    ]


def _rendering(settings: Settings) -> list[Processor]:
    if settings.log_format == "console":
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return [structlog.processors.JSONRenderer(ensure_ascii=False)]


class AccessLog:
    """ASGI middleware: a line a request, with its method, its route's template, its status and its milliseconds."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.log = structlog.get_logger("annuaire.access")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, then log it; one that fails before its answer begins is a 500."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            milliseconds = round((time.perf_counter() - start) * 1000, 1)
            self.log.info("request", method=scope["method"], path=_path(scope), status=status, ms=milliseconds)


def _path(scope: Scope) -> str:
    """The template of the route that answered (`/offers/{id}`), else the path asked for; never the query."""
    return str(getattr(scope.get("route"), "path", None) or scope["path"])
