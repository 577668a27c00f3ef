"""Two of the demo's editors as servers, asked as real ones are: their slots live, and one fails now and then."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from annuaire.demo.editor_server import Setup, running
from annuaire.demo.freshening import SETTLE_S
from annuaire.demo.writing import roster
from ingestion.feeds.editors import Declared, declare, set_active
from models.store import writing

LIVING: Final = ("azur", "brume")
UNSTEADY: Final = "brume"
CALLS_PER_HOUR: Final = 600
"""Enough for an answer of ten minutes at most, few enough for the machine of whoever tries the demo."""

log = structlog.get_logger("annuaire.demo")


@contextmanager
def living(database: Engine, folder: Path, seed: int, clock: Callable[[], int]) -> Iterator[None]:
    """Serve the living editors for the time of a block, once the first requests have had the machine to themselves."""
    stop = Event()
    thread = Thread(target=_live, args=(database, folder, seed, clock, stop), name="demo-editors", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _live(database: Engine, folder: Path, seed: int, clock: Callable[[], int], stop: Event) -> None:
    """Start the servers, say where they are, and end them when told to stop."""
    if stop.wait(SETTLE_S):
        return
    try:
        with ExitStack() as servers:
            for name in LIVING:
                agendas = list(roster(folder, name))
                setup = Setup(agendas, seed=seed, lively=True, unsteady=name == UNSTEADY)
                port, _ = servers.enter_context(running(folder / f"editor-{name}.json", setup))
                _declare(database, name, f"http://127.0.0.1:{port}/fhir", clock())
            stop.wait()
            _pause(database)
    except (OSError, ValueError, SQLAlchemyError) as error:
        log.warning("demo editors not served", reason=str(error).partition("\n")[0])


def _declare(database: Engine, name: str, base_url: str, at: int) -> None:
    """Say where an editor is now."""
    editor = Declared(name, base_url, ("ps",), accounts=True, concurrency=2, calls_per_hour=CALLS_PER_HOUR)
    with writing(database) as connection:
        declare(connection, editor, at, again=True)


def _pause(database: Engine) -> None:
    with writing(database) as connection:
        for name in LIVING:
            set_active(connection, name, active=False)
