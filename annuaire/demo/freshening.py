"""Keeping the demo's agendas ahead of the clock while it is served: editors are asked again, in the background."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from annuaire.demo.loading import top_up
from annuaire.repeating import repeated
from ingestion.report import LoadRefused

EVERY_S: Final = 1_800.0
SETTLE_S: Final = 3.0
"""How long the first requests have the machine to themselves."""

log = structlog.get_logger("annuaire.demo")


@contextmanager
def freshened(
    database: Engine,
    folder: Path,
    seed: int,
    clock: Callable[[], int],
    *,
    at_once: bool,
    every_s: float = EVERY_S,
    but: Collection[str] = (),
) -> Iterator[None]:
    """Ask the demo's editors again for the time of a block, but for some: soon when `at_once`, then now and then."""
    first_s = SETTLE_S if at_once else every_s
    asked = repeated("demo", lambda _: _freshen(database, folder, seed, clock(), but), every_s=every_s, first_s=first_s)
    with asked:
        yield


def _freshen(database: Engine, folder: Path, seed: int, at: int, but: Collection[str]) -> None:
    """Ask the editors once; a failure is logged, and tried again the next time."""
    try:
        touched = sum(totals.touched for totals in top_up(database, folder, seed, at, but))
    except (LoadRefused, DBAPIError, OSError) as error:
        log.warning("demo agendas not renewed", reason=str(error))
    else:
        log.info("demo agendas renewed", subjects=touched)
