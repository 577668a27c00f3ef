"""What the service does by itself while it runs: agendas stay expanded, what was promised to be erased is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event
from typing import Final

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from annuaire.repeating import repeated
from models.store import writing
from registry import absences, agenda, calls, contacts, reports

EVERY_S: Final = 900.0
"""Far less than the day that an expansion is ahead of what is searched, and than what is kept."""
LOOKED_BACK_S: Final = 31 * 86_400
"""How long the service may have been stopped, for those who left or came back meanwhile to be told."""
Chore = Callable[[Connection, int], int]
CHORES: Final[Mapping[str, Chore]] = {
    "agendas extended": agenda.extend,
    "past occurrences forgotten": agenda.forget,
    "past absences forgotten": absences.forget,
    "e-mails of reports erased": reports.forget,
    "messages erased": contacts.forget,
    "calls forgotten": calls.forget,
}
"""What is done at an instant, each in transactions of its own until nothing is left; how many rows it was about."""

log = structlog.get_logger("annuaire.tending")


@contextmanager
def tending(database: Engine, clock: Callable[[], int], *, every_s: float = EVERY_S) -> Iterator[None]:
    """Do the chores at once, then from time to time, for the time of a block."""
    turned = turning(clock() - LOOKED_BACK_S)

    def tend(stop: Event) -> None:
        for what, chore in {**CHORES, "absences begun or over": turned}.items():
            _do(what, chore, database, clock(), stop)

    with repeated("annuaire-tending", tend, every_s=every_s):
        yield


def turning(since: int) -> Chore:
    """Tell who has left or is back since the last time that was written.

    It is asked again for the same moment once what it told of it is written: only then is there nothing left to tell.
    """
    told = asked = since

    def chore(connection: Connection, at: int) -> int:
        nonlocal told, asked
        count = 0 if at == asked else absences.turned(connection, told, at)
        told, asked = told if count else at, at
        return count

    return chore


def _do(what: str, chore: Chore, database: Engine, at: int, stop: Event) -> None:
    """Do a chore until nothing is left of it; a failure is logged, and tried again the next time."""
    try:
        count = sum(_parts(chore, database, at, stop))
    except SQLAlchemyError as failure:
        log.warning("a chore failed", chore=what, error=type(failure).__name__)
    except Exception:  # the other chores, and this one the next time, are done whatever this one meets
        log.exception("a chore failed", chore=what)
    else:
        if count:
            log.info(what, count=count)


def _parts(chore: Chore, database: Engine, at: int, stop: Event) -> Iterator[int]:
    """How many rows each transaction of a chore was about, until one is about none."""
    count = None
    while count != 0 and not stop.is_set():
        with writing(database) as connection:
            count = chore(connection, at)
        yield count
