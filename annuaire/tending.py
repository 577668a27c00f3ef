"""What the service does by itself while it runs: agendas stay expanded, what was promised to be erased is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from models.store import writing
from registry import agenda, calls, contacts, reports

EVERY_S: Final = 900.0
"""Far less than the day that an expansion is ahead of what is searched, and than what is kept."""
LEAVE_S: Final = 5.0
"""How long whoever stops waits for the chore that is being done."""
CHORES: Final[Mapping[str, Callable[[Connection, int], int]]] = {
    "agendas extended": agenda.extend,
    "e-mails of reports erased": reports.forget,
    "messages erased": contacts.forget,
    "calls forgotten": calls.forget,
}
"""What is done, each in a transaction of its own at an instant; how many rows it was about."""

log = structlog.get_logger("annuaire.tending")


@contextmanager
def tending(database: Engine, clock: Callable[[], int], *, every_s: float = EVERY_S) -> Iterator[None]:
    """Do the chores at once, then from time to time, for the time of a block."""
    stop = Event()

    def keep() -> None:
        while not stop.is_set():
            for what, chore in CHORES.items():
                _do(what, chore, database, clock())
            stop.wait(every_s)

    thread = Thread(target=keep, name="annuaire-tending", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(LEAVE_S)


def _do(what: str, chore: Callable[[Connection, int], int], database: Engine, at: int) -> None:
    """Do a chore once; a failure is logged, and tried again the next time."""
    try:
        with writing(database) as connection:
            count = chore(connection, at)
    except SQLAlchemyError as failure:
        log.warning("a chore failed", chore=what, error=type(failure).__name__)
    except Exception:  # the other chores, and this one the next time, are done whatever this one meets
        log.exception("a chore failed", chore=what)
    else:
        if count:
            log.info(what, count=count)
