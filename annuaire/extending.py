"""Keeping agendas expanded while the service runs: what repeats is written as far ahead as searches look."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from models.store import writing
from registry import agenda

EVERY_S: Final = 900.0
"""Far less than the day that an expansion is ahead of what is searched."""
LEAVE_S: Final = 5.0
"""How long whoever stops waits for the extension that is being written."""

log = structlog.get_logger("annuaire.agendas")


@contextmanager
def extending(database: Engine, clock: Callable[[], int], *, every_s: float = EVERY_S) -> Iterator[None]:
    """Extend the agendas at once, then from time to time, for the time of a block."""
    stop = Event()

    def keep() -> None:
        while not stop.is_set():
            _extend(database, clock())
            stop.wait(every_s)

    thread = Thread(target=keep, name="agendas", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(LEAVE_S)


def _extend(database: Engine, at: int) -> None:
    """Extend them once; a failure is logged, and tried again the next time."""
    try:
        with writing(database) as connection:
            extended = agenda.extend(connection, at)
    except SQLAlchemyError as failure:
        log.warning("agendas not extended", error=type(failure).__name__)
    else:
        if extended:
            log.info("agendas extended", entries=extended)
